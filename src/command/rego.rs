//! Rego files of a stack: what they are asked, and what becomes of their answers.

use std::collections::BTreeMap;

use cairn_provider::value::to_json;
use serde_json::{Value as Json, json};

use crate::diagnostic::Diagnostic;
use crate::model::desired::DesiredStack;
use crate::model::plan::Plan;
use crate::model::policy::{Finding, Judgement, Standing, Verdict};
use crate::model::{Address, Residual};
use crate::rego::{Fault, Module, Said, ask, line_of};
use crate::source::{SourceId, SourceSet, Span};
use crate::view;

/// Asks the Rego files of a stack about what it wants, and about a plan if there is one.
///
/// # Errors
/// A file is no Rego, or a rule cannot be computed.
pub fn judged(
    modules: &[(SourceId, Module)],
    desired: &DesiredStack,
    plan: Option<&Plan>,
    sources: &SourceSet,
) -> Result<Judgement, Diagnostic> {
    let mut judgement = Judgement::default();
    if modules.is_empty() {
        return Ok(judgement);
    }
    let files: Vec<Module> = modules.iter().map(|(_, module)| module.clone()).collect();
    let said = ask(&files, &input(desired, plan, sources)).map_err(|fault| wrong(modules, &fault, sources))?;
    for one in said {
        judgement.findings.push(finding(modules, &one, desired, sources));
    }
    // A file counts as one policy.
    for (source, module) in modules {
        let found = judgement.findings.iter().find(|finding| finding.rule.source == *source);
        let rule = found.map_or(Span::new(*source, 0, 0), |finding| finding.rule);
        judgement.asked.insert((module.path.as_str().into(), rule));
    }
    Ok(judgement)
}

fn finding(modules: &[(SourceId, Module)], said: &Said, desired: &DesiredStack, sources: &SourceSet) -> Finding {
    let rule = if said.denies { "deny" } else { "warn" };
    let declared = modules.iter().find_map(|(source, module)| {
        let line = line_of(module, &said.package, rule)?;
        Some(line_span(*source, line, sources))
    });
    let rule = declared.unwrap_or_else(|| Span::new(modules.first().map_or(SourceId(0), |(source, _)| *source), 0, 0));
    let address = Address::from_text(said.address.as_deref().unwrap_or_default());
    let place = desired.resources.get(&address).map_or(rule, |resource| resource.origin);
    Finding {
        policy: said.package.as_str().into(),
        verdict: if said.denies { Verdict::Deny } else { Verdict::Warn },
        because: said.message.as_str().into(),
        address,
        standing: Standing::Violated,
        of_change: false,
        place,
        rule,
        remedy: None,
    }
}

fn wrong(modules: &[(SourceId, Module)], fault: &Fault, sources: &SourceSet) -> Diagnostic {
    let source = modules.iter().find(|(_, module)| module.path == fault.path).or_else(|| modules.first());
    let source = source.map_or(SourceId(0), |(source, _)| *source);
    Diagnostic::error(
        "policy::rego",
        "This Rego cannot be evaluated",
        line_span(source, fault.line, sources),
        view::untrusted::one_line(&fault.sentence),
    )
    .help("nothing was ignored: every file in policy/ that ends in .rego has to be understood")
}

/// A line of a text.
fn line_span(source: SourceId, line: usize, sources: &SourceSet) -> Span {
    let text = &sources.get(source).text;
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, |line| line.trim_end().len());
    Span::new(source, start, start + length)
}

/// What a policy in Rego sees: the stack as it is wanted, and the plan if there is one.
fn input(desired: &DesiredStack, plan: Option<&Plan>, sources: &SourceSet) -> Json {
    let resources: Vec<Json> = desired
        .resources
        .values()
        .map(|resource| {
            let inputs: BTreeMap<String, Json> =
                resource.inputs.iter().map(|(name, field)| (name.to_string(), shown(&field.value))).collect();
            let target: BTreeMap<&str, &str> =
                resource.place.target.settings.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            json!({
                "address": resource.address.as_str(),
                "type": resource.kind.as_str(),
                "inputs": inputs,
                "target": target,
                "protected": resource.options.protect.unwrap_or(false),
                "source": sources.place(resource.origin),
            })
        })
        .collect();
    let mut input = json!({
        "stack": desired.name.as_str(),
        "env": desired.environment.as_str(),
        "resources": resources,
    });
    if let (Some(plan), Some(input)) = (plan, input.as_object_mut()) {
        let document: Json = serde_json::from_str(&view::json::plan(plan, &[], sources)).unwrap_or(Json::Null);
        for key in ["changes", "summary"] {
            input.insert(key.to_owned(), document.get(key).cloned().unwrap_or(Json::Null));
        }
    }
    input
}

/// A value as far as it is known, without secrets.
fn shown(residual: &Residual) -> Json {
    match residual {
        Residual::Value(value) => to_json(value),
        other if other.is_secret() => Json::from("(sensitive)"),
        Residual::List(items) => items.iter().map(shown).collect(),
        Residual::Map(entries) => {
            Json::Object(entries.iter().map(|(name, entry)| (name.to_string(), shown(entry))).collect())
        }
        Residual::Attribute(_)
        | Residual::Secret(_)
        | Residual::Text(_)
        | Residual::Call(..)
        | Residual::Encode(..)
        | Residual::Decode(..) => json!({ "unknown": residual.describe() }),
    }
}
