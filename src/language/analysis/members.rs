//! The parts that values have: fields to write, members to read.

use std::sync::Arc;

use cairn_provider::schema::{Access, RecordId, TypeSchema};

use super::complete::{Completion, CompletionKind};
use super::describe;
use super::insert::Insert;
use crate::builtins::{self, On};
use crate::language::program::{Program, UnitId};
use crate::language::syntax::ast::ItemKind;
use crate::language::types::{RecordType, Type};

/// A field that can be written.
pub struct FieldInfo {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub ty: Type,
    /// Its type in a few words.
    pub detail: String,
    /// What is known of it, as Markdown.
    pub documentation: String,
    /// Whether it must be given.
    pub required: bool,
}

/// The inputs of a unit.
pub fn inputs(program: &Program, unit: UnitId) -> Vec<FieldInfo> {
    let items = program.unit(unit).items.iter().map(|id| program.item(*id));
    items
        .filter_map(|item| {
            let ItemKind::Input(node) = &item.kind else { return None };
            let written = program.sources.text(node.ty.span).to_owned();
            Some(FieldInfo {
                name: node.name.text.to_string(),
                ty: Type::Any,
                documentation: item.docs.as_deref().unwrap_or_default().to_owned(),
                required: node.default.is_none() && !written.ends_with('?') && !written.ends_with("Target"),
                detail: written,
            })
        })
        .collect()
}

/// The fields of a stack's header.
pub fn header() -> Vec<FieldInfo> {
    let field = |name: &str, detail: &str, required| FieldInfo {
        name: name.to_owned(),
        ty: Type::Any,
        detail: detail.to_owned(),
        documentation: String::new(),
        required,
    };
    vec![
        field("cairn", "the version of the language: \"1\"", true),
        field("environments", "the environments, such as [\"staging\", \"production\"]", false),
        field("protected", "the environments in which what holds data is protected, such as [\"production\"]", false),
        field("state", "where the state is kept, such as LocalState {}", false),
    ]
}

/// The fields of a vendor's record.
pub fn schema_fields(schema: &Arc<TypeSchema>, id: RecordId, writing: bool) -> Vec<FieldInfo> {
    let fields = schema.record(id).fields.iter();
    fields
        .filter(|(_, field)| !writing || field.writable() && field.unsupported.is_none())
        .map(|(name, field)| {
            let ty = Type::of_shape(schema, &field.shape);
            let required = writing && field.required;
            FieldInfo {
                name: name.to_string(),
                detail: format!("{}{}", describe::short(&ty), if required { ", required" } else { "" }),
                documentation: describe::field(schema, id, name).unwrap_or_default(),
                required,
                ty,
            }
        })
        .collect()
}

/// The fields of a record type.
pub fn record_fields(program: &Program, record: &RecordType) -> Vec<FieldInfo> {
    let fields = record.fields.iter();
    fields
        .map(|field| {
            let required = !field.has_default && !field.ty.is_optional();
            FieldInfo {
                name: field.name.to_string(),
                detail: format!(
                    "{}{}",
                    describe::type_name(program, &field.ty),
                    if required { ", required" } else { "" }
                ),
                documentation: String::new(),
                required,
                ty: field.ty.clone(),
            }
        })
        .collect()
}

/// What can stand behind the dot of a value.
pub fn of(program: &Program, base: &Type) -> Vec<Completion> {
    let mut items = Vec::new();
    let optional = base.is_optional();
    match base.bare() {
        Type::Resource(schema) => attributes(schema, 0, &mut items),
        Type::AnyResource(kinds) => {
            if let [kind] = kinds.as_ref()
                && let Some(schema) = program.catalogue.get(kind)
            {
                attributes(schema, 0, &mut items);
            }
        }
        Type::Part(schema, id) => attributes(schema, *id, &mut items),
        Type::Record(record) => {
            items.extend(record_fields(program, record).into_iter().map(|field| Completion {
                label: field.name.clone(),
                kind: CompletionKind::Field,
                detail: field.detail,
                documentation: field.documentation,
                insert: Insert::plain(field.name),
                rank: 0,
            }));
        }
        Type::Component(unit) => outputs(program, *unit, &mut items),
        Type::Target(_) => {
            for (name, ty) in [("region", "String"), ("account", "String"), ("role", "String"), ("tags", "Map<String>")]
            {
                items.push(Completion {
                    label: name.to_owned(),
                    kind: CompletionKind::Field,
                    detail: ty.to_owned(),
                    documentation: String::new(),
                    insert: Insert::plain(name),
                    rank: 0,
                });
            }
        }
        _ => {}
    }
    if let Some(on) = receiver(base) {
        for builtin in builtins::all().filter(|builtin| builtin.on == on) {
            // What takes nothing of a network or a range is a member, of text and lists a function.
            let member = builtin.params.is_empty() && matches!(on, On::Cidr | On::Traffic | On::Range);
            let insert = match (member, builtin.params.is_empty()) {
                (true, _) => Insert::plain(builtin.name),
                (false, true) => Insert::plain(format!("{}()", builtin.name)),
                (false, false) => {
                    Insert { plain: format!("{}(", builtin.name), snippet: Some(format!("{}($0)", builtin.name)) }
                }
            };
            items.push(Completion {
                label: builtin.name.to_owned(),
                kind: if member { CompletionKind::Field } else { CompletionKind::Function },
                detail: describe::builtin_signature(builtin),
                documentation: describe::builtin(builtin),
                insert,
                rank: 2,
            });
        }
    }
    if optional {
        for item in &mut items {
            item.detail = format!("{} (the value may be absent: use ?.)", item.detail);
        }
    }
    items
}

fn attributes(schema: &Arc<TypeSchema>, id: RecordId, items: &mut Vec<Completion>) {
    for (name, field) in &schema.record(id).fields {
        if field.access == Access::WriteOnly {
            continue;
        }
        let ty = Type::of_shape(schema, &field.shape);
        items.push(Completion {
            label: name.to_string(),
            kind: CompletionKind::Field,
            detail: describe::short(&ty),
            documentation: describe::field(schema, id, name).unwrap_or_default(),
            insert: Insert::plain(name.as_str()),
            rank: u8::from(field.access != Access::ReadOnly),
        });
    }
}

fn outputs(program: &Program, unit: UnitId, items: &mut Vec<Completion>) {
    for (name, id) in &program.unit(unit).outputs {
        let item = program.item(*id);
        let ItemKind::Output(node) = &item.kind else { continue };
        items.push(Completion {
            label: name.to_string(),
            kind: CompletionKind::Field,
            detail: node.ty.as_ref().map(|ty| program.sources.text(ty.span).to_owned()).unwrap_or_default(),
            documentation: item.docs.as_deref().unwrap_or_default().to_owned(),
            insert: Insert::plain(name.as_str()),
            rank: 0,
        });
    }
}

/// What built-ins call a value of a type.
pub fn receiver(ty: &Type) -> Option<On> {
    crate::language::check::receiver(ty.bare())
}
