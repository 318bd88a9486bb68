//! The function whose arguments are being written.

use super::describe;
use super::members;
use super::spot::{self, expressions_of};
use crate::builtins::{self, On};
use crate::language::check;
use crate::language::program::{ItemId, Program};
use crate::language::syntax::ast::{Arg, Expr, ExprKind, ItemKind};
use crate::language::syntax::walk;
use crate::source::{SourceId, Span};

/// A function with the argument that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Name, parameters, result.
    pub label: String,
    /// What it does, as Markdown.
    pub documentation: String,
    /// The parameters as they stand in the label.
    pub parameters: Vec<String>,
    /// Which one is being written, from zero.
    pub active: usize,
}

/// The innermost call around the marker of a text that was loaded with one.
pub fn called(program: &Program, source: SourceId, at: usize) -> Option<Called> {
    let document = program.documents.iter().position(|document| document.source == source)?;
    let place = Span::new(source, at, at);
    let item = program.documents.get(document)?.items.iter().position(|item| item.span.contains(place))?;
    let id = ItemId { document, item };
    let mut found: Option<(&Expr, &[Arg])> = None;
    for expression in expressions_of(program.item(id)) {
        walk::expressions(expression, &mut |expression| {
            if let ExprKind::Call(callee, args) = &expression.kind
                && expression.span.contains(place)
                && callee.span.end <= place.start
            {
                found = Some((callee, args));
            }
        });
    }
    let (callee, args) = found?;
    let position = args.iter().position(|arg| arg.value.span.contains(place) || named(arg))?;
    let name = args.get(position).and_then(|arg| arg.name.as_ref()).filter(|name| !spot::marked(&name.text));
    let unit = program.unit(check::unit_of(program, id));
    let (label, documentation, parameters, names) = match &callee.kind {
        ExprKind::Name(name) => match unit.values.get(name) {
            Some(binding) => {
                let item = program.item(binding.item);
                let ItemKind::Function(node) = &item.kind else { return None };
                let text = |span| program.sources.text(span);
                let parameters: Vec<String> =
                    node.params.iter().map(|param| format!("{}: {}", param.name.text, text(param.ty.span))).collect();
                let names: Vec<String> = node.params.iter().map(|param| param.name.text.to_string()).collect();
                let docs = item.docs.as_deref().unwrap_or_default().to_owned();
                (describe::signature(program, binding.item)?, docs, parameters, names)
            }
            None => built_in(builtins::find(On::Nothing, name)?),
        },
        ExprKind::Member(node) => {
            let watch = check::watch(program, id, Some(place));
            let on = members::receiver(watch.found.get(&node.base.span)?)?;
            built_in(builtins::find(on, &node.name.text)?)
        }
        _ => return None,
    };
    let by_name = name.and_then(|name| names.iter().position(|one| *one == name.text));
    Some(Called { label, documentation, parameters, active: by_name.unwrap_or(position) })
}

fn named(arg: &Arg) -> bool {
    arg.name.as_ref().is_some_and(|name| spot::marked(&name.text))
}

fn built_in(builtin: &builtins::Builtin) -> (String, String, Vec<String>, Vec<String>) {
    let label = describe::builtin_signature(builtin);
    let inside = label.split_once('(').and_then(|(_, rest)| rest.rsplit_once("):")).map_or("", |(inside, _)| inside);
    let parameters = inside.split(", ").filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect();
    let names = builtin.params.iter().map(|param| param.name.to_owned()).collect();
    (label, describe::builtin(builtin), parameters, names)
}
