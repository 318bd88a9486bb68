//! Text to insert: fields with a place for their value, types with the fields they need.

use cairn_provider::schema::{Record, Shape, TypeSchema};

use crate::language::types::Type;

/// A text with places to fill in, for editors that know such, and without, for those that do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// Without places.
    pub plain: String,
    /// With places: `cidr_block: ${1}`.
    pub snippet: Option<String>,
}

impl Insert {
    /// Only text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { plain: text.into(), snippet: None }
    }
}

/// `name: ` with a place for a value of a type.
pub fn field(name: &str, ty: &Type) -> Insert {
    let name = key(name);
    Insert { plain: format!("{name}: "), snippet: Some(format!("{}: {}", escape(&name), place(ty, 1))) }
}

/// `aws.ec2.Vpc { … }` with the fields that must be given.
pub fn resource(schema: &TypeSchema, writing: bool) -> Insert {
    let plain = format!("{} {{}}", schema.name);
    let needed: Vec<String> = if writing { required(schema.root()) } else { Vec::new() };
    if needed.is_empty() {
        return Insert { plain, snippet: Some(format!("{} {{\n  $0\n}}", schema.name)) };
    }
    let lines: Vec<String> =
        needed.iter().enumerate().map(|(at, name)| format!("  {}: ${{{}}}", escape(&key(name)), at + 1)).collect();
    Insert { plain, snippet: Some(format!("{} {{\n{}\n}}$0", schema.name, lines.join("\n"))) }
}

/// The names of fields that must be given.
pub fn required(record: &Record) -> Vec<String> {
    record
        .fields
        .iter()
        .filter(|(_, field)| field.required && field.writable() && field.unsupported.is_none())
        .map(|(name, _)| name.to_string())
        .collect()
}

fn place(ty: &Type, number: usize) -> String {
    match ty.bare() {
        Type::Choice(values) if values.len() <= 40 => {
            let listed: Vec<String> = values.iter().map(|value| format!("\"{}\"", choice(value))).collect();
            format!("${{{number}|{}|}}", listed.join(","))
        }
        Type::Bool => format!("${{{number}|true,false|}}"),
        Type::Text | Type::Choice(_) | Type::Named(_) => format!("\"${{{number}}}\""),
        Type::List(_) | Type::Set(_) => format!("[${{{number}}}]"),
        Type::Map(_) | Type::Record(_) | Type::Part(..) => format!("{{ ${{{number}}} }}"),
        _ => format!("${{{number}}}"),
    }
}

/// A key as it is written: quoted unless it is a word.
pub fn key(name: &str) -> String {
    let word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if word { name.to_owned() } else { format!("\"{name}\"") }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

fn choice(text: &str) -> String {
    escape(text).replace(',', "\\,").replace('|', "\\|")
}

/// Values that text of this shape may have, as far as the catalogue knows them.
pub fn values(shape: &Shape) -> &[ecow::EcoString] {
    match shape.innermost() {
        Shape::Text(rules) => &rules.values,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::field;
    use crate::language::types::Type;

    #[test]
    fn places_are_escaped() {
        let ty = Type::Choice(["a,b".into(), "c$|".into()].into());
        let insert = field("x.y", &ty);
        assert_eq!(insert.plain, "\"x.y\": ");
        assert_eq!(insert.snippet.as_deref(), Some("\"x.y\": ${1|\"a\\,b\",\"c\\$\\|\"|}"));
    }
}
