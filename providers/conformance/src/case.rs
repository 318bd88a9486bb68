//! Cases: data that says how a type is tried.
//!
//! ```json
//! {
//!   "type": "aws.ec2.Subnet",
//!   "needs": [{ "name": "vpc", "type": "aws.ec2.Vpc", "inputs": { "cidr_block": "10.0.0.0/16" } }],
//!   "minimal": { "vpc": "${vpc.vpc_id}", "cidr_block": "10.0.1.0/24" },
//!   "full": { "vpc": "${vpc.vpc_id}", "cidr_block": "10.0.2.0/24", "tags": { "Name": "full" } },
//!   "updates": [{ "set": { "map_public_ip_on_launch": true } }, { "drop": ["map_public_ip_on_launch"] }],
//!   "others": [{ "vpc": "${vpc.vpc_id}", "cidr_block": "10.0.3.0/24", "ipv6_native": true }],
//!   "untried": { "outpost_arn": "needs an Outpost" },
//!   "absent": "subnet-00000000000000000",
//!   "sandbox": [],
//!   "emulators": { "moto": [{ "field": "enable_dns64", "why": "DescribeSubnets leaves it out" }] }
//! }
//! ```
//!
//! `${name.attribute}` is an attribute of something needed, `${unique}` eight letters that no other run has, and
//! `${region}` the region. Values are those of documents: numbers in the API's unit, references as what is sent. A gap
//! `{ "unread": "field", … }` is a field whose read alone fails at the place: it is not asked for there.

use std::collections::BTreeMap;

use cairn_provider::value::{Map, Value, from_json};
use ecow::EcoString;
use serde_json::Value as Json;

/// How one type is tried.
#[derive(Clone, Debug)]
pub struct Case {
    /// The type.
    pub kind: EcoString,
    /// What is created first, in order, and deleted last.
    pub needs: Vec<Need>,
    /// The smallest document that can be created.
    pub minimal: Map,
    /// A document with as many fields as go together.
    pub full: Map,
    /// Changes of the full one, in order.
    pub updates: Vec<Update>,
    /// Further documents that are created and read back, for fields that do not go with those of the full one.
    pub others: Vec<Map>,
    /// Fields that are sent and not tried anywhere, with the reason.
    pub untried: BTreeMap<EcoString, String>,
    /// An identity of the right form that names nothing.
    pub absent: EcoString,
    /// Where each place is not the cloud: the sandbox's gaps under `sandbox`.
    pub gaps: BTreeMap<String, Vec<Gap>>,
}

/// Something that is created first.
#[derive(Clone, Debug)]
pub struct Need {
    /// The name it is referred to by.
    pub name: EcoString,
    /// Its type.
    pub kind: EcoString,
    /// Its document.
    pub inputs: Map,
}

/// One change.
#[derive(Clone, Debug)]
pub struct Update {
    /// Fields that are set.
    pub set: Map,
    /// Fields that are written no longer: they go back to what the schema says of them.
    pub drop: Vec<EcoString>,
}

/// Where a place is not the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The field that is not kept or not returned, or the check that cannot be passed.
    pub about: About,
    /// What the place does instead.
    pub why: String,
}

/// What a gap is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A field, by the beginning of its path.
    Field(String),
    /// A field of the resource that cannot even be read there: it is not asked for.
    Unread(String),
    /// A check of the suite: `token`, `resolve`, `list`, `absent`, `minimal`, `full`, `updates`, `others`,
    /// `ownership`, and `answer`: the answer of a create lacks the identity.
    Check(String),
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// The text is not one; the message says why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let kind = text_at(&json, "type")?;
        let needs = list_at(&json, "needs").iter().map(need).collect::<Result<_, _>>()?;
        let updates = list_at(&json, "updates").iter().map(update).collect::<Result<_, _>>()?;
        let mut gaps = BTreeMap::from([("sandbox".to_owned(), gaps_of(json.get("sandbox"))?)]);
        let emulators = json.get("emulators").and_then(Json::as_object).ok_or("`emulators` is missing")?;
        for (name, listed) in emulators {
            gaps.insert(name.clone(), gaps_of(Some(listed))?);
        }
        for key in json.as_object().into_iter().flat_map(|map| map.keys()) {
            const KEYS: [&str; 10] =
                ["type", "needs", "minimal", "full", "updates", "others", "untried", "absent", "sandbox", "emulators"];
            if !KEYS.contains(&key.as_str()) {
                return Err(format!("`{key}` means nothing here"));
            }
        }
        Ok(Self {
            kind,
            needs,
            minimal: map_at(&json, "minimal")?,
            full: map_at(&json, "full")?,
            updates,
            others: list_at(&json, "others").iter().filter_map(|one| from_json(one).as_map().cloned()).collect(),
            untried: reasons(json.get("untried")),
            absent: text_at(&json, "absent")?,
            gaps,
        })
    }
}

fn need(json: &Json) -> Result<Need, String> {
    Ok(Need { name: text_at(json, "name")?, kind: text_at(json, "type")?, inputs: map_at(json, "inputs")? })
}

fn update(json: &Json) -> Result<Update, String> {
    let drop = list_at(json, "drop").iter().filter_map(Json::as_str).map(EcoString::from).collect();
    let set = if json.get("set").is_some() { map_at(json, "set")? } else { Map::new() };
    Ok(Update { set, drop })
}

fn reasons(json: Option<&Json>) -> BTreeMap<EcoString, String> {
    let listed = json.and_then(Json::as_object).into_iter().flatten();
    listed.map(|(field, why)| (field.as_str().into(), why.as_str().unwrap_or_default().to_owned())).collect()
}

fn gaps_of(json: Option<&Json>) -> Result<Vec<Gap>, String> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let items = json.as_array().ok_or("gaps are a list")?;
    items
        .iter()
        .map(|item| {
            let at = |key| item.get(key).and_then(Json::as_str).map(str::to_owned);
            let about = match (at("field"), at("unread"), at("check")) {
                (Some(field), None, None) => About::Field(field),
                (None, Some(field), None) => About::Unread(field),
                (None, None, Some(check)) => About::Check(check),
                _ => return Err("a gap has a `field`, an `unread` field or a `check`".to_owned()),
            };
            Ok(Gap { about, why: text_at(item, "why")?.to_string() })
        })
        .collect()
}

fn text_at(json: &Json, key: &str) -> Result<EcoString, String> {
    json.get(key).and_then(Json::as_str).map(EcoString::from).ok_or_else(|| format!("`{key}` is missing"))
}

fn list_at<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn map_at(json: &Json, key: &str) -> Result<Map, String> {
    let value = json.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
    from_json(value).as_map().cloned().ok_or_else(|| format!("`{key}` is not a record"))
}

/// What `${…}` stands for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The attributes of what is needed, by name.
    pub needs: BTreeMap<EcoString, Map>,
    /// Plain words: `unique`, `region`.
    pub words: BTreeMap<EcoString, EcoString>,
}

impl Names {
    /// A document with everything filled in.
    ///
    /// # Errors
    /// A name means nothing.
    pub fn fill_map(&self, map: &Map) -> Result<Map, String> {
        map.iter().map(|(key, value)| Ok((key.clone(), self.fill(value)?))).collect()
    }

    fn fill(&self, value: &Value) -> Result<Value, String> {
        if let Some(text) = value.as_text() {
            return self.fill_text(text);
        }
        if let Some(items) = value.as_list() {
            return Ok(Value::list(items.iter().map(|item| self.fill(item)).collect::<Result<Vec<_>, _>>()?));
        }
        if let Some(map) = value.as_map() {
            return Ok(Value::from(self.fill_map(map)?));
        }
        Ok(value.clone())
    }

    fn fill_text(&self, text: &str) -> Result<Value, String> {
        // A text that is one name takes the value as it is.
        if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
            && !name.contains('$')
        {
            return self.named(name);
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("`{text}` is not closed"))?;
            filled.push_str(before);
            let value = self.named(name)?;
            filled.push_str(value.as_text().ok_or_else(|| format!("`{name}` is not text"))?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(Value::text(filled))
    }

    fn named(&self, name: &str) -> Result<Value, String> {
        if let Some(word) = self.words.get(name) {
            return Ok(Value::Text(word.clone()));
        }
        let (need, path) = name.split_once('.').ok_or_else(|| format!("`{name}` means nothing"))?;
        let attributes = self.needs.get(need).ok_or_else(|| format!("`{need}` is not needed"))?;
        Value::from(attributes.clone()).at(path).cloned().ok_or_else(|| format!("`{need}` has no attribute `{path}`"))
    }
}
