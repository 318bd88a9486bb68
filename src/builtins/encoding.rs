//! Functions that write values in another notation.

use base64::Engine as _;
use cairn_provider::value::{Value, to_json};
use sha2::Digest as _;

use super::{Builtin, Kind, On, Param, required, wrong};

/// Functions that write values in another notation.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        id: "base64",
        name: "base64",
        on: On::Nothing,
        params: &[required("text", Kind::Text)],
        result: Kind::Text,
        doc: "The text's bytes in Base64.",
        example: ("base64(\"a\")", "\"YQ==\""),
        run: |arguments| with(arguments, |text| base64::engine::general_purpose::STANDARD.encode(text).into()),
    },
    Builtin {
        id: "json",
        name: "json",
        on: On::Nothing,
        params: &[required("value", Kind::Json)],
        result: Kind::Text,
        doc: "The value as JSON text, keys in order.",
        example: ("json({ a: [1, true] })", "\"{\\\"a\\\":[1,true]}\""),
        run: |arguments| match arguments {
            [value] => Ok(to_json(value).to_string().into()),
            _ => Err(wrong("one value", arguments)),
        },
    },
    Builtin {
        id: "url_encode",
        name: "url_encode",
        on: On::Nothing,
        params: &[required("text", Kind::Text)],
        result: Kind::Text,
        doc: "The text with everything escaped that has a meaning in an address of the web.",
        example: ("url_encode(\"a b\")", "\"a%20b\""),
        run: |arguments| with(arguments, |text| url_encode(text).into()),
    },
    Builtin {
        id: "sha256",
        name: "sha256",
        on: On::Nothing,
        params: &[required("text", Kind::Text)],
        result: Kind::Text,
        doc: "The SHA-256 digest of the text's bytes in hexadecimal.",
        example: ("sha256(\"a\").len()", "64"),
        run: |arguments| with(arguments, |text| hex::encode(sha2::Sha256::digest(text.as_bytes())).into()),
    },
    Builtin {
        id: "cron",
        name: "cron",
        on: On::Nothing,
        params: &[required("fields", Kind::Text), Param { name: "zone", kind: Kind::Text, optional: true }],
        result: Kind::Schedule,
        doc: "A schedule in the five fields of cron, in a time zone.",
        example: ("cron(\"0 3 * * *\", zone: \"UTC\")", "\"cron(0 3 * * *) UTC\""),
        run: |arguments| match arguments {
            [Value::Text(fields), zone] if fields.split_whitespace().count() == 5 => {
                let zone = zone.as_text().unwrap_or("UTC");
                Ok(format!("cron({fields}) {zone}").into())
            }
            [Value::Text(fields), _] => Err(format!("`{fields}` does not have the five fields of cron")),
            _ => Err(wrong("the five fields of cron", arguments)),
        },
    },
    Builtin {
        id: "every",
        name: "every",
        on: On::Nothing,
        params: &[required("interval", Kind::Duration)],
        result: Kind::Schedule,
        doc: "A schedule that comes again after an interval.",
        example: ("every(5min)", "\"every(5min)\""),
        run: |arguments| match arguments {
            [Value::Duration(interval)] => Ok(format!("every({interval})").into()),
            _ => Err(wrong("a duration", arguments)),
        },
    },
];

fn with(arguments: &[Value], compute: impl Fn(&str) -> Value) -> Result<Value, String> {
    match arguments {
        [Value::Text(text)] => Ok(compute(text)),
        _ => Err(wrong("text", arguments)),
    }
}

fn url_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
