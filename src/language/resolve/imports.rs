//! Imports: built-in catalogues, components and files beside the stack.

use ecow::EcoString;

use super::{FileError, Loader, path};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::{Binding, ItemId, TypeBinding, UnitId, UnitKind};
use crate::language::standard;
use crate::language::syntax::ast::{Expr, ExprKind, Ident, ImportWhat, ItemKind, TextPart};
use crate::language::unsupported;
use crate::lock::Locator;
use crate::source::Span;

/// Catalogues and actions that are compiled in.
pub(super) const BUILT_IN: [&str; 5] = ["aws", "azure", "exec", "http", "time"];

impl Loader<'_> {
    pub(super) fn import(&mut self, unit: UnitId, id: ItemId) {
        let ItemKind::Import(import) = &self.program.item(id).kind else { return };
        let from = import.from.as_ref().map(|from| (known_text(from), from.span));
        let (names, whole): (Vec<Ident>, bool) = match &import.what {
            ImportWhat::Name(name) => (vec![name.clone()], true),
            ImportWhat::Names(names) => (names.clone(), false),
            ImportWhat::Stack(name) => {
                let (name, source) = (name.clone(), from);
                self.import_stack(unit, &name, source);
                return;
            }
        };
        match from {
            None => {
                if let Some(name) = names.first() {
                    self.built_in(unit, name);
                }
            }
            Some((Some(from), span)) => self.import_from(unit, &names, whole, &from, span),
            Some((None, span)) => {
                self.report.add(Diagnostic::error(
                    "imports::path",
                    "Where an import comes from is known text",
                    span,
                    "no `${…}` here",
                ));
                self.bind_broken(unit, &names);
            }
        }
    }

    fn built_in(&mut self, unit: UnitId, name: &Ident) {
        match name.text.as_str() {
            "aws" | "exec" | "http" | "time" => {
                if let Some(slot) = self.program.units.get_mut(unit.0) {
                    slot.catalogues.insert(name.text.clone());
                }
            }
            text if BUILT_IN.contains(&text) => {
                self.report.add(unsupported(&format!("`import {text}`"), name.span));
            }
            text => {
                let label = suggest::nearest(text, BUILT_IN).map_or_else(
                    || "nothing of this name is compiled in".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.report.add(
                    Diagnostic::error(
                        "imports::unknown",
                        format!("There is no built-in catalogue `{text}`"),
                        name.span,
                        label,
                    )
                    .help(format!(
                        "built in are: {}\na file is imported with its path: import {{ {text} }} from \"./file.cairn\"",
                        BUILT_IN.join(" ")
                    )),
                );
            }
        }
    }

    fn import_from(&mut self, unit: UnitId, names: &[Ident], whole: bool, from: &str, span: Span) {
        if whole
            && let Some(name) = names.first()
            && BUILT_IN.contains(&name.text.as_str())
        {
            // From the word `from` on, all of it is too much.
            let between = Span { start: name.span.end, end: span.start, ..span };
            let blanks = self.program.sources.text(between).find("from").unwrap_or(between.len());
            let start = between.start + u32::try_from(blanks).unwrap_or_default();
            let span = Span { start, ..span };
            self.report.add(
                Diagnostic::error(
                    "imports::builtin",
                    format!("`{}` is part of Cairn", name.text),
                    span,
                    "nothing is fetched for it",
                )
                .help(format!(
                    "import {}\nThe catalogue is the one of this tool, cairn {}. `registry:` is for components that \
                     other people publish.",
                    name.text,
                    env!("CARGO_PKG_VERSION")
                )),
            );
            if let Some(slot) = self.program.units.get_mut(unit.0) {
                slot.catalogues.insert(name.text.clone());
            }
            return;
        }
        if from.starts_with(standard::SCHEME) {
            match standard::part(from) {
                Some(_) => self.import_file(unit, names, whole, from, from, span),
                None => {
                    self.no_such_part(from, span);
                    self.bind_broken(unit, names);
                }
            }
            return;
        }
        if from.starts_with("git:") {
            self.import_from_git(unit, names, whole, from, span);
            return;
        }
        if from.starts_with("registry:") {
            self.report.add(
                Diagnostic::error(
                    "imports::registry",
                    "There is no registry of components yet",
                    span,
                    "nothing can be fetched from here",
                )
                .help("a component of a repository is imported at a tag: \"git:github.com/acme/parts@v1.2.0/queue.cairn\""),
            );
            self.bind_broken(unit, names);
            return;
        }
        if !from.starts_with("./") && !from.starts_with("../") {
            self.report.add(
                Diagnostic::error(
                    "imports::path",
                    "A path starts with ./ or ../",
                    span,
                    format!("write \"./{from}\" for a file beside this one"),
                )
                .help("other sources: \"std:aws/network\", \"git:host/path@tag\""),
            );
            self.bind_broken(unit, names);
            return;
        }
        let directory = self.program.unit(unit).directory.clone();
        let file = path::join(&directory, from);
        if let Some(root) = self.leads_out(&directory, &file) {
            self.report.add(
                Diagnostic::error("imports::path", format!("This path leads out of {root}"), span, "not a part of it")
                    .help("what comes from elsewhere sees its own files only"),
            );
            self.bind_broken(unit, names);
            return;
        }
        self.import_file(unit, names, whole, from, &file, span);
    }

    /// The repository that a path of one of its files leaves.
    fn leads_out(&self, directory: &str, file: &str) -> Option<String> {
        let root = Locator::root_of(directory)?;
        (!file.starts_with(root)).then(|| root.trim_end_matches('/').to_owned())
    }

    pub(super) fn import_file(
        &mut self,
        unit: UnitId,
        names: &[Ident],
        whole: bool,
        from: &str,
        file: &str,
        span: Span,
    ) {
        match self.unit_of(file, span) {
            Some(imported) => self.bind(unit, imported, names, whole, from),
            None => self.bind_broken(unit, names),
        }
    }

    fn no_such_part(&mut self, from: &str, span: Span) {
        let near = standard::nearest(from);
        let label = near.map_or_else(
            || "nothing of this name is in it".to_owned(),
            |near| format!("did you mean `{}{near}`?", standard::SCHEME),
        );
        let names: Vec<String> =
            standard::PARTS.iter().map(|part| format!("{}{}", standard::SCHEME, part.name)).collect();
        self.report.add(
            Diagnostic::error(
                "imports::standard",
                format!("The standard library has no `{}`", from.strip_prefix(standard::SCHEME).unwrap_or(from)),
                span,
                label,
            )
            .help(format!("it has: {}", names.join(" "))),
        );
    }

    /// The unit of a file, loaded once.
    fn unit_of(&mut self, file: &str, span: Span) -> Option<UnitId> {
        if let Some(known) = self.units_by_path.get(file) {
            return *known;
        }
        let text = match standard::part(file).map_or_else(|| self.files.read(file), |part| Ok(part.text.to_owned())) {
            Ok(text) => text,
            Err(error) => {
                let words = match error {
                    FileError::Missing => "there is no such file".to_owned(),
                    FileError::NotText(at) => format!("not UTF-8: byte {at} begins no character"),
                    FileError::TooLarge => "larger than 10 MiB".to_owned(),
                    FileError::Outside => "a link that leads out of the directory it stands in".to_owned(),
                    FileError::Other(words) => words,
                };
                self.report.add(Diagnostic::error("imports::file", format!("{file} cannot be imported"), span, words));
                self.units_by_path.insert(file.to_owned(), None);
                return None;
            }
        };
        let document = self.parse(file, text);
        let header = self.header(document);
        let (kind, name) = match header.map(|header| &self.program.item(header).kind) {
            Some(ItemKind::Component(name)) => (UnitKind::Component, name.text.clone()),
            Some(_) => {
                let source = self.source(document)?;
                self.report.add(
                    Diagnostic::error(
                        "imports::header",
                        "Only components and libraries can be imported from a file",
                        Span::new(source, 0, 0),
                        "this file is part of a stack",
                    )
                    .help("another stack is imported with: import stack name from \"../directory\""),
                );
                self.units_by_path.insert(file.to_owned(), None);
                return None;
            }
            None => (UnitKind::Library, EcoString::from(file)),
        };
        let unit = self.add_unit(kind, name, path::directory(file), header);
        // Known before its own imports are followed, so that a circle of imports ends.
        self.units_by_path.insert(file.to_owned(), Some(unit));
        self.fill(unit, &[document]);
        Some(unit)
    }

    fn bind(&mut self, unit: UnitId, imported: UnitId, names: &[Ident], whole: bool, from: &str) {
        for name in names {
            let source = self.program.unit(imported);
            if source.kind == UnitKind::Component {
                if source.name == name.text {
                    self.bind_type(unit, name, TypeBinding::Component(imported));
                } else {
                    let actual = source.name.clone();
                    self.report.add(
                        Diagnostic::error(
                            "imports::name",
                            format!("{from} is the component `{actual}`"),
                            name.span,
                            format!("did you mean `{actual}`?"),
                        )
                        .help(format!("import {actual} from \"{from}\"")),
                    );
                    self.bind_broken(unit, std::slice::from_ref(name));
                }
                continue;
            }
            if whole && name.text == "policies" {
                self.all_policies(unit, imported, name, from);
                continue;
            }
            if whole {
                self.report.add(
                    Diagnostic::error(
                        "imports::name",
                        format!("{from} is no component"),
                        name.span,
                        "its types and functions are imported by name",
                    )
                    .help(if source.policies.is_empty() {
                        format!("import {{ {} }} from \"{from}\"", name.text)
                    } else {
                        format!("import policies from \"{from}\"")
                    }),
                );
                self.bind_broken(unit, std::slice::from_ref(name));
                continue;
            }
            let value = source.values.get(&name.text).copied();
            let kind = source.types.get(&name.text).copied();
            let policy = source.policies.get(&name.text).copied();
            match (value, kind) {
                (None, None) if policy.is_some() => {}
                (Some(binding), _) => {
                    let Some(slot) = self.program.units.get_mut(unit.0) else { continue };
                    let before = *slot.values.entry(name.text.clone()).or_insert(binding);
                    if before.item != binding.item {
                        self.taken(name, before.span);
                    }
                }
                (None, Some(binding)) => self.bind_type(unit, name, binding),
                (None, None) => {
                    let names: Vec<&str> = source
                        .values
                        .keys()
                        .chain(source.types.keys())
                        .chain(source.policies.keys())
                        .map(EcoString::as_str)
                        .collect();
                    let near = suggest::nearest(&name.text, names.iter().copied()).map(EcoString::from);
                    let label = near
                        .as_ref()
                        .map_or_else(|| "not declared there".to_owned(), |near| format!("did you mean `{near}`?"));
                    let help = format!("{from} has: {}", names.join(" "));
                    self.report.add(
                        Diagnostic::error(
                            "imports::name",
                            format!("There is no `{}` in {from}", name.text),
                            name.span,
                            label,
                        )
                        .meant(name.span, &name.text, names)
                        .help(help),
                    );
                    self.bind_broken(unit, std::slice::from_ref(name));
                    // Whoever misspelt the name here may have written it rightly everywhere else.
                    if let Some(near) = near {
                        self.bind_broken(unit, &[Ident { text: near, span: name.span }]);
                    }
                }
            }
            if let Some(policy) = policy {
                self.bind_policy(unit, name, policy);
            }
        }
    }

    /// `import policies from "…"`: every policy of the file holds here.
    fn all_policies(&mut self, unit: UnitId, imported: UnitId, name: &Ident, from: &str) {
        let policies = self.program.unit(imported).policies.clone();
        if policies.is_empty() {
            self.report.add(
                Diagnostic::error(
                    "imports::name",
                    format!("There are no policies in {from}"),
                    name.span,
                    "nothing to import",
                )
                .help("types, functions and constants are imported by name: import { name } from \"…\""),
            );
        }
        for (text, binding) in policies {
            self.bind_policy(unit, &Ident { text, span: name.span }, binding);
        }
    }

    fn bind_policy(&mut self, unit: UnitId, name: &Ident, binding: Binding) {
        let Some(slot) = self.program.units.get_mut(unit.0) else { return };
        let before = *slot.policies.entry(name.text.clone()).or_insert(binding);
        if before.item != binding.item {
            self.taken(name, before.span);
        }
    }

    fn bind_type(&mut self, unit: UnitId, name: &Ident, binding: TypeBinding) {
        let Some(slot) = self.program.units.get_mut(unit.0) else { return };
        let before = *slot.types.entry(name.text.clone()).or_insert(binding);
        let place = match (before, binding) {
            (TypeBinding::Alias(before), TypeBinding::Alias(now)) if before.item == now.item => None,
            (TypeBinding::Component(before), TypeBinding::Component(now)) if before == now => None,
            (TypeBinding::Alias(before), _) => Some(before.span),
            (TypeBinding::Component(before), TypeBinding::Alias(_) | TypeBinding::Component(_)) => {
                self.program.unit(before).header.map(|header| self.program.item(header).span)
            }
            (TypeBinding::Component(_), TypeBinding::Broken) | (TypeBinding::Broken, _) => None,
        };
        if let Some(place) = place {
            self.taken(name, place);
        }
    }

    /// Reports an imported name that this unit has already.
    pub(super) fn taken(&mut self, name: &Ident, before: Span) {
        let place = self.program.sources.place(before);
        self.report.add(
            Diagnostic::error(
                "names::duplicate",
                format!("`{}` is declared twice", name.text),
                name.span,
                "imported here",
            )
            .help(format!("the other one is at {place}. Imported names are names like all others.")),
        );
    }

    /// Names that were reported stay known, so that their uses are silent.
    pub(super) fn bind_broken(&mut self, unit: UnitId, names: &[Ident]) {
        for name in names {
            if name.text.starts_with(|first: char| first.is_ascii_uppercase()) {
                self.bind_type(unit, name, TypeBinding::Broken);
            } else if let Some(slot) = self.program.units.get_mut(unit.0) {
                slot.broken.insert(name.text.clone());
            }
        }
    }
}

fn known_text(expression: &Expr) -> Option<EcoString> {
    let ExprKind::Text(text) = &expression.kind else { return None };
    match text.parts.as_slice() {
        [] => Some(EcoString::new()),
        [TextPart::Known(text)] => Some(text.clone()),
        _ => None,
    }
}
