//! Functions on numbers.

use cairn_provider::value::Value;

use super::{Builtin, Kind, On, operator, required, wrong};

/// Functions on numbers. Those of two numbers take quantities of one kind as well.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        id: "number.abs",
        name: "abs",
        on: On::Nothing,
        params: &[required("number", Kind::Number)],
        result: Kind::Number,
        doc: "The number without its sign.",
        example: ("abs(-2)", "2"),
        run: |arguments| match arguments {
            [Value::Int(number)] => {
                number.checked_abs().map(Value::Int).ok_or_else(|| "the number is too large".to_owned())
            }
            [Value::Float(number)] => Ok(Value::Float(number.abs())),
            _ => Err(wrong("a number", arguments)),
        },
    },
    Builtin {
        id: "number.min",
        name: "min",
        on: On::Nothing,
        params: &[required("first", Kind::Number), required("second", Kind::Number)],
        result: Kind::Number,
        doc: "The smaller of two.",
        example: ("min(1, 2)", "1"),
        run: |arguments| choose(arguments, std::cmp::Ordering::is_le),
    },
    Builtin {
        id: "number.max",
        name: "max",
        on: On::Nothing,
        params: &[required("first", Kind::Number), required("second", Kind::Number)],
        result: Kind::Number,
        doc: "The larger of two.",
        example: ("max(1, 2)", "2"),
        run: |arguments| choose(arguments, std::cmp::Ordering::is_ge),
    },
    Builtin {
        id: "number.floor",
        name: "floor",
        on: On::Nothing,
        params: &[required("number", Kind::Number)],
        result: Kind::Int,
        doc: "The largest whole number that is not above.",
        example: ("floor(1.7)", "1"),
        run: |arguments| whole(arguments, f64::floor),
    },
    Builtin {
        id: "number.ceil",
        name: "ceil",
        on: On::Nothing,
        params: &[required("number", Kind::Number)],
        result: Kind::Int,
        doc: "The smallest whole number that is not below.",
        example: ("ceil(1.2)", "2"),
        run: |arguments| whole(arguments, f64::ceil),
    },
    Builtin {
        id: "number.round",
        name: "round",
        on: On::Nothing,
        params: &[required("number", Kind::Number)],
        result: Kind::Int,
        doc: "The nearest whole number; halves go away from zero.",
        example: ("round(1.5)", "2"),
        run: |arguments| whole(arguments, f64::round),
    },
    Builtin {
        id: "number.mod",
        name: "mod",
        on: On::Nothing,
        params: &[required("number", Kind::Int), required("divisor", Kind::Int)],
        result: Kind::Int,
        doc: "What is left after a division; never negative for a positive divisor.",
        example: ("mod(7, 3)", "1"),
        run: |arguments| match arguments {
            [Value::Int(_), Value::Int(0)] => Err("division by zero".to_owned()),
            [Value::Int(number), Value::Int(divisor)] => {
                number.checked_rem_euclid(*divisor).map(Value::Int).ok_or_else(|| "the number is too large".to_owned())
            }
            _ => Err(wrong("two whole numbers", arguments)),
        },
    },
];

fn choose(arguments: &[Value], keep_first: fn(std::cmp::Ordering) -> bool) -> Result<Value, String> {
    match arguments {
        [first, second] => {
            let order = operator::compare(first, second).ok_or_else(|| wrong("two numbers", arguments))?;
            Ok(if keep_first(order) { first.clone() } else { second.clone() })
        }
        _ => Err(wrong("two numbers", arguments)),
    }
}

fn whole(arguments: &[Value], round: fn(f64) -> f64) -> Result<Value, String> {
    match arguments {
        [Value::Int(number)] => Ok(Value::Int(*number)),
        [Value::Float(number)] if number.abs() < 9e15 => Ok(Value::Int(round(*number) as i64)),
        [Value::Float(_)] => Err("the number is too large".to_owned()),
        _ => Err(wrong("a number", arguments)),
    }
}
