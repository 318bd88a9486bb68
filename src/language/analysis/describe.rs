//! What is known about a word, as Markdown.

use std::fmt::Write as _;

use cairn_provider::schema::{Access, Change, Record, RecordId, Shape, TypeSchema};

use super::hints::Observed;
use super::marks::{Mark, MarkKind, Target, marks};
use super::{insert, members};
use crate::builtins::{self, Builtin, Kind, On};
use crate::language::check::{self, Watch};
use crate::language::evaluate::SeenValue;
use crate::language::program::{ItemId, Program, UnitId};
use crate::language::syntax::KEYWORDS;
use crate::language::syntax::ast::{Item, ItemKind, Keyword};
use crate::language::types::Type;
use crate::source::{SourceId, Span};

/// What is shown about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The word it is about.
    pub span: Span,
    /// Markdown.
    pub text: String,
}

/// Describes the word at a place.
pub fn describe(program: &Program, observed: &Observed, source: SourceId, offset: usize) -> Option<Description> {
    let place = Span::new(source, offset, offset);
    let document = program.documents.iter().position(|document| document.source == source)?;
    let item = program.documents.get(document)?.items.iter().position(|item| item.span.contains(place))?;
    let id = ItemId { document, item };
    let watch = check::watch(program, id, Some(place));
    let marks = marks(program, Some(document), Some(&watch));
    let mark = marks.iter().filter(|mark| mark.span.contains(place)).min_by_key(|mark| mark.span.len());
    let Some(mark) = mark else {
        return keyword_at(program, program.item(id), place);
    };
    let text = match (&mark.target, mark.kind) {
        (Some(Target::Item(target)), _) => item_text(program, &watch, observed, *target, id),
        (Some(Target::Unit(unit)), _) => unit_text(program, *unit),
        (Some(Target::Local(_)), _) => local_text(program, &watch, mark, place)?,
        (None, MarkKind::CatalogueType) => {
            let name = program.sources.text(mark.span);
            match program.catalogue.get(name) {
                Some(found) => format!("```cairn\n{name}\n```\n{}", schema(found)),
                None => part_of_type(program, name)?,
            }
        }
        (None, MarkKind::Field) => field_text(program, &watch, observed, mark)?,
        (None, MarkKind::Member) => member_text(program, &watch, mark)?,
        (None, MarkKind::Decorator) => {
            let name = program.sources.text(mark.span);
            format!("```cairn\n@{name}\n```\n{}", decorator(name))
        }
        (None, MarkKind::BuiltIn) => built_in_text(program, program.sources.text(mark.span)),
        (None, MarkKind::Catalogue) => "The types of AWS, compiled in.".to_owned(),
        (None, _) => return None,
    };
    Some(Description { span: mark.span, text })
}

fn keyword_at(program: &Program, item: &Item, place: Span) -> Option<Description> {
    let span = keyword_span(program, item)?;
    let word = program.sources.text(span);
    span.contains(place).then(|| Description { span, text: format!("`{word}`: {}", keyword(word)) })
}

/// The keyword of an item, behind its decorators.
pub fn keyword_span(program: &Program, item: &Item) -> Option<Span> {
    let mut start = item.span.start as usize;
    for line in program.sources.text(item.span).split_inclusive('\n') {
        let word = line.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or_default();
        if KEYWORDS.contains(&word) {
            return Some(Span::new(item.span.source, start, start + word.len()));
        }
        start += line.len();
    }
    None
}

/// An item: its first line, its type, when its value is known, its documentation.
fn item_text(program: &Program, watch: &Watch, observed: &Observed, id: ItemId, from: ItemId) -> String {
    let item = program.item(id);
    let mut text = format!("```cairn\n{}\n```\n", head(program, id));
    if let Some(docs) = &item.docs {
        let _ = writeln!(text, "{docs}\n");
    }
    let Some(name) = super::name_of(&item.kind) else { return text };
    if let ItemKind::Declaration(node) = &item.kind
        && let crate::language::syntax::ast::ExprKind::Construct(made) = &node.value.kind
        && let Some(found) = program.catalogue.get(&made.name())
    {
        let _ = writeln!(text, "{}\n", noun(found));
        let known = match node.keyword {
            Keyword::Lookup => "`read`: looked up while planning",
            Keyword::Resource => "`made`: what AWS chooses is known after apply, what is written is known before",
            Keyword::Action | Keyword::Provider | Keyword::Policy | Keyword::Test => "",
        };
        if !known.is_empty() {
            let _ = writeln!(text, "Known: {known}.");
        }
    } else if let ItemKind::Let(_) | ItemKind::Output(_) | ItemKind::Input(_) = &item.kind {
        let own = check::watch(program, id, Some(name.span.at_start()));
        let found = if id == from {
            own.names.get(&name.text)
        } else {
            watch.names.get(&name.text).or(own.names.get(&name.text))
        };
        if let Some((ty, _)) = found {
            let _ = writeln!(text, "Type: `{}`\n", type_name(program, ty));
        }
    }
    values(&mut text, observed, name.span);
    text
}

/// The values of a place in the environments.
fn values(text: &mut String, observed: &Observed, span: Span) {
    let seen = observed.at(span);
    if seen.is_empty() {
        return;
    }
    let all: Vec<&SeenValue> = seen.iter().flat_map(|(_, values)| *values).collect();
    let made = all.iter().any(|value| matches!(value, SeenValue::Made));
    let read = all.iter().any(|value| matches!(value, SeenValue::Read));
    let phase = match (made, read) {
        (true, _) => "`made`: known after apply",
        (false, true) => "`read`: known while planning",
        (false, false) => "`written`: known from the source",
    };
    let _ = writeln!(text, "Known: {phase}.\n");
    for (environment, values) in seen {
        let known: Vec<String> = values
            .iter()
            .filter_map(|value| match value {
                SeenValue::Known(value) => Some(format!("`{}`", clipped(value, 120))),
                SeenValue::Secret => Some("a secret".to_owned()),
                SeenValue::Read | SeenValue::Made => None,
            })
            .take(8)
            .collect();
        if known.is_empty() {
            continue;
        }
        if environment.is_empty() {
            let _ = writeln!(text, "Value: {}\n", known.join(", "));
        } else {
            let _ = writeln!(text, "- {environment}: {}", known.join(", "));
        }
    }
}

/// The first so many characters.
pub fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.replace('`', "'");
    }
    let short: String = text.chars().take(most - 1).collect();
    format!("{}…", short.replace('`', "'"))
}

/// The first line of an item, without what it is made of.
fn head(program: &Program, id: ItemId) -> String {
    let item = program.item(id);
    let text = program.sources.text(item.span);
    let statement = text.lines().find(|line| !line.starts_with('@') && !line.starts_with('#')).unwrap_or_default();
    let statement = statement.split(" #").next().unwrap_or_default().trim_end();
    statement.strip_suffix('{').map_or_else(|| statement.to_owned(), |head| format!("{}{{ … }}", head))
}

fn unit_text(program: &Program, unit: UnitId) -> String {
    let name = &program.unit(unit).name;
    let mut text = format!("```cairn\ncomponent {name}\n```\n{}\n", unit_docs(program, unit));
    let inputs = members::inputs(program, unit);
    if !inputs.is_empty() {
        text.push_str("\nInputs:\n");
        for input in inputs {
            let _ = writeln!(
                text,
                "- `{}: {}`{} {}",
                input.name,
                input.detail,
                if input.required { ", required." } else { "." },
                first_line(&input.documentation)
            );
        }
    }
    text
}

/// The documentation of a component.
pub fn unit_docs(program: &Program, unit: UnitId) -> String {
    let header = program.unit(unit).header.map(|header| program.item(header));
    header.and_then(|item| item.docs.as_deref()).unwrap_or_default().to_owned()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn local_text(program: &Program, watch: &Watch, mark: &Mark, place: Span) -> Option<String> {
    let name = program.sources.text(mark.span);
    let locals = watch.locals_at(place);
    let found = locals.iter().rev().find(|(local, _)| local == name).map(|(_, ty)| ty);
    let ty = found.or_else(|| watch.found.get(&mark.span));
    Some(match ty {
        Some(ty) => format!("```cairn\n{name}: {}\n```\nA name of this loop or function.", type_name(program, ty)),
        None => format!("`{name}`: a name of this loop or function"),
    })
}

/// A field: of the innermost record around it whose type is known.
fn field_text(program: &Program, watch: &Watch, observed: &Observed, mark: &Mark) -> Option<String> {
    let written = program.sources.text(mark.span).trim_matches('"');
    let around = watch.wanted.iter().filter(|(span, _)| span.contains(mark.span));
    let (_, wanted) = around.min_by_key(|(span, _)| span.len())?;
    let mut text = match wanted.ty.bare() {
        Type::Part(schema, id) => {
            let own = schema.record(*id).fields.get(written)?;
            let ty = Type::of_shape(schema, &own.shape);
            format!("```cairn\n{written}: {}\n```\n{}", type_name(program, &ty), field(schema, *id, written)?)
        }
        Type::Record(record) => {
            format!("```cairn\n{written}: {}\n```\n", type_name(program, &record.field(written)?.ty))
        }
        _ => return None,
    };
    text.push('\n');
    values(&mut text, observed, mark.span);
    Some(text)
}

fn member_text(program: &Program, watch: &Watch, mark: &Mark) -> Option<String> {
    let name = program.sources.text(mark.span);
    // The base ends in front of the dot.
    let base = watch.found.iter().filter(|(span, _)| span.source == mark.span.source && span.end < mark.span.start);
    let (_, base) = base.max_by_key(|(span, _)| (span.end, span.len()))?;
    let (schema, id) = match base.bare() {
        Type::Resource(schema) => (schema, 0),
        Type::Part(schema, id) => (schema, *id),
        Type::AnyResource(kinds) => match kinds.as_ref() {
            [kind] => (program.catalogue.get(kind)?, 0),
            _ => return None,
        },
        other => {
            if let Some(builtin) = members::receiver(other).and_then(|on| builtins::find(on, name)) {
                return Some(format!("```cairn\n{}\n```\n{}", builtin_signature(builtin), self::builtin(builtin)));
            }
            if let Type::Record(record) = other {
                return Some(format!("```cairn\n{name}: {}\n```", type_name(program, &record.field(name)?.ty)));
            }
            return None;
        }
    };
    let own = schema.record(id).fields.get(name)?;
    let ty = Type::of_shape(schema, &own.shape);
    Some(format!("```cairn\n{name}: {}\n```\n{}", type_name(program, &ty), field(schema, id, name)?))
}

fn built_in_text(program: &Program, name: &str) -> String {
    match builtins::find(On::Nothing, name) {
        Some(builtin) => format!("```cairn\n{}\n```\n{}", builtin_signature(builtin), self::builtin(builtin)),
        None => match name {
            "env" => {
                let names = program.declared_environments().map(|(names, _)| names).unwrap_or_default();
                let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("The name of the environment: {}", listed.join(", "))
            }
            "none" => "The absent value.".to_owned(),
            "true" | "false" => "`Bool`".to_owned(),
            _ => "A protocol: `tcp/443` is traffic.".to_owned(),
        },
    }
}

fn part_of_type(program: &Program, name: &str) -> Option<String> {
    let (owner, part) = name.rsplit_once('.')?;
    let schema = program.catalogue.get(owner)?;
    schema.record_named(part)?;
    Some(format!("```cairn\n{name}\n```\nA record of `{owner}`."))
}

/// A resource type: what it is called elsewhere, what it needs.
pub fn schema(schema: &TypeSchema) -> String {
    let mut text = format!("{}\n", noun(schema));
    let needed = insert::required(schema.root());
    if !needed.is_empty() {
        let listed: Vec<String> = needed.iter().map(|name| format!("`{name}`")).collect();
        let _ = write!(text, "\nNeeds {}.", listed.join(", "));
    }
    if !schema.creatable {
        text.push_str("\nCan only be looked up.");
    }
    text
}

fn noun(schema: &TypeSchema) -> String {
    let noun = schema.overlay.noun;
    let stateful = if schema.overlay.stateful { " Holds data." } else { "" };
    if noun.is_empty() {
        format!("CloudFormation: `{}`.{stateful}", schema.vendor)
    } else {
        format!("In AWS: {noun}, `{}`.{stateful}", schema.vendor)
    }
}

/// A field of a schema: whether it must be given, what a change costs, units, limits. Nothing if there is none.
pub fn field(schema: &TypeSchema, id: RecordId, name: &str) -> Option<String> {
    let record: &Record = schema.record(id);
    let field = record.fields.get(name)?;
    let mut lines: Vec<String> = Vec::new();
    match field.access {
        Access::ReadOnly => {
            lines.push("Chosen by AWS: it can be read, not written. Known: `made`, after apply.".to_owned())
        }
        Access::WriteOnly => lines.push("Written, never returned by AWS.".to_owned()),
        Access::ReadWrite => {}
    }
    if field.required && field.writable() {
        lines.push("Required.".to_owned());
    }
    if field.writable() {
        lines.push(
            match field.change {
                Change::Update => "A change updates the object in place.",
                Change::MayReplace => "A change may replace the object.",
                Change::Replace => "A change **replaces** the object.",
            }
            .to_owned(),
        );
    }
    if let Some(unit) = field.shape.unit() {
        lines.push(format!("Written with a unit, such as `5{}`; the API counts in {}.", unit.suffix(), unit.counted()));
    }
    if field.sensitive {
        lines.push("A secret: never shown.".to_owned());
    }
    lines.extend(limits(&field.shape));
    if let Some(value) = &field.unwritten {
        lines.push(format!("When nobody writes it: `{}`.", clipped(&cairn_provider::value::render(value), 60)));
    }
    if let Some(reason) = field.unsupported {
        lines.push(format!("Not sent by this version: {reason}"));
    }
    lines.push(format!("CloudFormation: `{}`", field.vendor));
    Some(lines.join("\n\n"))
}

fn limits(shape: &Shape) -> Vec<String> {
    match shape {
        Shape::Int { min, max, .. } => bounds(min.map(|n| n.to_string()), max.map(|n| n.to_string())),
        Shape::Float { min, max, .. } => bounds(min.map(|n| n.to_string()), max.map(|n| n.to_string())),
        Shape::Text(rules) => {
            let mut lines = Vec::new();
            if !rules.values.is_empty() {
                let shown: Vec<String> = rules.values.iter().take(30).map(|value| format!("`\"{value}\"`")).collect();
                let more = if rules.values.len() > 30 {
                    format!(" and {} more", rules.values.len() - 30)
                } else {
                    String::new()
                };
                let open = if rules.open { "Known values: " } else { "One of: " };
                lines.push(format!("{open}{}{more}.", shown.join(", ")));
            }
            lines.extend(
                bounds(rules.min.map(|n| n.to_string()), rules.max.map(|n| n.to_string()))
                    .into_iter()
                    .map(|line| format!("Characters: {line}")),
            );
            lines
        }
        Shape::Reference(reference) => {
            let kinds: Vec<String> = reference.targets.iter().map(|(kind, _)| format!("`{kind}`")).collect();
            if kinds.is_empty() { Vec::new() } else { vec![format!("Takes {}.", kinds.join(" or "))] }
        }
        Shape::List { item, min, max, .. } => {
            let mut lines: Vec<String> = bounds(min.map(|n| n.to_string()), max.map(|n| n.to_string()))
                .into_iter()
                .map(|line| format!("Items: {line}"))
                .collect();
            lines.extend(limits(item));
            lines
        }
        Shape::Bool | Shape::Json | Shape::Map(_) | Shape::Record(_) | Shape::Keyed { .. } => Vec::new(),
    }
}

fn bounds(min: Option<String>, max: Option<String>) -> Vec<String> {
    match (min, max) {
        (Some(min), Some(max)) => vec![format!("From {min} to {max}.")],
        (Some(min), None) => vec![format!("At least {min}.")],
        (None, Some(max)) => vec![format!("At most {max}.")],
        (None, None) => Vec::new(),
    }
}

/// A type as people write it; a component by its name.
pub fn type_name(program: &Program, ty: &Type) -> String {
    match ty {
        Type::Component(unit) => program.unit(*unit).name.to_string(),
        Type::Map(item) => format!("Map<{}>", type_name(program, item)),
        Type::List(item) => format!("[{}]", type_name(program, item)),
        Type::Optional(inner) => format!("{}?", type_name(program, inner)),
        Type::Error | Type::Any => "Json".to_owned(),
        other => clipped(&other.to_string(), 200),
    }
}

/// A type in a word or two.
pub fn short(ty: &Type) -> String {
    check::short(ty)
}

/// `fn name(parameters): result` as it is written.
pub fn signature(program: &Program, id: ItemId) -> Option<String> {
    let ItemKind::Function(node) = &program.item(id).kind else { return None };
    let params: Vec<String> = node
        .params
        .iter()
        .map(|param| format!("{}: {}", param.name.text, program.sources.text(param.ty.span)))
        .collect();
    Some(format!("{}({}): {}", node.name.text, params.join(", "), program.sources.text(node.result.span)))
}

/// A built-in with its parameters.
pub fn builtin_signature(builtin: &Builtin) -> String {
    let params: Vec<String> = builtin
        .params
        .iter()
        .map(|param| format!("{}: {}{}", param.name, kind_name(param.kind), if param.optional { "?" } else { "" }))
        .collect();
    format!("{}({}): {}", builtin.name, params.join(", "), kind_name(builtin.result))
}

/// What a built-in does, with its example.
pub fn builtin(builtin: &Builtin) -> String {
    format!("{}\n\n```cairn\n{}   # {}\n```", builtin.doc, builtin.example.0, builtin.example.1)
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "Bool",
        Kind::Int => "Int",
        Kind::Number => "Float",
        Kind::Text => "String",
        Kind::Ip => "Ip",
        Kind::Cidr => "Cidr",
        Kind::Duration => "Duration",
        Kind::Json => "Json",
        Kind::Receiver => "the same",
        Kind::Item => "item",
        Kind::OptionalItem => "item?",
        Kind::Items => "[item]",
        Kind::Texts => "[String]",
        Kind::Cidrs => "[Cidr]",
        Kind::AnyList => "list",
        Kind::SetOfArgument => "Set",
        Kind::Schedule => "Schedule",
    }
}

/// What a decorator does.
pub fn decorator(name: &str) -> &'static str {
    match name {
        "adopt" => "Takes over an existing object by its identifier.",
        "after" => "Is made after these without using them, and destroyed before them.",
        "before" => "Is made before these, and destroyed after them.",
        "default" => "The provider used when `@on` is absent.",
        "ignore" => "Leaves differences in these fields alone.",
        "many" => "Everything that matches, as a map keyed by a field: `@many(by: subnet_id)`.",
        "on" => "The region and account it lives in.",
        "protect" => "Refuses plans that destroy or replace it.",
        "replace" => "How it is replaced: `\"create_first\"`, `\"destroy_first\"` or `\"never\"`.",
        "rollout" => "Replaces step by step while health checks hold.",
        "timeout" => "Deadlines of operations: `@timeout(create: 40min)`.",
        "waive" => "A dated exception from a policy.",
        "was" => "The name it had before: it is moved, not replaced.",
        "when" => "Runs the action if this is true.",
        _ => "",
    }
}

/// What a keyword starts.
pub fn keyword(word: &str) -> &'static str {
    match word {
        "action" => "something to run at a point in the graph",
        "assert" => "a condition that must hold",
        "component" => "a file that is used as a building block",
        "env" => "the values of an environment",
        "fn" => "a function",
        "forget" => "stops managing an object and leaves it in the cloud",
        "import" => "brings in a catalogue, a component, types and functions",
        "input" => "a value that environments and callers give",
        "let" => "a constant",
        "lookup" => "something that exists already and is read",
        "output" => "a value that others may read",
        "policy" => "a rule for resources",
        "provider" => "a region of an account",
        "resource" => "something to create",
        "stack" => "the header of a stack",
        "test" => "a test case",
        "type" => "a type with a name",
        _ => "",
    }
}
