//! What the editor can do, and what it is told that we can.

use std::path::PathBuf;
use std::str::FromStr as _;

use ls_types::{Documentation, MarkupContent, MarkupKind, PositionEncodingKind, Uri};
use serde_json::{Value, json};

use super::documents::path_of;
use super::positions::Encoding;
use super::structure;

/// What the editor can do.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// What columns count.
    pub encoding: Encoding,
    /// Whether inserted text may have places to fill in.
    pub snippets: bool,
    /// Whether it asks again for hints when told so.
    pub refreshes_hints: bool,
    /// How it shows what is known about a completion, and about a word.
    pub markdown: (bool, bool),
    /// Whether it can show the page of a code, which our own extensions ask for.
    pub pages: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf16,
            snippets: false,
            refreshes_hints: false,
            markdown: (false, false),
            pages: false,
        }
    }
}

impl Client {
    /// Reads the parameters of `initialize`. What an editor spells wrongly it cannot do.
    pub fn of(params: &Value) -> Self {
        let can = |path: &str| params.pointer(path).and_then(Value::as_bool).unwrap_or(false);
        let offered: Vec<PositionEncodingKind> = params
            .pointer("/capabilities/general/positionEncodings")
            .and_then(|offered| serde_json::from_value(offered.clone()).ok())
            .unwrap_or_default();
        let markdown = |path: &str| {
            let formats = params.pointer(path).and_then(Value::as_array);
            formats.is_some_and(|formats| formats.iter().any(|format| format == "markdown"))
        };
        Self {
            markdown: (
                markdown("/capabilities/textDocument/completion/completionItem/documentationFormat"),
                markdown("/capabilities/textDocument/hover/contentFormat"),
            ),
            encoding: Encoding::negotiated(&offered),
            snippets: can("/capabilities/textDocument/completion/completionItem/snippetSupport"),
            refreshes_hints: can("/capabilities/workspace/inlayHint/refreshSupport"),
            pages: can("/initializationOptions/pages"),
        }
    }

    /// A text about a completion.
    pub fn documentation(&self, value: String) -> Documentation {
        Documentation::MarkupContent(markup(value, self.markdown.0))
    }

    /// A text about a word.
    pub fn hover(&self, value: String) -> MarkupContent {
        markup(value, self.markdown.1)
    }

    /// The folders that are open.
    pub fn folders_of(params: &Value) -> Vec<PathBuf> {
        let folders = params.get("workspaceFolders").map(folders).unwrap_or_default();
        if !folders.is_empty() {
            return folders;
        }
        let root = params.get("rootUri").and_then(Value::as_str);
        root.and_then(|root| path_of(&Uri::from_str(root).ok()?)).into_iter().collect()
    }

    /// Applies a change of the open folders.
    pub fn change_folders(event: &Value, open: &mut Vec<PathBuf>) {
        let removed = event.get("removed").map(folders).unwrap_or_default();
        open.retain(|folder| !removed.contains(folder));
        open.extend(event.get("added").map(folders).unwrap_or_default());
    }
}

fn markup(value: String, markdown: bool) -> MarkupContent {
    let kind = if markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    MarkupContent { kind, value }
}

fn folders(list: &Value) -> Vec<PathBuf> {
    let uris = list.as_array().into_iter().flatten().filter_map(|folder| folder.get("uri")?.as_str());
    uris.filter_map(|uri| path_of(&Uri::from_str(uri).ok()?)).collect()
}

/// What this server can do.
pub fn capabilities(encoding: Encoding) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": encoding.kind(),
            "textDocumentSync": { "openClose": true, "change": 2, "save": true },
            "completionProvider": { "triggerCharacters": [".", "@", "\"", "/"] },
            "hoverProvider": true,
            "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
            "definitionProvider": true,
            "referencesProvider": true,
            "documentHighlightProvider": true,
            "renameProvider": { "prepareProvider": true },
            "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll"] },
            "documentFormattingProvider": true,
            "documentSymbolProvider": true,
            "workspaceSymbolProvider": true,
            "foldingRangeProvider": true,
            "inlayHintProvider": true,
            "semanticTokensProvider": { "legend": structure::legend(), "full": true },
            "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } }
        },
        "serverInfo": { "name": "cairn", "version": env!("CARGO_PKG_VERSION") }
    })
}
