//! Whether a blank stands between two tokens on one line.

use super::leaf::Leaf;
use crate::language::tree::{NodeKind, TokenKind};

/// Whether a blank stands before a leaf that follows another one on its line.
pub fn before(leaves: &[Leaf<'_>], leaf: usize) -> bool {
    let Some(next) = leaves.get(leaf) else { return false };
    let Some(last) = leaf.checked_sub(1).and_then(|at| leaves.get(at)) else { return false };
    !binds_left(leaves, leaf, next, last) && !binds_right(leaves, leaf - 1, last)
}

/// Whether a token stands directly behind the one before.
fn binds_left(leaves: &[Leaf<'_>], at: usize, next: &Leaf<'_>, last: &Leaf<'_>) -> bool {
    match next.kind {
        TokenKind::Sign => match next.text {
            "," | ":" | "." | "?." | ".." | "?" | ")" | "]" | "<" | ">" => true,
            "}" => last.kind == TokenKind::Sign && last.text == "{",
            "(" => matches!(next.parent, NodeKind::Arguments | NodeKind::Function),
            "[" => matches!(next.parent, NodeKind::Index | NodeKind::Declaration | NodeKind::Forget),
            _ => false,
        },
        TokenKind::Operator => is_tight(leaves, at),
        TokenKind::Prefix
        | TokenKind::Word
        | TokenKind::Number
        | TokenKind::Text
        | TokenKind::Broken
        | TokenKind::Blank
        | TokenKind::NewLine
        | TokenKind::Comment => false,
    }
}

/// Whether the next token stands directly behind this one.
fn binds_right(leaves: &[Leaf<'_>], at: usize, last: &Leaf<'_>) -> bool {
    match last.kind {
        TokenKind::Sign => matches!(last.text, "(" | "[" | "." | "?." | ".." | "..." | "@" | "<"),
        TokenKind::Prefix => true,
        TokenKind::Operator => is_tight(leaves, at),
        TokenKind::Word
        | TokenKind::Number
        | TokenKind::Text
        | TokenKind::Broken
        | TokenKind::Blank
        | TokenKind::NewLine
        | TokenKind::Comment => false,
    }
}

/// Ranges and the ports of a protocol are written without blanks: `tcp/8000..8100`.
fn is_tight(leaves: &[Leaf<'_>], operator: usize) -> bool {
    let Some(leaf) = leaves.get(operator) else { return false };
    let left = operator.checked_sub(1).and_then(|at| leaves.get(at));
    match leaf.text {
        ".." => true,
        "/" => left.is_some_and(|left| left.parent == NodeKind::Name && matches!(left.text, "tcp" | "udp" | "icmp")),
        _ => false,
    }
}
