//! All uses of a name, and giving it another one.

use std::collections::BTreeSet;

use super::marks::{Mark, MarkKind, Short, Target, marks};
use crate::builtins::{self, On};
use crate::language::check;
use crate::language::program::{ItemId, Program, TypeBinding, UnitId};
use crate::language::syntax::ast::{ItemKind, Keyword};
use crate::source::{SourceId, Span};

/// A name that is given another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// What is replaced by what.
    pub edits: Vec<(Span, String)>,
    /// What else it means, for people; empty if nothing.
    pub warning: String,
}

/// Words that have a meaning inside of expressions.
const RESERVED: [&str; 9] = ["if", "then", "else", "match", "for", "in", "by", "where", "return"];

/// The word at a place that stands for something of the program, and all words that stand for the same.
pub fn uses(program: &Program, source: SourceId, offset: usize) -> Option<(Mark, Vec<Mark>)> {
    let watch = check::watch_program(program);
    let all = marks(program, None, Some(&watch));
    let place = Span::new(source, offset, offset);
    // Of a short form, the value is what a reader means.
    let here = all
        .iter()
        .filter(|mark| mark.span.contains(place) && mark.target.is_some())
        .min_by_key(|mark| (mark.span.len(), mark.short == Some(Short::Key)))?
        .clone();
    let same = all
        .iter()
        .filter(|mark| mark.target == here.target && (mark.kind != MarkKind::Path || here.kind == MarkKind::Path));
    let same = same.cloned().collect();
    Some((here, same))
}

/// Gives the name at a place another one, everywhere.
///
/// # Errors
/// Why it cannot have it, as a sentence.
pub fn rename(program: &Program, source: SourceId, offset: usize, name: &str) -> Result<Renaming, String> {
    let (here, same) = uses(program, source, offset).ok_or("there is no name here that could be changed")?;
    let old = program.sources.text(here.span).to_owned();
    allowed(&here, &old, name)?;
    if old == name {
        return Ok(Renaming { edits: Vec::new(), warning: String::new() });
    }
    free(program, &here, &same, name)?;
    let mut edits: Vec<(Span, String)> = same
        .iter()
        .map(|mark| {
            let text = match mark.short {
                Some(Short::Key) => format!("{name}: {old}"),
                Some(Short::Value) => format!("{old}: {name}"),
                None => name.to_owned(),
            };
            (mark.span, text)
        })
        .collect();
    if let (MarkKind::Resource, Some(Target::Item(item))) = (here.kind, here.target) {
        edits.extend(remembered(program, item, &old));
    }
    edits.sort();
    edits.dedup();
    let warning = match (here.kind, here.target) {
        (MarkKind::Resource, Some(Target::Item(_))) => format!(
            "`{old}` is `{name}` now, and so are its addresses: `@was({old})` above it says so to the next plan. Take it out once \
             every environment was applied."
        ),
        (MarkKind::Input, Some(Target::Item(_))) => {
            format!("`--set {old}=…` of scripts must become `--set {name}=…`; they are not part of the stack.")
        }
        _ => String::new(),
    };
    Ok(Renaming { edits, warning })
}

/// What says that a resource had another name: a decorator above it, or one more address in the one it has.
fn remembered(program: &Program, item: ItemId, old: &str) -> Option<(Span, String)> {
    let item = program.item(item);
    let ItemKind::Declaration(node) = &item.kind else { return None };
    if node.keyword != Keyword::Resource {
        return None;
    }
    let at = |start: u32| Span { start, end: start, ..item.span };
    let was = item.decorators.iter().find(|decorator| decorator.name.text == "was");
    match was.and_then(|decorator| decorator.args.first()) {
        Some(first) if first.name.is_none() => Some((at(first.value.span.start), format!("{old}, "))),
        // With keys or members it says something of parts; that is not put together unasked.
        Some(_) => None,
        None => Some((at(item.span.start), format!("@was({old})\n"))),
    }
}

/// Whether a word can be such a name at all.
fn allowed(here: &Mark, old: &str, name: &str) -> Result<(), String> {
    match here.kind {
        MarkKind::Header => {
            return Err(format!("`{old}` names recorded state, which would be lost; it is changed by hand"));
        }
        MarkKind::Path => return Err("a file is renamed where files are".to_owned()),
        MarkKind::Resource
        | MarkKind::Lookup
        | MarkKind::Action
        | MarkKind::Provider
        | MarkKind::Rule
        | MarkKind::Input
        | MarkKind::Constant
        | MarkKind::Output
        | MarkKind::Function
        | MarkKind::Type
        | MarkKind::Component
        | MarkKind::CatalogueType
        | MarkKind::Catalogue
        | MarkKind::Local
        | MarkKind::Field
        | MarkKind::Member
        | MarkKind::Argument
        | MarkKind::Decorator
        | MarkKind::BuiltIn => {}
    }
    let of_type = matches!(here.kind, MarkKind::Type | MarkKind::Component);
    let first = name.chars().next();
    let starts = if of_type {
        first.is_some_and(|first| first.is_ascii_uppercase())
    } else {
        first.is_some_and(|first| first.is_ascii_lowercase() || first == '_')
    };
    if !starts || !name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        let rule = if of_type { "a capital" } else { "a small" };
        return Err(format!(
            "`{name}` is no name: it starts with {rule} letter and goes on with letters, digits and _"
        ));
    }
    if RESERVED.contains(&name) || super::BUILT_IN_NAMES.contains(&name) {
        return Err(format!("`{name}` is a word of the language"));
    }
    if builtins::find(On::Nothing, name).is_some() {
        return Err(format!("`{name}` is a built-in function"));
    }
    Ok(())
}

/// Whether nothing else has the name wherever this one is used.
fn free(program: &Program, here: &Mark, same: &[Mark], name: &str) -> Result<(), String> {
    let documents: BTreeSet<SourceId> = same.iter().map(|mark| mark.span.source).collect();
    let taken = |place: Span| Err(format!("`{name}` is taken: it is declared at {}", program.sources.place(place)));
    let units: BTreeSet<UnitId> = program
        .documents
        .iter()
        .enumerate()
        .filter(|(_, document)| documents.contains(&document.source))
        .map(|(document, _)| check::unit_of(program, ItemId { document, item: 0 }))
        .collect();
    for unit in &units {
        let unit = program.unit(*unit);
        match here.kind {
            MarkKind::Output => {
                if let Some(item) = unit.outputs.get(name) {
                    return taken(program.item(*item).span);
                }
            }
            MarkKind::Type | MarkKind::Component => match unit.types.get(name) {
                Some(TypeBinding::Alias(binding)) => return taken(binding.span),
                Some(TypeBinding::Component(_) | TypeBinding::Broken) => {
                    return Err(format!("`{name}` is taken: it is imported"));
                }
                None => {}
            },
            _ => {
                if let Some(binding) = unit.values.get(name) {
                    return taken(binding.span);
                }
            }
        }
    }
    // A loop or function around a use would catch the new name.
    let items: Vec<Span> = program
        .documents
        .iter()
        .flat_map(|document| document.items.iter().map(|item| item.span))
        .filter(|span| same.iter().any(|mark| span.contains(mark.span)))
        .collect();
    let all = marks(program, None, None);
    let caught = all.iter().find(|mark| {
        mark.kind == MarkKind::Local
            && mark.declares
            && program.sources.text(mark.span) == name
            && items.iter().any(|item| item.contains(mark.span))
    });
    match caught {
        Some(mark) if !matches!(here.kind, MarkKind::Output | MarkKind::Type | MarkKind::Component) => taken(mark.span),
        Some(_) | None => Ok(()),
    }
}
