//! The committed facts are exactly what the generator makes of the registry's schemas, and every overlay fits them.
//!
//! The schemas are no part of the repository. They are looked for where `CAIRN_AWS_SCHEMAS` points, else beside the
//! checkout; without them the comparison says that it is skipped. `UPDATE=1` rewrites the facts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests fail loudly"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

#[test]
fn facts_are_what_the_generator_makes() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schemas =
        std::env::var("CAIRN_AWS_SCHEMAS").map_or_else(|_| manifest.join("../../../shared/aws-schemas"), PathBuf::from);
    if !schemas.is_dir() {
        println!("SKIPPED: no registry schemas at {}; set CAIRN_AWS_SCHEMAS", schemas.display());
        return;
    }
    let mut files = BTreeMap::new();
    let mut index = BTreeMap::new();
    for entry in std::fs::read_dir(&schemas).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let schema: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = cairn_provider::naming::aws_type(schema["typeName"].as_str().unwrap()).unwrap();
        let (service, kind) = name.strip_prefix("aws.").unwrap().split_once('.').unwrap();
        let file = format!("{service}/{}.json", kind);
        files.insert(file.clone(), print(&facts(&schema)));
        index.insert(name.to_string(), file);
    }
    assert!(files.len() >= 145, "only {} schemas at {}", files.len(), schemas.display());
    let mut source = String::from(
        "//! The facts of every type of the catalogue. Generated: `UPDATE=1 cargo test -p cairn-aws --test catalogue`.\n\n\
         /// Name in the language and facts as JSON.\n\
         #[rustfmt::skip]\n\
         pub const FACTS: &[(&str, &str)] = &[\n",
    );
    for (name, file) in &index {
        writeln!(source, "    (\"{name}\", include_str!(\"../catalogue/{file}\")),").unwrap();
    }
    source.push_str("];\n");
    let mut wanted: BTreeMap<PathBuf, String> =
        files.into_iter().map(|(file, text)| (manifest.join("catalogue").join(file), text)).collect();
    wanted.insert(manifest.join("src/facts.rs"), source);

    if std::env::var_os("UPDATE").is_some() {
        for (path, text) in &wanted {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let stale: Vec<_> = wanted
        .iter()
        .filter(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(*text))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(stale.is_empty(), "not what the generator makes (run with UPDATE=1): {stale:?}");
}

/// What a format of the registry refers to: type and the property that is sent.
const REFERENCES: [(&str, &str, &str); 13] = [
    ("AWS::IAM::Role.Arn", "AWS::IAM::Role", "Arn"),
    ("AWS::EC2::SecurityGroup.Id", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::SecurityGroup.Ids", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::VPC.Id", "AWS::EC2::VPC", "VpcId"),
    ("AWS::EC2::Subnet.Id", "AWS::EC2::Subnet", "SubnetId"),
    ("AWS::EC2::Subnet.Ids", "AWS::EC2::Subnet", "SubnetId"),
    ("AWS::SNS::Topic.Arn", "AWS::SNS::Topic", "TopicArn"),
    ("AWS::S3::Bucket.Name", "AWS::S3::Bucket", "BucketName"),
    ("AWS::Logs::LogGroup.Name", "AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::ACM::Certificate.Arn", "AWS::CertificateManager::Certificate", "Id"),
    ("AWS::KMS::Key.Arn", "AWS::KMS::Key", "Arn"),
    ("AWS::Lambda::Function.Arn", "AWS::Lambda::Function", "Arn"),
    ("AWS::SQS::Queue.Arn", "AWS::SQS::Queue", "Arn"),
];

fn facts(schema: &Json) -> Json {
    let mut out = Map::new();
    out.insert("type".into(), schema["typeName"].clone());
    out.insert("id".into(), paths(schema, "primaryIdentifier"));
    let taggable = schema["tagging"]["taggable"].as_bool() != Some(false);
    if let Some(tags) = schema["tagging"]["tagProperty"].as_str().filter(|_| taggable) {
        out.insert("tags".into(), json!(tags.trim_start_matches("/properties/")));
    } else if taggable && schema["properties"].get("Tags").is_some() {
        out.insert("tags".into(), json!("Tags"));
    }
    for (key, from) in [
        ("create_only", "createOnlyProperties"),
        ("conditional_create_only", "conditionalCreateOnlyProperties"),
        ("read_only", "readOnlyProperties"),
        ("write_only", "writeOnlyProperties"),
    ] {
        let list = paths(schema, from);
        if list.as_array().is_some_and(|list| !list.is_empty()) {
            out.insert(key.into(), list);
        }
    }
    record(schema, &mut out);
    if let Some(definitions) = schema["definitions"].as_object() {
        let definitions: Map<String, Json> =
            definitions.iter().map(|(name, definition)| (name.clone(), shape(definition))).collect();
        out.insert("definitions".into(), Json::Object(definitions));
    }
    Json::Object(out)
}

fn paths(schema: &Json, key: &str) -> Json {
    let mut paths: Vec<String> = schema[key]
        .as_array()
        .map(|paths| {
            paths
                .iter()
                .filter_map(Json::as_str)
                .map(|path| {
                    let inner: Vec<&str> = path
                        .trim_start_matches("/properties/")
                        .split('/')
                        .filter(|part| *part != "properties")
                        .collect();
                    inner.join("/").replace("/items/", "/*/")
                })
                .collect()
        })
        .unwrap_or_default();
    if key != "primaryIdentifier" {
        paths.sort();
        paths.dedup();
    }
    json!(paths)
}

fn record(object: &Json, out: &mut Map<String, Json>) {
    if let Some(properties) = object["properties"].as_object() {
        let properties: Map<String, Json> =
            properties.iter().map(|(name, facts)| (name.clone(), shape(facts))).collect();
        out.insert("properties".into(), Json::Object(properties));
    }
    for (key, from) in [("required", "required"), ("any_of", "requiredOr"), ("one_of", "requiredXor")] {
        if let Some(list) = object[from].as_array() {
            let mut names: Vec<&str> = list.iter().filter_map(Json::as_str).collect();
            names.sort_unstable();
            if !names.is_empty() {
                out.insert(key.into(), json!(names));
            }
        }
    }
    for (key, from) in [("excludes", "dependentExcluded"), ("requires", "dependentRequired")] {
        if object[from].is_object() {
            out.insert(key.into(), object[from].clone());
        }
    }
}

fn shape(facts: &Json) -> Json {
    let mut out = Map::new();
    if let Some(reference) = facts["$ref"].as_str() {
        out.insert("ref".into(), json!(reference.trim_start_matches("#/definitions/")));
        return Json::Object(out);
    }
    // Documents as text or as a shape of their own: the shape says more.
    if facts["type"].is_null() && facts["oneOf"][0]["$ref"].is_string() && facts["oneOf"][1]["format"] == "json" {
        return shape(&facts["oneOf"][0]);
    }
    let kind = match &facts["type"] {
        Json::String(kind) => kind.clone(),
        Json::Array(kinds) if kinds.iter().any(|kind| kind == "object") => "json".into(),
        Json::Array(kinds) => kinds.iter().find_map(Json::as_str).unwrap_or("string").to_owned(),
        _ if facts["properties"].is_object() => "object".into(),
        _ => "string".into(),
    };
    let free = facts["properties"].is_null() && facts["patternProperties"].is_null();
    let kind = if kind == "object" && free || facts["format"] == "json" { "json".to_owned() } else { kind };
    if kind != "string" {
        out.insert("type".into(), json!(kind));
    }
    match kind.as_str() {
        "object" => {
            if let Some(values) = facts["patternProperties"].as_object().and_then(|map| map.values().next())
                && facts["properties"].is_null()
            {
                out.insert("map".into(), shape(values));
            }
            record(facts, &mut out);
        }
        "array" => {
            let items = if facts["items"].is_object() { &facts["items"] } else { &json!({}) };
            out.insert("items".into(), shape(items));
            if facts["insertionOrder"] == false {
                out.insert("unordered".into(), json!(true));
            }
            copy(facts, &mut out, &[("minItems", "min_items"), ("maxItems", "max_items")]);
        }
        "string" => {
            if let Some(values) = facts["enum"].as_array() {
                let texts: Vec<&Json> = values.iter().filter(|value| value.is_string()).collect();
                out.insert("enum".into(), json!(texts));
            }
            copy(facts, &mut out, &[("pattern", "pattern"), ("minLength", "min_length"), ("maxLength", "max_length")]);
        }
        "integer" | "number" => copy(facts, &mut out, &[("minimum", "min"), ("maximum", "max")]),
        _ => {}
    }
    let formats: Vec<&str> = facts["format"]
        .as_str()
        .into_iter()
        .chain(facts["anyOf"].as_array().into_iter().flatten().filter_map(|option| option["format"].as_str()))
        .collect();
    let refers: Vec<Json> = formats
        .iter()
        .filter_map(|format| REFERENCES.iter().find(|(name, _, _)| name == format))
        .map(|(_, kind, property)| json!([kind, property]))
        .collect();
    if !refers.is_empty() {
        out.insert("refers".into(), Json::Array(refers));
    } else if let Some(format) = formats.first().filter(|format| !format.starts_with("AWS::") && **format != "json") {
        out.insert("format".into(), json!(format));
    }
    Json::Object(out)
}

fn copy(from: &Json, to: &mut Map<String, Json>, keys: &[(&str, &str)]) {
    for (key, name) in keys {
        if !from[*key].is_null() {
            to.insert((*name).into(), from[*key].clone());
        }
    }
}

/// One line for each property, so that a change of the registry reads as a diff.
fn print(facts: &Json) -> String {
    let mut out = String::from("{\n");
    let object = facts.as_object().unwrap();
    for (position, (key, value)) in object.iter().enumerate() {
        let comma = if position + 1 < object.len() { "," } else { "" };
        match key.as_str() {
            "properties" | "definitions" => {
                writeln!(out, " {}: {{", json!(key)).unwrap();
                let entries = value.as_object().unwrap();
                for (position, (name, entry)) in entries.iter().enumerate() {
                    let comma = if position + 1 < entries.len() { "," } else { "" };
                    match entry.get("properties").filter(|_| key == "definitions") {
                        None => writeln!(out, "  {}: {entry}{comma}", json!(name)).unwrap(),
                        Some(properties) => {
                            let mut rest = entry.as_object().unwrap().clone();
                            rest.remove("properties");
                            writeln!(out, "  {}: {{", json!(name)).unwrap();
                            for (key, value) in &rest {
                                writeln!(out, "   {}: {value},", json!(key)).unwrap();
                            }
                            writeln!(out, "   \"properties\": {{").unwrap();
                            let properties = properties.as_object().unwrap();
                            for (position, (name, facts)) in properties.iter().enumerate() {
                                let comma = if position + 1 < properties.len() { "," } else { "" };
                                writeln!(out, "    {}: {facts}{comma}", json!(name)).unwrap();
                            }
                            writeln!(out, "   }}\n  }}{comma}").unwrap();
                        }
                    }
                }
                writeln!(out, " }}{comma}").unwrap();
            }
            _ => writeln!(out, " {}: {value}{comma}", json!(key)).unwrap(),
        }
    }
    out.push_str("}\n");
    out
}
