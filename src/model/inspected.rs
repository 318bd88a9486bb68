//! What an expression is when somebody asks: its value as far as it is known, its type, and when it will be known.

use std::collections::BTreeMap;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::address::Address;

/// When a value is known. Earlier may go where later is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// From the source and the environment file.
    Written,
    /// From look-ups, while planning.
    Read,
    /// From the cloud, when it is made.
    Made,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// Its value.
    pub value: Shown,
    /// Its type, as the language writes it.
    pub ty: String,
    /// When all of it is known.
    pub phase: Phase,
    /// Of a list, a map or a record: when its keys are known, if that is earlier than its values.
    pub keys: Option<Phase>,
}

/// A value for people: secrets are masked, what is not known is described.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Known.
    Value(Value),
    /// Not known yet: how it comes about.
    Pending(String),
    /// A secret.
    Masked,
    /// A list.
    List(Vec<Shown>),
    /// A map or record.
    Map(BTreeMap<EcoString, Shown>),
    /// A resource or a look-up.
    Object {
        /// Its address.
        address: Address,
        /// Its type.
        kind: EcoString,
        /// What was written of it.
        fields: BTreeMap<EcoString, Shown>,
    },
    /// An object that is not described here, by its id.
    Existing(Box<Shown>),
    /// An instance of a component.
    Component {
        /// Its address.
        address: Address,
        /// The component.
        name: EcoString,
        /// Its outputs.
        outputs: Vec<EcoString>,
    },
    /// A region of an account: its settings.
    Target(BTreeMap<EcoString, EcoString>),
    /// It depends on something that is wrong.
    Wrong,
}

/// Something that must hold, and when it is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The address of the component it belongs to, or of the resource; empty for the stack itself.
    pub owner: String,
    /// What must hold, in words or as it is written.
    pub rule: String,
    /// Where it is written; nothing for what a catalogue says.
    pub place: Option<String>,
    /// When its operands are known.
    pub phase: Phase,
}
