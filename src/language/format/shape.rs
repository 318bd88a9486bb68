//! What formatting must not change: the tree without blanks, the comments, and what could not be read.

use crate::language::syntax;
use crate::language::tree::{Child, Node, NodeKind, Part, TokenKind};

/// Everything that matters in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape<'t> {
    /// The items, and what could not be read.
    items: Vec<Element<'t>>,
    /// The comments, in order.
    comments: Vec<&'t str>,
    /// What documents each item.
    docs: Vec<Option<String>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Element<'t> {
    Node(NodeKind, Vec<Self>),
    Token(TokenKind, &'t str),
}

/// The shape of a text.
pub fn of(text: &str) -> Shape<'_> {
    let tree = syntax::tree(text);
    let mut comments = Vec::new();
    let mut items = Vec::new();
    for part in &tree.parts {
        match part {
            Part::Item(node) => items.push(element(text, node, &mut comments)),
            Part::Token(token) if token.kind == TokenKind::Comment => comments.push(token.text(text)),
            Part::Token(token) if token.kind.is_trivia() => {}
            Part::Token(token) => items.push(Element::Token(token.kind, token.text(text))),
        }
    }
    Shape { items, comments, docs: syntax::docs(text) }
}

fn element<'t>(text: &'t str, node: &Node, comments: &mut Vec<&'t str>) -> Element<'t> {
    let mut parts = Vec::new();
    for child in &node.children {
        match child {
            Child::Node(inner) => parts.push(element(text, inner, comments)),
            Child::Token(token) if token.kind == TokenKind::Comment => comments.push(token.text(text)),
            Child::Token(token) if token.kind.is_trivia() => {}
            // A comma and a line end say the same.
            Child::Token(token) if token.kind == TokenKind::Sign && token.text(text) == "," => {}
            Child::Token(token) => parts.push(Element::Token(token.kind, token.text(text))),
        }
    }
    if node.kind == NodeKind::Entry
        && let [Element::Token(TokenKind::Word, key), Element::Token(..), Element::Node(NodeKind::Expression, value)] =
            parts.as_slice()
        && let [Element::Node(NodeKind::Name, name)] = value.as_slice()
        && let [Element::Token(TokenKind::Word, word)] = name.as_slice()
        && word == key
    {
        // `{ name: name }` is `{ name }`.
        let short = Element::Token(TokenKind::Word, key);
        return Element::Node(NodeKind::Entry, vec![short]);
    }
    Element::Node(node.kind, parts)
}
