//! What is wanted as JSON, for saved plans: enough to carry it out without the source.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::request::Target;
use cairn_provider::schema::overlay::Replacement;
use cairn_provider::value::Duration;
use ecow::EcoString;
use serde_json::{Value as Json, json};

use super::CodecError;
use super::residual::{read as read_residual, write as write_residual};
use crate::model::Address;
use crate::model::desired::{
    Adoption, DesiredAction, DesiredField, DesiredOutput, DesiredResource, DesiredReveal, DesiredStack, Forgotten,
    Former, Need, Options, Placement, ReplaceRule, UsedStack, Watched,
};
use crate::source::{SourceId, SourceSet, SourceText, Span};

/// A wanted stack as JSON; its places are looked up in the sources.
pub fn write(stack: &DesiredStack, sources: &SourceSet) -> Json {
    let resources: Vec<Json> = stack.resources.values().map(|resource| write_resource(resource, sources)).collect();
    let outputs: BTreeMap<String, Json> = stack
        .outputs
        .iter()
        .map(|(name, output)| {
            let (value, shared) = (write_residual(&output.value), write_residual(&output.shared));
            (name.to_string(), json!({ "value": value, "shared": shared, "secret": output.secret }))
        })
        .collect();
    let overridden: Vec<Json> =
        stack.overridden.iter().map(|(name, value)| json!([name.as_str(), value.as_str()])).collect();
    let imports: BTreeMap<&str, Json> = stack
        .imports
        .iter()
        .map(|(name, used)| {
            let outputs: Vec<&str> = used.outputs.iter().map(EcoString::as_str).collect();
            let (directory, stack, environment) = (&used.directory, &used.stack, &used.environment);
            (
                name.as_str(),
                json!({
                    "directory": directory.as_str(),
                    "stack": stack.as_str(),
                    "environment": environment.as_str(),
                    "outputs": outputs,
                }),
            )
        })
        .collect();
    json!({
        "name": stack.name.as_str(),
        "environment": stack.environment.as_str(),
        "resources": resources,
        "actions": stack.actions.values().map(|action| write_action(action, sources)).collect::<Vec<_>>(),
        "revealed": stack.revealed.iter().map(|revealed| {
            json!([revealed.what.as_str(), revealed.because.as_str(), sources.place(revealed.span)])
        }).collect::<Vec<_>>(),
        "keeper": stack.keeper.as_ref().map(|target| json!({
            "cloud": target.cloud.as_str(),
            "target": settings(target),
        })),
        "outputs": outputs,
        "overridden": overridden,
        "forgotten": stack.forgotten.iter().map(|forgotten| said(&forgotten.address, forgotten.span, sources)).collect::<Vec<_>>(),
        "imports": imports,
        "policies": super::judgement::write(&stack.judgement, sources),
    })
}

fn settings(target: &Target) -> BTreeMap<&str, &str> {
    target.settings.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn write_action(action: &DesiredAction, sources: &SourceSet) -> Json {
    let watched: BTreeMap<String, Json> = action
        .watched
        .iter()
        .map(|(name, watched)| {
            let addresses: Vec<&str> = watched.addresses.iter().map(Address::as_str).collect();
            (name.to_string(), json!({ "of": addresses, "value": watched.value.as_ref().map(write_residual) }))
        })
        .collect();
    json!({
        "call": write_resource(&action.call, sources),
        "when": action.when.as_ref().map(write_residual),
        "watched": watched,
    })
}

fn write_resource(resource: &DesiredResource, sources: &SourceSet) -> Json {
    let inputs: BTreeMap<String, Json> =
        resource.inputs.iter().map(|(name, field)| (name.to_string(), write_residual(&field.value))).collect();
    let needs: Vec<Json> = resource.needs.iter().map(|need| json!([need.address.as_str(), need.order_only])).collect();
    let timeouts: BTreeMap<&str, i64> =
        resource.options.timeouts.iter().map(|(name, time)| (name.as_str(), time.nanoseconds())).collect();
    json!({
        "address": resource.address.as_str(),
        "type": resource.kind.as_str(),
        "cloud": resource.place.target.cloud.as_str(),
        "target": settings(&resource.place.target),
        "inputs": inputs,
        "needs": needs,
        "protect": resource.options.protect,
        "replace": resource.options.replace.map(replace_name),
        "ignore": resource.options.ignore.iter().map(|path| path.iter().map(EcoString::as_str).collect::<Vec<_>>()).collect::<Vec<_>>(),
        "timeouts": timeouts,
        "adopt": resource.options.adopt.as_ref().map(|adoption| json!([adoption.id.as_str(), sources.place(adoption.span)])),
        "was": resource.options.was.iter().map(|former| said(&former.address, former.span, sources)).collect::<Vec<_>>(),
        "source": sources.place(resource.origin),
    })
}

/// An address with the place where it is said.
fn said(address: &Address, span: Span, sources: &SourceSet) -> Json {
    json!([address.as_str(), sources.place(span)])
}

/// A text with the place where it is said.
fn read_said(json: &Json, places: &mut Places) -> Option<(EcoString, Span)> {
    Some((json.get(0)?.as_str()?.into(), places.note(json.get(1)?.as_str()?)))
}

/// A list of texts with their places; none if there is no list, as in plans of older versions.
fn read_all_said(json: Option<&Json>, places: &mut Places) -> Result<Vec<(EcoString, Span)>, CodecError> {
    let broken = || CodecError("an address of the plan cannot be read".to_owned());
    let items = json.and_then(Json::as_array).into_iter().flatten();
    items.map(|item| read_said(item, places).ok_or_else(broken)).collect()
}

fn replace_name(rule: ReplaceRule) -> &'static str {
    match rule {
        ReplaceRule::Order(Replacement::CreateFirst) => "create_first",
        ReplaceRule::Order(Replacement::DestroyFirst) => "destroy_first",
        ReplaceRule::Never => "never",
    }
}

/// A wanted stack from its JSON, with sources in which its places are found again.
///
/// # Errors
/// It is none.
pub fn read(json: &Json) -> Result<(DesiredStack, SourceSet), CodecError> {
    let broken = || CodecError("what the plan wants cannot be read".to_owned());
    let mut places = Places::default();
    let mut stack = DesiredStack {
        name: text(json, "name").ok_or_else(broken)?,
        environment: text(json, "environment").ok_or_else(broken)?,
        ..DesiredStack::default()
    };
    for resource in json.get("resources").and_then(Json::as_array).ok_or_else(broken)? {
        let resource = read_resource(resource, &mut places)?;
        stack.resources.insert(resource.address.clone(), resource);
    }
    for action in json.get("actions").and_then(Json::as_array).into_iter().flatten() {
        let action = read_action(action, &mut places)?;
        stack.actions.insert(action.call.address.clone(), action);
    }
    for revealed in json.get("revealed").and_then(Json::as_array).into_iter().flatten() {
        let part = |index: usize| revealed.get(index).and_then(Json::as_str).unwrap_or_default();
        let span = places.note(part(2));
        stack.revealed.push(DesiredReveal { what: part(0).into(), because: part(1).into(), span });
    }
    stack.keeper = json.get("keeper").filter(|keeper| !keeper.is_null()).map(read_target).transpose()?;
    for (name, output) in json.get("outputs").and_then(Json::as_object).into_iter().flatten() {
        let value = read_residual(output.get("value").ok_or_else(broken)?)?;
        let shared = read_residual(output.get("shared").ok_or_else(broken)?)?;
        let secret = output.get("secret").and_then(Json::as_bool).unwrap_or(true);
        stack.outputs.insert(name.as_str().into(), DesiredOutput { value, shared, secret, span: Places::nowhere() });
    }
    for (name, used) in json.get("imports").and_then(Json::as_object).into_iter().flatten() {
        let outputs = used.get("outputs").and_then(Json::as_array).into_iter().flatten();
        let used = UsedStack {
            directory: text(used, "directory").ok_or_else(broken)?,
            stack: text(used, "stack").ok_or_else(broken)?,
            environment: text(used, "environment").ok_or_else(broken)?,
            outputs: outputs.filter_map(Json::as_str).map(EcoString::from).collect(),
        };
        stack.imports.insert(name.as_str().into(), used);
    }
    for pair in json.get("overridden").and_then(Json::as_array).into_iter().flatten() {
        let part = |index: usize| pair.get(index).and_then(Json::as_str).unwrap_or_default().into();
        stack.overridden.push((part(0), part(1)));
    }
    for (address, span) in read_all_said(json.get("forgotten"), &mut places)? {
        stack.forgotten.push(Forgotten { address: Address::from_text(&address), span });
    }
    if let Some(policies) = json.get("policies") {
        stack.judgement = super::judgement::read(policies, &mut |place| places.note(place))?;
    }
    Ok((stack, places.finish()))
}

fn text(json: &Json, key: &str) -> Option<EcoString> {
    json.get(key).and_then(Json::as_str).map(EcoString::from)
}

fn read_action(json: &Json, places: &mut Places) -> Result<DesiredAction, CodecError> {
    let broken = || CodecError("an action of the plan cannot be read".to_owned());
    let optional = |json: Option<&Json>| json.filter(|json| !json.is_null()).map(read_residual).transpose();
    let mut watched = BTreeMap::new();
    for (name, one) in json.get("watched").and_then(Json::as_object).ok_or_else(broken)? {
        let addresses = one.get("of").and_then(Json::as_array).ok_or_else(broken)?;
        let addresses = addresses.iter().filter_map(Json::as_str).map(Address::from_text).collect();
        watched.insert(name.as_str().into(), Watched { addresses, value: optional(one.get("value"))? });
    }
    Ok(DesiredAction {
        call: read_resource(json.get("call").ok_or_else(broken)?, places)?,
        when: optional(json.get("when"))?,
        watched,
    })
}

fn read_target(json: &Json) -> Result<Target, CodecError> {
    let broken = || CodecError("a target of the plan cannot be read".to_owned());
    let settings = json.get("target").and_then(Json::as_object).ok_or_else(broken)?;
    let settings = settings.iter().filter_map(|(name, value)| Some((name.as_str().into(), value.as_str()?.into())));
    Ok(Target { cloud: text(json, "cloud").ok_or_else(broken)?, settings: settings.collect() })
}

fn read_resource(json: &Json, places: &mut Places) -> Result<DesiredResource, CodecError> {
    let broken = || CodecError("a resource of the plan cannot be read".to_owned());
    let origin = places.note(&text(json, "source").ok_or_else(broken)?);
    let target = read_target(json)?;
    let mut inputs = BTreeMap::new();
    for (name, value) in json.get("inputs").and_then(Json::as_object).ok_or_else(broken)? {
        inputs.insert(name.as_str().into(), DesiredField { value: read_residual(value)?, span: origin });
    }
    let mut needs = Vec::new();
    for need in json.get("needs").and_then(Json::as_array).ok_or_else(broken)? {
        needs.push(Need {
            address: Address::from_text(need.get(0).and_then(Json::as_str).ok_or_else(broken)?),
            span: origin,
            order_only: need.get(1).and_then(Json::as_bool).unwrap_or(false),
        });
    }
    let replace = match json.get("replace").and_then(Json::as_str) {
        Some("create_first") => Some(ReplaceRule::Order(Replacement::CreateFirst)),
        Some("destroy_first") => Some(ReplaceRule::Order(Replacement::DestroyFirst)),
        Some("never") => Some(ReplaceRule::Never),
        Some(_) => return Err(broken()),
        None => None,
    };
    let ignore = json.get("ignore").and_then(Json::as_array).into_iter().flatten();
    let ignore = ignore
        .filter_map(Json::as_array)
        .map(|path| path.iter().filter_map(Json::as_str).map(EcoString::from).collect());
    let timeouts = json.get("timeouts").and_then(Json::as_object).into_iter().flatten();
    let timeouts =
        timeouts.filter_map(|(name, time)| Some((name.as_str().into(), Duration::from_nanoseconds(time.as_i64()?))));
    let adopt = json.get("adopt").filter(|adopt| !adopt.is_null());
    let adopt = adopt.map(|adopt| read_said(adopt, places).ok_or_else(broken)).transpose()?;
    let was = read_all_said(json.get("was"), places)?;
    Ok(DesiredResource {
        address: Address::from_text(&text(json, "address").ok_or_else(broken)?),
        kind: text(json, "type").ok_or_else(broken)?,
        place: Arc::new(Placement { target, tags: BTreeMap::new() }),
        inputs,
        needs,
        options: Options {
            protect: json.get("protect").and_then(Json::as_bool),
            replace,
            ignore: ignore.collect(),
            timeouts: timeouts.collect(),
            kept: cairn_provider::value::Map::new(),
            adopt: adopt.map(|(id, span)| Adoption { id, span }),
            was: was
                .into_iter()
                .map(|(address, span)| Former { address: Address::from_text(&address), span })
                .collect(),
        },
        origin,
    })
}

/// Places of a source that is not there any more: files of empty lines, long enough.
#[derive(Default)]
struct Places {
    files: BTreeMap<String, (u32, usize)>,
}

impl Places {
    fn nowhere() -> Span {
        Span::new(SourceId(0), 0, 0)
    }

    /// Notes `path:line`.
    fn note(&mut self, place: &str) -> Span {
        let (path, line) = place.rsplit_once(':').unwrap_or((place, "1"));
        let line: usize = line.parse().unwrap_or(1);
        let next = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let entry = self.files.entry(path.to_owned()).or_insert((next, 0));
        entry.1 = entry.1.max(line);
        Span::new(SourceId(entry.0), line.saturating_sub(1), line.saturating_sub(1))
    }

    /// The files. Their lines are empty, so that the offset of a line is its count.
    fn finish(self) -> SourceSet {
        let mut by_number: Vec<(u32, String, usize)> =
            self.files.into_iter().map(|(path, (number, lines))| (number, path, lines)).collect();
        by_number.sort();
        let mut sources = SourceSet::default();
        for (_, path, lines) in by_number {
            sources.add(SourceText::new(path, "\n".repeat(lines)));
        }
        sources
    }
}
