//! Functions on lists and sets.

use cairn_provider::value::Value;

use super::{Builtin, Kind, On, operator, required, wrong};

/// Functions on lists and sets.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        id: "list.len",
        name: "len",
        on: On::List,
        params: &[],
        result: Kind::Int,
        doc: "The number of items.",
        example: ("[1, 2].len()", "2"),
        run: |arguments| with(arguments, |items| Ok(Value::Int(items.len() as i64))),
    },
    Builtin {
        id: "list.sort",
        name: "sort",
        on: On::List,
        params: &[],
        result: Kind::Receiver,
        doc: "The items from the smallest to the largest.",
        example: ("[2, 1].sort()", "[1, 2]"),
        run: |arguments| {
            with(arguments, |items| {
                let mut sorted = items.to_vec();
                sorted.sort_by(operator::order);
                Ok(Value::list(sorted))
            })
        },
    },
    Builtin {
        id: "list.unique",
        name: "unique",
        on: On::List,
        params: &[],
        result: Kind::Receiver,
        doc: "Every item once, in the order of its first place.",
        example: ("[1, 2, 1].unique()", "[1, 2]"),
        run: |arguments| with(arguments, |items| Ok(Value::list(unique(items)))),
    },
    Builtin {
        id: "list.join",
        name: "join",
        on: On::List,
        params: &[required("separator", Kind::Text)],
        result: Kind::Text,
        doc: "The items as one text, with a separator between them.",
        example: ("[\"a\", \"b\"].join(\"-\")", "\"a-b\""),
        run: |arguments| match arguments {
            [Value::List(items), Value::Text(separator)] => {
                let texts = items.iter().map(operator::interpolated).collect::<Result<Vec<_>, _>>()?;
                Ok(texts.join(separator).into())
            }
            _ => Err(wrong("a list and a separator", arguments)),
        },
    },
    Builtin {
        id: "list.take",
        name: "take",
        on: On::List,
        params: &[required("count", Kind::Int)],
        result: Kind::Receiver,
        doc: "The first items, at most so many.",
        example: ("[1, 2, 3].take(2)", "[1, 2]"),
        run: |arguments| match arguments {
            [Value::List(items), Value::Int(count)] => {
                Ok(Value::list(items.iter().take(usize::try_from(*count).unwrap_or(0)).cloned()))
            }
            _ => Err(wrong("a list and a number", arguments)),
        },
    },
    Builtin {
        id: "list.any",
        name: "any",
        on: On::List,
        params: &[],
        result: Kind::Bool,
        doc: "Whether at least one item is true.",
        example: ("[false, true].any()", "true"),
        run: |arguments| with(arguments, |items| Ok(Value::Bool(items.contains(&Value::Bool(true))))),
    },
    Builtin {
        id: "list.all",
        name: "all",
        on: On::List,
        params: &[],
        result: Kind::Bool,
        doc: "Whether every item is true; of no items, yes.",
        example: ("[false, true].all()", "false"),
        run: |arguments| with(arguments, |items| Ok(Value::Bool(!items.contains(&Value::Bool(false))))),
    },
    Builtin {
        id: "list.sum",
        name: "sum",
        on: On::List,
        params: &[],
        result: Kind::Item,
        doc: "All items added up.",
        example: ("[1, 2, 3].sum()", "6"),
        run: |arguments| {
            with(arguments, |items| {
                let mut items = items.iter();
                let Some(first) = items.next() else { return Ok(Value::Int(0)) };
                items.try_fold(first.clone(), |sum, item| operator::run("+", &[sum, item.clone()]))
            })
        },
    },
    Builtin {
        id: "set",
        name: "set",
        on: On::Nothing,
        params: &[required("items", Kind::AnyList)],
        result: Kind::SetOfArgument,
        doc: "The items as a set: every one once, in order.",
        example: ("set([\"b\", \"a\", \"b\"])", "[\"a\", \"b\"]"),
        run: |arguments| {
            with(arguments, |items| {
                let mut items = unique(items);
                items.sort_by(operator::order);
                Ok(Value::list(items))
            })
        },
    },
    Builtin {
        id: "list",
        name: "list",
        on: On::Nothing,
        params: &[required("value", Kind::Json)],
        result: Kind::AnyList,
        doc: "A list as it is, nothing as an empty list, anything else as a list of one: for documents that allow both.",
        example: ("list(\"s3:GetObject\")", "[\"s3:GetObject\"]"),
        run: |arguments| match arguments {
            [list @ Value::List(_)] => Ok(list.clone()),
            [Value::None] => Ok(Value::list([])),
            [one] => Ok(Value::list([one.clone()])),
            _ => Err(wrong("a value", arguments)),
        },
    },
];

fn with(arguments: &[Value], compute: impl Fn(&[Value]) -> Result<Value, String>) -> Result<Value, String> {
    match arguments {
        [Value::List(items)] => compute(items),
        _ => Err(wrong("a list", arguments)),
    }
}

fn unique(items: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if !kept.contains(item) {
            kept.push(item.clone());
        }
    }
    kept
}
