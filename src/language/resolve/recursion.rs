//! Circles: functions that call themselves, components that contain themselves.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::diagnostic::{Diagnostic, Report};
use crate::language::program::{ItemId, Program, TypeBinding, UnitId};
use crate::language::syntax::ast::{Expr, ExprKind, Function, ItemKind};
use crate::language::syntax::walk;
use crate::source::Span;

/// Reports every circle once.
pub fn check(program: &Program, report: &mut Report) {
    functions(program, report);
    components(program, report);
}

fn functions(program: &Program, report: &mut Report) {
    let mut calls: BTreeMap<ItemId, Vec<(ItemId, Span)>> = BTreeMap::new();
    for unit in &program.units {
        for &id in &unit.items {
            let ItemKind::Function(function) = &program.item(id).kind else { continue };
            let mut found = Vec::new();
            let mut visit = |expression: &Expr| {
                if let ExprKind::Call(callee, _) = &expression.kind
                    && let ExprKind::Name(name) = &callee.kind
                    && let Some(binding) = unit.values.get(name)
                    && matches!(program.item(binding.item).kind, ItemKind::Function(_))
                {
                    found.push((binding.item, expression.span));
                }
            };
            walk::expressions(&function.body, &mut visit);
            function.lets.iter().for_each(|constant| walk::expressions(&constant.value, &mut visit));
            calls.insert(id, found);
        }
    }
    let items: Vec<ItemId> = calls.keys().copied().collect();
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (at, item) in items.iter().enumerate() {
        graph.add_node(at);
        for (callee, _) in calls.get(item).into_iter().flatten() {
            if let Ok(to) = items.binary_search(callee) {
                graph.add_edge(at, to, ());
            }
        }
    }
    // Only who can reach himself is followed: long rows of functions are no circles.
    for group in kosaraju_scc(&graph) {
        let looped = group.len() > 1 || group.iter().any(|at| graph.contains_edge(*at, *at));
        let start = group.iter().min().and_then(|at| items.get(*at));
        if let Some(&start) = start.filter(|_| looped)
            && let Some(circle) = circle_from(start, &calls)
        {
            report.add(recursion(program, start, &circle));
        }
    }
}

/// The calls that lead from an item back to it.
fn circle_from(start: ItemId, calls: &BTreeMap<ItemId, Vec<(ItemId, Span)>>) -> Option<Vec<(ItemId, Span)>> {
    let mut path: Vec<(ItemId, Span)> = Vec::new();
    let mut seen: BTreeSet<ItemId> = BTreeSet::new();
    let mut pending: Vec<(usize, ItemId, Span)> =
        calls.get(&start)?.iter().rev().map(|(to, span)| (0, *to, *span)).collect();
    while let Some((depth, item, span)) = pending.pop() {
        path.truncate(depth);
        path.push((item, span));
        if item == start {
            return Some(path);
        }
        if !seen.insert(item) {
            continue;
        }
        let next = calls.get(&item).into_iter().flatten();
        pending.extend(next.rev().map(|(to, span)| (depth + 1, *to, *span)));
    }
    None
}

fn recursion(program: &Program, start: ItemId, circle: &[(ItemId, Span)]) -> Diagnostic {
    let name = |id: ItemId| match &program.item(id).kind {
        ItemKind::Function(Function { name, .. }) => name.text.clone(),
        _ => ecow::EcoString::new(),
    };
    let mut diagnostic: Option<Diagnostic> = None;
    let mut caller = start;
    for (position, (callee, span)) in circle.iter().enumerate() {
        let text = format!("{}. {} calls {}", position + 1, name(caller), name(*callee));
        diagnostic = Some(match diagnostic {
            None => Diagnostic::error("functions::recursion", format!("`{}` calls itself", name(start)), *span, text),
            Some(diagnostic) if span.source == diagnostic.span().map_or(span.source, |first| first.source) => {
                diagnostic.label(*span, text)
            }
            Some(diagnostic) => diagnostic,
        });
        caller = *callee;
    }
    diagnostic
        .unwrap_or_else(|| Diagnostic::unplaced("functions::recursion", "a function calls itself"))
        .help("functions cannot be circular, so every evaluation ends. A loop over a list does most of it: [for i in 0..n: …]")
}

fn components(program: &Program, report: &mut Report) {
    for (index, _) in program.units.iter().enumerate() {
        let start = UnitId(index);
        if let Some(span) = contains(program, start, start, &mut Vec::new()) {
            let name = &program.unit(start).name;
            report.add(
                Diagnostic::error(
                    "imports::circle",
                    format!("The component `{name}` contains itself"),
                    span,
                    "directly, or through what this component uses",
                )
                .help("a component cannot be a part of itself: nobody could say how many there are"),
            );
        }
    }
}

/// Where a unit uses a component that leads to `wanted`.
fn contains(program: &Program, unit: UnitId, wanted: UnitId, seen: &mut Vec<UnitId>) -> Option<Span> {
    if seen.contains(&unit) {
        return None;
    }
    seen.push(unit);
    for &id in &program.unit(unit).items {
        let ItemKind::Declaration(node) = &program.item(id).kind else { continue };
        let ExprKind::Construct(construct) = &node.value.kind else { continue };
        let [name] = construct.path.as_slice() else { continue };
        if let Some(TypeBinding::Component(used)) = program.unit(unit).types.get(&name.text)
            && (*used == wanted || contains(program, *used, wanted, seen).is_some())
        {
            return Some(name.span);
        }
    }
    None
}
