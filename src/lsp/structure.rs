//! The look of a document: semantic tokens, symbols, folding, hints.

use std::collections::BTreeMap;

use ls_types::{
    DocumentSymbol, DocumentSymbolResponse, FoldingRange, FoldingRangeKind, InlayHint, InlayHintLabel, InlayHintParams,
    InlayHintTooltip, MarkupContent, MarkupKind, SemanticToken, SemanticTokenModifier, SemanticTokenType,
    SemanticTokens, SemanticTokensLegend, SemanticTokensResult, SymbolInformation, SymbolKind, Uri,
    WorkspaceSymbolParams, WorkspaceSymbolResponse,
};

use super::positions::Lines;
use super::publish::carry;
use super::server::{Reply, Server};
use crate::language::analysis::{self, MarkKind, Short};
use crate::language::syntax::ast::ExprKind;
use crate::language::syntax::walk;
use crate::source::Span;

const TYPES: [SemanticTokenType; 13] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::TYPE,
    SemanticTokenType::CLASS,
    SemanticTokenType::STRUCT,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::DECORATOR,
    SemanticTokenType::EVENT,
    SemanticTokenType::STRING,
    SemanticTokenType::ENUM_MEMBER,
];

const MODIFIERS: [SemanticTokenModifier; 3] =
    [SemanticTokenModifier::DECLARATION, SemanticTokenModifier::READONLY, SemanticTokenModifier::DEFAULT_LIBRARY];

/// The kinds of tokens this server speaks of.
pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: MODIFIERS.to_vec() }
}

/// The type of a token and its modifiers, as bits.
fn token(kind: MarkKind) -> (SemanticTokenType, u32) {
    match kind {
        MarkKind::Resource | MarkKind::Lookup | MarkKind::Provider => (SemanticTokenType::VARIABLE, 0),
        MarkKind::Constant => (SemanticTokenType::VARIABLE, 2),
        MarkKind::Input | MarkKind::Local | MarkKind::Argument => (SemanticTokenType::PARAMETER, 0),
        MarkKind::Action | MarkKind::Rule => (SemanticTokenType::EVENT, 0),
        MarkKind::Output | MarkKind::Field | MarkKind::Member => (SemanticTokenType::PROPERTY, 0),
        MarkKind::Function => (SemanticTokenType::FUNCTION, 0),
        MarkKind::Type => (SemanticTokenType::TYPE, 0),
        MarkKind::Component => (SemanticTokenType::STRUCT, 0),
        MarkKind::CatalogueType => (SemanticTokenType::CLASS, 4),
        MarkKind::Catalogue | MarkKind::Header => (SemanticTokenType::NAMESPACE, 0),
        MarkKind::Decorator => (SemanticTokenType::DECORATOR, 0),
        MarkKind::BuiltIn => (SemanticTokenType::ENUM_MEMBER, 4),
        MarkKind::Path => (SemanticTokenType::STRING, 0),
    }
}

/// The tokens of a document.
pub fn tokens(server: &mut Server, uri: &Uri) -> Reply {
    let Some((at, analysis)) = server.workspace.of(&server.documents, uri) else { return Ok(None) };
    let program = &analysis.program;
    let Some(source) = server.source(at, &analysis, uri) else { return Ok(None) };
    let Some(document) = program.documents.iter().position(|document| document.source == source) else {
        return Ok(None);
    };
    let mut words: BTreeMap<Span, (SemanticTokenType, u32)> = BTreeMap::new();
    for item in program.documents.get(document).into_iter().flat_map(|document| &document.items) {
        if let Some(span) = analysis::keyword_span(program, item) {
            words.insert(span, (SemanticTokenType::KEYWORD, 0));
        }
    }
    for mark in analysis::marks(program, Some(document), None) {
        if mark.short == Some(Short::Key) {
            continue;
        }
        let (kind, modifiers) = token(mark.kind);
        words.insert(mark.span, (kind, modifiers | u32::from(mark.declares)));
    }
    let text = &program.sources.get(source).text;
    let lines = Lines::new(text, server.encoding);
    let mut data = Vec::with_capacity(words.len());
    let (mut line, mut column, mut end) = (0, 0, 0);
    for (span, (kind, modifiers)) in words {
        let word = program.sources.text(span);
        // Tokens follow each other and stay on their line.
        if span.start < end || word.is_empty() || word.contains('\n') {
            continue;
        }
        end = span.end;
        let position = lines.position(span.start as usize);
        let same = position.line == line;
        data.push(SemanticToken {
            delta_line: position.line - line,
            delta_start: if same { position.character - column } else { position.character },
            length: server.encoding.length(word),
            token_type: TYPES.iter().position(|one| *one == kind).and_then(|at| u32::try_from(at).ok()).unwrap_or(0),
            token_modifiers_bitset: modifiers,
        });
        (line, column) = (position.line, position.character);
    }
    server.reply(&SemanticTokensResult::Tokens(SemanticTokens { result_id: None, data }))
}

fn symbol_kind(kind: MarkKind) -> SymbolKind {
    match kind {
        MarkKind::Resource => SymbolKind::OBJECT,
        MarkKind::Lookup => SymbolKind::KEY,
        MarkKind::Action => SymbolKind::EVENT,
        MarkKind::Provider => SymbolKind::NAMESPACE,
        MarkKind::Rule => SymbolKind::BOOLEAN,
        MarkKind::Input => SymbolKind::PROPERTY,
        MarkKind::Constant => SymbolKind::CONSTANT,
        MarkKind::Output => SymbolKind::FIELD,
        MarkKind::Function => SymbolKind::FUNCTION,
        MarkKind::Type => SymbolKind::STRUCT,
        MarkKind::Component => SymbolKind::CLASS,
        MarkKind::Header => SymbolKind::MODULE,
        MarkKind::Catalogue | MarkKind::CatalogueType => SymbolKind::PACKAGE,
        MarkKind::Local
        | MarkKind::Field
        | MarkKind::Member
        | MarkKind::Argument
        | MarkKind::Decorator
        | MarkKind::BuiltIn
        | MarkKind::Path => SymbolKind::VARIABLE,
    }
}

/// The items of a document.
#[expect(deprecated, reason = "the type has a field that the protocol gave up")]
pub fn symbols(server: &mut Server, uri: &Uri) -> Reply {
    let Some((at, analysis)) = server.workspace.of(&server.documents, uri) else { return Ok(None) };
    let program = &analysis.program;
    let Some(source) = server.source(at, &analysis, uri) else { return Ok(None) };
    let Some(document) = program.documents.iter().find(|document| document.source == source) else { return Ok(None) };
    let lines = Lines::new(&program.sources.get(source).text, server.encoding);
    let found: Vec<DocumentSymbol> = analysis::outline(program, document)
        .into_iter()
        .map(|symbol| DocumentSymbol {
            name: symbol.name,
            detail: (!symbol.detail.is_empty()).then_some(symbol.detail),
            kind: symbol_kind(symbol.kind),
            tags: None,
            deprecated: None,
            range: lines.range(symbol.span.start as usize, symbol.span.end as usize),
            selection_range: lines.range(symbol.name_span.start as usize, symbol.name_span.end as usize),
            children: None,
        })
        .collect();
    server.reply(&DocumentSymbolResponse::Nested(found))
}

/// At most so many symbols are found at once.
const MOST_SYMBOLS: usize = 500;

/// The items of all stacks of the workspace whose names contain what is asked for.
#[expect(deprecated, reason = "the type has a field that the protocol gave up")]
pub fn workspace_symbols(server: &mut Server, params: &WorkspaceSymbolParams) -> Reply {
    let wanted = params.query.to_lowercase();
    let mut found: Vec<SymbolInformation> = Vec::new();
    for root in server.workspace.roots() {
        let (at, analysis) = server.workspace.loaded(&server.documents, root);
        let Some(stack) = server.workspace.stacks.get(at) else { continue };
        let program = &analysis.program;
        for document in &program.documents {
            for symbol in analysis::outline(program, document) {
                if found.len() >= MOST_SYMBOLS || !symbol.name.to_lowercase().contains(&wanted) {
                    continue;
                }
                let place = stack.location(program, symbol.name_span, &server.documents, server.encoding);
                let Some(location) = place else { continue };
                let container = program.unit(crate::language::program::Program::STACK).name.to_string();
                let information = SymbolInformation {
                    name: symbol.name,
                    kind: symbol_kind(symbol.kind),
                    tags: None,
                    deprecated: None,
                    location,
                    container_name: Some(container),
                };
                if !found.contains(&information) {
                    found.push(information);
                }
            }
        }
    }
    server.reply(&WorkspaceSymbolResponse::Flat(found))
}

/// What can be folded: items, records and lists of several lines, blocks of comments.
pub fn folding(server: &mut Server, uri: &Uri) -> Reply {
    let Some((at, analysis)) = server.workspace.of(&server.documents, uri) else { return Ok(None) };
    let program = &analysis.program;
    let Some(source) = server.source(at, &analysis, uri) else { return Ok(None) };
    let Some(document) = program.documents.iter().find(|document| document.source == source) else { return Ok(None) };
    let text = &program.sources.get(source).text;
    let lines = Lines::new(text, server.encoding);
    let mut spans: Vec<Span> = Vec::new();
    for item in &document.items {
        spans.push(item.span);
        for expression in analysis::expressions_of(item) {
            walk::expressions(expression, &mut |expression| {
                if matches!(expression.kind, ExprKind::Record(_) | ExprKind::List(_) | ExprKind::Match(_)) {
                    spans.push(expression.span);
                }
            });
        }
    }
    let mut ranges: BTreeMap<u32, (u32, Option<FoldingRangeKind>)> = BTreeMap::new();
    for span in spans {
        let (first, last) = (lines.position(span.start as usize).line, lines.position(span.end as usize).line);
        if last > first {
            let longest = ranges.entry(first).or_insert((last, None));
            longest.0 = longest.0.max(last);
        }
    }
    let mut begun: Option<u32> = None;
    for (number, line) in (0u32..).zip(text.lines().chain([""])) {
        match (line.starts_with('#'), begun) {
            (true, None) => begun = Some(number),
            (false, Some(first)) => {
                if number - first > 2 {
                    ranges.insert(first, (number - 1, Some(FoldingRangeKind::Comment)));
                }
                begun = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    let found: Vec<FoldingRange> = ranges
        .into_iter()
        .map(|(start_line, (end_line, kind))| FoldingRange { start_line, end_line, kind, ..FoldingRange::default() })
        .collect();
    server.reply(&found)
}

/// Phases and derived values, as far as evaluation got. Of items that changed since, nothing is known.
pub fn hints(server: &mut Server, params: &InlayHintParams) -> Reply {
    let uri = &params.text_document.uri;
    let Some((at, now)) = server.workspace.of(&server.documents, uri) else { return Ok(None) };
    let Some(stack) = server.workspace.stacks.get(at) else { return Ok(None) };
    let Some(then) = &stack.evaluated.analysis else { return server.reply(&Vec::<InlayHint>::new()) };
    let Some(document) = server.documents.get(uri) else { return Ok(None) };
    let (Some(old), Some(new)) = (stack.source_of(&then.program, document), stack.source_of(&now.program, document))
    else {
        return Ok(None);
    };
    let lines = Lines::new(&now.program.sources.get(new).text, server.encoding);
    let wanted = lines.bytes(params.range);
    let same = std::sync::Arc::ptr_eq(then, &now);
    let found: Vec<InlayHint> = analysis::hints(&then.program, &stack.evaluated.observed, old)
        .into_iter()
        .filter_map(|hint| {
            let after = if same { hint.after } else { carry(then, &now, hint.after)? };
            let end = after.end as usize;
            (wanted.start <= end && end <= wanted.end).then(|| InlayHint {
                position: lines.position(end),
                label: InlayHintLabel::String(hint.label),
                kind: None,
                text_edits: None,
                tooltip: Some(InlayHintTooltip::MarkupContent(MarkupContent {
                    kind: MarkupKind::Markdown,
                    value: hint.tooltip,
                })),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            })
        })
        .collect();
    server.reply(&found)
}
