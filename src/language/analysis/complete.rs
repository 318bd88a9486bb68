//! What could be written at a place.

use std::collections::BTreeSet;

use cairn_provider::schema::TypeSchema;
use cairn_provider::value::quote;
use ecow::EcoString;

use super::describe;
use super::insert::{self, Insert};
use super::marks::{BUILT_IN_NAMES, kind_of};
use super::members;
use super::spot::{self, Spot};
use crate::builtins::{self, On};
use crate::language::check::{self, SIMPLE_TYPES, Wanted, Watch, fits};
use crate::language::program::{ItemId, Program, TypeBinding, UnitId, UnitKind};
use crate::language::syntax::ast::{Entry, Expr, ExprKind, Ident, Import, ImportWhat, ItemKind, Keyword};
use crate::language::types::Type;
use crate::source::{SourceId, Span};

/// Something that could be written.
#[derive(Clone, Debug)]
pub struct Completion {
    /// What is shown and compared with what is typed.
    pub label: String,
    /// What kind of thing it is.
    pub kind: CompletionKind,
    /// Its type, in a few words.
    pub detail: String,
    /// What is known about it, as Markdown.
    pub documentation: String,
    /// What is written.
    pub insert: Insert,
    /// The smaller, the more likely.
    pub rank: u8,
}

/// What kind of thing could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A word that starts an item.
    Keyword,
    /// A decorator.
    Decorator,
    /// A resource, a look-up, an action or a provider.
    Resource,
    /// A constant, an input or a local name.
    Variable,
    /// A function.
    Function,
    /// A type of the program or a component.
    Type,
    /// A type of a cloud.
    CatalogueType,
    /// A catalogue or a service of it.
    Catalogue,
    /// A field.
    Field,
    /// One of several texts, or `true`.
    Value,
    /// A file.
    File,
}

/// What can be said about a place.
pub enum Place {
    /// What could be written there.
    Items(Vec<Completion>),
    /// The path of a file; what stands in front of the cursor.
    Path(String),
}

/// What could be written at the marker of a text that was loaded with one. Nothing if the marker is lost.
pub fn complete(program: &Program, source: SourceId, at: usize) -> Option<Place> {
    let document = program.documents.iter().position(|document| document.source == source)?;
    let tree = program.documents.get(document)?;
    let place = Span::new(source, at, at);
    let item = tree.items.iter().position(|item| item.span.contains(place))?;
    let id = ItemId { document, item };
    let spot = spot::find(program.item(id))?;
    let unit = check::unit_of(program, id);
    let watch = check::watch(program, id, Some(place));
    let completer = Completer { program, unit, watch: &watch, id, place };
    Some(match spot {
        Spot::Text(expression, before) => {
            if matches!(program.item(id).kind, ItemKind::Import(_)) {
                return Some(Place::Path(before.to_owned()));
            }
            Place::Items(completer.texts(expression))
        }
        Spot::Value(expression) => Place::Items(completer.value(expression)),
        Spot::Field(record) => Place::Items(completer.fields(record)),
        Spot::Member(node) => Place::Items(match completer.catalogue_path(&node.base) {
            Some(path) => completer.catalogue(&path),
            None => members::of(program, completer.watch.found.get(&node.base.span)?),
        }),
        Spot::Type(path) => {
            let before: Vec<&str> =
                path.iter().map(|part| part.text.as_str()).take_while(|part| !spot::marked(part)).collect();
            Place::Items(if before.is_empty() { completer.types() } else { completer.catalogue(&before.join(".")) })
        }
        Spot::Imported(import) => Place::Items(completer.imported(import)),
        Spot::Argument(call) => Place::Items(completer.arguments(call)),
    })
}

struct Completer<'a> {
    program: &'a Program,
    unit: UnitId,
    watch: &'a Watch,
    id: ItemId,
    place: Span,
}

impl Completer<'_> {
    fn wanted(&self, expression: &Expr) -> Option<&Wanted> {
        self.watch.wanted.get(&expression.span)
    }

    /// Names and literals for a value.
    fn value(&self, expression: &Expr) -> Vec<Completion> {
        if let ItemKind::Declaration(node) = &self.program.item(self.id).kind
            && node.value.span == expression.span
        {
            return self.declared(node.keyword);
        }
        let wanted = self.wanted(expression);
        let ty = wanted.map(|wanted| &wanted.ty);
        let mut items = self.literals(expression, ty);
        let mut names: BTreeSet<EcoString> = BTreeSet::new();
        for (name, found) in self.watch.locals_at(self.place).iter().rev() {
            if names.insert(name.clone()) {
                items.extend(self.named(name, found, &[], CompletionKind::Variable, String::new(), ty));
            }
        }
        for (name, (found, keys)) in &self.watch.names {
            let Some(binding) = self.program.unit(self.unit).values.get(name) else { continue };
            // A name is not made of itself.
            if binding.item == self.id || !names.insert(name.clone()) {
                continue;
            }
            let item = self.program.item(binding.item);
            let docs = item.docs.as_deref().unwrap_or_default().to_owned();
            if let ItemKind::Function(node) = &item.kind {
                if ty.is_none_or(|ty| suits(found, ty)) {
                    items.push(Completion {
                        label: name.to_string(),
                        kind: CompletionKind::Function,
                        detail: describe::signature(self.program, binding.item).unwrap_or_default(),
                        documentation: docs,
                        insert: call(name, !node.params.is_empty()),
                        rank: 2,
                    });
                }
                continue;
            }
            let kind = match kind_of(&item.kind) {
                super::MarkKind::Resource | super::MarkKind::Lookup | super::MarkKind::Provider => {
                    CompletionKind::Resource
                }
                _ => CompletionKind::Variable,
            };
            items.extend(self.named(name, found, keys, kind, docs, ty));
        }
        items.extend(functions(ty));
        for name in BUILT_IN_NAMES.iter().filter(|_| ty.is_none()) {
            items.push(simple(name, CompletionKind::Value, "", 6));
        }
        items
    }

    /// A name, if its value or a part of it may stand here.
    fn named(
        &self,
        name: &str,
        found: &Type,
        keys: &[String],
        kind: CompletionKind,
        documentation: String,
        wanted: Option<&Type>,
    ) -> Vec<Completion> {
        let whole = |rank| Completion {
            label: name.to_owned(),
            kind,
            detail: describe::type_name(self.program, found),
            documentation: documentation.clone(),
            insert: Insert::plain(name),
            rank,
        };
        let Some(wanted) = wanted else { return vec![whole(3)] };
        if suits(found, wanted) {
            return vec![whole(if found.is_open() || wanted.is_open() { 3 } else { 1 })];
        }
        if let Type::Map(item) = found.bare()
            && suits(item, wanted)
        {
            if keys.is_empty() {
                let insert = Insert { plain: format!("{name}[]"), snippet: Some(format!("{name}[${{1:\"key\"}}]")) };
                return vec![Completion { label: format!("{name}[…]"), insert, ..whole(2) }];
            }
            return keys
                .iter()
                .map(|key| {
                    let text = format!("{name}[{key}]");
                    Completion { label: text.clone(), insert: Insert::plain(text), ..whole(1) }
                })
                .collect();
        }
        // Something of it may fit.
        let has_parts =
            matches!(found.bare(), Type::Resource(_) | Type::Component(_) | Type::Record(_) | Type::Target(_));
        let refers = matches!(wanted.bare(), Type::AnyResource(_) | Type::Resource(_) | Type::Target(_));
        if has_parts && !refers { vec![whole(4)] } else { Vec::new() }
    }

    fn literals(&self, expression: &Expr, ty: Option<&Type>) -> Vec<Completion> {
        let mut items: Vec<Completion> = self
            .known_texts(expression)
            .into_iter()
            .map(|text| simple(&quote(&text), CompletionKind::Value, "", 0))
            .collect();
        match ty.map(Type::bare) {
            Some(Type::Bool) => {
                items.extend(["true", "false"].map(|word| simple(word, CompletionKind::Value, "Bool", 0)));
            }
            Some(Type::Traffic) => {
                items.extend(["tcp/", "udp/", "icmp"].map(|word| simple(word, CompletionKind::Value, "Traffic", 0)));
            }
            Some(_) | None => {}
        }
        if ty.is_some_and(Type::is_optional) {
            items.push(simple("none", CompletionKind::Value, "", 5));
        }
        items
    }

    /// The texts that a place may hold.
    fn known_texts(&self, expression: &Expr) -> Vec<EcoString> {
        let Some(wanted) = self.wanted(expression) else { return Vec::new() };
        match wanted.ty.bare() {
            Type::Choice(values) => values.to_vec(),
            Type::Text => self.open_values(expression, wanted).unwrap_or_default(),
            Type::Union(members) => members
                .iter()
                .filter_map(|member| if let Type::Choice(values) = member { Some(values.to_vec()) } else { None })
                .flatten()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The values a catalogue knows of a field that may have others, too.
    fn open_values(&self, expression: &Expr, wanted: &Wanted) -> Option<Vec<EcoString>> {
        let field = wanted.field.as_ref()?;
        let around = self
            .watch
            .wanted
            .iter()
            .filter(|(span, record)| span.contains(expression.span) && matches!(record.ty.bare(), Type::Part(..)));
        let (_, record) = around.min_by_key(|(span, _)| span.len())?;
        let Type::Part(schema, id) = record.ty.bare() else { return None };
        let shape = &schema.record(*id).fields.get(field)?.shape;
        Some(insert::values(shape).to_vec())
    }

    /// Inside of quotes: the texts a place may hold, without their quotes.
    fn texts(&self, expression: &Expr) -> Vec<Completion> {
        self.known_texts(expression).iter().map(|text| simple(text, CompletionKind::Value, "", 0)).collect()
    }

    /// What a declaration can be made of.
    fn declared(&self, keyword: Keyword) -> Vec<Completion> {
        let mut items = Vec::new();
        match keyword {
            Keyword::Provider => items.push(Completion {
                label: "aws.Target".to_owned(),
                kind: CompletionKind::CatalogueType,
                detail: "a region of an account".to_owned(),
                documentation: String::new(),
                insert: Insert {
                    plain: "aws.Target {}".to_owned(),
                    snippet: Some("aws.Target { region: \"${1:eu-central-1}\" }$0".to_owned()),
                },
                rank: 0,
            }),
            Keyword::Resource | Keyword::Lookup => {
                if keyword == Keyword::Resource {
                    items.extend(self.components());
                }
                items.extend(self.catalogue("aws"));
            }
            Keyword::Action | Keyword::Policy | Keyword::Test => {}
        }
        items
    }

    fn components(&self) -> Vec<Completion> {
        let types = &self.program.unit(self.unit).types;
        let components = types.iter().filter_map(|(name, binding)| match binding {
            TypeBinding::Component(unit) => Some((name, *unit)),
            TypeBinding::Alias(_) | TypeBinding::Broken => None,
        });
        components
            .map(|(name, unit)| {
                let needed: Vec<String> = members::inputs(self.program, unit)
                    .into_iter()
                    .filter(|input| input.required)
                    .enumerate()
                    .map(|(at, input)| format!("  {}: ${{{}}}\n", input.name, at + 1))
                    .collect();
                Completion {
                    label: name.to_string(),
                    kind: CompletionKind::Type,
                    detail: "component".to_owned(),
                    documentation: describe::unit_docs(self.program, unit),
                    insert: Insert {
                        plain: format!("{name} {{}}"),
                        snippet: Some(if needed.is_empty() {
                            format!("{name} {{\n  $0\n}}")
                        } else {
                            format!("{name} {{\n{}}}$0", needed.concat())
                        }),
                    },
                    rank: 0,
                }
            })
            .collect()
    }

    /// The types of a catalogue below a dotted path. Labels are whole names.
    fn catalogue(&self, path: &str) -> Vec<Completion> {
        let unit = self.program.unit(self.unit);
        if !unit.catalogues.contains(path.split('.').next().unwrap_or_default()) {
            return Vec::new();
        }
        let item = self.program.item(self.id);
        let keyword = match &item.kind {
            ItemKind::Declaration(node) => Some(node.keyword),
            _ => None,
        };
        let prefix = format!("{path}.");
        let names = self.program.catalogue.names().filter(|name| name.starts_with(&prefix));
        names
            .filter_map(|name| Some((name, self.program.catalogue.get(name)?)))
            .filter(|(_, schema)| keyword != Some(Keyword::Resource) || schema.creatable)
            .map(|(name, schema)| catalogue_type(name, schema, keyword))
            .collect()
    }

    /// `aws.ec2` where a catalogue's type is being written.
    fn catalogue_path(&self, base: &Expr) -> Option<String> {
        match &base.kind {
            ExprKind::Name(name) if self.program.unit(self.unit).catalogues.contains(name) => Some(name.to_string()),
            ExprKind::Member(node) => Some(format!("{}.{}", self.catalogue_path(&node.base)?, node.name.text)),
            _ => None,
        }
    }

    /// Types where a type is written.
    fn types(&self) -> Vec<Completion> {
        let mut items: Vec<Completion> =
            SIMPLE_TYPES.iter().map(|(name, _)| simple(name, CompletionKind::Type, "built in", 2)).collect();
        for name in ["Map", "Set", "Secret"] {
            let insert = Insert { plain: format!("{name}<>"), snippet: Some(format!("{name}<${{1:String}}>")) };
            items.push(Completion { insert, ..simple(name, CompletionKind::Type, "built in", 2) });
        }
        for (name, binding) in &self.program.unit(self.unit).types {
            if let TypeBinding::Alias(binding) = binding {
                let docs = self.program.item(binding.item).docs.as_deref().unwrap_or_default();
                items.push(Completion {
                    documentation: docs.to_owned(),
                    ..simple(name, CompletionKind::Type, "type", 0)
                });
            }
        }
        items.extend(self.components());
        let declared = matches!(self.program.item(self.id).kind, ItemKind::Declaration(_));
        if declared {
            items.retain(|item| item.detail == "component");
        }
        items.extend(self.catalogue("aws").into_iter().map(|item| Completion { rank: 3, ..item }));
        items
    }

    /// Names that an import can bring.
    fn imported(&self, import: &Import) -> Vec<Completion> {
        if import.from.is_none() {
            return ["aws"].map(|name| simple(name, CompletionKind::Catalogue, "catalogue", 0)).into();
        }
        let ImportWhat::Names(names) = &import.what else { return Vec::new() };
        let path = import.from.as_ref().map(|from| self.program.sources.text(from.span).trim_matches('"').to_owned());
        let directory = &self.program.unit(self.unit).directory;
        let path = path.map(|path| crate::language::resolve::join(directory, &path));
        let unit = self
            .program
            .units
            .iter()
            .find(|unit| unit.kind == UnitKind::Library && path.as_deref().is_some_and(|path| unit.name == path));
        let Some(unit) = unit else { return Vec::new() };
        let given: BTreeSet<&str> = names.iter().map(|name| name.text.as_str()).collect();
        let values = unit.values.keys().map(|name| (name, CompletionKind::Function));
        let types = unit.types.keys().map(|name| (name, CompletionKind::Type));
        let free = values.chain(types).filter(|(name, _)| !given.contains(name.as_str()));
        free.map(|(name, kind)| simple(name, kind, &unit.name, 0)).collect()
    }

    /// Fields that a record may still have.
    fn fields(&self, record: &Expr) -> Vec<Completion> {
        let ExprKind::Record(entries) = &record.kind else { return Vec::new() };
        let given: BTreeSet<&str> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Field(key, _) => Some(key.text.as_str()),
                Entry::Short(Ident { text, .. }) => Some(text.as_str()),
                Entry::Spread(_) => None,
            })
            .collect();
        let item = self.program.item(self.id);
        let fields = match &item.kind {
            ItemKind::Env(header) if header.fields.span == record.span => members::inputs(self.program, Program::STACK),
            ItemKind::Stack(header) if header.fields.span == record.span => members::header(),
            kind => {
                if let Some(inputs) = self.component_inputs(kind, record) {
                    return self.unwritten(inputs, &given);
                }
                let writing = !matches!(kind, ItemKind::Declaration(node) if node.keyword == Keyword::Lookup);
                match self.wanted(record).map(|wanted| wanted.ty.bare()) {
                    Some(Type::Part(schema, id)) => members::schema_fields(schema, *id, writing),
                    Some(Type::Record(record)) => members::record_fields(self.program, record),
                    // Nothing is known of the names: the short form of a value is as likely.
                    Some(_) | None => return self.value(record),
                }
            }
        };
        self.unwritten(fields, &given)
    }

    /// The inputs of the component that a declaration is an instance of.
    fn component_inputs(&self, kind: &ItemKind, record: &Expr) -> Option<Vec<members::FieldInfo>> {
        let ItemKind::Declaration(node) = kind else { return None };
        let ExprKind::Construct(made) = &node.value.kind else { return None };
        let [name] = made.path.as_slice() else { return None };
        let fields = made.fields.as_ref().filter(|fields| fields.span == record.span)?;
        let TypeBinding::Component(unit) = self.program.unit(self.unit).types.get(&name.text)? else { return None };
        let mut inputs = members::inputs(self.program, *unit);
        if let Some(Type::Record(types)) = self.wanted(fields).map(|wanted| wanted.ty.bare()) {
            for input in &mut inputs {
                if let Some(field) = types.field(&input.name) {
                    input.ty = field.ty.clone();
                }
            }
        }
        Some(inputs)
    }

    /// Fields as completions, without those that are there already.
    fn unwritten(&self, fields: Vec<members::FieldInfo>, given: &BTreeSet<&str>) -> Vec<Completion> {
        fields
            .into_iter()
            .filter(|field| !given.contains(field.name.as_str()))
            .map(|field| Completion {
                label: insert::key(&field.name),
                kind: CompletionKind::Field,
                detail: field.detail,
                documentation: field.documentation,
                insert: insert::field(&field.name, &field.ty),
                rank: u8::from(!field.required),
            })
            .collect()
    }

    /// The names of arguments.
    fn arguments(&self, call: &Expr) -> Vec<Completion> {
        let ExprKind::Call(callee, _) = &call.kind else { return Vec::new() };
        let names: Vec<String> = match &callee.kind {
            ExprKind::Name(name) => match self.program.unit(self.unit).values.get(name) {
                Some(binding) => match &self.program.item(binding.item).kind {
                    ItemKind::Function(node) => node.params.iter().map(|param| param.name.text.to_string()).collect(),
                    _ => Vec::new(),
                },
                None => builtins::find(On::Nothing, name).map(parameters).unwrap_or_default(),
            },
            ExprKind::Member(node) => self
                .watch
                .found
                .get(&node.base.span)
                .and_then(members::receiver)
                .and_then(|on| builtins::find(on, &node.name.text))
                .map(parameters)
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        names.iter().map(|name| simple(name, CompletionKind::Variable, "argument", 0)).collect()
    }
}

/// Built-in functions whose results may stand where a type is expected.
fn functions(wanted: Option<&Type>) -> Vec<Completion> {
    let wanted = wanted.filter(|ty| !ty.is_open());
    let bare = wanted.map(Type::bare);
    let refers = matches!(bare, Some(Type::AnyResource(_) | Type::Resource(_)));
    let narrow = refers || matches!(bare, Some(Type::Target(_) | Type::Choice(_) | Type::Bool));
    let mut items: Vec<Completion> = Vec::new();
    for builtin in builtins::all().filter(|builtin| builtin.on == On::Nothing && !narrow) {
        items.push(Completion {
            detail: describe::builtin_signature(builtin),
            documentation: describe::builtin(builtin),
            insert: call(builtin.name, true),
            ..simple(builtin.name, CompletionKind::Function, "", 5)
        });
    }
    let text = bare.is_none_or(Type::is_text);
    let of_places = [
        ("existing", "an object that is not described here, by its id", refers),
        ("secret", "a secret by its source: secret(\"env:NAME\")", wanted.is_some_and(Type::holds_secret)),
        ("file", "the text of a file beside the stack", text && !narrow),
        ("template", "the text of a file with values filled in", text && !narrow),
    ];
    for (name, detail, fits) in of_places {
        if fits {
            let item = simple(name, CompletionKind::Function, detail, 4);
            items.push(Completion { insert: call(name, true), ..item });
        }
    }
    items
}

fn parameters(builtin: &builtins::Builtin) -> Vec<String> {
    builtin.params.iter().map(|param| param.name.to_owned()).collect()
}

fn catalogue_type(name: &str, schema: &TypeSchema, keyword: Option<Keyword>) -> Completion {
    let insert = match keyword {
        Some(keyword) => insert::resource(schema, keyword == Keyword::Resource),
        None => Insert::plain(name),
    };
    Completion {
        label: name.to_owned(),
        kind: CompletionKind::CatalogueType,
        detail: schema.vendor.to_string(),
        documentation: describe::schema(schema),
        insert,
        rank: 1,
    }
}

fn call(name: &str, takes: bool) -> Insert {
    if takes {
        Insert { plain: format!("{name}("), snippet: Some(format!("{name}($0)")) }
    } else {
        Insert::plain(format!("{name}()"))
    }
}

fn simple(label: &str, kind: CompletionKind, detail: &str, rank: u8) -> Completion {
    Completion {
        label: label.to_owned(),
        kind,
        detail: detail.to_owned(),
        documentation: String::new(),
        insert: Insert::plain(label),
        rank,
    }
}

/// Whether a value may stand where a type is expected; fields of schemas take a little more.
fn suits(found: &Type, wanted: &Type) -> bool {
    if matches!(wanted.bare(), Type::Record(_) | Type::Part(..)) && !matches!(found.bare(), Type::Record(_)) {
        return fits(found, wanted) && !matches!(found.bare(), Type::Error);
    }
    fits(found, wanted)
        || wanted.bare().is_text() && matches!(found, Type::Cidr | Type::Ip)
        || matches!(found, Type::Optional(inner) if suits(inner, wanted))
}
