//! The names of a unit.

use super::Loader;
use super::imports::BUILT_IN;
use crate::diagnostic::Diagnostic;
use crate::language::program::{Binding, ItemId, TypeBinding, UnitId, UnitKind};
use crate::language::syntax::ast::{Ident, ItemKind, Keyword};

impl Loader<'_> {
    /// Gives a unit the items of its documents and all their names, imports included.
    pub(super) fn fill(&mut self, unit: UnitId, documents: &[usize]) {
        let mut ids = Vec::new();
        for &document in documents {
            let count = self.program.documents.get(document).map_or(0, |document| document.items.len());
            ids.extend((0..count).map(|item| ItemId { document, item }));
        }
        // Own names first: files that import each other see what the other one declares.
        for &id in &ids {
            self.declare(unit, id);
        }
        for &id in &ids {
            if matches!(self.program.item(id).kind, ItemKind::Import(_)) {
                self.import(unit, id);
            }
        }
    }

    pub(super) fn declare(&mut self, unit: UnitId, id: ItemId) {
        let item = self.program.item(id);
        let mut keep = true;
        let mut name: Option<Ident> = None;
        let mut type_name: Option<Ident> = None;
        let mut output: Option<Ident> = None;
        let mut rule: Option<(Ident, bool)> = None;
        let mut unreadable: Option<Ident> = None;
        let mut lost: Vec<String> = Vec::new();
        let broken = matches!(item.kind, ItemKind::Broken(_));
        match &item.kind {
            ItemKind::Declaration(node) => match node.keyword {
                Keyword::Policy | Keyword::Test => {
                    rule = Some((node.name.clone(), node.keyword == Keyword::Policy));
                }
                Keyword::Resource | Keyword::Lookup | Keyword::Action | Keyword::Provider => {
                    name = Some(node.name.clone());
                }
            },
            ItemKind::Let(node) => name = Some(node.name.clone()),
            ItemKind::Input(node) => name = Some(node.name.clone()),
            ItemKind::Function(node) => name = Some(node.name.clone()),
            ItemKind::Type(node) => type_name = Some(node.name.clone()),
            ItemKind::Output(node) => output = Some(node.name.clone()),
            ItemKind::Broken(node) => {
                let keyword = node.keyword.as_deref().unwrap_or("resource");
                match keyword {
                    "type" | "component" => type_name = node.name.clone(),
                    "output" => output = node.name.clone(),
                    // Exceptions from it are not wrong as well.
                    "policy" => unreadable.clone_from(&node.name),
                    "import" => lost = imported_words(self.program.sources.text(item.span)),
                    "test" | "stack" | "env" | "assert" | "forget" => {}
                    _ => name = node.name.clone(),
                }
            }
            ItemKind::Import(_) | ItemKind::Stack(_) | ItemKind::Component(_) => keep = false,
            ItemKind::Env(header) => {
                keep = false;
                let span = header.name.span;
                self.report.add(
                    Diagnostic::error(
                        "env::place",
                        "Environment files lie in env/",
                        span,
                        "this file is part of the stack's own directory",
                    )
                    .help(format!("move it to env/{}.cairn", header.name.text)),
                );
            }
            ItemKind::Assert(_) | ItemKind::Forget(_) => {}
        }
        self.refuse_second_header(id);
        self.refuse_misplaced(unit, id);
        let Some(slot) = self.program.units.get_mut(unit.0) else { return };
        for name in lost {
            if BUILT_IN.contains(&name.as_str()) {
                slot.catalogues.insert(name.into());
            } else if name.starts_with(|first: char| first.is_ascii_uppercase()) {
                slot.types.entry(name.into()).or_insert(TypeBinding::Broken);
            } else {
                slot.broken.insert(name.into());
            }
        }
        if keep {
            slot.items.push(id);
        }
        slot.broken.extend(unreadable.map(|name| name.text));
        let before = match (&name, &type_name, &output) {
            (Some(name), _, _) => {
                let binding = Binding { unit, item: id, span: name.span };
                insert_new(&mut slot.values, name, binding).map(|before| before.span)
            }
            (_, Some(name), _) => {
                let binding = TypeBinding::Alias(Binding { unit, item: id, span: name.span });
                insert_new(&mut slot.types, name, binding).map(|before| match before {
                    TypeBinding::Alias(before) => before.span,
                    TypeBinding::Component(_) | TypeBinding::Broken => name.span,
                })
            }
            (_, _, Some(name)) => insert_new(&mut slot.outputs, name, id).map(|before| self.program.item(before).span),
            (None, None, None) => rule.as_ref().and_then(|(name, policy)| {
                let names = if *policy { &mut slot.policies } else { &mut slot.cases };
                insert_new(names, name, Binding { unit, item: id, span: name.span }).map(|before| before.span)
            }),
        };
        let rule = rule.map(|(name, _)| name);
        // Of what could not be read it is not sure what it declares.
        if let (Some(before), Some(name)) = (before.filter(|_| !broken), name.or(type_name).or(output).or(rule)) {
            let place = self.program.sources.place(before);
            self.report.add(
                Diagnostic::error(
                    "names::duplicate",
                    format!("`{}` is declared twice", name.text),
                    name.span,
                    "the second one",
                )
                .help(format!("the first one is at {place}. All files of a stack's directory share their names.")),
            );
        }
    }

    /// A file has one header: it says what the whole file is.
    fn refuse_second_header(&mut self, id: ItemId) {
        let item = self.program.item(id);
        let first = self.header(id.document).filter(|first| *first != id);
        if let (Some(first), ItemKind::Stack(_) | ItemKind::Component(_)) = (first, &item.kind) {
            self.second_header("A file has one header", first, id);
        }
    }

    /// A library holds no resources.
    fn refuse_misplaced(&mut self, unit: UnitId, id: ItemId) {
        if self.program.unit(unit).kind != UnitKind::Library {
            return;
        }
        let item = self.program.item(id);
        let (what, span) = match &item.kind {
            // What others import may bring its rules, and may test itself.
            ItemKind::Declaration(node) if matches!(node.keyword, Keyword::Policy | Keyword::Test) => return,
            ItemKind::Declaration(node) => ("a declaration of the graph", node.head),
            ItemKind::Input(node) => ("an input", node.name.span),
            ItemKind::Output(node) => ("an output", node.name.span),
            ItemKind::Assert(node) => ("an assertion", node.condition.span),
            ItemKind::Forget(node) => ("`forget`", node.path.span),
            ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Import(_)
            | ItemKind::Stack(_)
            | ItemKind::Component(_)
            | ItemKind::Env(_)
            | ItemKind::Broken(_) => return,
        };
        self.report.add(
            Diagnostic::error(
                "imports::library",
                "A file without a header holds types, functions, constants and policies",
                span,
                format!("this is {what}"),
            )
            .help("a file with resources starts with `component Name`"),
        );
    }
}

/// The names in an import that could not be read.
fn imported_words(text: &str) -> Vec<String> {
    let text = text.split(['"', '#', '\'']).next().unwrap_or_default();
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .skip(1)
        .filter(|word| !word.is_empty() && !["from", "stack"].contains(word))
        .map(ToOwned::to_owned)
        .collect()
}

/// Inserts unless the name is taken; gives what took it.
fn insert_new<T: Copy>(
    names: &mut std::collections::BTreeMap<ecow::EcoString, T>,
    name: &Ident,
    value: T,
) -> Option<T> {
    if let Some(before) = names.get(&name.text) {
        return Some(*before);
    }
    names.insert(name.text.clone(), value);
    None
}
