//! Imports of other stacks: their source says which outputs there are and of which types.

use ecow::EcoString;

use super::{Loader, path};
use crate::diagnostic::Diagnostic;
use crate::language::program::{ItemId, StackImport, UnitId, UnitKind};
use crate::language::syntax::ast::{Ident, ItemKind};
use crate::source::Span;

impl Loader<'_> {
    pub(super) fn import_stack(&mut self, unit: UnitId, name: &Ident, from: Option<(Option<EcoString>, Span)>) {
        if let Err(diagnostic) = self.bind_stack(unit, name, from) {
            self.report.extend(diagnostic.map(|diagnostic| *diagnostic));
            self.bind_broken(unit, std::slice::from_ref(name));
        }
    }

    /// Loads the stack and gives it its name here. Nothing is said of what was reported before.
    fn bind_stack(
        &mut self,
        unit: UnitId,
        name: &Ident,
        from: Option<(Option<EcoString>, Span)>,
    ) -> Result<(), Option<Box<Diagnostic>>> {
        let help = format!("import stack {} from \"../{}\"", name.text, name.text);
        let wrong = |span: Span, label: &str| {
            let text = "A stack is imported from its directory";
            Some(Box::new(Diagnostic::error("imports::stack", text, span, label.to_owned()).help(help.clone())))
        };
        let Some((Some(from), span)) = from else { return Err(wrong(name.span, "the directory is missing")) };
        if self.program.unit(unit).kind != UnitKind::Stack {
            return Err(Some(Box::new(
                Diagnostic::error(
                    "imports::stack",
                    "Only a stack imports another stack",
                    name.span,
                    "this file is a component or a library",
                )
                .help("give it what it needs as an input, and let the stack that uses it import the other one"),
            )));
        }
        if !from.starts_with("./") && !from.starts_with("../") {
            return Err(wrong(span, "a path of a directory starts with ./ or ../"));
        }
        let directory = path::join(&self.program.unit(unit).directory, &from);
        let key = format!("{directory}/");
        let imported = match self.units_by_path.get(&key) {
            Some(Some(known)) => *known,
            Some(None) => return Err(None),
            None => {
                let loaded = self.load_stack(&directory, &from, span);
                self.units_by_path.insert(key, loaded.as_ref().ok().copied());
                loaded?
            }
        };
        let import = StackImport { unit: imported, directory: directory.into(), span: name.span };
        let taken = self.program.unit(unit).values.get(&name.text).map(|binding| binding.span);
        let Some(slot) = self.program.units.get_mut(unit.0) else { return Err(None) };
        let before = slot.stacks.insert(name.text.clone(), import).map(|before| before.span).or(taken);
        if let Some(before) = before {
            self.taken(name, before);
        }
        Ok(())
    }

    fn load_stack(&mut self, directory: &str, from: &str, span: Span) -> Result<UnitId, Option<Box<Diagnostic>>> {
        let errors = self.report.iter().count();
        let mut documents = Vec::new();
        for file in self.cairn_files(directory) {
            let Some(document) = self.document(&file) else { continue };
            if self.header(document).is_none_or(|header| !self.is_component(header)) {
                documents.push(document);
            }
        }
        let headers: Vec<ItemId> = documents
            .iter()
            .filter_map(|document| self.header(*document))
            .filter(|header| matches!(self.program.item(*header).kind, ItemKind::Stack(_)))
            .collect();
        let Some(header) = headers.first().copied() else {
            // A header that could not be read was reported.
            if self.report.iter().count() > errors {
                return Err(None);
            }
            return Err(Some(Box::new(
                Diagnostic::error(
                    "imports::stack",
                    format!("There is no stack in {from}"),
                    span,
                    "no file with a `stack` header",
                )
                .help("the path is that of a stack's directory; a component is imported from its file"),
            )));
        };
        let name = self.header_name(header);
        if self.open_stacks.iter().any(|(open, own)| open == directory || *own == name) {
            return Err(Some(Box::new(circle(&name, span))));
        }
        let unit = self.add_unit(UnitKind::Stack, name.clone(), format!("{directory}/"), Some(header));
        self.open_stacks.push((directory.to_owned(), name));
        self.fill(unit, &documents);
        self.open_stacks.pop();
        Ok(unit)
    }
}

fn circle(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "imports::circle",
        format!("The stack `{name}` would need itself"),
        span,
        format!("`{name}` is the stack that imports this, or one on the way to it"),
    )
    .help("of two stacks one is applied first: move what both need into the first one, or into a third")
}
