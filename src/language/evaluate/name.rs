//! What follows from what was written: names the API needs and nobody gave, attributes like ARNs.

use std::rc::Rc;
use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::overlay::NameRule;
use cairn_provider::value::Value;
use ecow::EcoString;

use super::Evaluator;
use super::instance::Instance;
use super::member::{field_name, symbol};
use super::term::{Phase, Term};
use crate::builtins::operator;
use crate::language::program::Program;
use crate::model::Residual;
use crate::model::naming::physical_name;
use crate::model::residual::Attribute;
use crate::source::Span;

impl Evaluator<'_> {
    /// The name an instance gets if none is written.
    pub(super) fn made_name(&self, instance: &Instance, rule: &NameRule) -> EcoString {
        let stack = &self.program.unit(Program::STACK).name;
        let environment = self.environment.as_deref().unwrap_or_default();
        physical_name(rule, stack, environment, instance.address.as_str())
    }

    /// An attribute that follows from what was written. Nothing if only the cloud can say.
    pub(super) fn derived(&mut self, instance: &Rc<Instance>, name: &EcoString, span: Span) -> Option<Term> {
        let schema = Arc::clone(&instance.schema);
        if let Some(rule) = &schema.overlay.name
            && field_name(&schema, rule.property).as_ref() == Some(name)
            && !rule.renewed
        {
            return Some(Term::text(self.made_name(instance, rule), span));
        }
        let (_, template) = schema
            .overlay
            .derived
            .iter()
            .find(|(attribute, _)| field_name(&schema, attribute).as_ref() == Some(name))?;
        self.template_attribute(instance, template, span)
    }

    /// Fills a template over fields, `${partition}`, `${region}` and `${account}`.
    fn template_attribute(&mut self, instance: &Rc<Instance>, template: &str, span: Span) -> Option<Term> {
        let placement = super::component::placed(instance);
        let mut parts: Vec<Term> = Vec::new();
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once("${") {
            parts.push(Term::text(before, span));
            let (name, after) = behind.split_once('}')?;
            let part = match name {
                "partition" => Term::text(partition(placement.target.place()), span),
                "region" | "account" => Term::text(placement.target.setting(name)?, span),
                field => {
                    let term = self.attribute(instance, &field.into(), span);
                    let made_here = matches!(&term.kind, super::term::Kind::Unknown(unknown)
                        if matches!(&unknown.residual, Residual::Attribute(attribute) if attribute.address == instance.address));
                    if term.is_error() || term.is_none() || made_here {
                        return None;
                    }
                    term
                }
            };
            parts.push(part);
            rest = after;
        }
        parts.push(Term::text(rest, span));
        if let Some(texts) = parts.iter().map(Term::known).collect::<Option<Vec<Value>>>() {
            let texts: Option<Vec<EcoString>> = texts.iter().map(|value| operator::interpolated(value).ok()).collect();
            return Some(Term::text(texts?.concat(), span));
        }
        let phase = parts.iter().map(Term::phase).max().unwrap_or(Phase::Written);
        let secret = parts.iter().any(Term::is_secret);
        let residuals: Option<Vec<Residual>> = parts.iter().map(Term::residual).collect();
        Some(Term::unknown(Residual::Text(residuals?), phase, secret, span))
    }

    /// The attribute of an object that a reference sends.
    pub(super) fn sent_attribute(&mut self, instance: &Rc<Instance>, attribute: &EcoString, span: Span) -> Term {
        if instance.schema.field(attribute).is_some() {
            return self.attribute(instance, attribute, span);
        }
        let residual = Residual::Attribute(Attribute {
            address: instance.address.clone(),
            path: Arc::new([attribute.clone()]),
            secret: false,
        });
        symbol(
            residual,
            Phase::Made,
            false,
            (Arc::clone(&instance.schema), cairn_provider::schema::Shape::text()),
            span,
        )
    }
}

/// The partition of a region.
fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// The field that holds a made name.
pub fn name_field(schema: &cairn_provider::schema::TypeSchema) -> Option<EcoString> {
    let rule = schema.overlay.name.as_ref()?;
    field_name(schema, rule.property).or_else(|| Some(naming::field(rule.property)))
}
