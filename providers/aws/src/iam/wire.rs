//! What the handlers of the service share: tags, and documents as the service returns them.

use aws_sdk_iam::types;
use cairn_provider::object::Ownership;
use cairn_provider::request::Create;
use cairn_provider::value::Value;

use crate::native::codec::{Mistake, json};
use crate::native::tags;

/// The tags of a new object, for the call that makes it.
pub fn tags_of_new(request: &Create) -> Result<Vec<types::Tag>, Mistake> {
    Ok(tags::tag_list!(types::Tag, tags::of_new(&request.inputs, "tags", &request.owner)))
}

/// The user's tags and the marks of an answer.
pub fn read_tags(list: &[types::Tag]) -> (Value, Option<Ownership>) {
    tags::read(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// A policy document of an answer: JSON in the escapes of RFC 3986.
pub fn document(text: Option<&str>) -> Value {
    json::decode(&text.map(unescaped))
}

fn unescaped(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut rest = bytes.clone();
        let digits = (byte == b'%').then(|| Some((hexadecimal(rest.next()?)?, hexadecimal(rest.next()?)?)));
        match digits.flatten() {
            Some((high, low)) => {
                plain.push(high * 16 + low);
                bytes = rest;
            }
            None => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn hexadecimal(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::{document, unescaped};
    use cairn_provider::value::Value;

    #[test]
    fn documents_come_out_of_their_escapes() {
        assert_eq!(unescaped("%7B%22a%22%3A%20%22%C3%A4+%25%22%7D"), "{\"a\": \"ä+%\"}");
        assert_eq!(unescaped("100% %zz %4"), "100% %zz %4");
        assert_eq!(document(Some("%7B%22a%22%3A1%7D")), Value::map([("a".into(), Value::Int(1))]));
        assert_eq!(document(None), Value::None);
    }
}
