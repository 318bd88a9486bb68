//! What is not written but follows: when a value is known, and what it is.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::describe::clipped;
use crate::language::evaluate::{Seen, SeenValue};
use crate::language::program::Program;
use crate::language::syntax::ast::{Entry, Expr, ExprKind, Item, ItemKind, TextPart};
use crate::language::syntax::walk;
use crate::source::{SourceId, Span};

/// What evaluation saw, by place and environment.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    places: BTreeMap<Span, Vec<(EcoString, Vec<SeenValue>)>>,
    made_names: BTreeMap<Span, BTreeMap<EcoString, Vec<String>>>,
}

/// A hint behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Behind this.
    pub after: Span,
    /// The text.
    pub label: String,
    /// More about it.
    pub tooltip: String,
}

/// A hint shows so many different values.
const MOST_VALUES: usize = 3;

impl Observed {
    /// Adds what was seen in an environment.
    pub fn add(&mut self, environment: &str, seen: Vec<Seen>) {
        for one in seen {
            if let (Some(field), SeenValue::Known(value)) = (&one.field, &one.value) {
                let names = self.made_names.entry(one.span).or_default().entry(field.clone()).or_default();
                if !names.contains(value) {
                    names.push(value.clone());
                }
                continue;
            }
            let place = self.places.entry(one.span).or_default();
            // One environment comes after the other.
            match place.last_mut().filter(|(last, _)| last == environment) {
                Some((_, values)) if values.contains(&one.value) => {}
                Some((_, values)) => values.push(one.value),
                None => place.push((environment.into(), vec![one.value])),
            }
        }
    }

    /// The values of a place, by environment.
    pub fn at(&self, span: Span) -> Vec<(&str, &[SeenValue])> {
        let places = self.places.get(&span).into_iter().flatten();
        places.map(|(environment, values)| (environment.as_str(), values.as_slice())).collect()
    }
}

/// The hints of a document.
pub fn hints(program: &Program, observed: &Observed, source: SourceId) -> Vec<Hint> {
    let Some(document) = program.documents.iter().find(|document| document.source == source) else {
        return Vec::new();
    };
    let mut hints = Vec::new();
    for item in &document.items {
        names(item, observed, &mut hints);
        for (key, value) in written(item) {
            // What is written out needs no explanation.
            if value.is_some_and(is_plain) {
                continue;
            }
            let after = value.map_or(key, |value| value.span);
            hints.extend(hint(observed, key, after));
        }
    }
    hints.sort_by_key(|hint| hint.after.end);
    hints
}

/// Names that Cairn makes for a resource.
fn names(item: &Item, observed: &Observed, hints: &mut Vec<Hint>) {
    let ItemKind::Declaration(node) = &item.kind else { return };
    for (field, values) in observed.made_names.get(&node.name.span).into_iter().flatten() {
        let after = node.each.as_ref().map_or(node.name.span, |each| Span { end: each.span.end + 1, ..each.span });
        hints.push(Hint {
            after,
            label: format!("{field}: {}", listed(values)),
            tooltip: format!("Nobody writes `{field}`, so it is made of the stack, the environment and the address."),
        });
    }
}

fn hint(observed: &Observed, key: Span, after: Span) -> Option<Hint> {
    let seen = observed.at(key);
    let all: Vec<&SeenValue> = seen.iter().flat_map(|(_, values)| *values).collect();
    if all.is_empty() || all.iter().any(|value| matches!(value, SeenValue::Secret)) {
        return None;
    }
    if all.iter().any(|value| matches!(value, SeenValue::Made)) {
        let tooltip = "The cloud chooses a part of this value: known after apply.".to_owned();
        return Some(Hint { after, label: "made".to_owned(), tooltip });
    }
    if all.iter().any(|value| matches!(value, SeenValue::Read)) {
        let tooltip = "A part of this value is looked up: known while planning.".to_owned();
        return Some(Hint { after, label: "read".to_owned(), tooltip });
    }
    let mut values: Vec<String> = Vec::new();
    for value in &all {
        if let SeenValue::Known(value) = value
            && !values.contains(value)
        {
            values.push(value.clone());
        }
    }
    // Long documents say less than what they were made of.
    if values.iter().all(|value| value.len() > 200) {
        return None;
    }
    let lines: Vec<String> = seen
        .iter()
        .map(|(environment, values)| {
            let known: Vec<String> = values
                .iter()
                .filter_map(|value| if let SeenValue::Known(value) = value { Some(clipped(value, 100)) } else { None })
                .collect();
            if environment.is_empty() { known.join(", ") } else { format!("{environment}: {}", known.join(", ")) }
        })
        .collect();
    Some(Hint { after, label: format!("= {}", listed(&values)), tooltip: lines.join("\n\n") })
}

fn listed(values: &[String]) -> String {
    let shown: Vec<String> = values.iter().take(MOST_VALUES).map(|value| clipped(value, 40)).collect();
    let more = if values.len() > MOST_VALUES { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// The places whose values are seen, with the expressions that stand there.
fn written(item: &Item) -> Vec<(Span, Option<&Expr>)> {
    match &item.kind {
        ItemKind::Let(node) => vec![(node.name.span, Some(&node.value))],
        ItemKind::Output(node) => vec![(node.name.span, Some(&node.value))],
        ItemKind::Declaration(node) => {
            let ExprKind::Construct(made) = &node.value.kind else { return Vec::new() };
            let Some(Expr { kind: ExprKind::Record(entries), .. }) = &made.fields else { return Vec::new() };
            entries
                .iter()
                .filter_map(|entry| match entry {
                    Entry::Field(key, value) => Some((key.span, Some(value))),
                    Entry::Short(_) | Entry::Spread(_) => None,
                })
                .collect()
        }
        ItemKind::Input(_)
        | ItemKind::Assert(_)
        | ItemKind::Function(_)
        | ItemKind::Type(_)
        | ItemKind::Import(_)
        | ItemKind::Stack(_)
        | ItemKind::Component(_)
        | ItemKind::Env(_)
        | ItemKind::Forget(_)
        | ItemKind::Broken(_) => Vec::new(),
    }
}

/// Whether an expression says its value itself, or only names something else that says it.
fn is_plain(expression: &Expr) -> bool {
    let mut plain = true;
    walk::expressions(expression, &mut |expression| {
        plain &= match &expression.kind {
            ExprKind::Text(text) => text.parts.iter().all(|part| matches!(part, TextPart::Known(_))),
            ExprKind::Name(name) => super::BUILT_IN_NAMES.contains(&name.as_str()) && name != "env",
            ExprKind::Number(_)
            | ExprKind::Record(_)
            | ExprKind::List(_)
            | ExprKind::Group(_)
            | ExprKind::Unary(..)
            | ExprKind::Construct(_) => true,
            // `tcp/443` and `0..3` are literals to everybody who reads them.
            ExprKind::Binary(_) => true,
            ExprKind::MapFor(_)
            | ExprKind::ListFor(_)
            | ExprKind::If(_)
            | ExprKind::Match(_)
            | ExprKind::Member(_)
            | ExprKind::Index(..)
            | ExprKind::Call(..) => false,
        };
    });
    plain
}
