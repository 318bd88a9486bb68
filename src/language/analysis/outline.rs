//! The items of a document, for a list of them.

use super::marks::{MarkKind, kind_of, name_of};
use crate::language::program::Program;
use crate::language::syntax::ast::{Document, ExprKind, Import, ImportWhat, ItemKind, join};
use crate::source::Span;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: MarkKind,
    /// Its type or keyword, in a few words.
    pub detail: String,
    /// The whole item.
    pub span: Span,
    /// The name.
    pub name_span: Span,
}

/// The items that have a name, in order.
pub fn outline(program: &Program, document: &Document) -> Vec<Symbol> {
    let items = document.items.iter();
    items
        .filter_map(|item| {
            let kind = kind_of(&item.kind);
            if let ItemKind::Import(Import { what, .. }) = &item.kind {
                let names = match what {
                    ImportWhat::Name(name) | ImportWhat::Stack(name) => name.text.to_string(),
                    ImportWhat::Names(names) => {
                        names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(", ")
                    }
                };
                return Some(Symbol {
                    name: format!("import {names}"),
                    kind: MarkKind::Catalogue,
                    detail: String::new(),
                    span: item.span,
                    name_span: Span { end: item.span.start, ..item.span },
                });
            }
            let name = name_of(&item.kind)?;
            let text = |span: Span| program.sources.text(span).to_owned();
            let detail = match &item.kind {
                ItemKind::Declaration(node) => match &node.value.kind {
                    ExprKind::Construct(made) => join(&made.path).to_string(),
                    _ => String::new(),
                },
                ItemKind::Input(node) => text(node.ty.span),
                ItemKind::Output(node) => node.ty.as_ref().map(|ty| text(ty.span)).unwrap_or_default(),
                ItemKind::Let(node) => node.ty.as_ref().map(|ty| text(ty.span)).unwrap_or_default(),
                ItemKind::Function(node) => text(node.result.span),
                ItemKind::Stack(_) => "stack".to_owned(),
                ItemKind::Component(_) => "component".to_owned(),
                ItemKind::Env(_) => "env".to_owned(),
                ItemKind::Type(_)
                | ItemKind::Assert(_)
                | ItemKind::Import(_)
                | ItemKind::Forget(_)
                | ItemKind::Broken(_) => String::new(),
            };
            // An empty name is not shown by editors.
            let shown = if name.text.is_empty() { "?".to_owned() } else { name.text.to_string() };
            Some(Symbol { name: shown, kind, detail, span: item.span, name_span: name.span })
        })
        .collect()
}
