//! Functions on text.

use cairn_provider::value::Value;

use super::{Builtin, Kind, On, required, wrong};

/// Functions on text.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        id: "text.len",
        name: "len",
        on: On::Text,
        params: &[],
        result: Kind::Int,
        doc: "The number of characters.",
        example: ("\"über\".len()", "4"),
        run: |arguments| with(arguments, |text| Value::Int(text.chars().count() as i64)),
    },
    Builtin {
        id: "text.lower",
        name: "lower",
        on: On::Text,
        params: &[],
        result: Kind::Text,
        doc: "The text in small letters.",
        example: ("\"Ab\".lower()", "\"ab\""),
        run: |arguments| with(arguments, |text| text.to_lowercase().into()),
    },
    Builtin {
        id: "text.upper",
        name: "upper",
        on: On::Text,
        params: &[],
        result: Kind::Text,
        doc: "The text in capital letters.",
        example: ("\"Ab\".upper()", "\"AB\""),
        run: |arguments| with(arguments, |text| text.to_uppercase().into()),
    },
    Builtin {
        id: "text.trim",
        name: "trim",
        on: On::Text,
        params: &[],
        result: Kind::Text,
        doc: "The text without blanks at both ends.",
        example: ("\" a \".trim()", "\"a\""),
        run: |arguments| with(arguments, |text| text.trim().into()),
    },
    Builtin {
        id: "text.split",
        name: "split",
        on: On::Text,
        params: &[required("separator", Kind::Text)],
        result: Kind::Texts,
        doc: "The parts between separators.",
        example: ("\"a,b\".split(\",\")", "[\"a\", \"b\"]"),
        run: |arguments| {
            with_two(arguments, |text, separator| {
                if separator.is_empty() {
                    Value::list(text.chars().map(|character| Value::text(character.to_string())))
                } else {
                    Value::list(text.split(separator).map(Value::from))
                }
            })
        },
    },
    Builtin {
        id: "text.replace",
        name: "replace",
        on: On::Text,
        params: &[required("from", Kind::Text), required("to", Kind::Text)],
        result: Kind::Text,
        doc: "The text with every occurrence of one text replaced by another.",
        example: ("\"a.b\".replace(\".\", \"-\")", "\"a-b\""),
        run: |arguments| match arguments {
            [Value::Text(text), Value::Text(from), Value::Text(to)] => Ok(text.replace(from.as_str(), to).into()),
            _ => Err(wrong("three texts", arguments)),
        },
    },
    Builtin {
        id: "text.starts_with",
        name: "starts_with",
        on: On::Text,
        params: &[required("text", Kind::Text)],
        result: Kind::Bool,
        doc: "Whether the text starts with another.",
        example: ("\"team-a\".starts_with(\"team-\")", "true"),
        run: |arguments| with_two(arguments, |text, other| Value::Bool(text.starts_with(other))),
    },
    Builtin {
        id: "text.ends_with",
        name: "ends_with",
        on: On::Text,
        params: &[required("text", Kind::Text)],
        result: Kind::Bool,
        doc: "Whether the text ends with another.",
        example: ("\"a.example\".ends_with(\".example\")", "true"),
        run: |arguments| with_two(arguments, |text, other| Value::Bool(text.ends_with(other))),
    },
    Builtin {
        id: "text.matches",
        name: "matches",
        on: On::Text,
        params: &[required("pattern", Kind::Text)],
        result: Kind::Bool,
        doc: "Whether a regular expression matches somewhere in the text.",
        example: ("\"team-shop\".matches(\"^team-[a-z]+$\")", "true"),
        run: |arguments| match arguments {
            [Value::Text(text), Value::Text(pattern)] => match regex::Regex::new(pattern) {
                Ok(regex) => Ok(Value::Bool(regex.is_match(text))),
                Err(_) => Err(format!("`{pattern}` is not a regular expression")),
            },
            _ => Err(wrong("text and a pattern", arguments)),
        },
    },
];

fn with(arguments: &[Value], compute: impl Fn(&str) -> Value) -> Result<Value, String> {
    match arguments {
        [Value::Text(text)] => Ok(compute(text)),
        _ => Err(wrong("text", arguments)),
    }
}

fn with_two(arguments: &[Value], compute: impl Fn(&str, &str) -> Value) -> Result<Value, String> {
    match arguments {
        [Value::Text(first), Value::Text(second)] => Ok(compute(first, second)),
        _ => Err(wrong("two texts", arguments)),
    }
}
