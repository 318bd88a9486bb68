//! Hover, definition, references, highlights and rename.

use std::collections::HashMap;

use ls_types::{
    DocumentHighlight, DocumentHighlightKind, GotoDefinitionResponse, Hover, HoverContents, Location, MessageType,
    PrepareRenameResponse, ReferenceParams, RenameParams, TextDocumentPositionParams, TextEdit, WorkspaceEdit,
};

use super::positions::Lines;
use super::server::{Problem, Reply, Server};
use super::stack::Analysis;
use crate::language::analysis::{self, Mark, MarkKind, Observed, Target};
use crate::source::{SourceId, Span};

/// A document's place in a stack.
struct Here {
    stack: usize,
    analysis: std::sync::Arc<Analysis>,
    source: SourceId,
    offset: usize,
}

/// The place in all stacks that use the document; the first is its own.
fn places(server: &mut Server, at: &TextDocumentPositionParams, everywhere: bool) -> Vec<Here> {
    let uri = &at.text_document.uri;
    let found = if everywhere {
        server.workspace.all_of(&server.documents, uri)
    } else {
        server.workspace.of(&server.documents, uri).into_iter().collect()
    };
    let Some(document) = server.documents.get(uri) else { return Vec::new() };
    let offset = Lines::new(&document.text, server.encoding).offset(at.position);
    found
        .into_iter()
        .filter_map(|(stack, analysis)| {
            let source = server.workspace.stacks.get(stack)?.source_of(&analysis.program, document)?;
            Some(Here { stack, analysis, source, offset })
        })
        .collect()
}

/// What a word is.
pub fn hover(server: &mut Server, at: &TextDocumentPositionParams) -> Reply {
    let Some(here) = places(server, at, false).into_iter().next() else { return Ok(None) };
    let program = &here.analysis.program;
    let Some(stack) = server.workspace.stacks.get(here.stack) else { return Ok(None) };
    // Values of another state of the files stand at other places.
    let current = stack.evaluated.analysis.as_ref().is_some_and(|then| std::sync::Arc::ptr_eq(then, &here.analysis));
    let nothing = Observed::default();
    let observed = if current { &stack.evaluated.observed } else { &nothing };
    let Some(found) = analysis::describe(program, observed, here.source, here.offset) else { return Ok(None) };
    let text = &program.sources.get(here.source).text;
    let range = Lines::new(text, server.encoding).range(found.span.start as usize, found.span.end as usize);
    let contents = HoverContents::Markup(server.client.hover(found.text));
    server.reply(&Hover { contents, range: Some(range) })
}

fn location(server: &Server, here: &Here, span: Span) -> Option<Location> {
    let stack = server.workspace.stacks.get(here.stack)?;
    stack.location(&here.analysis.program, span, &server.documents, server.encoding)
}

/// Where a word is declared.
pub fn definition(server: &mut Server, at: &TextDocumentPositionParams) -> Reply {
    let Some(here) = places(server, at, false).into_iter().next() else { return Ok(None) };
    let program = &here.analysis.program;
    let Some((mark, same)) = analysis::uses(program, here.source, here.offset) else { return Ok(None) };
    let declared = same.iter().find(|other| other.declares).map(|other| other.span);
    let span = match (declared, mark.target) {
        (Some(span), _) if mark.kind != MarkKind::Path => Some(span),
        // A library has no header: its first item, or its first byte.
        (_, Some(Target::Unit(unit))) => {
            let unit = program.unit(unit);
            let first = unit.header.or_else(|| unit.items.first().copied());
            first.map(|id| program.item(id).span).map(|span| Span { start: 0, end: 0, ..span })
        }
        (_, Some(Target::Item(item))) => Some(program.item(item).span.at_start()),
        (span, Some(Target::Local(_)) | None) => span,
    };
    let Some(location) = span.and_then(|span| location(server, &here, span)) else { return Ok(None) };
    server.reply(&GotoDefinitionResponse::Scalar(location))
}

/// All places that name the same.
pub fn references(server: &mut Server, params: &ReferenceParams) -> Reply {
    let mut found: Vec<Location> = Vec::new();
    for here in places(server, &params.text_document_position, true) {
        let Some((_, same)) = analysis::uses(&here.analysis.program, here.source, here.offset) else { continue };
        for mark in same.iter().filter(|mark| params.context.include_declaration || !mark.declares) {
            if let Some(location) = location(server, &here, mark.span)
                && !found.contains(&location)
            {
                found.push(location);
            }
        }
    }
    server.reply(&found)
}

/// The places in the same document that name the same.
pub fn highlights(server: &mut Server, at: &TextDocumentPositionParams) -> Reply {
    let Some(here) = places(server, at, false).into_iter().next() else { return Ok(None) };
    let Some((_, same)) = analysis::uses(&here.analysis.program, here.source, here.offset) else { return Ok(None) };
    let text = &here.analysis.program.sources.get(here.source).text;
    let lines = Lines::new(text, server.encoding);
    let found: Vec<DocumentHighlight> = same
        .iter()
        .filter(|mark| mark.span.source == here.source)
        .map(|mark| DocumentHighlight {
            range: lines.range(mark.span.start as usize, mark.span.end as usize),
            kind: Some(if mark.declares { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ }),
        })
        .collect();
    server.reply(&found)
}

/// Whether a word can be given another name.
pub fn prepare_rename(server: &mut Server, at: &TextDocumentPositionParams) -> Reply {
    let Some(here) = places(server, at, false).into_iter().next() else { return Ok(None) };
    let program = &here.analysis.program;
    let Some((Mark { span, kind, .. }, _)) = analysis::uses(program, here.source, here.offset) else { return Ok(None) };
    if matches!(kind, MarkKind::Header | MarkKind::Path) {
        return Ok(None);
    }
    let text = &program.sources.get(here.source).text;
    let range = Lines::new(text, server.encoding).range(span.start as usize, span.end as usize);
    let placeholder = program.sources.text(span).to_owned();
    server.reply(&PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
}

/// Gives a word another name, in all files of all stacks that use it.
pub fn rename(server: &mut Server, params: &RenameParams) -> Reply {
    let places = places(server, &params.text_document_position, true);
    if places.is_empty() {
        return Err(Problem::Failed("there is no name here that could be changed".to_owned()));
    }
    let mut changes: HashMap<ls_types::Uri, Vec<TextEdit>> = HashMap::new();
    let mut warning = String::new();
    for here in &places {
        let program = &here.analysis.program;
        let renaming =
            analysis::rename(program, here.source, here.offset, &params.new_name).map_err(Problem::Failed)?;
        warning = renaming.warning;
        for (span, new_text) in renaming.edits {
            let Some(Location { uri, range }) = location(server, here, span) else { continue };
            let edits = changes.entry(uri).or_default();
            let edit = TextEdit { range, new_text };
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    if !warning.is_empty() {
        server.show(MessageType::WARNING, &warning);
    }
    server.reply(&WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}
