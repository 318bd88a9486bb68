//! All types of a cloud: facts compiled in as text, schemas built when first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::facts::Facts;
use super::overlay::Overlay;
use super::{TypeSchema, build};

/// The types of one cloud, or of several.
#[derive(Default)]
pub struct Catalogue {
    entries: BTreeMap<&'static str, Entry>,
}

struct Entry {
    facts: &'static str,
    overlay: &'static Overlay,
    schema: OnceLock<Arc<TypeSchema>>,
}

impl Catalogue {
    /// Adds a type: its name in the language, its facts as text, its overlay.
    pub fn add(&mut self, name: &'static str, facts: &'static str, overlay: &'static Overlay) {
        self.entries.insert(name, Entry { facts, overlay, schema: OnceLock::new() });
    }

    /// Adds all types of another catalogue.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// The schema of a type, by its name in the language.
    ///
    /// # Panics
    /// If committed facts and overlay do not fit together; the catalogue's test builds every type.
    pub fn get(&self, name: &str) -> Option<&Arc<TypeSchema>> {
        let entry = self.entries.get(name)?;
        Some(entry.schema.get_or_init(|| {
            let facts = Facts::parse(entry.facts).expect("the committed facts of a type are JSON");
            match build(&facts, entry.overlay) {
                Ok(schema) => Arc::new(schema),
                Err(error) => panic!("the facts and the overlay of {name} do not fit: {error}"),
            }
        }))
    }

    /// The names of all types, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.keys().copied()
    }

    /// All types in order, each with everything that was said of it, as text: the same text means the same type.
    pub fn contents(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.entries.iter().map(|(name, entry)| (*name, format!("{}\n{:?}", entry.facts, entry.overlay)))
    }

    /// Whether there is a type of this name; cheaper than building its schema.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }
}
