//! What a change lets everybody do: settings that are open now and were not before.

use std::collections::{BTreeMap, BTreeSet};

use cairn_provider::schema::overlay::{Opening, Overlay};
use cairn_provider::value::{Map, Value, render};
use ecow::EcoString;

use super::Planned;

/// What opens if an object that is `before` becomes `wanted`, in sentences.
pub fn openings(overlay: &Overlay, wanted: &BTreeMap<EcoString, Planned>, before: Option<&Map>) -> BTreeSet<String> {
    if overlay.opens.is_empty() {
        return BTreeSet::new();
    }
    let wanted: Map = wanted.iter().filter_map(|(name, value)| Some((name.clone(), known(value)?))).collect();
    let open = |values: &Map| overlay.opens.iter().flat_map(|opening| found(opening, values)).collect::<BTreeSet<_>>();
    let already = before.map(open).unwrap_or_default();
    open(&wanted).into_iter().filter(|what| !already.contains(what)).collect()
}

/// The known part of a value.
fn known(planned: &Planned) -> Option<Value> {
    match planned {
        Planned::Known(value) => Some(value.clone()),
        Planned::Unknown(_) => None,
        Planned::Map(entries) => {
            let entries: Map = entries.iter().filter_map(|(name, entry)| Some((name.clone(), known(entry)?))).collect();
            Some(Value::Map(entries.into()))
        }
        Planned::List(items) => Some(Value::List(items.iter().filter_map(known).collect::<Vec<_>>().into())),
    }
}

fn found(opening: &Opening, values: &Map) -> Vec<String> {
    if opening.list.is_empty() {
        return sentence(opening, values).into_iter().collect();
    }
    match values.get(opening.list) {
        Some(Value::List(records)) => {
            records.iter().filter_map(Value::as_map).filter_map(|record| sentence(opening, record)).collect()
        }
        _ => Vec::new(),
    }
}

fn sentence(opening: &Opening, record: &Map) -> Option<String> {
    let value = plain(record.get(opening.field)?);
    if !opening.everybody.contains(&value.as_str()) {
        return None;
    }
    let mut text = String::new();
    let mut rest = opening.what;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&record.get(name).map_or_else(|| "any".to_owned(), plain));
        rest = behind;
    }
    text.push_str(rest);
    Some(text)
}

fn plain(value: &Value) -> String {
    value.as_text().map_or_else(|| render(value), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cairn_provider::value::from_json;

    const OVERLAY: Overlay = Overlay {
        opens: &[Opening {
            list: "rules",
            field: "cidr_ip",
            everybody: &["0.0.0.0/0"],
            what: "{ip_protocol} {from_port} to {to_port} from anywhere",
        }],
        ..Overlay::EMPTY
    };

    fn rules(json: serde_json::Value) -> Map {
        let Value::Map(map) = from_json(&serde_json::json!({ "rules": json })) else { panic!("a map") };
        map.as_ref().clone()
    }

    fn opened(wanted: serde_json::Value, before: Option<serde_json::Value>) -> Vec<String> {
        let wanted = rules(wanted).into_iter().map(|(name, value)| (name, Planned::Known(value))).collect();
        openings(&OVERLAY, &wanted, before.map(rules).as_ref()).into_iter().collect()
    }

    #[test]
    fn only_what_was_not_open_before_opens() {
        let ssh = serde_json::json!({ "cidr_ip": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22 });
        let web = serde_json::json!({ "cidr_ip": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 80, "to_port": 81 });
        let home = serde_json::json!({ "cidr_ip": "10.0.0.0/8", "ip_protocol": "tcp", "from_port": 1, "to_port": 2 });
        assert_eq!(opened(serde_json::json!([ssh, home]), None), ["tcp 22 to 22 from anywhere"]);
        assert_eq!(
            opened(serde_json::json!([ssh, web]), Some(serde_json::json!([ssh]))),
            ["tcp 80 to 81 from anywhere"]
        );
        assert_eq!(opened(serde_json::json!([ssh]), Some(serde_json::json!([ssh]))), Vec::<String>::new());
    }
}
