//! Fields under a name that the record does not have: what was meant.

use std::sync::Arc;

use cairn_provider::schema::{Field, Record, RecordId, ReferenceTo, Shape, TypeSchema};
use ecow::EcoString;

use super::Checker;
use super::record::Given;
use crate::diagnostic::{Diagnostic, Edit, Fix, suggest};
use crate::language::syntax::ast::ExprKind;
use crate::language::types::RecordType;
use crate::source::Span;

impl Checker<'_> {
    /// Reports fields in the vendor's spelling, all of a record at once: it is one misunderstanding.
    pub(super) fn vendor_spelling(&mut self, record: &Record, given: &[Given<'_>]) {
        let mut diagnostic: Option<Diagnostic> = None;
        let mut edits = Vec::new();
        for field in given {
            let Some(name) = in_vendor_spelling(record, &field.name) else { continue };
            let label = format!("write `{name}`");
            // The short form names a value, too.
            let text = if field.value.is_some() { name.to_string() } else { format!("{name}: {}", field.name) };
            edits.push(Edit { span: field.span, text });
            diagnostic = Some(match diagnostic {
                None => Diagnostic::error(
                    "schema::vendor_spelling",
                    "Field names are written in snake_case",
                    field.span,
                    label,
                )
                .help("the names are CloudFormation's own, spelled in lower case with underscores."),
                Some(diagnostic) => diagnostic.label(field.span, label),
            });
        }
        if let Some(mut diagnostic) = diagnostic {
            let changes = match edits.len() {
                1 => "this change".to_owned(),
                2 => "both changes".to_owned(),
                count => format!("all {count} changes"),
            };
            if let Some(help) = &mut diagnostic.help {
                help.push_str(&format!("\n`cairn fix` makes {changes}"));
            }
            let title = "write the names in snake_case".to_owned();
            self.report(diagnostic.fix(Fix { title, certain: true, edits }));
        }
    }

    pub(super) fn misspelt_field(&mut self, schema: &Arc<TypeSchema>, id: RecordId, given: &Given<'_>) {
        let record = schema.record(id);
        if in_vendor_spelling(record, &given.name).is_some() {
            return;
        }
        let reference = record.fields.iter().find_map(|(name, field)| match reference_of(&field.shape) {
            Some(reference) if reference.full_name == given.name => Some((name, field, reference)),
            _ => None,
        });
        if let Some((name, field, reference)) = reference {
            let noun = reference
                .targets
                .first()
                .and_then(|(kind, _)| self.program.catalogue.get(kind))
                .map_or("resource", |schema| schema.overlay.noun.split(' ').next_back().unwrap_or("resource"));
            let noun = if noun.is_empty() { "resource" } else { noun };
            let sent = reference.targets.first().map_or("value", |(_, attribute)| {
                if attribute.ends_with("arn") {
                    "ARN"
                } else if attribute.ends_with("name") {
                    "name"
                } else {
                    "id"
                }
            });
            let sample = sample_id(reference.targets.first().map_or("", |(kind, _)| kind));
            let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let same = given.value.is_some_and(|value| self.program.sources.text(value.span) == name.as_str());
            let written = given.value.map_or(name.as_str(), |value| self.program.sources.text(value.span));
            let better = if same { name.to_string() } else { format!("{name}: {written}") };
            let text = given.value.is_some_and(|value| matches!(value.kind, ExprKind::Text(_)));
            let better = if text { format!("{name}: existing({written})") } else { better };
            let fix = self.without_suffix(name, given, reference);
            self.report(
                Diagnostic::error(
                    "schema::reference_suffix",
                    "A reference is written without its suffix",
                    given.span,
                    format!("the field takes the {noun} itself, so it is called `{name}`"),
                )
                .help(format!(
                    "{better}        (CloudFormation: {}; Cairn sends the {sent})\nfor {article} {noun} that is not \
                     described here: {name}: existing(\"{sample}\")",
                    field.vendor
                ))
                .fix(fix),
            );
            return;
        }
        let written = given.value.map(|value| self.program.sources.text(value.span));
        // A value of one line can be pasted with its name.
        let written = written.filter(|written| !written.contains('\n'));
        let short = given.value.is_none();
        let diagnostic = unknown_field(schema, id, &given.name, given.span, written).meant_as(
            given.span,
            &given.name,
            record.fields.keys().map(EcoString::as_str),
            |near| if short { format!("{near}: {}", given.name) } else { near.to_owned() },
        );
        self.report(diagnostic);
    }

    /// The field under its name, with the resource itself as far as it can be seen.
    fn without_suffix(&self, name: &str, given: &Given<'_>, reference: &ReferenceTo) -> Fix {
        let title = format!("write `{name}`");
        let Some(value) = given.value else {
            let text = if given.name == name { name.to_owned() } else { format!("{name}: {}", given.name) };
            return Fix { title, certain: false, edits: vec![Edit { span: given.span, text }] };
        };
        let mut edits = vec![Edit { span: given.span, text: name.to_owned() }];
        let mut certain = true;
        match &value.kind {
            ExprKind::Text(_) => {
                let text = format!("existing({})", self.program.sources.text(value.span));
                edits.push(Edit { span: value.span, text });
            }
            ExprKind::Member(member) if !member.optional => {
                let sent = reference.targets.iter().any(|(_, attribute)| *attribute == member.name.text);
                certain = sent;
                if sent {
                    let text = self.program.sources.text(member.base.span).to_owned();
                    edits.push(Edit { span: value.span, text });
                }
            }
            ExprKind::Name(_) => {}
            _ => certain = false,
        }
        Fix { title, certain, edits }
    }
}

/// What an id of a type looks like.
fn sample_id(kind: &str) -> String {
    let prefix = match kind {
        "aws.ec2.Vpc" => "vpc",
        "aws.ec2.Subnet" => "subnet",
        "aws.ec2.SecurityGroup" => "sg",
        "aws.ec2.RouteTable" => "rtb",
        "aws.ec2.InternetGateway" => "igw",
        "aws.ec2.NatGateway" => "nat",
        "aws.ec2.LaunchTemplate" => "lt",
        _ => return "…".to_owned(),
    };
    format!("{prefix}-0a1b2c3d4e5f60718")
}

/// The field that a name means in the vendor's spelling.
fn in_vendor_spelling<'r>(record: &'r Record, name: &str) -> Option<&'r EcoString> {
    record.fields.iter().find(|(own, field)| field.vendor == name && *own != name).map(|(own, _)| own)
}

/// The field that was most likely meant by a name that is none.
pub(super) fn meant(record: &Record, name: &str) -> Option<EcoString> {
    let by_vendor = record.fields.iter().find(|(_, field)| field.vendor == name).map(|(name, _)| name.clone());
    let by_reference = || {
        let full = |field: &Field| reference_of(&field.shape).is_some_and(|reference| reference.full_name == name);
        record.fields.iter().find(|(_, field)| full(field)).map(|(name, _)| name.clone())
    };
    by_vendor
        .or_else(by_reference)
        .or_else(|| suggest::nearest(name, record.fields.keys().map(EcoString::as_str)).map(EcoString::from))
}

fn reference_of(shape: &Shape) -> Option<&ReferenceTo> {
    match shape.innermost() {
        Shape::Reference(reference) => Some(reference),
        _ => None,
    }
}

pub(super) fn extra_field(record: &RecordType, name: &str, span: Span) -> Diagnostic {
    let names: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
    let label = suggest::nearest(name, names.iter().copied())
        .map_or_else(|| "not one of its fields".to_owned(), |near| format!("did you mean `{near}`?"));
    let owner = record.name.as_ref().map_or_else(|| "This record".to_owned(), |name| format!("`{name}`"));
    Diagnostic::error("types::unknown_field", format!("{owner} has no field `{name}`"), span, label)
        .meant(span, name, names.iter().copied())
        .help(format!("its fields: {}", names.join(" ")))
}

/// The report about a field that a vendor's record does not have.
pub(super) fn unknown_field(
    schema: &TypeSchema,
    id: RecordId,
    name: &str,
    span: Span,
    written: Option<&str>,
) -> Diagnostic {
    let record = schema.record(id);
    let owner =
        if record.name.is_empty() { schema.name.to_string() } else { format!("{}.{}", schema.name, record.name) };
    let near = suggest::nearest(name, record.fields.keys().map(EcoString::as_str));
    let label = near.map_or_else(|| "not one of its fields".to_owned(), |near| format!("did you mean `{near}`?"));
    let diagnostic =
        Diagnostic::error("schema::unknown_field", format!("`{owner}` has no field `{name}`"), span, label);
    match near.and_then(|near| record.fields.get(near).map(|field| (near, field))) {
        Some((near, field)) => {
            let written = written.map(|written| format!(": {written}")).unwrap_or_default();
            diagnostic.help(format!("{near}{written}        (CloudFormation: {})", field.vendor))
        }
        None => {
            let names: Vec<&str> = record.fields.keys().map(EcoString::as_str).collect();
            diagnostic.help(format!("its fields: {}", names.join(" ")))
        }
    }
}
