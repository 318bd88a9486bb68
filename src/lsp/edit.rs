//! Edits that the editor is offered: those that reports carry, and formatting.

use std::collections::HashMap;

use ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, NumberOrString, Range, TextEdit, Uri,
    WorkspaceEdit,
};

use super::positions::Lines;
use super::publish;
use super::server::{Problem, Reply, Server};
use super::stack::Analysis;
use crate::diagnostic::{Diagnostic, Edit};
use crate::language::format;
use crate::source::Span;

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
    let here = |report: &&Diagnostic| report.span().is_some_and(|span| span.source == source);
    let mut found: Vec<CodeActionOrCommand> = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        for report in all.iter().filter(here) {
            let Some(span) = report.span() else { continue };
            let range = lines.range(span.start as usize, span.end as usize);
            if !overlap(range, params.range) {
                continue;
            }
            let same = |shown: &ls_types::Diagnostic| {
                shown.code == Some(NumberOrString::String(report.code.to_owned())) && shown.range == range
            };
            let diagnostics: Vec<ls_types::Diagnostic> =
                params.context.diagnostics.iter().filter(|shown| same(shown)).cloned().collect();
            for fix in &report.fixes {
                let Some(edit) = edit(server, at, &analysis, &fix.edits) else { continue };
                found.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: capital(&fix.title),
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: (!diagnostics.is_empty()).then(|| diagnostics.clone()),
                    edit: Some(edit),
                    is_preferred: Some(fix.certain),
                    ..CodeAction::default()
                }));
            }
        }
    }
    // Only what is certain is done to a whole document, and only when somebody asks for that.
    let certain: Vec<Edit> = all
        .iter()
        .filter(here)
        .filter_map(|report| report.fixes.iter().find(|fix| fix.certain))
        .flat_map(|fix| fix.edits.iter().cloned())
        .collect();
    if params.context.only.is_some()
        && wanted(&CodeActionKind::SOURCE_FIX_ALL)
        && let Some(edit) = edit(server, at, &analysis, &certain)
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

fn capital(title: &str) -> String {
    let mut characters = title.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Edits as the editor takes them; what overlaps one before it is left out.
fn edit(server: &Server, at: usize, analysis: &Analysis, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let stack = server.workspace.stacks.get(at)?;
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    let mut last: Option<Span> = None;
    for edit in edits {
        let overlaps = |last: Span| last.source == edit.span.source && edit.span.start < last.end || last == edit.span;
        if last.is_some_and(overlaps) {
            continue;
        }
        last = Some(edit.span);
        let place = stack.location(&analysis.program, edit.span, &server.documents, server.encoding)?;
        changes.entry(place.uri).or_default().push(TextEdit { range: place.range, new_text: edit.text.clone() });
    }
    (!changes.is_empty()).then(|| WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

/// A document in the one form everybody writes: the lines that differ are replaced.
pub fn format(server: &Server, uri: &Uri) -> Reply {
    let Some(document) = server.documents.get(uri) else { return Ok(None) };
    let text = &document.text;
    let formatted = format::format(text).map_err(|error| Problem::Failed(error.to_string()))?.text;
    if formatted == *text {
        return server.reply(&Vec::<TextEdit>::new());
    }
    let (old, new) = (text.split_inclusive('\n'), formatted.split_inclusive('\n'));
    let begin: usize = old.clone().zip(new.clone()).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let (old, new) = (text.get(begin..).unwrap_or_default(), formatted.get(begin..).unwrap_or_default());
    let backwards = old.split_inclusive('\n').rev().zip(new.split_inclusive('\n').rev());
    let end: usize = backwards.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let range = Lines::new(text, server.encoding).range(begin, text.len() - end);
    let new_text = new.get(..new.len() - end).unwrap_or_default().to_owned();
    server.reply(&vec![TextEdit { range, new_text }])
}
