//! The document of a distribution between the form that people write and the form that the API takes.
//!
//! An update sends the whole configuration, so what is written is laid over what is there: what nobody writes stays.

use aws_sdk_cloudfront::types;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::native::codec::{Decode, Encode, Mistake};

/// The name under which the API's documents know who made them.
const CALLER: &str = "caller_reference";

/// Lists whose items are known by a field.
const KEYS: [(&str, &str); 4] =
    [("cache_behaviors", "path_pattern"), ("custom_error_responses", "error_code"), ("items", "id"), ("origins", "id")];

/// What one written field of a record puts in the place of.
const EXCLUDES: [(&str, &[&str]); 8] = [
    ("acm_certificate", &["cloud_front_default_certificate", "iam_certificate_id"]),
    (
        "cloud_front_default_certificate",
        &["acm_certificate", "iam_certificate_id", "minimum_protocol_version", "ssl_support_method"],
    ),
    ("iam_certificate_id", &["acm_certificate", "cloud_front_default_certificate"]),
    ("custom_origin_config", &["s3_origin_config", "vpc_origin_config"]),
    ("s3_origin_config", &["custom_origin_config", "vpc_origin_config"]),
    ("vpc_origin_config", &["custom_origin_config", "s3_origin_config"]),
    ("cache_policy", &["default_ttl", "forwarded_values", "max_ttl", "min_ttl"]),
    ("forwarded_values", &["cache_policy", "origin_request_policy"]),
];

/// The configuration of a new distribution.
pub fn new_config(written: &Map, caller: &str) -> Result<types::DistributionConfig, Mistake> {
    config(written.clone(), caller)
}

/// The configuration of a distribution after a change: what is written over what is there.
pub fn changed_config(
    found: &types::DistributionConfig,
    written: &Map,
) -> Result<types::DistributionConfig, Mistake> {
    config(merged(&read(found), written), &found.caller_reference)
}

/// What is there, as people write it.
pub fn read(found: &types::DistributionConfig) -> Map {
    let mut map = found.decode().as_map().cloned().unwrap_or_default();
    map.remove(CALLER);
    if let Some(mut logging) = taken(&mut map, "logging") {
        // The API has logs that are switched off; people leave them out.
        if logging.remove("enabled") == Some(Value::Bool(true)) {
            map.insert("logging".into(), Value::from(logging));
        }
    }
    each_behavior(&mut map, |behavior| {
        if let Some(methods) = taken(behavior, "allowed_methods") {
            let renamed = [("items", "allowed_methods"), ("cached", "cached_methods")];
            for (from, to) in renamed {
                behavior.extend(methods.get(from).map(|value| (EcoString::from(to), value.clone())));
            }
        }
    });
    map
}

fn config(mut map: Map, caller: &str) -> Result<types::DistributionConfig, Mistake> {
    map.insert(CALLER.into(), caller.into());
    map.entry("comment".into()).or_insert_with(|| "".into());
    if let Some(mut logging) = taken(&mut map, "logging") {
        let bucket = logging.get("bucket").and_then(Value::as_text).unwrap_or_default();
        let enabled = !bucket.is_empty();
        logging.insert("enabled".into(), Value::Bool(enabled));
        map.insert("logging".into(), Value::from(logging));
    }
    each_in(&mut map, "origins", |origin| {
        if let Some(mut custom) = taken(origin, "custom_origin_config") {
            custom.entry("http_port".into()).or_insert(Value::Int(80));
            custom.entry("https_port".into()).or_insert(Value::Int(443));
            origin.insert("custom_origin_config".into(), Value::from(custom));
        }
        if let Some(mut shield) = taken(origin, "origin_shield") {
            shield.entry("enabled".into()).or_insert(Value::Bool(true));
            origin.insert("origin_shield".into(), Value::from(shield));
        }
    });
    each_behavior(&mut map, |behavior| {
        let mut methods = Map::new();
        for (from, to) in [("allowed_methods", "items"), ("cached_methods", "cached")] {
            methods.extend(behavior.remove(from).map(|value| (EcoString::from(to), value)));
        }
        if !methods.is_empty() {
            // Cached methods alone stand beside the two that are always allowed.
            methods.entry("items".into()).or_insert_with(|| Value::list(["GET", "HEAD"].map(Value::text)));
            behavior.insert("allowed_methods".into(), Value::from(methods));
        }
    });
    types::DistributionConfig::encode(&Value::from(map))
}

/// A record inside of another one, taken out to be changed.
fn taken(map: &mut Map, name: &str) -> Option<Map> {
    let record = map.get(name)?.as_map()?.clone();
    map.remove(name);
    Some(record)
}

fn each_behavior(map: &mut Map, change: impl Fn(&mut Map)) {
    if let Some(mut behavior) = taken(map, "default_cache_behavior") {
        change(&mut behavior);
        map.insert("default_cache_behavior".into(), Value::from(behavior));
    }
    each_in(map, "cache_behaviors", change);
}

fn each_in(map: &mut Map, list: &str, change: impl Fn(&mut Map)) {
    let Some(items) = map.get(list).and_then(Value::as_list) else { return };
    let changed = items.iter().map(|item| {
        let mut item = item.as_map().cloned().unwrap_or_default();
        change(&mut item);
        Value::from(item)
    });
    let changed = Value::list(changed.collect::<Vec<_>>());
    map.insert(list.into(), changed);
}

fn merged(found: &Map, written: &Map) -> Map {
    let stands = |name: &str| written.get(name).is_some_and(|value| *value != Value::Bool(false) && !value.is_none());
    let excluded = |name: &str| EXCLUDES.iter().any(|(by, others)| stands(by) && others.contains(&name));
    // A bucket's access control is of no use to the server that takes its place.
    let moves = stands("custom_origin_config") && found.contains_key("s3_origin_config");
    let dropped = |name: &str| excluded(name) || (moves && name == "origin_access_control");
    let kept = found.iter().filter(|(name, _)| !dropped(name));
    let mut map: Map = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in written {
        let over = match found.get(name) {
            Some(found) => merged_value(name, found, value),
            None => value.clone(),
        };
        map.insert(name.clone(), over);
    }
    map
}

fn merged_value(name: &str, found: &Value, written: &Value) -> Value {
    match (found, written) {
        // Headers are names that people choose: one that is written no longer goes.
        (Value::Map(_), Value::Map(_)) if name == "origin_custom_headers" => written.clone(),
        (Value::Map(found), Value::Map(written)) => Value::from(merged(found, written)),
        (Value::List(found), Value::List(written)) => {
            let Some((_, key)) = KEYS.iter().find(|(list, _)| *list == name) else {
                return Value::List(written.clone());
            };
            Value::list(written.iter().map(|item| {
                let same = found.iter().find(|other| is_same(item, other, key));
                match (same.and_then(Value::as_map), item.as_map()) {
                    (Some(found), Some(item)) => Value::from(merged(found, item)),
                    _ => item.clone(),
                }
            }))
        }
        _ => written.clone(),
    }
}

/// Whether two items of a list are known by the same value.
fn is_same(one: &Value, other: &Value, key: &str) -> bool {
    let of = |item: &Value| item.as_map().and_then(|map| map.get(key)).cloned();
    of(one).is_some() && of(one) == of(other)
}

#[cfg(test)]
mod tests {
    use super::{changed_config, new_config, read};
    use cairn_provider::schema::{Shape, TypeSchema};
    use cairn_provider::value::{Map, Value, from_json};

    fn document(text: &str) -> Map {
        from_json(&serde_json::from_str(text).unwrap()).as_map().cloned().unwrap()
    }

    const WRITTEN: &str = r#"{
        "enabled": true,
        "aliases": ["www.shop.example"],
        "origins": [
            {"id": "app", "domain_name": "origin.shop.example", "origin_custom_headers": {"X-From": "cdn"},
             "custom_origin_config": {"origin_protocol_policy": "https-only", "origin_ssl_protocols": ["TLSv1.2"]}},
            {"id": "files", "domain_name": "files.s3.amazonaws.com", "origin_access_control": "E1",
             "s3_origin_config": {"origin_access_identity": ""}, "connection_attempts": 2}
        ],
        "default_cache_behavior": {"target_origin_id": "app", "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD", "OPTIONS"], "cached_methods": ["GET", "HEAD"],
            "forwarded_values": {"query_string": true, "cookies": {"forward": "none"}}, "min_ttl": 0},
        "viewer_certificate": {"cloud_front_default_certificate": true},
        "logging": {"bucket": "logs.s3.amazonaws.com", "include_cookies": false, "prefix": "cdn/"},
        "custom_error_responses": [{"error_code": 404, "response_code": 200, "response_page_path": "/index.html"}],
        "restrictions": {"geo_restriction": {"restriction_type": "whitelist", "locations": ["DE", "FR"]}}
    }"#;

    /// A value of a shape, with every field that this version sends.
    fn sample(schema: &TypeSchema, shape: &Shape) -> Value {
        match shape {
            Shape::Bool => Value::Bool(true),
            Shape::Int { min, .. } => Value::Int(min.unwrap_or(5).max(1)),
            Shape::Float { .. } => Value::Float(1.5),
            Shape::Text(rules) => rules.values.first().map_or_else(|| "text".into(), |first| Value::Text(first.clone())),
            Shape::Reference(_) => "reference".into(),
            Shape::Json => Value::map([]),
            Shape::List { item, .. } => Value::list([sample(schema, item)]),
            Shape::Map(item) => Value::map([("key".into(), sample(schema, item))]),
            Shape::Keyed { .. } => Value::map([("key".into(), "value".into())]),
            Shape::Record(id) => {
                let fields = schema.record(*id).fields.iter().filter(|(_, field)| field.unsupported.is_none());
                Value::map(fields.map(|(name, field)| (name.clone(), sample(schema, &field.shape))))
            }
        }
    }

    #[test]
    fn every_field_of_the_schema_goes_both_ways() {
        let catalogue = crate::catalogue();
        let schema = catalogue.get("aws.cloudfront.Distribution").unwrap();
        let config = &schema.field("distribution_config").unwrap().shape;
        let written = sample(schema, config);
        let written = written.as_map().unwrap();
        let read = read(&new_config(written, "token").unwrap());
        for (name, value) in written {
            assert_eq!(read.get(name), Some(value), "{name}");
        }
        assert_eq!(read.len(), written.len());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = document(WRITTEN);
        let read = read(&new_config(&written, "token").unwrap());
        for (name, value) in &written {
            if name != "origins" {
                assert_eq!(read.get(name), Some(value), "{name}");
            }
        }
        assert!(!read.contains_key("caller_reference"));
    }

    #[test]
    fn a_change_keeps_what_nobody_writes() {
        let found = new_config(&document(WRITTEN), "token").unwrap();
        let written = document(
            r#"{"enabled": true, "origins": [{"id": "files", "domain_name": "other.s3.amazonaws.com"}],
                "default_cache_behavior": {"target_origin_id": "files", "viewer_protocol_policy": "https-only",
                    "cache_policy": "p"}, "comment": "changed",
                "viewer_certificate": {"acm_certificate": "arn", "ssl_support_method": "sni-only"}}"#,
        );
        let config = changed_config(&found, &written).unwrap();
        assert_eq!(config.caller_reference, "token");
        let read = Value::from(read(&config));
        let at = |path: &str| read.at(path).cloned();
        assert_eq!(at("aliases.0"), Some("www.shop.example".into()));
        assert_eq!(at("origins.0.domain_name"), Some("other.s3.amazonaws.com".into()));
        assert_eq!(at("origins.0.connection_attempts"), Some(Value::Int(2)));
        assert_eq!(at("origins.0.origin_access_control"), Some("E1".into()));
        assert_eq!(at("origins.1"), None);
        assert_eq!(at("default_cache_behavior.forwarded_values"), None);
        assert_eq!(at("default_cache_behavior.allowed_methods.2"), Some("OPTIONS".into()));
        assert_eq!(at("viewer_certificate.cloud_front_default_certificate"), None);

        let moved = document(
            r#"{"enabled": true, "origins": [{"id": "files", "domain_name": "files.shop.example",
                "custom_origin_config": {"origin_protocol_policy": "https-only"}}],
                "default_cache_behavior": {"target_origin_id": "files", "viewer_protocol_policy": "https-only"}}"#,
        );
        let read = Value::from(super::read(&changed_config(&found, &moved).unwrap()));
        assert_eq!(read.at("origins.0.origin_access_control"), None);
        assert_eq!(read.at("origins.0.s3_origin_config"), None);
    }
}
