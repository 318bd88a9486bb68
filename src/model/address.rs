//! The identity of an instance inside a stack.

use std::fmt;

use ecow::{EcoString, eco_format};

/// `name`, `name["key"]`, and members of components behind dots: `shop.public["a"]`.
///
/// An address has nothing to do with files, order or types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(EcoString);

impl Address {
    /// The address of a declaration at the top of a stack.
    pub fn top(name: &str) -> Self {
        Self(name.into())
    }

    /// The address of a declaration inside of a component instance.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        Self(eco_format!("{}.{name}", self.0))
    }

    /// The address of one instance of a looped declaration.
    #[must_use]
    pub fn instance(&self, key: &str) -> Self {
        Self(eco_format!("{}[{}]", self.0, cairn_provider::value::quote(key)))
    }

    /// From text that is known to be an address: a state file, a command line.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same place below another address: `old.vpc` of `new.vpc` from `new` to `old`. `None` if it is not within `from`.
    #[must_use]
    pub fn rebased(&self, from: &Self, to: &Self) -> Option<Self> {
        if !self.is_within(from) {
            return None;
        }
        let rest = self.0.strip_prefix(from.as_str())?;
        Some(Self(eco_format!("{}{rest}", to.0)))
    }

    /// Whether this is the other address, one of its instances, or inside of it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .strip_prefix(other.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_are_spelled_like_their_use() {
        let subnet = Address::top("shop").member("public").instance("a");
        assert_eq!(subnet.to_string(), "shop.public[\"a\"]");
        assert!(subnet.is_within(&Address::top("shop")));
        assert!(subnet.is_within(&Address::top("shop").member("public")));
        assert!(!Address::top("shopping").is_within(&Address::top("shop")));
        assert_eq!(
            subnet.rebased(&Address::top("shop"), &Address::top("old")),
            Some(Address::from_text("old.public[\"a\"]"))
        );
        assert_eq!(subnet.rebased(&Address::top("sho"), &Address::top("old")), None);
    }
}
