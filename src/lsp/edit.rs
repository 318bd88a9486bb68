//! Edits that the editor is offered: those that reports carry, and formatting.

use std::collections::HashMap;

use ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, NumberOrString, Range, TextEdit, Uri,
    WorkspaceEdit,
};

use super::positions::Lines;
use super::publish;
use super::server::{Reply, Server};
use crate::diagnostic::Diagnostic;

/// The edits of the reports in a range.
pub fn actions(server: &mut Server, params: &CodeActionParams) -> Reply {
    let uri = &params.text_document.uri;
    let Some((at, analysis)) = server.workspace.of(&server.documents, uri) else { return Ok(None) };
    let Some(stack) = server.workspace.stacks.get(at) else { return Ok(None) };
    let program = &analysis.program;
    let Some(source) = server.source(at, &analysis, uri) else { return Ok(None) };
    let lines = Lines::new(&program.sources.get(source).text, server.encoding);
    let wanted = |kind: &CodeActionKind| {
        let only = params.context.only.as_ref();
        only.is_none_or(|only| only.iter().any(|only| kind.as_str().starts_with(only.as_str())))
    };
    let all: Vec<Diagnostic> = publish::all(stack, &analysis);
    let fixable =
        |report: &&Diagnostic| !report.edits.is_empty() && report.span().is_some_and(|span| span.source == source);
    let mut found: Vec<CodeActionOrCommand> = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        for report in all.iter().filter(fixable) {
            let Some(span) = report.span() else { continue };
            let range = lines.range(span.start as usize, span.end as usize);
            if !overlap(range, params.range) {
                continue;
            }
            let Some(edit) = edit(server, at, &analysis, std::slice::from_ref(report)) else { continue };
            let same = |shown: &ls_types::Diagnostic| {
                shown.code == Some(NumberOrString::String(report.code.to_owned())) && shown.range == range
            };
            let diagnostics: Vec<ls_types::Diagnostic> =
                params.context.diagnostics.iter().filter(|shown| same(shown)).cloned().collect();
            found.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: title(report),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: (!diagnostics.is_empty()).then_some(diagnostics),
                edit: Some(edit),
                is_preferred: Some(true),
                ..CodeAction::default()
            }));
        }
    }
    let mechanical: Vec<Diagnostic> = all.iter().filter(fixable).cloned().collect();
    if wanted(&CodeActionKind::SOURCE_FIX_ALL)
        && params.context.only.is_some()
        && !mechanical.is_empty()
        && let Some(edit) = edit(server, at, &analysis, &mechanical)
    {
        found.push(CodeActionOrCommand::CodeAction(CodeAction {
            title: "Fix all that is certain".to_owned(),
            kind: Some(CodeActionKind::SOURCE_FIX_ALL),
            edit: Some(edit),
            ..CodeAction::default()
        }));
    }
    server.reply(&found)
}

fn overlap(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

/// What an edit does, in a few words.
fn title(report: &Diagnostic) -> String {
    match report.edits.as_slice() {
        [only] if only.text.trim().is_empty() => format!("Remove it ({})", report.code),
        [only] if only.text.len() <= 40 && !only.text.contains('\n') => format!("Write `{}`", only.text.trim()),
        _ => format!("Fix: {}", report.message),
    }
}

/// The edits of reports as one; what overlaps an edit before it is left out.
fn edit(
    server: &Server,
    at: usize,
    analysis: &super::stack::Analysis,
    reports: &[Diagnostic],
) -> Option<WorkspaceEdit> {
    let stack = server.workspace.stacks.get(at)?;
    let mut edits: Vec<_> = reports.iter().flat_map(|report| &report.edits).collect();
    edits.sort_by_key(|edit| edit.span);
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    let mut last: Option<crate::source::Span> = None;
    for edit in edits {
        if last.is_some_and(|last| last.source == edit.span.source && edit.span.start < last.end || last == edit.span) {
            continue;
        }
        last = Some(edit.span);
        let place = stack.location(&analysis.program, edit.span, &server.documents, server.encoding)?;
        changes.entry(place.uri).or_default().push(TextEdit { range: place.range, new_text: edit.text.clone() });
    }
    (!changes.is_empty()).then(|| WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}
