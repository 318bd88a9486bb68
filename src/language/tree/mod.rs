//! The lossless tree of a source text: every byte of the text lies in exactly one token, blanks and comments included.
//!
//! The formatter prints it, and whoever edits sources finds in it what stands where. What cannot be read keeps its
//! text as one token.

mod kind;

pub use kind::{NodeKind, TokenKind};

/// A source text in parts, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The parts.
    pub parts: Vec<Part>,
}

/// What stands in the first column, or between two such things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// An item that follows the grammar, with the comments that belong to it.
    Item(Node),
    /// A blank, a line end or a comment between items, or a text that could not be read.
    Token(Token),
}

/// A piece of the grammar with what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its parts, in order. Blanks and comments lie between them, never at the end.
    pub children: Vec<Child>,
}

/// A part of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child {
    /// A smaller node.
    Node(Node),
    /// A token.
    Token(Token),
}

/// A piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte in the source text.
    pub start: usize,
    /// The byte behind its last one.
    pub end: usize,
}

impl Token {
    /// Its text, out of the text the tree was made of.
    pub fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.start..self.end).unwrap_or_default()
    }
}

impl Tree {
    /// All tokens, in the order of the text. Joined they are the text.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        for part in &self.parts {
            match part {
                Part::Item(node) => node.collect(&mut tokens),
                Part::Token(token) => tokens.push(*token),
            }
        }
        tokens
    }

    /// The texts that could not be read.
    pub fn broken(&self) -> impl Iterator<Item = Token> {
        self.parts.iter().filter_map(|part| match part {
            Part::Token(token) if token.kind == TokenKind::Broken => Some(*token),
            Part::Token(_) | Part::Item(_) => None,
        })
    }
}

impl Node {
    /// The bytes it covers.
    pub fn range(&self) -> (usize, usize) {
        let mut tokens = Vec::new();
        self.collect(&mut tokens);
        (tokens.first().map_or(0, |token| token.start), tokens.last().map_or(0, |token| token.end))
    }

    /// The same node in a text that begins so many bytes later.
    #[must_use]
    pub fn moved(mut self, by: usize) -> Self {
        for child in &mut self.children {
            match child {
                Child::Node(node) => {
                    let taken = Self { kind: node.kind, children: std::mem::take(&mut node.children) };
                    *node = taken.moved(by);
                }
                Child::Token(token) => {
                    token.start -= by;
                    token.end -= by;
                }
            }
        }
        self
    }

    fn collect(&self, tokens: &mut Vec<Token>) {
        for child in &self.children {
            match child {
                Child::Node(node) => node.collect(tokens),
                Child::Token(token) => tokens.push(*token),
            }
        }
    }
}
