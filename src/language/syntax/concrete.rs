//! From a text to the lossless tree: the items that follow the grammar as nodes, all else as tokens.

use pest::iterators::Pair;

use super::grammar::{self, Rule};
use super::split::{self, MAX_ITEM, Piece};
use super::{MAX_FILE, hidden_characters, mistake, nesting, recover};
use crate::language::tree::{Child, Node, NodeKind, Part, Token, TokenKind, Tree};
use crate::source::SourceId;

/// The tree of a text. Items that cannot be read are one token each.
pub fn tree(text: &str) -> Tree {
    let all = || Tree { parts: vec![Part::Token(Token { kind: TokenKind::Broken, start: 0, end: text.len() })] };
    // Where lines end is not certain with carriage returns that stand alone.
    if text.len() > MAX_FILE || text.matches('\r').count() != text.matches("\r\n").count() {
        return all();
    }
    let readable = hidden_characters(SourceId(0), text, &mut Vec::new());
    let readable = readable.as_deref().unwrap_or(text);
    let (pieces, strays) = split::split(readable);
    let mut parts = Vec::new();
    let mut at = 0;
    for piece in &pieces {
        // A declaration that is indented by mistake: its indentation is part of what is wrong.
        let indented = strays.iter().find(|stray| (stray.start..stray.end).contains(&piece.start));
        let start = indented.map_or(piece.start, |stray| stray.start);
        between(text, at, start, &mut parts);
        // What looks blank behind it on its last line, and is not, belongs to it.
        let last = text.get(piece.end..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
        let end = piece.end + last.trim_end_matches(BLANKS).len();
        let written = text.get(piece.start..end).unwrap_or_default();
        let hidden = readable.get(piece.start..end) != Some(written);
        let stray = strays.iter().any(|stray| (piece.start..piece.end).contains(&stray.start));
        let node = if hidden || stray || indented.is_some() { None } else { item(written, piece) };
        parts.push(match node {
            Some(node) => Part::Item(node),
            None => Part::Token(Token { kind: TokenKind::Broken, start, end }),
        });
        at = end;
    }
    between(text, at, text.len(), &mut parts);
    Tree { parts }
}

/// The text of the `##` lines above each item.
pub fn docs(text: &str) -> Vec<Option<String>> {
    split::split(text).0.into_iter().map(|piece| piece.docs).collect()
}

/// Blanks, comments and lines of no item.
fn between(text: &str, start: usize, end: usize, parts: &mut Vec<Part>) {
    let mut token = |kind, start: usize, end: usize| {
        if start < end {
            parts.push(Part::Token(Token { kind, start, end }));
        }
    };
    let mut at = start;
    for line in text.get(start..end).unwrap_or_default().split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let lead = body.len() - body.trim_start_matches(BLANKS).len();
        let trimmed = body.trim_end_matches(BLANKS).len().max(lead);
        match body.get(lead..trimmed).unwrap_or_default() {
            comment if comment.starts_with('#') => {
                token(TokenKind::Blank, at, at + lead);
                token(TokenKind::Comment, at + lead, at + trimmed);
            }
            "" => token(TokenKind::Blank, at, at + lead),
            // Its indentation is part of it: nobody knows what it means.
            _ => token(TokenKind::Broken, at, at + trimmed),
        }
        token(TokenKind::Blank, at + trimmed, at + body.len());
        token(TokenKind::NewLine, at + body.len(), at + line.len());
        at += line.len();
    }
}

const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// An item that follows the grammar and every other rule of the surface.
fn item(text: &str, piece: &Piece) -> Option<Node> {
    let place = mistake::Place { source: SourceId(0), base: piece.start };
    let sound = text.len() <= MAX_ITEM
        && piece.too_deep.is_none()
        && piece.text_in_first_column.is_none()
        && nesting::too_long(text).is_none()
        && mistake::header(place, text, recover::statement_start(text)).is_none();
    let pair = if sound { grammar::item(text).ok()? } else { return None };
    let builder = Builder { text, base: piece.start };
    let (mut node, trivia) = builder.node(NodeKind::Item, pair);
    let end = trivia.last().map_or_else(|| builder.end(&node), |token| token.end - piece.start);
    node.children.extend(trivia.into_iter().map(Child::Token));
    builder.gap(end, text.len(), &mut node.children);
    Some(node)
}

struct Builder<'t> {
    text: &'t str,
    base: usize,
}

impl Builder<'_> {
    /// A node, and the blanks and comments at its end, which belong behind it.
    fn node(&self, kind: NodeKind, pair: Pair<'_, Rule>) -> (Node, Vec<Token>) {
        let span = pair.as_span();
        let (mut at, end) = (span.start(), span.end());
        let mut children = Vec::new();
        for part in pair.into_inner() {
            let span = part.as_span();
            self.gap(at, span.start(), &mut children);
            at = span.end();
            match classify(part.as_rule()) {
                Class::Node(kind) => {
                    let (node, trivia) = self.node(kind, part);
                    children.push(Child::Node(node));
                    children.extend(trivia.into_iter().map(Child::Token));
                }
                Class::Token(TokenKind::Operator) => {
                    // An operator brings along the line end before it, and perhaps blanks behind it.
                    let written = part.as_str().trim_end_matches(BLANKS);
                    let operator = written.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
                    let (start, end) = (span.start() + operator, span.start() + written.len());
                    self.gap(span.start(), start, &mut children);
                    children.push(self.token(TokenKind::Operator, start, end));
                    self.gap(end, at, &mut children);
                }
                Class::Token(kind) => {
                    let length =
                        if kind == TokenKind::Word { part.as_str().trim_end().len() } else { at - span.start() };
                    children.push(self.token(kind, span.start(), span.start() + length));
                    self.gap(span.start() + length, at, &mut children);
                }
            }
        }
        self.gap(at, end, &mut children);
        let kept = children.iter().rposition(|child| !is_trivia(child)).map_or(0, |last| last + 1);
        let trivia = children.split_off(kept);
        let trivia = trivia.into_iter().filter_map(|child| match child {
            Child::Token(token) => Some(token),
            Child::Node(_) => None,
        });
        (Node { kind, children }, trivia.collect())
    }

    fn token(&self, kind: TokenKind, start: usize, end: usize) -> Child {
        Child::Token(Token { kind, start: self.base + start, end: self.base + end })
    }

    /// Where a node ends, counted from the start of the item.
    fn end(&self, node: &Node) -> usize {
        match node.children.last() {
            Some(Child::Node(node)) => self.end(node),
            Some(Child::Token(token)) => token.end - self.base,
            None => 0,
        }
    }

    /// What the grammar gives no name: blanks, comments and signs.
    fn gap(&self, start: usize, end: usize, children: &mut Vec<Child>) {
        let mut at = start;
        while let Some(rest) = self.text.get(at..end).filter(|rest| !rest.is_empty()) {
            let (kind, length) = lex(rest);
            children.push(self.token(kind, at, at + length));
            at += length;
        }
    }
}

fn is_trivia(child: &Child) -> bool {
    match child {
        Child::Token(token) => token.kind.is_trivia(),
        Child::Node(_) => false,
    }
}

/// The first token of a text without names, numbers and quotes.
fn lex(text: &str) -> (TokenKind, usize) {
    let blanks = text.len() - text.trim_start_matches(BLANKS).len();
    if blanks > 0 {
        return (TokenKind::Blank, blanks);
    }
    if text.starts_with('\n') {
        return (TokenKind::NewLine, 1);
    }
    if text.starts_with('#') {
        let line = text.split('\n').next().unwrap_or(text);
        return (TokenKind::Comment, line.trim_end_matches(BLANKS).len());
    }
    let sign = ["...", "..", "=>", "?."].into_iter().find(|sign| text.starts_with(sign));
    let length = sign.map_or_else(|| text.chars().next().map_or(1, char::len_utf8), str::len);
    (TokenKind::Sign, length)
}

enum Class {
    Node(NodeKind),
    Token(TokenKind),
}

fn classify(rule: Rule) -> Class {
    Class::Node(match rule {
        Rule::number => return Class::Token(TokenKind::Number),
        Rule::string => return Class::Token(TokenKind::Text),
        Rule::prefix => return Class::Token(TokenKind::Prefix),
        Rule::infix => return Class::Token(TokenKind::Operator),
        Rule::item => NodeKind::Item,
        Rule::decorator => NodeKind::Decorator,
        Rule::decl => NodeKind::Declaration,
        Rule::guard => NodeKind::Guard,
        Rule::each => NodeKind::Each,
        Rule::let_stmt => NodeKind::Let,
        Rule::input => NodeKind::Input,
        Rule::where_c => NodeKind::Where,
        Rule::output => NodeKind::Output,
        Rule::assert_stmt => NodeKind::Assert,
        Rule::fn_stmt => NodeKind::Function,
        Rule::fn_body => NodeKind::FunctionBody,
        Rule::param => NodeKind::Parameter,
        Rule::type_stmt => NodeKind::TypeItem,
        Rule::import => NodeKind::Import,
        Rule::import_list => NodeKind::ImportList,
        Rule::stack => NodeKind::Stack,
        Rule::component => NodeKind::Component,
        Rule::env => NodeKind::Env,
        Rule::forget => NodeKind::Forget,
        Rule::ty => NodeKind::Type,
        Rule::ty_opt => NodeKind::TypeMember,
        Rule::ty_range => NodeKind::TypeRange,
        Rule::ty_name => NodeKind::TypeName,
        Rule::ty_record => NodeKind::TypeRecord,
        Rule::ty_field => NodeKind::TypeField,
        Rule::expr => NodeKind::Expression,
        Rule::field => NodeKind::Member,
        Rule::opt_field => NodeKind::OptionalMember,
        Rule::index => NodeKind::Index,
        Rule::args => NodeKind::Arguments,
        Rule::arg => NodeKind::Argument,
        Rule::group => NodeKind::Group,
        Rule::ident_e => NodeKind::Name,
        Rule::construct => NodeKind::Construct,
        Rule::if_e => NodeKind::If,
        Rule::match_e => NodeKind::Match,
        Rule::arm => NodeKind::Arm,
        Rule::pat => NodeKind::Pattern,
        Rule::record => NodeKind::Record,
        Rule::entry => NodeKind::Entry,
        Rule::spread => NodeKind::Spread,
        Rule::map_for => NodeKind::MapFor,
        Rule::list => NodeKind::List,
        Rule::list_for => NodeKind::ListFor,
        // Keywords, names and keys; the rest never comes out of an item.
        Rule::decl_kw
        | Rule::ident
        | Rule::word
        | Rule::type_name
        | Rule::k_if
        | Rule::k_then
        | Rule::k_else
        | Rule::k_match
        | Rule::k_for
        | Rule::k_in
        | Rule::k_by
        | Rule::k_where
        | Rule::k_return
        | Rule::k_let
        | Rule::k_input
        | Rule::k_output
        | Rule::k_assert
        | Rule::k_fn
        | Rule::k_type
        | Rule::k_import
        | Rule::k_from
        | Rule::k_stack
        | Rule::k_component
        | Rule::k_env
        | Rule::k_forget
        | Rule::k_known
        | Rule::k_true
        | Rule::k_false
        | Rule::k_none
        | Rule::EOI
        | Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::NL
        | Rule::sep
        | Rule::file
        | Rule::one_item
        | Rule::stmt
        | Rule::import_what
        | Rule::ty_atom
        | Rule::unary
        | Rule::inf
        | Rule::inf_cont
        | Rule::postfix
        | Rule::primary
        | Rule::elem
        | Rule::line_s
        | Rule::block_s
        | Rule::raw_s
        | Rule::raw_block
        | Rule::text
        | Rule::btext
        | Rule::esc
        | Rule::interp
        | Rule::id_cont
        | Rule::reserved => return Class::Token(TokenKind::Word),
    })
}
