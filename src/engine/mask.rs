//! Secrets in state and plans: digests keyed with the stack's own key, and tokens made of the same key.

use cairn_provider::schema::{RecordId, Shape, TypeSchema};
use cairn_provider::value::{Map, Value, to_json};
use ecow::EcoString;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::state::Masked;

/// The key of a stack.
#[derive(Clone)]
pub struct StackKey(Vec<u8>);

impl StackKey {
    /// From its bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn digest(&self, parts: &[&str]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes any key");
        for part in parts {
            mac.update(part.as_bytes());
            mac.update(b"\0");
        }
        mac.finalize().into_bytes().into()
    }

    /// The mask of a secret at a path.
    pub fn mask(&self, path: &str, value: &Value) -> Value {
        let text = if let Value::Text(text) = value { text.to_string() } else { to_json(value).to_string() };
        Masked::value(hex::encode(self.digest(&["secret", path, &text])).into())
    }

    /// A digest of what is only compared: 32 digits from which nothing can be read.
    pub fn digest_of(&self, name: &str, text: &str) -> EcoString {
        hex::encode(self.digest(&["watched", name, text])).chars().take(32).collect()
    }

    /// The idempotency token of an intent: 32 letters and digits.
    pub fn token(&self, lineage: &str, address: &str, nonce: &str) -> EcoString {
        let digest = hex::encode(self.digest(&["token", lineage, address, nonce]));
        digest.chars().take(32).collect()
    }
}

impl StackKey {
    /// Another key, for one purpose alone.
    pub(super) fn derived(&self, purpose: &str) -> [u8; 32] {
        self.digest(&["derived", purpose])
    }
}

/// A copy of what is written with all secrets masked.
pub fn masked(schema: &TypeSchema, inputs: &Map, key: &StackKey) -> Map {
    mask_record(schema, 0, inputs, key, "")
}

fn mask_record(schema: &TypeSchema, record: RecordId, map: &Map, key: &StackKey, path: &str) -> Map {
    let fields = &schema.record(record).fields;
    map.iter()
        .map(|(name, value)| {
            let inner = format!("{path}.{name}");
            let value = match fields.get(name) {
                Some(field) if field.sensitive => key.mask(&inner, value),
                Some(field) => mask_value(schema, &field.shape, value, key, &inner),
                None => value.clone(),
            };
            (name.clone(), value)
        })
        .collect()
}

fn mask_value(schema: &TypeSchema, shape: &Shape, value: &Value, key: &StackKey, path: &str) -> Value {
    match (shape, value) {
        (Shape::Record(record) | Shape::Keyed { record, rich: true, .. }, Value::Map(map)) => {
            Value::from(mask_record(schema, *record, map, key, path))
        }
        (Shape::List { item, .. }, Value::List(items)) => Value::list(
            items
                .iter()
                .enumerate()
                .map(|(index, value)| mask_value(schema, item, value, key, &format!("{path}.{index}"))),
        ),
        (Shape::Map(item), Value::Map(map)) => Value::map(
            map.iter()
                .map(|(name, value)| (name.clone(), mask_value(schema, item, value, key, &format!("{path}.{name}")))),
        ),
        (
            Shape::Bool
            | Shape::Int { .. }
            | Shape::Float { .. }
            | Shape::Text(_)
            | Shape::Json
            | Shape::Reference(_)
            | Shape::Record(_)
            | Shape::List { .. }
            | Shape::Map(_)
            | Shape::Keyed { .. },
            _,
        ) => value.clone(),
    }
}

/// Takes secrets out of text from outside: errors of clouds may quote what was sent.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    forms: Vec<String>,
}

/// Shorter secrets are not looked for: they would take ordinary words out of messages.
const SHORTEST: usize = 6;

impl Redactor {
    /// Knows secrets in the forms in which they travel: as they are, in Base64, in JSON, in addresses of the web.
    pub fn new<'a>(secrets: impl Iterator<Item = &'a Value>) -> Self {
        Self::of_length(secrets, SHORTEST)
    }

    /// Like [`new`](Self::new), for what is handed to an action: there, even the shortest secret is looked for.
    pub fn strict<'a>(secrets: impl Iterator<Item = &'a Value>) -> Self {
        Self::of_length(secrets, 1)
    }

    fn of_length<'a>(secrets: impl Iterator<Item = &'a Value>, shortest: usize) -> Self {
        use base64::Engine as _;
        let mut forms = Vec::new();
        for secret in secrets {
            let Some(text) = secret.as_text().filter(|text| text.len() >= shortest) else { continue };
            forms.push(text.to_owned());
            // Output comes line by line, and so does a key that has several.
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            if lines.len() > 1 {
                forms.extend(lines.into_iter().filter(|line| line.len() >= SHORTEST).map(ToOwned::to_owned));
            }
            forms.push(base64::engine::general_purpose::STANDARD.encode(text));
            forms.push(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text));
            forms.push(to_json(secret).to_string().trim_matches('"').to_owned());
            if let Ok(encoded) = crate::builtins::run("url_encode", std::slice::from_ref(secret)) {
                forms.extend(encoded.as_text().map(ToOwned::to_owned));
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { forms }
    }

    /// The text without any secret.
    pub fn clean(&self, text: &str) -> String {
        self.forms.iter().fold(text.to_owned(), |text, form| {
            if text.contains(form.as_str()) { text.replace(form.as_str(), "(secret)") } else { text }
        })
    }
}

#[cfg(test)]
mod tests {
    use cairn_provider::value::Value;

    use super::{Redactor, StackKey};

    #[test]
    fn secrets_are_taken_out_in_every_form() {
        let secret = Value::text("p@ss\"word1");
        let redactor = Redactor::new([&secret].into_iter());
        for text in ["p@ss\"word1", "cEBzcyJ3b3JkMQ==", "p@ss\\\"word1", "p%40ss%22word1"] {
            assert_eq!(redactor.clean(&format!("<{text}>")), "<(secret)>");
        }
    }

    #[test]
    fn the_lines_of_a_key_and_short_secrets_of_actions_are_taken_out() {
        let key = Value::text("-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n");
        assert_eq!(Redactor::new([&key].into_iter()).clean("line MIIEvQIBADAN"), "line (secret)");
        let short = Value::text("pin");
        assert_eq!(Redactor::new([&short].into_iter()).clean("my pin"), "my pin");
        assert_eq!(Redactor::strict([&short].into_iter()).clean("my pin"), "my (secret)");
    }

    #[test]
    fn masks_depend_on_the_key_and_the_path() {
        let (one, two) = (StackKey::new(vec![1]), StackKey::new(vec![2]));
        let secret = Value::text("hunter2");
        assert_eq!(one.mask("a", &secret), one.mask("a", &secret));
        assert_ne!(one.mask("a", &secret), two.mask("a", &secret));
        assert_ne!(one.mask("a", &secret), one.mask("b", &secret));
        assert_eq!(one.token("l", "a", "n").len(), 32);
    }
}
