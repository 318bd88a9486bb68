//! Between documents in the language's names and the SDK's types.
//!
//! [`Encode`] makes what a request takes, [`Decode`] reads what an answer holds. Both exist for plain values, lists and
//! options here; records get them from the macro `records!`, enumerations from `texts!`.

use std::collections::HashMap;
use std::hash::BuildHasher;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::value::{Map, Value};
use ecow::{EcoString, eco_format};

/// A document that does not fit the request. The checker should have refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    path: Vec<EcoString>,
    what: EcoString,
}

impl Mistake {
    /// A mistake here.
    pub fn new(what: impl Into<EcoString>) -> Self {
        Self { path: Vec::new(), what: what.into() }
    }

    /// The same, seen from the record around it.
    pub fn inside(mut self, name: &str) -> Self {
        self.path.insert(0, name.into());
        self
    }
}

impl From<Mistake> for ProviderError {
    fn from(mistake: Mistake) -> Self {
        let path = mistake.path.join(".");
        Self::new(ErrorClass::Refused, "InvalidDocument", "encode", eco_format!("`{path}`: {}", mistake.what))
    }
}

/// Made from a document.
pub trait Encode: Sized {
    /// Makes it.
    ///
    /// # Errors
    /// The document has another shape.
    fn encode(value: &Value) -> Result<Self, Mistake>;
}

/// Read into a document.
pub trait Decode {
    /// The document; none for what is not there.
    fn decode(&self) -> Value;
}

/// One field of a document, if it is there.
///
/// # Errors
/// It has another shape.
pub fn take<T: Encode>(map: &Map, name: &str) -> Result<Option<T>, Mistake> {
    match map.get(name) {
        None | Some(Value::None) => Ok(None),
        Some(value) => T::encode(value).map(Some).map_err(|mistake| mistake.inside(name)),
    }
}

/// One field of a document that a call needs.
///
/// # Errors
/// It is not there or has another shape.
pub fn need<T: Encode>(map: &Map, name: &str) -> Result<T, Mistake> {
    take(map, name)?.ok_or_else(|| Mistake::new("it is needed and not given").inside(name))
}

/// Puts a field into a document, unless there is nothing.
pub fn put(map: &mut Map, name: &str, value: &impl Decode) {
    set(map, name, value.decode());
}

/// Puts a value into a document, unless it is none.
pub fn set(map: &mut Map, name: &str, value: Value) {
    if !value.is_none() {
        map.insert(name.into(), value);
    }
}

/// The fields of a record, all of which must be among those known.
///
/// # Errors
/// It is no record, or has another field.
pub fn fields_of<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map, Mistake> {
    let map = value.as_map().ok_or_else(|| Mistake::new("a record is expected"))?;
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(other) => Err(Mistake::new("this version does not send it").inside(other)),
        None => Ok(map),
    }
}

/// What a builder gives: the record itself, or an error if something it needs is missing.
pub trait Built<T> {
    /// The record.
    ///
    /// # Errors
    /// Something is missing.
    fn finish(self) -> Result<T, Mistake>;
}

impl<T> Built<T> for T {
    fn finish(self) -> Result<T, Mistake> {
        Ok(self)
    }
}

impl<T> Built<T> for Result<T, aws_smithy_types::error::operation::BuildError> {
    fn finish(self) -> Result<T, Mistake> {
        self.map_err(|error| Mistake::new(eco_format!("{error}")))
    }
}

/// Finishes a builder.
///
/// # Errors
/// Something is missing.
pub fn built<T>(made: impl Built<T>) -> Result<T, Mistake> {
    made.finish()
}

impl Encode for bool {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        value.as_bool().ok_or_else(|| Mistake::new("true or false is expected"))
    }
}

impl Encode for i32 {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let number = i64::encode(value)?;
        Self::try_from(number).map_err(|_| Mistake::new("the number is too large"))
    }
}

impl Encode for i64 {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let number = value.as_int().or_else(|| value.as_text().and_then(|text| text.parse().ok()));
        number.ok_or_else(|| Mistake::new("a whole number is expected"))
    }
}

impl Encode for f64 {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        value.as_number().ok_or_else(|| Mistake::new("a number is expected"))
    }
}

impl Encode for f32 {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        f64::encode(value).map(|number| number as Self)
    }
}

impl Encode for String {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        if let Some(text) = value.as_text() {
            return Ok(text.to_owned());
        }
        // Some calls take as text what the schema calls a number.
        if let Some(number) = value.as_int() {
            return Ok(number.to_string());
        }
        value.as_bool().map(|flag| flag.to_string()).ok_or_else(|| Mistake::new("text is expected"))
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let items = value.as_list().ok_or_else(|| Mistake::new("a list is expected"))?;
        let indexed = items.iter().enumerate();
        indexed.map(|(index, item)| T::encode(item).map_err(|error| error.inside(&index.to_string()))).collect()
    }
}

impl Encode for HashMap<String, String> {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let map = value.as_map().ok_or_else(|| Mistake::new("a map is expected"))?;
        map.iter()
            .map(|(key, value)| Ok((key.to_string(), String::encode(value).map_err(|e| e.inside(key))?)))
            .collect()
    }
}

impl Encode for DateTime {
    fn encode(value: &Value) -> Result<Self, Mistake> {
        let text = String::encode(value)?;
        Self::from_str(&text, Format::DateTimeWithOffset).map_err(|error| Mistake::new(eco_format!("{error}")))
    }
}

impl Decode for bool {
    fn decode(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Decode for i32 {
    fn decode(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl Decode for i64 {
    fn decode(&self) -> Value {
        Value::Int(*self)
    }
}

impl Decode for f64 {
    fn decode(&self) -> Value {
        Value::Float(*self)
    }
}

impl Decode for f32 {
    fn decode(&self) -> Value {
        // By way of text: 0.1 stays 0.1.
        Value::Float(self.to_string().parse().unwrap_or_else(|_| f64::from(*self)))
    }
}

impl Decode for str {
    fn decode(&self) -> Value {
        Value::text(self)
    }
}

impl Decode for String {
    fn decode(&self) -> Value {
        Value::text(self.as_str())
    }
}

impl Decode for EcoString {
    fn decode(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(&self) -> Value {
        self.as_ref().map_or(Value::None, T::decode)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(&self) -> Value {
        Value::list(self.iter().map(T::decode))
    }
}

impl<T: Decode + ?Sized> Decode for &T {
    fn decode(&self) -> Value {
        (**self).decode()
    }
}

impl<S: BuildHasher> Decode for HashMap<String, String, S> {
    fn decode(&self) -> Value {
        let sorted: std::collections::BTreeMap<_, _> = self.iter().collect();
        Value::map(sorted.into_iter().map(|(key, value)| (key.as_str().into(), value.decode())))
    }
}

impl Decode for DateTime {
    fn decode(&self) -> Value {
        self.fmt(Format::DateTime).map_or(Value::None, Value::text)
    }
}

/// A field whose documents are JSON, and whose calls take it as text.
pub mod json {
    use cairn_provider::value::{Map, Value, from_json, to_json};

    use super::Mistake;

    /// The text of a document.
    ///
    /// # Errors
    /// Never; the signature is that of every codec.
    pub fn take(map: &Map, name: &str) -> Result<Option<String>, Mistake> {
        Ok(map.get(name).filter(|value| !value.is_none()).map(|value| to_json(value).to_string()))
    }

    /// The document of a text, or the text itself where it is no JSON.
    pub fn decode(text: &Option<String>) -> Value {
        let Some(text) = text else { return Value::None };
        serde_json::from_str::<serde_json::Value>(text)
            .map_or_else(|_| Value::text(text.as_str()), |json| from_json(&json))
    }
}

#[cfg(test)]
mod tests {
    use super::{Decode, Encode, Mistake, fields_of, take};
    use cairn_provider::error::ProviderError;
    use cairn_provider::value::{Map, Value};

    fn document() -> Value {
        Value::map([("size".into(), Value::Int(3)), ("names".into(), Value::list([Value::text("a")]))])
    }

    #[test]
    fn plain_values_go_both_ways() {
        assert_eq!(take::<i32>(document().as_map().unwrap(), "size"), Ok(Some(3)));
        assert_eq!(take::<Vec<String>>(document().as_map().unwrap(), "names"), Ok(Some(vec!["a".to_owned()])));
        assert_eq!(take::<i32>(&Map::new(), "size"), Ok(None));
        assert_eq!(Some(vec![1, 2]).decode(), Value::list([Value::Int(1), Value::Int(2)]));
        assert_eq!(0.1_f32.decode(), Value::Float(0.1));
    }

    #[test]
    fn mistakes_name_the_path() {
        let error = take::<Vec<i32>>(document().as_map().unwrap(), "names").unwrap_err();
        assert_eq!(ProviderError::from(error).message, "`names.0`: a whole number is expected");
        let error = fields_of(&document(), &["size"]).unwrap_err();
        assert_eq!(error, Mistake::new("this version does not send it").inside("names"));
        assert!(bool::encode(&Value::Int(1)).is_err());
    }
}
