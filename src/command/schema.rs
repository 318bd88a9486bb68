//! `cairn schema`: the fields of a resource type, a service's types, all services.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::TypeSchema;
use cairn_provider::schema::catalogue::Catalogue;
use clap::Args;

use super::arguments::Format;
use super::failure::{Exit, Failure};
use crate::diagnostic::suggest;
use crate::host::terminal;
use crate::language::describe;
use crate::model::type_page::{ExamplePage, FieldPage, RecordPage, TypePage};
use crate::registry;
use crate::view::human::layout::{Detail, Layout};
use crate::view::human::schema as view;
use crate::view::{json, untrusted};

/// Show the fields of a resource type.
#[derive(Args)]
pub struct Arguments {
    /// A type (aws.ec2.Subnet, AWS::EC2::Subnet), a field of it (aws.ec2.Subnet.cidr_block), a service (aws.ec2) or a
    /// cloud (aws); without one, all services
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// How it is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a name stands for.
enum Found {
    /// Services or types with what they are.
    Names(Vec<(String, String)>),
    /// A type.
    Type(Box<TypePage>),
    /// A record of a type.
    Record(Box<TypePage>, RecordPage),
    /// A field of a type, with its path.
    Field(Box<TypePage>, String, Box<FieldPage>),
}

/// Runs the command.
///
/// # Errors
/// There is nothing of this name.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let catalogue = registry::catalogue();
    let found = match arguments.name.as_deref() {
        None => Found::Names(services(&catalogue, "")),
        Some(name) => find(&catalogue, name.trim())?,
    };
    let look = terminal::detect();
    let layout = Layout { width: look.width, ascii: look.ascii, detail: Detail::Full };
    terminal::out(&match (&found, arguments.format) {
        (Found::Names(names), Format::Json) => json::names(names),
        (Found::Type(page), Format::Json) => json::type_page(page.as_ref()),
        (Found::Record(_, record), Format::Json) => json::record_page(record),
        (Found::Field(_, _, field), Format::Json) => json::field_page(field.as_ref()),
        (Found::Names(names), Format::Text | Format::Markdown) => view::names(names, layout),
        (Found::Type(page), Format::Text | Format::Markdown) => view::page(page, layout),
        (Found::Record(page, record), Format::Text | Format::Markdown) => {
            let mut text = String::new();
            view::record(&mut text, page, record, layout);
            layout.spell(text.trim_start())
        }
        (Found::Field(page, path, field), Format::Text | Format::Markdown) => view::field(page, path, field, layout),
    });
    Ok(Exit::Done)
}

fn find(catalogue: &Catalogue, asked: &str) -> Result<Found, Failure> {
    let name = if asked.contains("::") { by_vendor(asked) } else { asked.to_owned() };
    let parts: Vec<&str> = name.split('.').collect();
    for length in (1..=parts.len()).rev() {
        let (head, rest) = parts.split_at(length);
        if let Some(schema) = catalogue.get(&head.join(".")) {
            return inside(schema, rest);
        }
    }
    let services = services(catalogue, &name);
    if !services.is_empty() {
        return Ok(Found::Names(services));
    }
    let types = types(catalogue, &name);
    if !types.is_empty() {
        return Ok(Found::Names(types));
    }
    // The name of a type without its service, if it is written as one.
    let alone: Vec<&str> = catalogue.names().filter(|full| full.rsplit('.').next() == Some(name.as_str())).collect();
    match alone.as_slice() {
        [one] => match catalogue.get(one) {
            Some(schema) => inside(schema, &[]),
            None => Err(nothing(catalogue, asked, &name)),
        },
        [] => Err(nothing(catalogue, asked, &name)),
        several => Err(Failure::new(format!("`{name}` is the name of several types: {}", several.join(" ")))),
    }
}

/// A name in the vendor's spelling, `AWS::EC2::Subnet` or `AWS::EC2::Subnet.CidrBlock`, in the language's.
fn by_vendor(asked: &str) -> String {
    let (kind, path) = asked.split_once('.').map_or((asked, ""), |(kind, path)| (kind, path));
    let mut name = match kind.split("::").collect::<Vec<_>>().as_slice() {
        [cloud, service] => format!("{}.{}", cloud.to_lowercase(), service.to_lowercase()),
        _ => naming::aws_type(kind).map_or_else(|| kind.replace("::", "."), |name| name.to_string()),
    };
    for part in path.split('.').filter(|part| !part.is_empty()) {
        name.push('.');
        name.push_str(part);
    }
    name
}

/// A type, or what lies at a path inside of it.
fn inside(schema: &Arc<TypeSchema>, path: &[&str]) -> Result<Found, Failure> {
    let page = page(schema);
    let Some(root) = page.records.first().cloned() else { return Ok(Found::Type(Box::new(page))) };
    let mut record = root;
    let mut at: Vec<String> = Vec::new();
    let mut field: Option<FieldPage> = None;
    for part in path {
        let reachable = match &field {
            None => Some(record.clone()),
            Some(field) => field.record.as_ref().and_then(|name| record_of(&page, name)),
        };
        let Some(inner) = reachable else {
            return Err(Failure::new(format!(
                "`{}.{}` has no fields of its own: it is {}",
                page.name,
                at.join("."),
                field.map(|field| field.ty).unwrap_or_default()
            )));
        };
        let next = inner.fields.iter().find(|field| field.name == *part || field.vendor == *part).cloned();
        match next {
            Some(next) => {
                at.push(next.name.clone());
                field = Some(next);
                record = inner;
            }
            None if field.is_none() => match record_of(&page, part) {
                Some(found) if path.len() == 1 => return Ok(Found::Record(Box::new(page), found)),
                Some(found) => record = found,
                None => return Err(no_field(&page, &at, part, &inner)),
            },
            None => return Err(no_field(&page, &at, part, &inner)),
        }
    }
    match field {
        Some(field) => Ok(Found::Field(Box::new(page), at.join("."), Box::new(field))),
        None => Ok(Found::Type(Box::new(page))),
    }
}

fn record_of(page: &TypePage, name: &str) -> Option<RecordPage> {
    page.records.iter().find(|record| !record.name.is_empty() && record.name == name).cloned()
}

fn no_field(page: &TypePage, at: &[String], asked: &str, record: &RecordPage) -> Failure {
    let owner = std::iter::once(page.name.clone()).chain(at.iter().cloned()).collect::<Vec<_>>().join(".");
    let names = record.fields.iter().map(|field| field.name.as_str());
    let records =
        page.records.iter().map(|record| record.name.as_str()).filter(|name| at.is_empty() && !name.is_empty());
    let near = suggest::nearest(asked, names.clone().chain(records))
        .map_or_else(String::new, |near| format!("; did you mean {near}?"));
    let listed: Vec<&str> = names.collect();
    let shown = untrusted::one_line(asked);
    Failure::new(format!("`{owner}` has no field `{shown}`{near}\nits fields: {}", listed.join(" ")))
}

/// A type with its title and examples: those somebody wrote, or else the smallest one the schema allows.
fn page(schema: &Arc<TypeSchema>) -> TypePage {
    let mut page = describe::describe(schema, registry::declaration(&schema.name));
    page.title = registry::title(&schema.name).unwrap_or_default().to_owned();
    page.examples = registry::examples(&schema.name)
        .iter()
        .map(|example| ExamplePage {
            title: example.title.to_owned(),
            source: example.source.to_owned(),
            generated: false,
        })
        .collect();
    if page.examples.is_empty() {
        page.examples.push(ExamplePage {
            title: "The least that must be given".to_owned(),
            source: describe::example(schema),
            generated: true,
        });
    }
    page
}

/// The services of a cloud, or of all, with how many types they have; nothing if the name is not a cloud's.
fn services(catalogue: &Catalogue, cloud: &str) -> Vec<(String, String)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in catalogue.names() {
        let Some((service, _)) = name.rsplit_once('.') else { continue };
        if cloud.is_empty() || service.split('.').next() == Some(cloud) {
            *counts.entry(service.to_owned()).or_default() += 1;
        }
    }
    let words = |count: usize| if count == 1 { "1 type".to_owned() } else { format!("{count} types") };
    counts.into_iter().map(|(service, count)| (service, words(count))).collect()
}

/// The types of a service.
fn types(catalogue: &Catalogue, service: &str) -> Vec<(String, String)> {
    catalogue
        .names()
        .filter(|name| name.rsplit_once('.').is_some_and(|(of, _)| of == service))
        .map(|name| (name.to_owned(), registry::title(name).unwrap_or_default().to_owned()))
        .collect()
}

fn nothing(catalogue: &Catalogue, asked: &str, name: &str) -> Failure {
    let shown = untrusted::one_line(asked);
    let service = name.rsplit_once('.').map(|(service, _)| service);
    let in_service: Vec<String> = service
        .map(|service| types(catalogue, service))
        .unwrap_or_default()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let services: Vec<String> = services(catalogue, "").into_iter().map(|(name, _)| name).collect();
    let near = suggest::nearest(name, in_service.iter().map(String::as_str))
        .or_else(|| suggest::nearest(name, services.iter().map(String::as_str)))
        .map(ToOwned::to_owned)
        .or_else(|| suggest::nearest(name, catalogue.names()).map(ToOwned::to_owned));
    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Failure::new(format!(
        "there is no type and no service `{shown}`{hint}\n`cairn schema` without a name lists all services"
    ))
}
