//! The interface of a unit: what others must and may know of it.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::check::Typed;
use super::program::{ItemId, Program, UnitId, UnitKind};
use super::syntax::ast::{
    Declaration, Entry, Expr, ExprKind, Function, Input, Item, ItemKind, Keyword, TypeKind, join,
};
use super::types::Type;
use crate::model::interface::{InputPage, Interface, NodePage, OutputPage, Signature};
use crate::source::Span;

/// The interface of a unit of a checked program.
pub fn interface(program: &Program, typed: &Typed, unit: UnitId) -> Interface {
    let read = Reader { program, typed };
    let source = program.unit(unit);
    let mut interface = Interface {
        kind: match source.kind {
            UnitKind::Stack => "stack",
            UnitKind::Component => "component",
            UnitKind::Library => "library",
        },
        name: source.name.to_string(),
        docs: source.header.map(|header| docs(program.item(header))).unwrap_or_default(),
        ..Interface::default()
    };
    let mut outputs: BTreeMap<EcoString, OutputPage> = BTreeMap::new();
    for &id in &source.items {
        let item = program.item(id);
        match &item.kind {
            ItemKind::Input(node) => interface.inputs.push(read.input(item, node)),
            ItemKind::Output(node) => {
                let ty = match &node.ty {
                    Some(ty) => read.written(ty.span),
                    None => read.type_of(id),
                };
                let page = OutputPage { name: node.name.text.to_string(), ty, docs: docs(item) };
                outputs.insert(node.name.text.clone(), page);
            }
            ItemKind::Declaration(node) => interface.nodes.extend(read.node(id, item, node)),
            ItemKind::Type(node) => interface.types.push(Signature {
                name: node.name.text.to_string(),
                text: read.written(node.ty.span),
                docs: docs(item),
            }),
            ItemKind::Function(node) if source.kind == UnitKind::Library => {
                interface.functions.push(read.function(item, node));
            }
            ItemKind::Assert(node) => {
                interface.asserts.push((read.written(node.condition.span), read.message(node.message.span)));
            }
            ItemKind::Function(_)
            | ItemKind::Let(_)
            | ItemKind::Import(_)
            | ItemKind::Stack(_)
            | ItemKind::Component(_)
            | ItemKind::Env(_)
            | ItemKind::Forget(_)
            | ItemKind::Broken(_) => {}
        }
    }
    interface.outputs = outputs.into_values().collect();
    if source.kind == UnitKind::Stack {
        interface.environments = read.environments();
    }
    interface
}

struct Reader<'p> {
    program: &'p Program,
    typed: &'p Typed,
}

impl Reader<'_> {
    fn written(&self, span: Span) -> String {
        flat(self.program.sources.text(span))
    }

    /// Text without its quotes.
    fn message(&self, span: Span) -> String {
        self.written(span).trim_matches('"').to_owned()
    }

    fn input(&self, item: &Item, node: &Input) -> InputPage {
        let (known, ty) = match &node.ty.kind {
            TypeKind::Known(inner) => (true, inner.span),
            TypeKind::Optional(inner) if matches!(inner.kind, TypeKind::Known(_)) => (true, node.ty.span),
            _ => (false, node.ty.span),
        };
        let written = self.written(ty);
        InputPage {
            name: node.name.text.to_string(),
            ty: written.strip_prefix("known ").map_or(written.clone(), ToOwned::to_owned),
            default: node.default.as_ref().map(|default| self.written(default.span)),
            optional: matches!(node.ty.kind, TypeKind::Optional(_)),
            known,
            docs: docs(item),
            conditions: node
                .conditions
                .iter()
                .map(|rule| {
                    let message = rule.message.as_ref().map(|message| self.message(message.span));
                    (self.written(rule.condition.span), message)
                })
                .collect(),
        }
    }

    fn node(&self, id: ItemId, item: &Item, node: &Declaration) -> Option<NodePage> {
        let keyword = match node.keyword {
            Keyword::Resource => "resource",
            Keyword::Lookup => "lookup",
            Keyword::Action => "action",
            Keyword::Provider => "provider",
            Keyword::Policy => "policy",
            Keyword::Test => return None,
        };
        let ty = match &node.value.kind {
            ExprKind::Construct(construct) => join(&construct.path).to_string(),
            _ => self.type_of(id),
        };
        Some(NodePage {
            keyword,
            name: node.name.text.to_string(),
            ty,
            each: node.each.as_ref().map(|each| self.written(each.span)),
            condition: node.guard.as_ref().map(|guard| self.written(guard.condition.span)),
            docs: match node.keyword {
                Keyword::Policy if item.docs.is_none() => self.because(node),
                _ => docs(item),
            },
        })
    }

    /// What a policy says when it refuses.
    fn because(&self, node: &Declaration) -> String {
        let ExprKind::Construct(construct) = &node.value.kind else { return String::new() };
        let Some(Expr { kind: ExprKind::Record(entries), .. }) = &construct.fields else { return String::new() };
        let found = entries.iter().find_map(|entry| match entry {
            Entry::Field(key, value) if key.text == "because" => Some(value.span),
            Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
        });
        found.map(|span| self.message(span)).unwrap_or_default()
    }

    fn function(&self, item: &Item, node: &Function) -> Signature {
        let params: Vec<String> = node
            .params
            .iter()
            .map(|param| {
                let default = param.default.as_ref().map(|default| format!(" = {}", self.written(default.span)));
                format!("{}: {}{}", param.name.text, self.written(param.ty.span), default.unwrap_or_default())
            })
            .collect();
        let text = format!("{}({}): {}", node.name.text, params.join(", "), self.written(node.result.span));
        Signature { name: node.name.text.to_string(), text, docs: docs(item) }
    }

    fn type_of(&self, id: ItemId) -> String {
        self.typed.types.get(&id).map_or_else(String::new, |ty| self.named(ty))
    }

    /// A type by its name; components by theirs.
    fn named(&self, ty: &Type) -> String {
        match ty {
            Type::Component(unit) => self.program.unit(*unit).name.to_string(),
            Type::Map(item) => format!("Map<{}>", self.named(item)),
            Type::Optional(inner) => format!("{}?", self.named(inner)),
            other => other.to_string(),
        }
    }

    /// What the file of each environment gives, in the order of the header.
    fn environments(&self) -> Vec<(String, Vec<(String, String)>)> {
        let Some((names, _)) = self.program.declared_environments() else { return Vec::new() };
        names
            .into_iter()
            .map(|name| {
                let file = self.program.environments.get(&name).map(|id| &self.program.item(*id).kind);
                let mut values = Vec::new();
                if let Some(ItemKind::Env(header)) = file
                    && let ExprKind::Record(entries) = &header.fields.kind
                {
                    for entry in entries {
                        if let Entry::Field(key, value) = entry {
                            values.push((key.text.to_string(), self.written(value.span)));
                        }
                    }
                }
                (name.to_string(), values)
            })
            .collect()
    }
}

fn docs(item: &Item) -> String {
    item.docs.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Source text on one line: new lines that separate become commas, comments go.
pub fn flat(text: &str) -> String {
    let mut flat = String::new();
    for line in text.lines() {
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        if !flat.is_empty() {
            let opened = flat.ends_with(['{', '[', '(', ',']);
            let closes = line.starts_with(['}', ']', ')']);
            let continues = line.starts_with(|c: char| "|&?<>=+*.".contains(c));
            flat.push_str(if opened || closes || continues { " " } else { ", " });
        }
        flat.push_str(line);
    }
    flat
}

/// A line without its comment: a `#` outside of text.
fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in line.char_indices() {
        match (character, quoted) {
            _ if escaped => escaped = false,
            ('\\', true) => escaped = true,
            ('"', _) => quoted = !quoted,
            ('#', false) => return line.get(..at).unwrap_or(line),
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::flat;

    #[test]
    fn several_lines_become_one() {
        assert_eq!(flat("{\n  a: 1 # one\n  b: \"#\"\n}"), "{ a: 1, b: \"#\" }");
        assert_eq!(flat("a\n  && b"), "a && b");
        assert_eq!(flat("[1, 2]"), "[1, 2]");
    }
}
