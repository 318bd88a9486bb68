//! The syntax tree of one source text. Broken parts are absent or marked, never invented.

mod expression;

use ecow::EcoString;

pub use expression::{
    Arm, Binary, Construct, Element, Entry, Expr, ExprKind, If, Key, ListFor, MapFor, Match, Member, Operator, Pattern,
    PatternKind, TextLiteral, TextPart, Unary, join,
};

use crate::source::{SourceId, Span};

/// One source text, parsed.
#[derive(Clone, Debug)]
pub struct Document {
    /// Which text.
    pub source: SourceId,
    /// Its items, in order.
    pub items: Vec<Item>,
}

/// A name at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub text: EcoString,
    /// The place.
    pub span: Span,
}

/// One item: a declaration with what stands above it.
#[derive(Clone, Debug)]
pub struct Item {
    /// From the first decorator to the end.
    pub span: Span,
    /// The text of the `##` lines above.
    pub docs: Option<EcoString>,
    /// The decorators above.
    pub decorators: Vec<Decorator>,
    /// What it is.
    pub kind: ItemKind,
    /// Whether parts were left out because they could not be read.
    pub broken: bool,
}

/// `@name(arguments)`.
#[derive(Clone, Debug)]
pub struct Decorator {
    /// The whole decorator.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Its arguments; empty without parentheses.
    pub args: Vec<Arg>,
}

/// An argument, perhaps named.
#[derive(Clone, Debug)]
pub struct Arg {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// What an item is.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// A node of the graph.
    Declaration(Declaration),
    /// A constant.
    Let(Let),
    /// An input.
    Input(Input),
    /// An output.
    Output(Output),
    /// A condition that must hold.
    Assert(Assert),
    /// A function.
    Function(Function),
    /// A named type.
    Type(TypeItem),
    /// An import.
    Import(Import),
    /// The header of a stack.
    Stack(Header),
    /// The header of a component.
    Component(Ident),
    /// The values of an environment.
    Env(Header),
    /// A name that is no longer managed.
    Forget(Forget),
    /// An item that could not be read; what its first line gives away.
    Broken(BrokenItem),
}

/// The keyword of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Something to create.
    Resource,
    /// Something to read.
    Lookup,
    /// Something to run.
    Action,
    /// A region of an account.
    Provider,
    /// A rule.
    Policy,
    /// A test case.
    Test,
}

/// `keyword name[each] if condition = value`.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The keyword.
    pub keyword: Keyword,
    /// From the keyword to the name.
    pub head: Span,
    /// The name.
    pub name: Ident,
    /// The loop.
    pub each: Option<Box<Each>>,
    /// The condition, with its `if`.
    pub guard: Option<Box<Guard>>,
    /// What it is made of.
    pub value: Expr,
}

/// `if condition`.
#[derive(Clone, Debug)]
pub struct Guard {
    /// With the `if`.
    pub span: Span,
    /// The condition.
    pub condition: Expr,
}

/// `key, value in source by key if condition`.
#[derive(Clone, Debug)]
pub struct Each {
    /// The whole loop.
    pub span: Span,
    /// The first variable.
    pub first: Ident,
    /// The second variable.
    pub second: Option<Ident>,
    /// What is looped over.
    pub source: Expr,
    /// The expression that gives the keys.
    pub by: Option<Expr>,
    /// The filter.
    pub guard: Option<Guard>,
}

/// `let name: type = value`.
#[derive(Clone, Debug)]
pub struct Let {
    /// The name.
    pub name: Ident,
    /// The type, if given.
    pub ty: Option<TypeExpr>,
    /// The value.
    pub value: Expr,
}

/// `input name: type = default where …`.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
    /// The default.
    pub default: Option<Expr>,
    /// The conditions.
    pub conditions: Vec<Where>,
}

/// `where condition else "message"`.
#[derive(Clone, Debug)]
pub struct Where {
    /// The condition.
    pub condition: Expr,
    /// The message.
    pub message: Option<Expr>,
}

/// `output name: type = value`.
#[derive(Clone, Debug)]
pub struct Output {
    /// The name.
    pub name: Ident,
    /// The type, if given.
    pub ty: Option<TypeExpr>,
    /// The value.
    pub value: Expr,
}

/// `assert condition else "message"`.
#[derive(Clone, Debug)]
pub struct Assert {
    /// The condition.
    pub condition: Expr,
    /// The message.
    pub message: Expr,
}

/// `fn name(parameters): type = body`.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name.
    pub name: Ident,
    /// The parameters.
    pub params: Vec<Param>,
    /// The type of the result.
    pub result: TypeExpr,
    /// Constants of the body.
    pub lets: Vec<Let>,
    /// The result.
    pub body: Expr,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Param {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
    /// The default.
    pub default: Option<Expr>,
}

/// `type Name = type`.
#[derive(Clone, Debug)]
pub struct TypeItem {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
}

/// `import what from "where"`.
#[derive(Clone, Debug)]
pub struct Import {
    /// What is imported.
    pub what: ImportWhat,
    /// From where; nothing for what is built in.
    pub from: Option<Expr>,
}

/// What an import brings.
#[derive(Clone, Debug)]
pub enum ImportWhat {
    /// A built-in catalogue, or a component or value under one name.
    Name(Ident),
    /// Several names of a file.
    Names(Vec<Ident>),
    /// Another stack.
    Stack(Ident),
}

/// A header or environment: a name and fields.
#[derive(Clone, Debug)]
pub struct Header {
    /// The name.
    pub name: Ident,
    /// The fields: always a record.
    pub fields: Expr,
}

/// `forget name.member["key"]`.
#[derive(Clone, Debug)]
pub struct Forget {
    /// The address as written.
    pub path: Expr,
}

/// What the first line of an unreadable item gives away.
#[derive(Clone, Debug)]
pub struct BrokenItem {
    /// The keyword, if it is one.
    pub keyword: Option<EcoString>,
    /// The name.
    pub name: Option<Ident>,
    /// Whether it has a loop.
    pub looped: bool,
}

/// A type at a place.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// The place.
    pub span: Span,
    /// What it is.
    pub kind: TypeKind,
}

/// What a type expression is.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `A | B`.
    Union(Vec<TypeExpr>),
    /// `T?`.
    Optional(Box<TypeExpr>),
    /// `known T`.
    Known(Box<TypeExpr>),
    /// `"text"`.
    Text(EcoString),
    /// `{ name: T }`.
    Record(Vec<TypeField>),
    /// `[T]`.
    List(Box<TypeExpr>),
    /// `1..20`.
    Range(EcoString, EcoString),
    /// `aws.ec2.Vpc`, `Map<T>`.
    Name(Vec<Ident>, Vec<TypeExpr>),
}

/// A field of a record type.
#[derive(Clone, Debug)]
pub struct TypeField {
    /// The name.
    pub name: Key,
    /// The type.
    pub ty: TypeExpr,
    /// The default.
    pub default: Option<std::sync::Arc<Expr>>,
}
