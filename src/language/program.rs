//! A program: all units of a stack with their names resolved to items.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cairn_provider::schema::catalogue::Catalogue;
use ecow::EcoString;

use super::syntax::ast::{Document, Element, Entry, Expr, ExprKind, Item, ItemKind, TextPart};
use crate::lock::Locator;
use crate::source::{SourceSet, Span};

/// Which unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub usize);

/// Which item: a document of the program and an item of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// Index into [`Program::documents`].
    pub document: usize,
    /// Index into [`Document::items`].
    pub item: usize,
}

/// The stack, its components and libraries.
pub struct Program {
    /// All source texts.
    pub sources: SourceSet,
    /// Their syntax trees.
    pub documents: Vec<Document>,
    /// The units; the first is the stack.
    pub units: Vec<Unit>,
    /// The environment files, by the name of the environment.
    pub environments: BTreeMap<EcoString, ItemId>,
    /// Environments that the header most likely misspells, with the names of their files, which were reported.
    pub misspelt: BTreeMap<EcoString, EcoString>,
    /// The types of all clouds.
    pub catalogue: Arc<Catalogue>,
    /// What is imported from git, in the order it was found.
    pub from_git: Vec<GitImport>,
}

/// An import from git.
#[derive(Clone, Debug)]
pub struct GitImport {
    /// The first name it imports.
    pub name: EcoString,
    /// Where from.
    pub locator: Locator,
    /// The tag in the source.
    pub tag: Span,
}

/// A stack, a component or a library.
#[derive(Debug)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// The name in its header; of a library, its path.
    pub name: EcoString,
    /// The directory of its files, relative to the stack's, with a slash at the end unless empty.
    pub directory: String,
    /// All its items that are no imports and no header, in order.
    pub items: Vec<ItemId>,
    /// Its header.
    pub header: Option<ItemId>,
    /// Names of resources, lookups, actions, providers, inputs, constants and functions.
    pub values: BTreeMap<EcoString, Binding>,
    /// Names of types and components.
    pub types: BTreeMap<EcoString, TypeBinding>,
    /// Outputs.
    pub outputs: BTreeMap<EcoString, ItemId>,
    /// Policies that hold here, imported ones included.
    pub policies: BTreeMap<EcoString, Binding>,
    /// Test cases.
    pub cases: BTreeMap<EcoString, Binding>,
    /// Other stacks, by the names they are imported as.
    pub stacks: BTreeMap<EcoString, StackImport>,
    /// Built-in catalogues that were imported.
    pub catalogues: BTreeSet<EcoString>,
    /// Names of values whose import was reported; their uses are silent.
    pub broken: BTreeSet<EcoString>,
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A stack: all files of a directory.
    Stack,
    /// A component: one file.
    Component,
    /// Types, functions and constants: one file.
    Library,
}

/// Another stack, whose outputs are read.
#[derive(Clone, Debug)]
pub struct StackImport {
    /// Its unit.
    pub unit: UnitId,
    /// Its directory, relative to the stack's.
    pub directory: EcoString,
    /// The name in the import.
    pub span: Span,
}

/// What a name of values stands for.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The unit it was declared in.
    pub unit: UnitId,
    /// The item.
    pub item: ItemId,
    /// The name at its declaration.
    pub span: Span,
}

/// What a name of types stands for.
#[derive(Clone, Copy, Debug)]
pub enum TypeBinding {
    /// `type Name = …`.
    Alias(Binding),
    /// A component.
    Component(UnitId),
    /// Something that could not be resolved and was reported.
    Broken,
}

impl Program {
    /// The stack itself.
    pub const STACK: UnitId = UnitId(0);

    /// A unit.
    pub fn unit(&self, id: UnitId) -> &Unit {
        // Ids are handed out with the units.
        self.units.get(id.0).expect("a unit of this program")
    }

    /// An item.
    pub fn item(&self, id: ItemId) -> &Item {
        self.documents
            .get(id.document)
            .and_then(|document| document.items.get(id.item))
            .expect("an item of this program")
    }

    /// Whether the stack's header allows something: `allow: ["exec"]`.
    pub fn allows(&self, what: &str) -> bool {
        let listed = self.header_field("allow").and_then(known_texts);
        listed.is_some_and(|listed| listed.iter().any(|(text, _)| text == what))
    }

    /// Whether what holds data is protected in an environment of the stack unless it says otherwise.
    pub fn protects(&self, environment: Option<&EcoString>) -> bool {
        let Some(protected) = self.header_field("protected") else { return false };
        match environment {
            None => matches!(&protected.kind, ExprKind::Name(name) if name == "true"),
            Some(environment) => {
                let listed = known_texts(protected);
                listed.is_some_and(|listed| listed.iter().any(|(text, _)| text == environment))
            }
        }
    }

    /// Whether the stack's header is missing or could not be read: what it says is not known.
    pub fn header_is_unread(&self) -> bool {
        self.unit(Self::STACK).header.is_none_or(|header| self.item(header).broken)
    }

    /// A field of the stack's header.
    pub fn header_field(&self, name: &str) -> Option<&Expr> {
        self.header_field_of(Self::STACK, name)
    }

    /// The braces of the stack's header with what is between them.
    pub fn fields_of_header(&self) -> Option<Span> {
        let header = self.unit(Self::STACK).header?;
        let ItemKind::Stack(header) = &self.item(header).kind else { return None };
        Some(header.fields.span)
    }

    fn header_field_of(&self, stack: UnitId, name: &str) -> Option<&Expr> {
        let header = self.unit(stack).header?;
        let ItemKind::Stack(header) = &self.item(header).kind else { return None };
        let ExprKind::Record(entries) = &header.fields.kind else { return None };
        entries.iter().find_map(|entry| match entry {
            Entry::Field(key, value) if key.text == name => Some(value),
            Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
        })
    }

    /// The environments the stack's header lists, with the place of the list; nothing if it lists none.
    pub fn declared_environments(&self) -> Option<(Vec<EcoString>, Span)> {
        self.environments_of(Self::STACK)
    }

    /// The environments that `env` stands for in a unit: those of a stack in its own files, and those of the stack that
    /// is checked in what is imported.
    pub fn environments_of(&self, unit: UnitId) -> Option<(Vec<EcoString>, Span)> {
        let stack = if self.unit(unit).kind == UnitKind::Stack { unit } else { Self::STACK };
        let list = self.header_field_of(stack, "environments")?;
        let ExprKind::List(elements) = &list.kind else { return None };
        let names = elements
            .iter()
            .filter_map(|element| match element {
                Element::Value(value) => {
                    let name = known_text(value)?;
                    Some(self.misspelt.get(&name).cloned().unwrap_or(name))
                }
                Element::Spread(_) => None,
            })
            .collect();
        Some((names, list.span))
    }
}

/// The texts of a list that holds nothing else, each with its place.
pub fn known_texts(list: &Expr) -> Option<Vec<(EcoString, Span)>> {
    let ExprKind::List(elements) = &list.kind else { return None };
    let texts = elements.iter().map(|element| match element {
        Element::Value(value) => known_text(value).map(|text| (text, value.span)),
        Element::Spread(_) => None,
    });
    texts.collect()
}

/// Text that is written without anything to fill in.
fn known_text(value: &Expr) -> Option<EcoString> {
    let ExprKind::Text(text) = &value.kind else { return None };
    match text.parts.as_slice() {
        [TextPart::Known(text)] => Some(text.clone()),
        _ => None,
    }
}
