//! What the nodes and tokens of the tree can be.

/// A piece of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Decorators and what they decorate.
    Item,
    /// `@name(arguments)`.
    Decorator,
    /// `resource name[each] if condition = value` and its like.
    Declaration,
    /// `let name: type = value`.
    Let,
    /// `input name: type = default where …`.
    Input,
    /// `where condition else "text"`.
    Where,
    /// `output name: type = value`.
    Output,
    /// `assert condition else "text"`.
    Assert,
    /// `fn name(parameters): type = value`.
    Function,
    /// `{ let … return value }`.
    FunctionBody,
    /// `name: type = default`.
    Parameter,
    /// `type Name = type`.
    TypeItem,
    /// `import what from "where"`.
    Import,
    /// `{ names }` of an import.
    ImportList,
    /// `stack name { … }`.
    Stack,
    /// `component Name`.
    Component,
    /// `env name { … }`.
    Env,
    /// `forget address`.
    Forget,
    /// `if condition` of a declaration or a loop.
    Guard,
    /// `key, value in source by key if condition`.
    Each,
    /// A type, perhaps a union.
    Type,
    /// A member of a union: `known T?`.
    TypeMember,
    /// `1..20`.
    TypeRange,
    /// `aws.ec2.Vpc`, `Map<T>`.
    TypeName,
    /// `{ name: type }`.
    TypeRecord,
    /// A field of a record type.
    TypeField,
    /// Operands and operators.
    Expression,
    /// `.name`.
    Member,
    /// `?.name`.
    OptionalMember,
    /// `[key]`.
    Index,
    /// `(arguments)`.
    Arguments,
    /// One argument.
    Argument,
    /// `(value)`.
    Group,
    /// A name that stands for a value.
    Name,
    /// `aws.ec2.Vpc { … }`.
    Construct,
    /// `if … then … else …`.
    If,
    /// `match value { arms }`.
    Match,
    /// `"a" | "b" => value`.
    Arm,
    /// A literal of an arm.
    Pattern,
    /// `{ … }`.
    Record,
    /// An entry of a record.
    Entry,
    /// `...value`.
    Spread,
    /// `for … => …` of a map.
    MapFor,
    /// `[ … ]`.
    List,
    /// `for …: …` of a list.
    ListFor,
}

/// A piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Spaces, tabs, carriage returns.
    Blank,
    /// A line feed.
    NewLine,
    /// `# …` to the end of the line, without its end.
    Comment,
    /// A bracket, a separator, `=`, `:` and the like.
    Sign,
    /// An operator between two operands.
    Operator,
    /// `!` or `-` in front of an operand.
    Prefix,
    /// A keyword, a name, a key.
    Word,
    /// A number with its unit, an address, a network.
    Number,
    /// A text with its quotes.
    Text,
    /// What could not be read, or cannot be seen.
    Broken,
}

impl TokenKind {
    /// Whether it means nothing to the program.
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Blank | Self::NewLine | Self::Comment)
    }
}
