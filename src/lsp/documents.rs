//! What is open in the editor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ls_types::{TextDocumentContentChangeEvent, Uri};

use super::positions::{Encoding, Lines};

/// An open document.
pub struct Document {
    /// How the editor calls it.
    pub uri: Uri,
    /// Its file, unless it is somewhere else than on a disk.
    pub path: Option<PathBuf>,
    /// Its text.
    pub text: String,
    /// The editor's number of this text.
    pub version: i32,
}

/// All open documents.
#[derive(Default)]
pub struct Documents {
    open: BTreeMap<String, Document>,
}

impl Documents {
    /// Opens a document, or gives it a new text.
    pub fn open(&mut self, uri: Uri, text: String, version: i32) {
        let path = path_of(&uri);
        self.open.insert(uri.to_string(), Document { uri, path, text, version });
    }

    /// Closes a document.
    pub fn close(&mut self, uri: &Uri) -> Option<Document> {
        self.open.remove(uri.as_str())
    }

    /// A document.
    pub fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri.as_str())
    }

    /// The document of a file.
    pub fn of_path(&self, path: &Path) -> Option<&Document> {
        self.open.values().find(|document| document.path.as_deref() == Some(path))
    }

    /// All documents.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.open.values()
    }

    /// Changes a document, edit after edit.
    pub fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.open.get_mut(uri.as_str()) else { return false };
        for change in changes {
            match change.range {
                Some(range) => {
                    let bytes = Lines::new(&document.text, encoding).bytes(range);
                    document.text.replace_range(bytes, &change.text);
                }
                None => document.text = change.text,
            }
        }
        document.version = version;
        true
    }
}

/// The file a document lies in.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let path = uri.to_file_path()?.into_owned();
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use ls_types::{Position, Range, TextDocumentContentChangeEvent, Uri};

    use super::{Documents, path_of};
    use crate::lsp::positions::Encoding;

    #[test]
    fn edits_are_applied_one_after_the_other() {
        let uri = Uri::from_str("file:///a%20b/c.cairn").unwrap();
        assert_eq!(path_of(&uri).unwrap().to_str(), Some("/a b/c.cairn"));
        assert!(path_of(&Uri::from_str("untitled:Untitled-1").unwrap()).is_none());
        let mut documents = Documents::default();
        documents.open(uri.clone(), "let a = \"💧\"\r\nlet b = 1\r\n".to_owned(), 1);
        let edit = |line, from, to, text: &str| TextDocumentContentChangeEvent {
            range: Some(Range::new(Position::new(line, from), Position::new(line, to))),
            range_length: None,
            text: text.to_owned(),
        };
        let edits = vec![edit(0, 9, 11, "x"), edit(1, 4, 5, "c"), edit(9, 0, 0, "# end")];
        assert!(documents.change(&uri, 2, edits, Encoding::Utf16));
        assert_eq!(documents.get(&uri).unwrap().text, "let a = \"x\"\r\nlet c = 1\r\n# end");
    }
}
