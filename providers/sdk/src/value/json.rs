//! Plain values as JSON and back.

use ecow::EcoString;
use serde_json::{Number, Value as Json};

use super::Value;

/// The JSON of a value. Values with units become the text the language writes for them; documents for a cloud have none.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::String(text.to_string()),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(map) => Json::Object(map.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect()),
        Value::Duration(quantity) => Json::String(quantity.to_string()),
        Value::Size(quantity) => Json::String(quantity.to_string()),
        Value::Percent(quantity) => Json::String(quantity.to_string()),
        Value::Ip(address) => Json::String(address.to_string()),
        Value::Cidr(network) => Json::String(network.to_string()),
        Value::Traffic(traffic) => Json::String(traffic.to_string()),
        Value::Range(first, last) => Json::String(format!("{first}..{last}")),
    }
}

/// The value of a JSON document. Numbers without a fraction become whole numbers.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::list(items.iter().map(from_json)),
        Json::Object(map) => {
            Value::map(map.iter().map(|(name, json)| (EcoString::from(name.as_str()), from_json(json))))
        }
    }
}
