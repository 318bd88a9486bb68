//! Residuals as JSON, for saved plans.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_provider::schema::Unit;
use cairn_provider::value::{Cidr, Duration, Percent, Size, Traffic, Value, from_json, to_json};
use ecow::EcoString;
use serde_json::{Value as Json, json};

use super::CodecError;
use crate::model::encoding::{Decoding, Encoding};
use crate::model::residual::{Attribute, SecretSource};
use crate::model::{Address, Residual};

/// A residual as JSON.
pub fn write(residual: &Residual) -> Json {
    match residual {
        Residual::Value(value) => json!({ "value": value_json(value) }),
        Residual::Attribute(attribute) => json!({
            "of": attribute.address.as_str(),
            "path": attribute.path.iter().map(EcoString::as_str).collect::<Vec<_>>(),
            "secret": attribute.secret,
        }),
        Residual::Secret(source) => json!({ "source": format!("{}:{}", source.scheme, source.name) }),
        Residual::List(items) => json!({ "list": items.iter().map(write).collect::<Vec<_>>() }),
        Residual::Map(entries) => json!({
            "map": entries.iter().map(|(name, entry)| (name.to_string(), write(entry))).collect::<BTreeMap<_, _>>()
        }),
        Residual::Text(parts) => json!({ "text": parts.iter().map(write).collect::<Vec<_>>() }),
        Residual::Call(name, arguments) => {
            json!({ "call": name.as_str(), "with": arguments.iter().map(write).collect::<Vec<_>>() })
        }
        Residual::Encode(encoding, inner) => json!({ "encode": encoding_name(*encoding), "inner": write(inner) }),
        Residual::Decode(decoding, inner) => json!({ "decode": decoding_name(*decoding), "inner": write(inner) }),
    }
}

/// A residual from its JSON.
///
/// # Errors
/// It is none.
pub fn read(json: &Json) -> Result<Residual, CodecError> {
    let broken = || CodecError("an expression of the plan cannot be read".to_owned());
    let list = |json: &Json| -> Result<Vec<Residual>, CodecError> {
        json.as_array().ok_or_else(broken)?.iter().map(read).collect()
    };
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    if let Some(value) = json.get("value") {
        return Ok(Residual::Value(json_value(value).ok_or_else(broken)?));
    }
    if let Some(address) = text("of") {
        let path = json.get("path").and_then(Json::as_array).ok_or_else(broken)?;
        let path: Arc<[EcoString]> = path.iter().filter_map(Json::as_str).map(EcoString::from).collect();
        let secret = json.get("secret").and_then(Json::as_bool).unwrap_or(true);
        return Ok(Residual::Attribute(Attribute { address: Address::from_text(address), path, secret }));
    }
    if let Some(source) = text("source") {
        let (scheme, name) = source.split_once(':').ok_or_else(broken)?;
        return Ok(Residual::Secret(SecretSource { scheme: scheme.into(), name: name.into() }));
    }
    if let Some(items) = json.get("list") {
        return Ok(Residual::List(list(items)?));
    }
    if let Some(parts) = json.get("text") {
        return Ok(Residual::Text(list(parts)?));
    }
    if let Some(entries) = json.get("map").and_then(Json::as_object) {
        let entries: Result<BTreeMap<EcoString, Residual>, CodecError> =
            entries.iter().map(|(name, entry)| Ok((name.as_str().into(), read(entry)?))).collect();
        return Ok(Residual::Map(entries?));
    }
    if let Some(name) = text("call") {
        return Ok(Residual::Call(name.into(), list(json.get("with").ok_or_else(broken)?)?));
    }
    let inner = || read(json.get("inner").ok_or_else(broken)?).map(Box::new);
    if let Some(name) = text("encode") {
        return Ok(Residual::Encode(encoding(name).ok_or_else(broken)?, inner()?));
    }
    if let Some(name) = text("decode") {
        return Ok(Residual::Decode(decoding(name).ok_or_else(broken)?, inner()?));
    }
    Err(broken())
}

/// Plain values are their JSON; values with a form of their own say which.
fn value_json(value: &Value) -> Json {
    match value {
        Value::Duration(duration) => json!({ "$": "duration", "v": duration.nanoseconds() }),
        Value::Size(size) => json!({ "$": "size", "v": size.bytes() }),
        Value::Percent(percent) => json!({ "$": "percent", "v": percent.points() }),
        Value::Ip(address) => json!({ "$": "ip", "v": address.to_string() }),
        Value::Cidr(network) => json!({ "$": "cidr", "v": network.to_string() }),
        Value::Traffic(traffic) => json!({ "$": "traffic", "v": [traffic.protocol, traffic.first, traffic.last] }),
        Value::Range(first, last) => json!({ "$": "range", "v": [first, last] }),
        Value::List(items) => Json::Array(items.iter().map(value_json).collect()),
        Value::Map(map) => json!({
            "$": "map",
            "v": map.iter().map(|(name, value)| (name.to_string(), value_json(value))).collect::<BTreeMap<_, _>>()
        }),
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => to_json(value),
    }
}

fn json_value(json: &Json) -> Option<Value> {
    if let Some(items) = json.as_array() {
        return items.iter().map(json_value).collect::<Option<Vec<_>>>().map(Value::list);
    }
    let Some(kind) = json.get("$").and_then(Json::as_str) else {
        return (!json.is_object()).then(|| from_json(json));
    };
    let inner = json.get("v")?;
    let pair = |at: usize| inner.get(at).and_then(Json::as_i64);
    Some(match kind {
        "duration" => Value::Duration(Duration::from_nanoseconds(inner.as_i64()?)),
        "size" => Value::Size(Size::from_bytes(inner.as_i64()?)),
        "percent" => Value::Percent(Percent::from_points(inner.as_f64()?)),
        "ip" => Value::Ip(inner.as_str()?.parse().ok()?),
        "cidr" => Value::Cidr(Cidr::parse(inner.as_str()?).ok()?),
        "traffic" => {
            let name = inner.get(0)?.as_str()?;
            let protocol = Traffic::PROTOCOLS.into_iter().find(|known| *known == name)?;
            Value::Traffic(Traffic { protocol, first: pair(1)?, last: pair(2)? })
        }
        "range" => Value::Range(pair(0)?, pair(1)?),
        "map" => {
            let entries: Option<Vec<(EcoString, Value)>> = inner
                .as_object()?
                .iter()
                .map(|(name, value)| Some((EcoString::from(name.as_str()), json_value(value)?)))
                .collect();
            Value::map(entries?)
        }
        _ => return None,
    })
}

const UNITS: [Unit; 9] = [
    Unit::Milliseconds,
    Unit::Seconds,
    Unit::Minutes,
    Unit::Hours,
    Unit::Days,
    Unit::Bytes,
    Unit::Mebibytes,
    Unit::Gibibytes,
    Unit::Percent,
];

fn encoding_name(encoding: Encoding) -> String {
    match encoding {
        Encoding::Plain => "plain".to_owned(),
        Encoding::Text => "text".to_owned(),
        Encoding::Whole(unit) => format!("whole {}", unit.suffix()),
        Encoding::Fraction(unit) => format!("fraction {}", unit.suffix()),
    }
}

fn encoding(name: &str) -> Option<Encoding> {
    let unit = |suffix: &str| UNITS.into_iter().find(|unit| unit.suffix() == suffix);
    match name.split_once(' ') {
        None if name == "plain" => Some(Encoding::Plain),
        None if name == "text" => Some(Encoding::Text),
        Some(("whole", suffix)) => unit(suffix).map(Encoding::Whole),
        Some(("fraction", suffix)) => unit(suffix).map(Encoding::Fraction),
        _ => None,
    }
}

fn decoding_name(decoding: Decoding) -> String {
    match decoding {
        Decoding::Network => "network".to_owned(),
        Decoding::Quantity(unit) => unit.suffix().to_owned(),
    }
}

fn decoding(name: &str) -> Option<Decoding> {
    if name == "network" {
        return Some(Decoding::Network);
    }
    UNITS.into_iter().find(|unit| unit.suffix() == name).map(Decoding::Quantity)
}

#[cfg(test)]
mod tests {
    use cairn_provider::schema::Unit;
    use cairn_provider::value::{Cidr, Duration, Value};

    use super::{read, write};
    use crate::model::encoding::{Decoding, Encoding};
    use crate::model::residual::{Attribute, SecretSource};
    use crate::model::{Address, Residual};

    #[test]
    fn residuals_survive_their_json() {
        let attribute = Residual::Attribute(Attribute {
            address: Address::top("db"),
            path: ["endpoint".into(), "address".into()].into(),
            secret: false,
        });
        let residual = Residual::Map(
            [
                ("a".into(), Residual::Text(vec![Residual::Value("x".into()), attribute.clone()])),
                (
                    "b".into(),
                    Residual::Call("operator.+".into(), vec![attribute.clone(), Residual::Value(Value::Int(1))]),
                ),
                ("c".into(), Residual::Secret(SecretSource { scheme: "env".into(), name: "A:B".into() })),
                (
                    "d".into(),
                    Residual::Encode(
                        Encoding::Whole(Unit::Days),
                        Box::new(Residual::Decode(Decoding::Quantity(Unit::Days), Box::new(attribute))),
                    ),
                ),
                (
                    "e".into(),
                    Residual::Value(Value::list([
                        Value::Duration(Duration::from_seconds(3)),
                        Value::Cidr(Cidr::parse("10.0.0.0/8").unwrap()),
                        Value::map([("$".into(), Value::Int(1))]),
                    ])),
                ),
            ]
            .into(),
        );
        assert_eq!(read(&write(&residual)), Ok(residual));
    }
}
