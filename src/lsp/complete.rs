//! Completion.

use ls_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionResponse, CompletionTextEdit, InsertTextFormat,
    TextDocumentPositionParams, TextEdit,
};

use super::positions::Lines;
use super::server::{Reply, Server};
use crate::language::analysis::{self, Completion, CompletionKind, Insert, Place};
use crate::language::resolve::{Files as _, join};
use crate::language::standard;

/// What could be written at a position.
pub fn complete(server: &mut Server, at: &TextDocumentPositionParams) -> Reply {
    let uri = at.text_document.uri.clone();
    let Some(document) = server.documents.get(&uri) else { return Ok(None) };
    let lines = Lines::new(&document.text, server.encoding);
    let offset = lines.offset(at.position);
    let text = &document.text;
    let line_start = text.get(..offset).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |at| at + 1);
    let typed = text.get(line_start..offset).unwrap_or_default();
    let word = |text: &str| text.chars().all(|character| character.is_alphanumeric() || character == '_');
    let decorator = typed.starts_with('@');
    if word(typed.trim_start_matches('@')) && (decorator || typed.len() == offset - line_start) {
        let start = line_start + usize::from(decorator);
        let items = analysis::line_starts(decorator);
        return respond(server, &lines, items, start..offset);
    }
    let (at, _) = match server.workspace.of(&server.documents, &uri) {
        Some(found) => found,
        None => return Ok(None),
    };
    let catalogue = std::sync::Arc::clone(&server.workspace.catalogue);
    let readable = |marked: &analysis::Marked| analysis::is_found(&marked.text, marked.at);
    for marked in analysis::marked(text, offset).into_iter().filter(readable) {
        let Some(stack) = server.workspace.stacks.get_mut(at) else { break };
        let Some((program, source)) = stack.load_with(&server.documents, &catalogue, document, &marked.text) else {
            break;
        };
        match analysis::complete(&program, source, marked.at) {
            Some(Place::Items(items)) => {
                let dotted = items.iter().any(|item| item.kind == CompletionKind::CatalogueType);
                let range = if dotted { marked.path } else { marked.word };
                return respond(server, &lines, items, range);
            }
            Some(Place::Path(before)) => {
                let items = files(server, at, document, &before);
                return respond(server, &lines, items, marked.word);
            }
            None => {}
        }
    }
    respond(server, &lines, Vec::new(), offset..offset)
}

/// Files that an import could name.
fn files(server: &Server, at: usize, document: &super::documents::Document, before: &str) -> Vec<Completion> {
    let Some(stack) = server.workspace.stacks.get(at) else { return Vec::new() };
    let file = |label: &str, text: String| Completion {
        label: label.to_owned(),
        kind: CompletionKind::File,
        detail: String::new(),
        documentation: String::new(),
        insert: Insert::plain(text),
        rank: 0,
    };
    let start = before.rfind(['/', ':']).map_or("", |at| before.get(..=at).unwrap_or_default());
    if before.starts_with(standard::SCHEME) {
        let whole = standard::PARTS.iter().map(|part| format!("{}{}", standard::SCHEME, part.name));
        let names = whole.filter_map(|name| name.strip_prefix(start).map(ToOwned::to_owned));
        return names.map(|name| file(&name, name.clone())).collect();
    }
    let own = stack.path_of(document).unwrap_or_default();
    let own_folder = own.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let typed_folder = before.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = join(&own_folder, typed_folder);
    let names = stack.files(&server.documents).list(&folder).unwrap_or_default();
    names
        .into_iter()
        .filter(|name| name.ends_with(".cairn") && !name.starts_with('('))
        .map(|name| file(&name, if before.contains('/') { name.clone() } else { format!("./{name}") }))
        .collect()
}

fn respond(server: &Server, lines: &Lines<'_>, items: Vec<Completion>, bytes: std::ops::Range<usize>) -> Reply {
    let range = lines.range(bytes.start, bytes.end);
    let items = items
        .into_iter()
        .map(|item| {
            let snippet = item.insert.snippet.filter(|_| server.client.snippets);
            let format = if snippet.is_some() { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT };
            let text = snippet.unwrap_or(item.insert.plain);
            let value = item.documentation;
            CompletionItem {
                sort_text: Some(format!("{}{}", item.rank, item.label)),
                kind: Some(kind(item.kind)),
                detail: (!item.detail.is_empty()).then_some(item.detail),
                documentation: (!value.is_empty()).then(|| server.client.documentation(value)),
                insert_text_format: Some(format),
                text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: text })),
                label: item.label,
                ..CompletionItem::default()
            }
        })
        .collect();
    server.reply(&CompletionResponse::List(CompletionList { is_incomplete: false, items }))
}

fn kind(kind: CompletionKind) -> CompletionItemKind {
    match kind {
        CompletionKind::Keyword => CompletionItemKind::KEYWORD,
        CompletionKind::Decorator => CompletionItemKind::EVENT,
        CompletionKind::Resource => CompletionItemKind::REFERENCE,
        CompletionKind::Variable => CompletionItemKind::VARIABLE,
        CompletionKind::Function => CompletionItemKind::FUNCTION,
        CompletionKind::Type => CompletionItemKind::STRUCT,
        CompletionKind::CatalogueType => CompletionItemKind::CLASS,
        CompletionKind::Catalogue => CompletionItemKind::MODULE,
        CompletionKind::Field => CompletionItemKind::FIELD,
        CompletionKind::Value => CompletionItemKind::ENUM_MEMBER,
        CompletionKind::File => CompletionItemKind::FILE,
    }
}
