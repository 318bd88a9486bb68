//! Functions on maps and records.

use cairn_provider::value::{Map, Value};

use super::{Builtin, Kind, On, required, wrong};

/// Functions on maps and records.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        id: "map.len",
        name: "len",
        on: On::Map,
        params: &[],
        result: Kind::Int,
        doc: "The number of entries.",
        example: ("{ a: 1, b: 2 }.len()", "2"),
        run: |arguments| with(arguments, |map| Value::Int(map.len() as i64)),
    },
    Builtin {
        id: "map.keys",
        name: "keys",
        on: On::Map,
        params: &[],
        result: Kind::Texts,
        doc: "The keys, in order.",
        example: ("{ b: 1, a: 2 }.keys()", "[\"a\", \"b\"]"),
        run: |arguments| with(arguments, |map| Value::list(map.keys().cloned().map(Value::Text))),
    },
    Builtin {
        id: "map.values",
        name: "values",
        on: On::Map,
        params: &[],
        result: Kind::Items,
        doc: "The values, in the order of the keys.",
        example: ("{ b: 1, a: 2 }.values()", "[2, 1]"),
        run: |arguments| with(arguments, |map| Value::list(map.values().cloned())),
    },
    Builtin {
        id: "map.get",
        name: "get",
        on: On::Map,
        params: &[required("key", Kind::Text)],
        result: Kind::OptionalItem,
        doc: "The value of a key, or nothing.",
        example: ("{ a: 1 }.get(\"b\") ?? 0", "0"),
        run: |arguments| match arguments {
            [Value::Map(map), Value::Text(key)] => Ok(map.get(key).cloned().unwrap_or(Value::None)),
            _ => Err(wrong("a map and a key", arguments)),
        },
    },
];

fn with(arguments: &[Value], compute: impl Fn(&Map) -> Value) -> Result<Value, String> {
    match arguments {
        [Value::Map(map)] => Ok(compute(map)),
        _ => Err(wrong("a map", arguments)),
    }
}
