//! A place in a source text.

/// Which text of a [`super::SourceSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// A range of bytes.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { source, start: byte(start), end: byte(end) }
    }

    /// From the start of this place to the end of the other, in the same text.
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start, end: self.end.max(other.end) }
    }

    /// The empty place at the start of this one.
    pub fn at_start(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the other place lies within this one.
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}
