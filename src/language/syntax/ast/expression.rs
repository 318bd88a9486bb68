//! Expressions of the syntax tree.

use ecow::EcoString;

use super::{Arg, Each, Ident};
use crate::source::Span;

/// An expression at a place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The place.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A number with or without a unit, an address, a network: classified where its type is known.
    Number(EcoString),
    /// Text with interpolations.
    Text(TextLiteral),
    /// A name.
    Name(EcoString),
    /// `{ … }`.
    Record(Vec<Entry>),
    /// `{ for … => … }`.
    MapFor(Box<MapFor>),
    /// `[ … ]`.
    List(Vec<Element>),
    /// `[for …: …]`.
    ListFor(Box<ListFor>),
    /// `aws.ec2.Vpc { … }`.
    Construct(Box<Construct>),
    /// `if … then … else …`.
    If(Box<If>),
    /// `match … { … }`.
    Match(Box<Match>),
    /// `!x`, `-x`.
    Unary(Unary, Box<Expr>),
    /// `a + b`.
    Binary(Box<Binary>),
    /// `x.name`, `x?.name`.
    Member(Box<Member>),
    /// `x[key]`.
    Index(Box<Expr>, Box<Expr>),
    /// `f(x)`.
    Call(Box<Expr>, Vec<Arg>),
    /// In parentheses.
    Group(Box<Expr>),
}

/// Text in quotes.
#[derive(Clone, Debug)]
pub struct TextLiteral {
    /// Known pieces and interpolations, in order; no two known pieces side by side.
    pub parts: Vec<TextPart>,
}

/// A piece of text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Known text.
    Known(EcoString),
    /// `${expression}`.
    Value(Expr),
}

/// An entry of a record.
#[derive(Clone, Debug)]
pub enum Entry {
    /// `name: value`.
    Field(Key, Expr),
    /// `name`, short for `name: name`.
    Short(Ident),
    /// `...value`.
    Spread(Expr),
}

/// The key of an entry.
#[derive(Clone, Debug)]
pub struct Key {
    /// The name.
    pub text: EcoString,
    /// The place.
    pub span: Span,
}

/// An element of a list.
#[derive(Clone, Debug)]
pub enum Element {
    /// A value.
    Value(Expr),
    /// `...list`.
    Spread(Expr),
}

/// `{ for each: key => value }`.
#[derive(Clone, Debug)]
pub struct MapFor {
    /// The loop.
    pub each: Each,
    /// The key.
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// `[for each: value]`.
#[derive(Clone, Debug)]
pub struct ListFor {
    /// The loop.
    pub each: Each,
    /// The value.
    pub value: Expr,
}

/// `path.Type { … }`.
#[derive(Clone, Debug)]
pub struct Construct {
    /// The dotted path, the type's name last.
    pub path: Vec<Ident>,
    /// The fields, a record.
    pub fields: Option<Expr>,
}

impl Construct {
    /// The dotted path as text.
    pub fn name(&self) -> EcoString {
        join(&self.path)
    }

    /// The place of the dotted path.
    pub fn name_span(&self) -> Option<Span> {
        Some(self.path.first()?.span.to(self.path.last()?.span))
    }
}

/// Joins a dotted path.
pub fn join(path: &[Ident]) -> EcoString {
    let mut joined = EcoString::new();
    for (position, part) in path.iter().enumerate() {
        if position > 0 {
            joined.push('.');
        }
        joined.push_str(&part.text);
    }
    joined
}

/// `if condition then yes else no`.
#[derive(Clone, Debug)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// The value if it holds.
    pub yes: Expr,
    /// The value if it does not.
    pub no: Option<Expr>,
}

/// `match value { arms }`.
#[derive(Clone, Debug)]
pub struct Match {
    /// `match value`, for messages.
    pub head: Span,
    /// What is matched.
    pub value: Expr,
    /// The arms.
    pub arms: Vec<Arm>,
}

/// `"a" | "b" => value`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The patterns; none means `else`.
    pub patterns: Vec<Pattern>,
    /// The value.
    pub value: Expr,
}

/// A pattern: a literal.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The place.
    pub span: Span,
    /// The literal.
    pub kind: PatternKind,
}

/// What a pattern is.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// Text.
    Text(EcoString),
    /// A number as written.
    Number(EcoString),
    /// `true` or `false`.
    Bool(bool),
    /// `none`.
    None,
}

/// An operator in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `!`
    Not,
    /// `-`
    Minus,
}

/// `left operator right`.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The operator.
    pub operator: Operator,
    /// Where it stands.
    pub operator_span: Span,
    /// Left of it.
    pub left: Expr,
    /// Right of it.
    pub right: Expr,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `??`
    Coalesce,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `..`
    Range,
}

impl Operator {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Coalesce => "??",
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Range => "..",
        }
    }

    /// Whether it compares two values.
    pub fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::In
        )
    }
}

/// `base.name`, `base?.name`.
#[derive(Clone, Debug)]
pub struct Member {
    /// What has the member.
    pub base: Expr,
    /// The member.
    pub name: Ident,
    /// Whether it was asked for with `?.`.
    pub optional: bool,
}
