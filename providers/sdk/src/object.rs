//! Objects of a cloud as they were observed.

use ecow::EcoString;

use crate::error::ProviderError;
use crate::value::Map;

/// An object that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The identity: the values of the identifying fields, joined by `|`.
    pub id: EcoString,
    /// Everything that was read, in the schema's names and shapes. Ownership marks are not among the tags.
    pub attributes: Map,
    /// Whether it can be used.
    pub status: Status,
    /// Whose it is, if the object can carry marks and has some.
    pub owner: Option<Ownership>,
}

/// Whether an object can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It can be used and changed.
    Ready,
    /// It is being made or changed; the vendor's word for the state.
    Pending(EcoString),
    /// It will never become usable; the vendor's words for the state and the reason.
    Failed(EcoString),
    /// It is going away.
    Deleting,
}

/// The marks that say which stack an object belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ownership {
    /// The lineage of the stack's state.
    pub stack: EcoString,
    /// The address in the stack.
    pub address: EcoString,
    /// The nonce of the intent that made it.
    pub nonce: EcoString,
}

/// The tag that holds [`Ownership::stack`].
pub const TAG_STACK: &str = "cairn:stack";
/// The tag that holds [`Ownership::address`].
pub const TAG_ADDRESS: &str = "cairn:addr";
/// The tag that holds [`Ownership::nonce`].
pub const TAG_NONCE: &str = "cairn:nonce";

impl Ownership {
    /// The marks as tags.
    pub fn tags(&self) -> [(&'static str, &EcoString); 3] {
        [(TAG_STACK, &self.stack), (TAG_ADDRESS, &self.address), (TAG_NONCE, &self.nonce)]
    }

    /// The marks among tags. `None` unless the stack's is there.
    pub fn from_tags<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let or_empty = |name| tag(name).unwrap_or_default().into();
        Some(Self { stack: tag(TAG_STACK)?.into(), address: or_empty(TAG_ADDRESS), nonce: or_empty(TAG_NONCE) })
    }

    /// Whether a tag is a mark, or one that the cloud keeps for itself; neither is the user's.
    pub fn is_reserved(tag: &str) -> bool {
        tag.starts_with("cairn:") || tag.starts_with("aws:")
    }
}

/// What a read found.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// The object is there.
    Present(Box<Live>),
    /// The cloud says, by a complete answer, that there is no such object.
    Absent,
    /// It could not be read. That says nothing about whether it is there.
    Unreadable(ProviderError),
}
