//! Values as the language writes them.

use super::Value;

/// The value in the language's own spelling, on one line.
pub fn render(value: &Value) -> String {
    match value {
        Value::None => "none".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => quote(text),
        Value::Duration(quantity) => quantity.to_string(),
        Value::Size(quantity) => quantity.to_string(),
        Value::Percent(quantity) => quantity.to_string(),
        Value::Ip(address) => address.to_string(),
        Value::Cidr(network) => network.to_string(),
        Value::Traffic(traffic) => traffic.to_string(),
        Value::Range(first, last) => format!("{first}..{last}"),
        Value::List(items) => format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", ")),
        Value::Map(map) if map.is_empty() => "{}".into(),
        Value::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(name, value)| format!("{}: {}", key(name), render(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// Text in quotes, with everything escaped that would end or disturb a line.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' => quoted.push('$'),
            character if character.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted.replace("${", "\\${")
}

fn key(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if plain { name.to_owned() } else { quote(name) }
}

#[cfg(test)]
mod tests {
    use super::{Value, render};

    #[test]
    fn renders_as_source() {
        let value = Value::map([("a-b".into(), Value::list([Value::Int(1), "x\"${y}".into()]))]);
        assert_eq!(render(&value), r#"{ "a-b": [1, "x\"\${y}"] }"#);
    }
}
