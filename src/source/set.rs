//! The texts a command works on.

use super::{LineIndex, Position, SourceId, Span};

/// One source text with the path under which the user knows it.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// The path, relative to the stack's directory, with forward slashes.
    pub path: String,
    /// The text.
    pub text: String,
    lines: LineIndex,
}

impl SourceText {
    /// A text under a path.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = LineIndex::new(&text);
        Self { path: path.into(), text, lines }
    }

    /// The line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        self.lines.position(&self.text, offset)
    }

    /// A line, counted from one, without its line end.
    pub fn line(&self, line: u32) -> Option<&str> {
        self.text.get(self.lines.line(&self.text, line)?)
    }
}

/// All source texts of one command, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct SourceSet {
    texts: Vec<SourceText>,
}

impl SourceSet {
    /// Adds a text.
    pub fn add(&mut self, text: SourceText) -> SourceId {
        let id = SourceId(u32::try_from(self.texts.len()).expect("fewer than 2^32 source texts"));
        self.texts.push(text);
        id
    }

    /// The set with another text in the place of one.
    #[must_use]
    pub fn with(&self, id: SourceId, text: SourceText) -> Self {
        let mut texts = self.texts.clone();
        if let Some(place) = texts.get_mut(id.0 as usize) {
            *place = text;
        }
        Self { texts }
    }

    /// A text of the set.
    pub fn get(&self, id: SourceId) -> &SourceText {
        // Ids are only handed out by `add`.
        self.texts.get(id.0 as usize).expect("a source id of this set")
    }

    /// Writes over what nobody may be shown; all places stay where they are.
    pub fn mask(&mut self, span: Span) {
        let Some(text) = self.texts.get_mut(span.source.0 as usize) else { return };
        let range = span.start as usize..span.end as usize;
        let Some(length) = text.text.get(range.clone()).map(str::len) else { return };
        text.text.replace_range(range, &"*".repeat(length));
    }

    /// Whether a text is one of the standard library.
    pub fn is_standard(&self, id: SourceId) -> bool {
        self.get(id).path.starts_with("std:")
    }

    /// The id of the text under a path.
    pub fn find(&self, path: &str) -> Option<SourceId> {
        self.ids().find(|id| self.get(*id).path == path)
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..u32::try_from(self.texts.len()).unwrap_or(u32::MAX)).map(SourceId)
    }

    /// The text at a place.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The line and column where a place starts.
    pub fn position(&self, span: Span) -> Position {
        self.get(span.source).position(span.start)
    }

    /// `path:line` of a place.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.get(span.source).path, self.position(span).line)
    }
}
