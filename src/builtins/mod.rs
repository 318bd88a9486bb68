//! Built-in functions and operators: pure functions from values to values, with what is needed to check and document
//! them.

pub mod action;
mod encoding;
mod list;
mod map;
mod network;
mod number;
pub mod operator;
mod text;

use cairn_provider::value::Value;

/// A built-in function or member.
#[derive(Debug)]
pub struct Builtin {
    /// The name residuals carry, unique: `text.len`.
    pub id: &'static str,
    /// The name in the language.
    pub name: &'static str,
    /// What it is called on.
    pub on: On,
    /// Its parameters.
    pub params: &'static [Param],
    /// What it gives.
    pub result: Kind,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// An expression and what it gives.
    pub example: (&'static str, &'static str),
    /// The function: the receiver first, then the arguments; a left-out optional one is [`Value::None`].
    pub run: fn(&[Value]) -> Result<Value, String>,
}

/// What a built-in is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Nothing: `base64(t)`.
    Nothing,
    /// Text.
    Text,
    /// A list or set.
    List,
    /// A map.
    Map,
    /// A network.
    Cidr,
    /// Traffic.
    Traffic,
    /// A range of numbers.
    Range,
    /// Any number.
    Number,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
}

/// What a parameter takes or a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// Any number.
    Number,
    /// Text.
    Text,
    /// An address.
    Ip,
    /// A network.
    Cidr,
    /// A length of time.
    Duration,
    /// Any data without secrets.
    Json,
    /// The same type as the receiver.
    Receiver,
    /// The items of the receiver.
    Item,
    /// An item, or nothing.
    OptionalItem,
    /// A list of the items of the receiver.
    Items,
    /// A list of text.
    Texts,
    /// A list of networks.
    Cidrs,
    /// A list of anything.
    AnyList,
    /// A set of the items of the argument.
    SetOfArgument,
    /// A schedule.
    Schedule,
}

/// All built-ins, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    [text::BUILTINS, list::BUILTINS, map::BUILTINS, network::BUILTINS, number::BUILTINS, encoding::BUILTINS]
        .into_iter()
        .flatten()
}

/// The built-in of a name on a receiver.
pub fn find(on: On, name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.on == on && builtin.name == name)
}

/// Runs a built-in or an operator by the name that residuals carry.
///
/// # Errors
/// A sentence that says why there is no result.
pub fn run(id: &str, arguments: &[Value]) -> Result<Value, String> {
    if let Some(symbol) = id.strip_prefix("operator.") {
        return operator::run(symbol, arguments);
    }
    // What makes a secret readable changes its mark, not its value.
    if let ("reveal", [value]) = (id, arguments) {
        return Ok(value.clone());
    }
    match all().find(|builtin| builtin.id == id) {
        Some(builtin) => (builtin.run)(arguments),
        None => Err(format!("there is no function `{id}`")),
    }
}

const fn required(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, optional: false }
}

/// Why a built-in got something else than its parameters say; the checker prevents it.
fn wrong(expected: &str, arguments: &[Value]) -> String {
    let found: Vec<&str> = arguments.iter().map(Value::kind).collect();
    format!("expected {expected}, got {}", found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn ids_are_unique_and_everything_is_documented() {
        let mut ids: Vec<&str> = all().map(|builtin| builtin.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for builtin in all() {
            assert!(builtin.doc.ends_with('.') && !builtin.example.0.is_empty(), "{}", builtin.id);
        }
    }
}
