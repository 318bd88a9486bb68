//! Tags that objects must have, as a map in documents, and the filters that take a prefix and such tags.

use aws_sdk_s3::types;
use cairn_provider::value::{Map, Value};
use ecow::EcoString;

use crate::native::codec::{Encode, Mistake, built};

/// The list of a document's map.
pub fn take(map: &Map, name: &str) -> Result<Option<Vec<types::Tag>>, Mistake> {
    let Some(filters) = map.get(name).and_then(Value::as_map).filter(|filters| !filters.is_empty()) else {
        return Ok(None);
    };
    let tag = |(key, value): (&EcoString, &Value)| {
        let value = String::encode(value).map_err(|mistake| mistake.inside(key).inside(name))?;
        built(types::Tag::builder().key(key.as_str()).value(value).build())
    };
    filters.iter().map(tag).collect::<Result<_, _>>().map(Some)
}

/// The map of a list.
pub fn decode(list: &Option<Vec<types::Tag>>) -> Value {
    let Some(list) = list else { return Value::None };
    of(list)
}

/// The map of tags.
pub fn of(list: &[types::Tag]) -> Value {
    Value::map(list.iter().map(|tag| (tag.key().into(), Value::text(tag.value()))))
}

/// What is written of a filter: a prefix and tags.
#[derive(Debug)]
pub struct Written {
    /// Beginning of the objects' names.
    pub prefix: Option<String>,
    /// Tags the objects must have.
    pub tags: Vec<types::Tag>,
}

impl Written {
    /// Of a record that has both fields.
    pub fn of(map: &Map) -> Result<Self, Mistake> {
        let prefix = crate::native::codec::take(map, "prefix")?;
        Ok(Self { prefix, tags: take(map, "tag_filters")?.unwrap_or_default() })
    }

    /// The one tag, if nothing else is written.
    pub fn only_tag(&mut self) -> Option<types::Tag> {
        if self.prefix.is_none() && self.tags.len() == 1 { self.tags.pop() } else { None }
    }

    /// The one prefix, if nothing else is written.
    pub fn only_prefix(&mut self) -> Option<String> {
        if self.tags.is_empty() { self.prefix.take() } else { None }
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.prefix.is_none() && self.tags.is_empty()
    }
}
