//! The tokens of an item that mean something, with the comments around them, and what groups them.

use unicode_width::UnicodeWidthStr as _;

use super::space;
use crate::language::tree::{Child, Node, NodeKind, Token, TokenKind};

/// A comment.
#[derive(Clone, Copy, Debug)]
pub struct Note<'t> {
    /// With its `#`.
    pub text: &'t str,
    /// The column where it stands, from 0.
    pub column: usize,
    /// How many blanks stand before it.
    pub gap: usize,
    /// Whether an empty line stands before it.
    pub blank: bool,
}

/// A token that means something.
#[derive(Clone, Debug)]
pub struct Leaf<'t> {
    /// As it is written.
    pub text: &'t str,
    /// What it is.
    pub kind: TokenKind,
    /// The node it belongs to.
    pub parent: NodeKind,
    /// Comments on lines of their own before it.
    pub lead: Vec<Note<'t>>,
    /// The comment behind it on its line.
    pub trail: Option<Note<'t>>,
    /// Whether it stands on another line than the token before.
    pub line_before: bool,
    /// Whether an empty line stands before it, or before it and behind its comments.
    pub blank: bool,
    /// Its line.
    pub line: usize,
    /// The line where it ends.
    pub last_line: usize,
    /// Its column, from 0.
    pub column: usize,
    /// How many blanks stand before it.
    pub gap: usize,
    /// Whether a comma stands before it when everything is on one line.
    pub comma: bool,
    /// Whether a blank stands before it when everything is on one line.
    pub space: bool,
    /// Whether it opens a group that is not empty.
    pub opens: bool,
    /// Whether it must begin a line: `name.Upper` on one line is a type, and on two a member.
    pub apart: bool,
}

impl Leaf<'_> {
    /// Columns before it for the comma and the blank.
    pub fn separator(&self) -> usize {
        if self.comma { 2 } else { usize::from(self.space) }
    }

    /// Its columns, up to its first line end.
    pub fn width(&self) -> usize {
        self.text.split('\n').next().unwrap_or_default().width()
    }
}

/// A part of an item. Leaves are named by their number.
#[derive(Debug)]
pub enum Piece {
    /// A token.
    Leaf(usize),
    /// Parts that belong together.
    Branch(Branch),
    /// Brackets with what is in them.
    Group(Group),
}

/// Parts that belong together.
#[derive(Debug)]
pub struct Branch {
    /// What they are.
    pub kind: NodeKind,
    /// The parts; at least one.
    pub pieces: Vec<Piece>,
    /// The first leaf.
    pub first: usize,
    /// The last leaf.
    pub last: usize,
}

/// Brackets with what is in them.
#[derive(Debug)]
pub struct Group {
    /// Whose brackets they are.
    pub kind: NodeKind,
    /// The opening bracket.
    pub open: usize,
    /// What is separated by commas or line ends.
    pub items: Vec<Vec<Piece>>,
    /// The closing bracket.
    pub close: usize,
}

impl Piece {
    /// Its first leaf.
    pub fn first(&self) -> usize {
        match self {
            Self::Leaf(leaf) => *leaf,
            Self::Branch(branch) => branch.first,
            Self::Group(group) => group.open,
        }
    }

    /// Its last leaf.
    pub fn last(&self) -> usize {
        match self {
            Self::Leaf(leaf) => *leaf,
            Self::Branch(branch) => branch.last,
            Self::Group(group) => group.close,
        }
    }
}

/// An item, ready to be laid out.
#[derive(Debug)]
pub struct ItemLeaves<'t> {
    /// All tokens that mean something.
    pub leaves: Vec<Leaf<'t>>,
    /// Decorators and statement.
    pub pieces: Vec<Piece>,
    /// Comments behind all of it.
    pub notes: Vec<Note<'t>>,
}

/// Where a reader of tokens stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// Lines before.
    pub line: usize,
    /// Columns before.
    pub column: usize,
}

impl Place {
    /// Moves behind a text.
    pub fn advance(&mut self, text: &str) {
        match text.rsplit_once('\n') {
            Some((before, last)) => {
                self.line += before.matches('\n').count() + 1;
                self.column = last.width();
            }
            None => self.column += text.width(),
        }
    }
}

/// Reads an item that starts at a place of the text.
pub fn read<'t>(source: &'t str, item: &Node, place: Place) -> ItemLeaves<'t> {
    let mut reader = Reader {
        source,
        place,
        leaves: Vec::new(),
        notes: Vec::new(),
        lines: 0,
        line_since_leaf: false,
        line_since_token: false,
        gap: 0,
    };
    let pieces = reader.pieces(item);
    for leaf in 1..reader.leaves.len() {
        let space = space::before(&reader.leaves, leaf);
        let apart = leads_to_upper(reader.leaves.get(leaf..).unwrap_or_default());
        if let Some(leaf) = reader.leaves.get_mut(leaf) {
            leaf.space = space;
            leaf.apart = apart && leaf.line_before;
        }
    }
    ItemLeaves { leaves: reader.leaves, pieces, notes: reader.notes }
}

/// Whether leaves begin with members of which one has a name like a type.
fn leads_to_upper(leaves: &[Leaf<'_>]) -> bool {
    let members = leaves.chunks_exact(2).map_while(|pair| match pair {
        [dot, name] if dot.text == "." && dot.parent == NodeKind::Member => Some(name),
        _ => None,
    });
    members.into_iter().any(|name| name.text.starts_with(|c: char| c.is_uppercase()))
}

struct Reader<'t> {
    source: &'t str,
    place: Place,
    leaves: Vec<Leaf<'t>>,
    /// Comments that wait for the next leaf.
    notes: Vec<Note<'t>>,
    /// Line ends since the last leaf or comment.
    lines: usize,
    line_since_leaf: bool,
    /// Commas are tokens, too.
    line_since_token: bool,
    gap: usize,
}

impl<'t> Reader<'t> {
    fn pieces(&mut self, node: &Node) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut group: Option<Group> = None;
        let mut joined = false;
        for child in &node.children {
            let piece = match child {
                Child::Node(inner) if inner.kind == NodeKind::Entry && self.is_short(inner) => self.short(inner),
                Child::Node(inner) => {
                    let pieces = self.pieces(inner);
                    let first = pieces.first().map_or(0, Piece::first);
                    let last = pieces.last().map_or(0, Piece::last);
                    Some(Piece::Branch(Branch { kind: inner.kind, pieces, first, last }))
                }
                Child::Token(token) => {
                    let text = token.text(self.source);
                    if group.is_some() && token.kind == TokenKind::Sign && text == "," {
                        self.pass(token);
                        continue;
                    }
                    self.token(token, node.kind).map(Piece::Leaf)
                }
            };
            let Some(piece) = piece else { continue };
            let text = self.leaves.get(piece.first()).map_or("", |leaf| leaf.text);
            let sign = matches!(piece, Piece::Leaf(_))
                && matches!(child, Child::Token(token) if token.kind == TokenKind::Sign);
            match &mut group {
                None if sign && opens(node.kind, text) => {
                    group =
                        Some(Group { kind: node.kind, open: piece.first(), items: Vec::new(), close: piece.first() });
                }
                None => pieces.push(piece),
                Some(open) if sign && matches!(text, "}" | ")" | "]") => {
                    open.close = piece.first();
                    let opens = !open.items.is_empty();
                    if let Some(leaf) = self.leaves.get_mut(open.open) {
                        leaf.opens = opens;
                    }
                    pieces.extend(group.take().map(Piece::Group));
                }
                Some(open) => match open.items.last_mut() {
                    // `return` and its value.
                    Some(item) if joined => {
                        item.push(piece);
                        joined = false;
                    }
                    _ => {
                        joined = node.kind == NodeKind::FunctionBody && text == "return";
                        let comma = !open.items.is_empty() && node.kind != NodeKind::FunctionBody;
                        if let Some(leaf) = self.leaves.get_mut(piece.first()) {
                            leaf.comma = comma;
                        }
                        open.items.push(vec![piece]);
                    }
                },
            }
        }
        pieces
    }

    /// Whether an entry says `name: name`.
    fn is_short(&self, entry: &Node) -> bool {
        let mut parts =
            entry.children.iter().filter(|child| !matches!(child, Child::Token(token) if token.kind.is_trivia()));
        let (Some(Child::Token(key)), Some(Child::Token(_)), Some(Child::Node(value)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let [Child::Node(name)] = value.children.as_slice() else { return false };
        let [Child::Token(word)] = name.children.as_slice() else { return false };
        let text = key.text(self.source);
        key.kind == TokenKind::Word
            && name.kind == NodeKind::Name
            && word.text(self.source) == text
            && !matches!(text, "true" | "false" | "none")
    }

    /// Only the key of an entry; what follows it on the line is passed over.
    fn short(&mut self, entry: &Node) -> Option<Piece> {
        let mut key = None;
        let mut rest = vec![entry];
        while let Some(node) = rest.pop() {
            for child in &node.children {
                match child {
                    Child::Token(token) if key.is_none() => {
                        key = self.token(token, NodeKind::Entry);
                    }
                    Child::Token(token) => {
                        self.pass(token);
                    }
                    Child::Node(inner) => rest.push(inner),
                }
            }
        }
        let leaf = key?;
        Some(Piece::Branch(Branch { kind: NodeKind::Entry, pieces: vec![Piece::Leaf(leaf)], first: leaf, last: leaf }))
    }

    /// A token that is not kept.
    fn pass(&mut self, token: &Token) {
        self.place.advance(token.text(self.source));
        self.line_since_token = false;
        self.gap = 0;
    }

    /// The number of the leaf, if the token is none of the blanks.
    fn token(&mut self, token: &Token, parent: NodeKind) -> Option<usize> {
        let text = token.text(self.source);
        let place = self.place;
        self.place.advance(text);
        match token.kind {
            TokenKind::Blank => {
                self.gap += self.place.column - place.column;
                None
            }
            TokenKind::NewLine => {
                self.lines += 1;
                self.line_since_leaf = true;
                self.line_since_token = true;
                self.gap = 0;
                None
            }
            TokenKind::Comment => {
                let note = Note { text, column: place.column, gap: self.gap, blank: self.lines > 1 };
                match self.leaves.last_mut() {
                    Some(leaf) if !self.line_since_token && leaf.trail.is_none() => leaf.trail = Some(note),
                    _ => self.notes.push(note),
                }
                self.lines = 0;
                None
            }
            TokenKind::Sign
            | TokenKind::Operator
            | TokenKind::Prefix
            | TokenKind::Word
            | TokenKind::Number
            | TokenKind::Text
            | TokenKind::Broken => {
                self.leaves.push(Leaf {
                    text,
                    kind: token.kind,
                    parent,
                    lead: std::mem::take(&mut self.notes),
                    trail: None,
                    line_before: self.line_since_leaf,
                    blank: self.lines > 1,
                    line: place.line,
                    last_line: self.place.line,
                    column: place.column,
                    gap: self.gap,
                    comma: false,
                    space: false,
                    opens: false,
                    apart: false,
                });
                self.lines = 0;
                self.line_since_leaf = false;
                self.line_since_token = false;
                self.gap = 0;
                Some(self.leaves.len() - 1)
            }
        }
    }
}

/// Whether a bracket holds things that may stand on lines of their own.
fn opens(kind: NodeKind, bracket: &str) -> bool {
    matches!(
        (kind, bracket),
        (
            NodeKind::Record | NodeKind::TypeRecord | NodeKind::ImportList | NodeKind::FunctionBody | NodeKind::Match,
            "{"
        ) | (NodeKind::List | NodeKind::Index, "[")
            | (NodeKind::Arguments | NodeKind::Group | NodeKind::Function, "(")
    )
}
