//! Texts beside a stack, and files that stand alone.

use super::{Beside, Loader, path};
use crate::language::program::{ItemId, Program, UnitKind};
use crate::language::standard;
use crate::language::syntax::ast::ItemKind;

impl Loader<'_> {
    /// Gives the stack the constants of a text; those without a name are checked, and nobody can use them.
    pub(super) fn beside(&mut self, text: &Beside) {
        let document = self.parse(&text.path, text.text.clone());
        let count = self.program.documents.get(document).map_or(0, |document| document.items.len());
        for item in 0..count {
            let id = ItemId { document, item };
            if text.named {
                self.declare(Program::STACK, id);
            } else if let Some(unit) = self.program.units.get_mut(Program::STACK.0) {
                unit.items.push(id);
            }
        }
    }

    /// Loads a file as the first unit; nothing if it cannot be read.
    pub(super) fn alone(&mut self, file: &str) -> Option<()> {
        let document = match standard::part(file) {
            Some(part) => self.parse(file, part.text.to_owned()),
            None => self.document(file)?,
        };
        let header = self.header(document);
        let (kind, name) = match header.map(|header| &self.program.item(header).kind) {
            Some(ItemKind::Component(name)) => (UnitKind::Component, name.text.clone()),
            _ => (UnitKind::Library, file.into()),
        };
        let unit = self.add_unit(kind, name, path::directory(file), header);
        self.units_by_path.insert(file.to_owned(), Some(unit));
        self.fill(unit, &[document]);
        Some(())
    }
}
