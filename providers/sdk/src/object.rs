//! Objects of a cloud as they were observed.

use ecow::{EcoString, eco_format};

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
    /// The marks as tags. Their values hold only characters that every service takes.
    pub fn tags(&self) -> [(&'static str, EcoString); 3] {
        [(TAG_STACK, plain(&self.stack)), (TAG_ADDRESS, plain(&self.address)), (TAG_NONCE, plain(&self.nonce))]
    }

    /// The marks among tags. `None` unless the stack's is there.
    pub fn from_tags<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let or_empty = |name| original(tag(name).unwrap_or_default());
        Some(Self { stack: original(tag(TAG_STACK)?), address: or_empty(TAG_ADDRESS), nonce: or_empty(TAG_NONCE) })
    }

    /// Whether a tag is a mark, or one that the cloud keeps for itself; neither is the user's.
    pub fn is_reserved(tag: &str) -> bool {
        tag.starts_with("cairn:") || tag.starts_with("aws:")
    }
}

/// A text in the characters that all services take in the value of a tag: letters, digits, spaces and `_.:/=+-@`. The
/// bytes of every other character, and of `@`, become `@` and two hexadecimal digits.
fn plain(text: &str) -> EcoString {
    let mut plain = EcoString::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || " _.:/=+-".contains(character) {
            plain.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                plain.push_str(&eco_format!("@{byte:02x}"));
            }
        }
    }
    plain
}

/// The text that [`plain`] was made of.
fn original(plain: &str) -> EcoString {
    let mut parts = plain.split('@');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(part.bytes().skip(2));
            }
            None => bytes.extend(std::iter::once(b'@').chain(part.bytes())),
        }
    }
    String::from_utf8_lossy(&bytes).as_ref().into()
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

#[cfg(test)]
mod tests {
    use super::Ownership;

    #[test]
    fn marks_are_plain_and_come_back_as_they_were() {
        for address in ["vpc", "subnet[\"a\"]", "shop.user[\"jörg@acme.example\"]", "x[\"@5b\"]", "@", "a b"] {
            let marks = Ownership { stack: "s".into(), address: address.into(), nonce: "n".into() };
            let tags = marks.tags();
            let fits = |character: char| character.is_ascii_alphanumeric() || " _.:/=+-@".contains(character);
            assert!(tags.iter().all(|(_, value)| value.chars().all(fits)), "{tags:?}");
            let found = |name: &str| tags.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
            assert_eq!(Ownership::from_tags(found), Some(marks));
        }
    }
}
