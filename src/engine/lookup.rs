//! Look-ups, performed between two evaluations.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::error::ProviderError;
use cairn_provider::object::Live;
use cairn_provider::request::LookUp;
use cairn_provider::value::{Map, render};
use ecow::EcoString;

use super::Clouds;
use super::call::{Patience, persistently};
use crate::diagnostic::Diagnostic;
use crate::model::desired::{LookupAnswer, LookupAnswers, WantedLookup};

/// Performs look-ups and adds their answers; gives a report for each that found not what it should.
pub async fn perform(wanted: &[WantedLookup], clouds: &Clouds, answers: &mut LookupAnswers) -> Vec<Diagnostic> {
    let mut running = tokio::task::JoinSet::new();
    for (position, lookup) in wanted.iter().enumerate() {
        let Some(provider) = clouds.of_kind(&lookup.kind) else { continue };
        let provider = Arc::clone(provider);
        let target = lookup.target.clone();
        let request = LookUp { kind: lookup.kind.clone(), conditions: lookup.conditions.clone() };
        running.spawn(async move {
            let patience = Patience::seconds(120, provider.tempo());
            (position, persistently(&patience, || provider.look_up(&target, &request), |_| {}).await)
        });
    }
    let mut found: BTreeMap<usize, Result<Vec<Live>, ProviderError>> = BTreeMap::new();
    while let Some(done) = running.join_next().await {
        if let Ok((position, result)) = done {
            found.insert(position, result);
        }
    }
    let mut diagnostics = Vec::new();
    for (position, lookup) in wanted.iter().enumerate() {
        match found.remove(&position) {
            Some(Ok(objects)) => match answer(lookup, objects) {
                Ok(answer) => {
                    answers.answers.insert(lookup.address.clone(), answer);
                }
                Err(diagnostic) => diagnostics.push(*diagnostic),
            },
            Some(Err(error)) => diagnostics.push(
                Diagnostic::error(
                    "lookup::failed",
                    format!("`{}` could not be looked up", lookup.address),
                    lookup.span,
                    error.code.to_string(),
                )
                .help(error.to_string()),
            ),
            None => diagnostics.push(Diagnostic::error(
                "lookup::failed",
                format!("`{}` could not be looked up", lookup.address),
                lookup.span,
                "this build has no access to its cloud",
            )),
        }
    }
    diagnostics
}

fn answer(lookup: &WantedLookup, mut objects: Vec<Live>) -> Result<LookupAnswer, Box<Diagnostic>> {
    if let Some(by) = &lookup.many_by {
        let mut many: BTreeMap<EcoString, Map> = BTreeMap::new();
        for object in objects {
            let key = match object.attributes.get(by) {
                Some(value) => value.as_text().map_or_else(|| render(value).into(), EcoString::from),
                None => {
                    return Err(Box::new(Diagnostic::error(
                        "lookup::key",
                        format!("Not everything that `{}` found has `{by}`", lookup.address),
                        lookup.span,
                        "it cannot be the key",
                    )));
                }
            };
            many.insert(key, object.attributes);
        }
        return Ok(LookupAnswer::Many(many));
    }
    match objects.len() {
        1 => Ok(objects
            .pop()
            .map_or_else(|| LookupAnswer::Many(BTreeMap::new()), |live| LookupAnswer::One(live.attributes))),
        0 => {
            let conditions: Vec<String> =
                lookup.conditions.iter().map(|(name, value)| format!("{name}: {}", render(value))).collect();
            let place =
                if lookup.target.place().is_empty() { String::new() } else { format!(" in {}", lookup.target.place()) };
            Err(Box::new(
                Diagnostic::error(
                    "lookup::none",
                    format!("`{}` finds nothing{place}", lookup.address),
                    lookup.span,
                    format!("no {} matches", lookup.kind),
                )
                .help(format!("the conditions: {}", conditions.join(", "))),
            ))
        }
        count => {
            let apart = telling_apart(lookup, &objects);
            let help = match apart {
                Some((name, values)) => {
                    format!("add a condition that tells them apart, such as {name}: one of {values}")
                }
                None => "add a condition that tells them apart, or take all of them with @many(by: …)".to_owned(),
            };
            Err(Box::new(
                Diagnostic::error(
                    "lookup::several",
                    format!("`{}` finds {count} objects and must find one", lookup.address),
                    lookup.span,
                    format!("{count} of {} match", lookup.kind),
                )
                .help(help),
            ))
        }
    }
}

/// A field in which all found objects differ.
fn telling_apart(lookup: &WantedLookup, objects: &[Live]) -> Option<(EcoString, String)> {
    let first = objects.first()?;
    first.attributes.keys().filter(|name| !lookup.conditions.contains_key(*name)).find_map(|name| {
        let mut values: Vec<String> =
            objects.iter().filter_map(|object| object.attributes.get(name)).map(render).collect();
        values.sort();
        values.dedup();
        let short = values.iter().all(|value| value.len() <= 60);
        let shown: Vec<String> = values.iter().take(4).cloned().collect();
        (values.len() == objects.len() && short).then(|| (name.clone(), shown.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use cairn_provider::object::Status;
    use cairn_provider::request::Target;
    use cairn_provider::value::{Map, Value};

    use super::{Live, answer};
    use crate::model::Address;
    use crate::model::desired::WantedLookup;
    use crate::source::{SourceId, Span};

    fn object(name: &str) -> Live {
        let attributes: Map = [("name".into(), Value::Text(name.into()))].into_iter().collect();
        Live { id: name.into(), attributes, status: Status::Ready, owner: None }
    }

    #[test]
    fn one_object_must_be_found() {
        let span = Span::new(SourceId(0), 7, 12);
        let mut wanted = WantedLookup {
            address: Address::from_text("zone"),
            kind: "aws.route53.HostedZone".into(),
            target: Target::default(),
            conditions: Map::default(),
            many_by: None,
            span,
        };
        let code = |wanted: &WantedLookup, objects: Vec<Live>| {
            answer(wanted, objects).err().map(|report| (report.code, report.span()))
        };
        assert_eq!(code(&wanted, Vec::new()), Some(("lookup::none", Some(span))));
        assert_eq!(code(&wanted, vec![object("a")]), None);
        assert_eq!(code(&wanted, vec![object("a"), object("b")]), Some(("lookup::several", Some(span))));
        wanted.many_by = Some("owner".into());
        assert_eq!(code(&wanted, vec![object("a")]), Some(("lookup::key", Some(span))));
        wanted.many_by = Some("name".into());
        assert_eq!(code(&wanted, vec![object("a"), object("b")]), None);
    }
}
