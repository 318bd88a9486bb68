//! The vendor's facts about one type, as the generator writes them and the catalogue carries them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The facts of one type. They carry no vendor prose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The vendor's name.
    pub type_name: String,
    /// The name in the language, where it does not follow from the vendor's: of what no vendor has.
    pub name: Option<String>,
    /// Whether it is something that is run, and nothing that is made and stays.
    pub action: bool,
    /// Whether objects of it can only be looked up.
    pub lookup_only: bool,
    /// Properties of the primary identifier.
    pub identity: Vec<String>,
    /// The property with the tags, if objects can be tagged.
    pub tags: Option<String>,
    /// Paths whose change replaces the object, `/`-separated, `*` for items.
    pub create_only: Vec<String>,
    /// Paths whose change may replace the object.
    pub conditional_create_only: Vec<String>,
    /// Paths the cloud chooses.
    pub read_only: Vec<String>,
    /// Paths that are never returned.
    pub write_only: Vec<String>,
    /// The resource's own record.
    pub root: RecordFacts,
    /// Named records, and other named shapes.
    pub definitions: BTreeMap<String, Json>,
}

/// The facts of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordFacts {
    /// The properties, each in the generator's short form.
    pub properties: BTreeMap<String, Json>,
    /// Properties that must be given.
    pub required: Vec<String>,
    /// At least one must be given.
    pub any_of: Vec<String>,
    /// Exactly one must be given.
    pub one_of: Vec<String>,
    /// Property to the properties it excludes.
    pub excludes: BTreeMap<String, Vec<String>>,
    /// Property to the properties it needs.
    pub requires: BTreeMap<String, Vec<String>>,
}

impl Facts {
    /// Reads the facts of one type.
    ///
    /// # Errors
    /// The text is not JSON; the message says where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self {
            type_name: json.get("type").and_then(Json::as_str).unwrap_or_default().to_owned(),
            name: json.get("name").and_then(Json::as_str).map(str::to_owned),
            action: json.get("action").and_then(Json::as_bool).unwrap_or_default(),
            lookup_only: json.get("lookup_only").and_then(Json::as_bool).unwrap_or_default(),
            identity: names(&json, "id"),
            tags: json.get("tags").and_then(Json::as_str).map(str::to_owned),
            create_only: names(&json, "create_only"),
            conditional_create_only: names(&json, "conditional_create_only"),
            read_only: names(&json, "read_only"),
            write_only: names(&json, "write_only"),
            root: RecordFacts::from_json(&json),
            definitions: json
                .get("definitions")
                .and_then(Json::as_object)
                .map(|map| map.iter().map(|(name, facts)| (name.clone(), facts.clone())).collect())
                .unwrap_or_default(),
        })
    }
}

impl RecordFacts {
    /// The facts of a record from the short form of an object.
    pub fn from_json(json: &Json) -> Self {
        Self {
            properties: json
                .get("properties")
                .and_then(Json::as_object)
                .map(|map| map.iter().map(|(name, facts)| (name.clone(), facts.clone())).collect())
                .unwrap_or_default(),
            required: names(json, "required"),
            any_of: names(json, "any_of"),
            one_of: names(json, "one_of"),
            excludes: name_lists(json, "excludes"),
            requires: name_lists(json, "requires"),
        }
    }
}

fn names(json: &Json, key: &str) -> Vec<String> {
    json.get(key).and_then(Json::as_array).map_or_else(Vec::new, |items| list(items))
}

fn list(items: &[Json]) -> Vec<String> {
    items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn name_lists(json: &Json, key: &str) -> BTreeMap<String, Vec<String>> {
    json.get(key)
        .and_then(Json::as_object)
        .map(|map| {
            map.iter()
                .map(|(name, items)| (name.clone(), items.as_array().map_or_else(Vec::new, |items| list(items))))
                .collect()
        })
        .unwrap_or_default()
}
