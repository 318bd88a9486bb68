//! Secrets of a vendor's store by their names in the language.

use ecow::{EcoString, eco_format};

use crate::value::{Value, from_json, to_json};

/// A secret of AWS Secrets Manager: `NAME`, `NAME:KEY` or `NAME:KEY:STAGE`, with a name or an ARN, as tasks of ECS write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSecret<'a> {
    /// The name or ARN.
    pub id: &'a str,
    /// Which part of a secret that is a JSON object.
    pub key: Option<&'a str>,
    /// Which version; the current one if there is none.
    pub stage: Option<&'a str>,
}

impl<'a> StoredSecret<'a> {
    /// Takes a name apart. Names hold no colon, ARNs hold six.
    pub fn parse(text: &'a str) -> Self {
        let colons = if text.starts_with("arn:") { 6 } else { 0 };
        let end = text.match_indices(':').nth(colons).map_or(text.len(), |(at, _)| at);
        let (id, rest) = text.split_at(end);
        let mut parts = rest.strip_prefix(':').unwrap_or_default().splitn(2, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        Self { id, key: next(), stage: next() }
    }

    /// The part that is meant of what the store holds.
    ///
    /// # Errors
    /// There is no such part; the sentence holds nothing of the secret.
    pub fn part(&self, text: &str) -> Result<Value, EcoString> {
        let Some(key) = self.key else { return Ok(Value::text(text)) };
        let document: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let object = document
            .as_object()
            .ok_or_else(|| eco_format!("the secret {} is no JSON object, so it has no part `{key}`", self.id))?;
        let part = object.get(key).map(from_json).filter(|part| !part.is_none());
        let part = part.ok_or_else(|| eco_format!("the secret {} has no part `{key}`", self.id))?;
        Ok(if part.as_text().is_some() { part } else { Value::text(to_json(&part).to_string()) })
    }
}

#[cfg(test)]
mod tests {
    use super::StoredSecret;
    use crate::value::Value;

    #[test]
    fn names_and_arns_are_taken_apart() {
        let arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf";
        for (text, id, key, stage) in [
            ("shop/db", "shop/db", None, None),
            ("shop/db:password", "shop/db", Some("password"), None),
            ("shop/db::AWSPREVIOUS", "shop/db", None, Some("AWSPREVIOUS")),
            ("shop/db:a:AWSPREVIOUS", "shop/db", Some("a"), Some("AWSPREVIOUS")),
            (arn, arn, None, None),
            (&format!("{arn}:user:blue"), arn, Some("user"), Some("blue")),
        ] {
            assert_eq!(StoredSecret::parse(text), StoredSecret { id, key, stage });
        }
    }

    #[test]
    fn parts_are_text_and_failures_say_nothing_of_the_secret() {
        let part = |name: &str, text: &str| StoredSecret::parse(name).part(text);
        assert_eq!(part("s", "{\"a\":1}").unwrap(), Value::text("{\"a\":1}"));
        assert_eq!(part("s:a", "{\"a\":\"x\"}").unwrap(), Value::text("x"));
        assert_eq!(part("s:a", "{\"a\":5432}").unwrap(), Value::text("5432"));
        for text in ["canary", "[\"canary\"]", "{\"b\":\"canary\"}", "{\"a\":null}"] {
            let why = part("s:a", text).unwrap_err();
            assert!(why.contains("`a`") && !why.contains("canary"), "{why}");
        }
    }
}
