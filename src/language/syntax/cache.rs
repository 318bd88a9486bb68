//! Items that were parsed before, by their text: an edit parses one item again.

use std::collections::HashMap;

use super::ast::Item;
use super::relocate;
use super::split::Piece;
use crate::source::SourceId;

/// Items that follow the grammar, from this round of parsing and the one before.
#[derive(Default)]
pub struct ItemCache {
    recent: HashMap<Box<str>, Item>,
    before: HashMap<Box<str>, Item>,
}

impl ItemCache {
    /// Starts a round: what the round before last needed and nobody since is forgotten.
    pub fn begin(&mut self) {
        self.before = std::mem::take(&mut self.recent);
    }

    /// The item of a text, moved to where it stands now.
    pub(super) fn get(&mut self, source: SourceId, text: &str, piece: &Piece) -> Option<Item> {
        if !self.recent.contains_key(text) {
            let (key, item) = self.before.remove_entry(text)?;
            self.recent.insert(key, item);
        }
        let mut item = self.recent.get(text)?.clone();
        relocate::item(&mut item, source, u32::try_from(piece.start).unwrap_or(u32::MAX));
        // What stands above an item is no part of its text.
        item.docs = piece.docs.as_deref().map(Into::into);
        Some(item)
    }

    /// Keeps an item.
    pub(super) fn keep(&mut self, text: &str, item: &Item) {
        self.recent.insert(text.into(), item.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::ItemCache;
    use crate::language::syntax::{parse, parse_cached};
    use crate::source::{SourceId, SourceText};

    const TEXT: &str = "## Docs.\n@protect(env == \"a\")\nresource a[k, v in { x: 1 } by k if v > 0] if true = aws.s3.Bucket {\n  name: \"x-${k.upper()}\"\n  ...other\n  short\n  list: [for i in 0..2: -i]\n  map: { for q in l: q => a.b?.c[\"k\"] }\n  m: match k { \"a\" | \"b\" => 1, else => (2 + f(x, y: 3)) }\n}\ntype T = { a: [String]?, b: known Map<Int> = {}, c: 1..2 | \"x\" }\nfn f(a: Int = 1): Int {\n  let b: Int = a\n  return b\n}\ninput i: String = \"x\"\n  where i != \"\" else \"no ${i}\"\noutput o: Int = 1\nassert true else \"x\"\nimport { A, b } from \"./c.cairn\"\nforget a.b[\"c\"]\n";

    #[test]
    fn a_moved_item_equals_one_that_is_parsed_there() {
        let mut cache = ItemCache::default();
        for moved in ["", "# a line\n\n", "let before = 1\n"] {
            cache.begin();
            let text = SourceText::new("a.cairn", format!("{moved}{TEXT}"));
            let (cached, _) = parse_cached(SourceId(3), &text, &mut cache);
            let (fresh, _) = parse(SourceId(3), &text);
            assert_eq!(format!("{cached:#?}"), format!("{fresh:#?}"));
            assert!(fresh.items.len() >= 8);
        }
    }

    #[test]
    fn a_broken_item_is_reported_each_time() {
        let mut cache = ItemCache::default();
        for _ in 0..2 {
            cache.begin();
            let (_, reports) = parse_cached(SourceId(0), &SourceText::new("a", "let a = \nlet b = 1\n"), &mut cache);
            assert_eq!(reports.len(), 1);
        }
    }
}
