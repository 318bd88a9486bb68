//! Misspelt words, and all words that mean something somewhere.

use std::collections::BTreeSet;

use cairn::language::syntax::KEYWORDS;
use cairn_provider::schema::Shape;
use cairn_provider::schema::catalogue::Catalogue;

use crate::numbers::Numbers;

/// Every word of the sources, the catalogue and the language: a misspelt word must be none of these, so that it
/// cannot mean something else.
pub struct Words(BTreeSet<String>);

impl Words {
    /// The words of a catalogue and of the language.
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut words: BTreeSet<String> = BTreeSet::new();
        for name in catalogue.names() {
            words.extend(name.split('.').map(ToOwned::to_owned));
            let Some(schema) = catalogue.get(name) else { continue };
            for record in &schema.records {
                for (field, facts) in &record.fields {
                    words.insert(field.to_string());
                    words.insert(facts.vendor.to_string());
                    if let Shape::Text(rules) = facts.shape.innermost() {
                        words.extend(rules.values.iter().map(ToString::to_string));
                    }
                }
            }
        }
        words.extend(cairn::builtins::all().map(|builtin| builtin.name.to_owned()));
        words.extend(KEYWORDS.map(ToOwned::to_owned));
        let reserved = "if then else match for in by where return from known true false none env tcp udp icmp each";
        words.extend(reserved.split(' ').map(ToOwned::to_owned));
        Self(words)
    }

    /// Adds the words of a text.
    pub fn learn(&mut self, text: &str) {
        let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        self.0.extend(words.map(ToOwned::to_owned));
    }

    /// A word as a hurried person writes it: a letter lost, doubled, exchanged with its neighbour or with another one.
    /// The first letter stays, as it says what kind of name it is.
    pub fn misspelt(&self, word: &str, numbers: &mut Numbers) -> String {
        let letters: Vec<char> = word.chars().collect();
        for _ in 0..200 {
            let mut written = letters.clone();
            let at = numbers.below(letters.len().saturating_sub(1)) + 1;
            let nearby = *numbers.one_of(&['a', 'e', 'i', 'o', 'r', 's', 't', 'n']);
            match numbers.below(4) {
                0 if letters.len() > 2 => {
                    written.remove(at);
                }
                1 => written.insert(at.min(letters.len()), *letters.get(at).unwrap_or(&letters[0])),
                2 if at + 1 < letters.len() => written.swap(at, at + 1),
                3 if at < letters.len() => written[at] = nearby,
                _ => continue,
            }
            let written: String = written.into_iter().collect();
            if written != word && !self.0.contains(&written) && !self.0.contains(&written.to_lowercase()) {
                return written;
            }
        }
        format!("{word}xq")
    }
}
