//! Operators on known values.

use std::cmp::Ordering;

use cairn_provider::value::{Duration, Percent, Size, Traffic, Value, render};
use ecow::EcoString;

/// Computes an operator: two operands, one for `!` and negation (`neg`), three for `if`.
///
/// # Errors
/// A sentence that says why there is no result.
pub fn run(symbol: &str, operands: &[Value]) -> Result<Value, String> {
    match (symbol, operands) {
        ("!", [Value::Bool(truth)]) => Ok(Value::Bool(!truth)),
        ("neg", [value]) => negate(value),
        ("if", [Value::Bool(condition), yes, no]) => Ok(if *condition { yes.clone() } else { no.clone() }),
        ("??", [first, second]) => Ok(if first.is_none() { second.clone() } else { first.clone() }),
        ("||", [Value::Bool(first), Value::Bool(second)]) => Ok(Value::Bool(*first || *second)),
        ("&&", [Value::Bool(first), Value::Bool(second)]) => Ok(Value::Bool(*first && *second)),
        ("==", [first, second]) => Ok(Value::Bool(equal(first, second))),
        ("!=", [first, second]) => Ok(Value::Bool(!equal(first, second))),
        ("<" | "<=" | ">" | ">=", [first, second]) => {
            let order = compare(first, second).ok_or_else(|| cannot(symbol, first, second))?;
            Ok(Value::Bool(match symbol {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        ("in", [item, container]) => contains(item, container),
        (".member", [Value::Map(map), Value::Text(name)]) => Ok(map.get(name).cloned().unwrap_or(Value::None)),
        (".member", [Value::None, Value::Text(_)]) => Ok(Value::None),
        ("index", [Value::List(items), Value::Int(index)]) => usize::try_from(*index)
            .ok()
            .and_then(|index| items.get(index))
            .cloned()
            .ok_or_else(|| format!("there is no item {index}; the list has {}", items.len())),
        ("index", [Value::Map(map), Value::Text(key)]) => {
            map.get(key).cloned().ok_or_else(|| format!("there is no key \"{key}\""))
        }
        ("..", [Value::Int(first), Value::Int(last)]) => Ok(Value::Range(*first, *last)),
        ("+" | "-" | "*" | "/", [first, second]) => arithmetic(symbol, first, second),
        (_, [first, second]) => Err(cannot(symbol, first, second)),
        _ => Err(format!("`{symbol}` cannot be computed")),
    }
}

fn cannot(symbol: &str, first: &Value, second: &Value) -> String {
    format!("`{symbol}` does not go between {} and {}", first.kind(), second.kind())
}

fn negate(value: &Value) -> Result<Value, String> {
    if let Value::Int(number) = value {
        number.checked_neg().map(Value::Int).ok_or_else(too_large)
    } else if let Value::Float(number) = value {
        Ok(Value::Float(-number))
    } else if let Value::Duration(duration) = value {
        let negative = duration.nanoseconds().checked_neg().ok_or_else(too_large)?;
        Ok(Value::Duration(Duration::from_nanoseconds(negative)))
    } else {
        Err(format!("`-` does not go before {}", value.kind()))
    }
}

fn too_large() -> String {
    "the number is too large".to_owned()
}

/// Equality as the language has it: whole and other numbers compare by value, text and networks by their text.
pub fn equal(first: &Value, second: &Value) -> bool {
    if let (Some(first), Some(second)) = (first.as_number(), second.as_number()) {
        return first == second;
    }
    match (first, second) {
        (Value::Text(text), Value::Cidr(_) | Value::Ip(_)) => render(second) == text.as_str(),
        (Value::Cidr(_) | Value::Ip(_), Value::Text(text)) => render(first) == text.as_str(),
        (Value::List(first), Value::List(second)) => {
            first.len() == second.len() && first.iter().zip(second).all(|(first, second)| equal(first, second))
        }
        (Value::Map(first), Value::Map(second)) => {
            first.len() == second.len() && first.iter().zip(second.iter()).all(|((k, v), (l, w))| k == l && equal(v, w))
        }
        (first, second) => first == second,
    }
}

/// The order of two values of one kind; nothing for kinds without an order.
pub fn compare(first: &Value, second: &Value) -> Option<Ordering> {
    match (first, second) {
        (Value::Int(first), Value::Int(second)) => Some(first.cmp(second)),
        (Value::Text(first), Value::Text(second)) => Some(first.cmp(second)),
        (Value::Duration(first), Value::Duration(second)) => Some(first.cmp(second)),
        (Value::Size(first), Value::Size(second)) => Some(first.cmp(second)),
        (Value::Percent(first), Value::Percent(second)) => first.points().partial_cmp(&second.points()),
        (Value::Ip(first), Value::Ip(second)) => Some(first.cmp(second)),
        (Value::Cidr(first), Value::Cidr(second)) => Some(first.cmp(second)),
        (first, second) => first.as_number()?.partial_cmp(&second.as_number()?),
    }
}

/// A total order for sorting: by kind where kinds differ.
pub fn order(first: &Value, second: &Value) -> Ordering {
    compare(first, second)
        .unwrap_or_else(|| first.kind().cmp(second.kind()).then_with(|| render(first).cmp(&render(second))))
}

fn contains(item: &Value, container: &Value) -> Result<Value, String> {
    match (item, container) {
        (_, Value::List(items)) => Ok(Value::Bool(items.iter().any(|other| equal(item, other)))),
        (Value::Text(key), Value::Map(map)) => Ok(Value::Bool(map.contains_key(key))),
        (Value::Ip(address), Value::Cidr(network)) => Ok(Value::Bool(network.contains_address(*address))),
        (Value::Cidr(inner), Value::Cidr(network)) => Ok(Value::Bool(network.contains(*inner))),
        (Value::Int(number), Value::Range(first, last)) => Ok(Value::Bool(first <= number && number <= last)),
        (Value::Text(part), Value::Text(text)) => Ok(Value::Bool(text.contains(part.as_str()))),
        _ => Err(cannot("in", item, container)),
    }
}

fn arithmetic(symbol: &str, first: &Value, second: &Value) -> Result<Value, String> {
    match (first, second) {
        (Value::Int(a), Value::Int(b)) => whole(symbol, *a, *b),
        (Value::Duration(a), Value::Duration(b)) => match quantities(symbol, a.nanoseconds(), b.nanoseconds())? {
            Quantity::Same(amount) => Ok(Value::Duration(Duration::from_nanoseconds(amount))),
            Quantity::Ratio(ratio) => Ok(number(ratio)),
        },
        (Value::Size(a), Value::Size(b)) => match quantities(symbol, a.bytes(), b.bytes())? {
            Quantity::Same(amount) => Ok(Value::Size(Size::from_bytes(amount))),
            Quantity::Ratio(ratio) => Ok(number(ratio)),
        },
        (Value::Percent(a), Value::Percent(b)) => match symbol {
            "+" => Ok(Value::Percent(Percent::from_points(a.points() + b.points()))),
            "-" => Ok(Value::Percent(Percent::from_points(a.points() - b.points()))),
            "/" if b.points() != 0.0 => Ok(number(a.points() / b.points())),
            "/" => Err("division by zero".to_owned()),
            _ => Err(cannot(symbol, first, second)),
        },
        (Value::Duration(a), Value::Int(_) | Value::Float(_)) => {
            scaled(symbol, a.nanoseconds(), second).map(|amount| Value::Duration(Duration::from_nanoseconds(amount)))
        }
        (Value::Size(a), Value::Int(_) | Value::Float(_)) => {
            scaled(symbol, a.bytes(), second).map(|amount| Value::Size(Size::from_bytes(amount)))
        }
        (Value::Percent(a), Value::Int(_) | Value::Float(_)) => {
            let factor = second.as_number().unwrap_or(f64::NAN);
            match symbol {
                "*" => Ok(Value::Percent(Percent::from_points(a.points() * factor))),
                "/" if factor != 0.0 => Ok(Value::Percent(Percent::from_points(a.points() / factor))),
                _ => Err(cannot(symbol, first, second)),
            }
        }
        (Value::Int(_) | Value::Float(_), Value::Duration(_) | Value::Size(_) | Value::Percent(_)) if symbol == "*" => {
            arithmetic(symbol, second, first)
        }
        (Value::Text(protocol), Value::Int(_) | Value::Range(..)) if symbol == "/" => traffic(protocol, second),
        _ => match (first.as_number(), second.as_number()) {
            (Some(a), Some(b)) => fraction(symbol, a, b),
            _ => Err(cannot(symbol, first, second)),
        },
    }
}

/// `tcp/443`, `tcp/8000..8100`: the names of protocols are text that only this operator knows.
fn traffic(protocol: &str, ports: &Value) -> Result<Value, String> {
    let protocol = Traffic::PROTOCOLS
        .into_iter()
        .find(|known| *known == protocol)
        .ok_or_else(|| format!("`{protocol}` is not a protocol; write tcp, udp or icmp"))?;
    let (first, last) = if let Value::Range(first, last) = ports {
        (*first, *last)
    } else {
        ports.as_int().map_or((-1, -1), |port| (port, port))
    };
    if first > last {
        return Err("the first port is larger than the last".to_owned());
    }
    if first < 0 || last > 65_535 {
        return Err("ports go from 0 to 65535".to_owned());
    }
    Ok(Value::Traffic(Traffic { protocol, first, last }))
}

fn whole(symbol: &str, a: i64, b: i64) -> Result<Value, String> {
    match symbol {
        "+" => a.checked_add(b).map(Value::Int).ok_or_else(too_large),
        "-" => a.checked_sub(b).map(Value::Int).ok_or_else(too_large),
        "*" => a.checked_mul(b).map(Value::Int).ok_or_else(too_large),
        _ if b == 0 => Err("division by zero".to_owned()),
        _ if a % b == 0 => Ok(Value::Int(a / b)),
        _ => Ok(Value::Float(a as f64 / b as f64)),
    }
}

fn fraction(symbol: &str, a: f64, b: f64) -> Result<Value, String> {
    match symbol {
        "+" => Ok(Value::Float(a + b)),
        "-" => Ok(Value::Float(a - b)),
        "*" => Ok(Value::Float(a * b)),
        _ if b == 0.0 => Err("division by zero".to_owned()),
        _ => Ok(Value::Float(a / b)),
    }
}

enum Quantity {
    Same(i64),
    Ratio(f64),
}

fn quantities(symbol: &str, a: i64, b: i64) -> Result<Quantity, String> {
    match symbol {
        "+" => a.checked_add(b).map(Quantity::Same).ok_or_else(too_large),
        "-" => a.checked_sub(b).map(Quantity::Same).ok_or_else(too_large),
        "/" if b == 0 => Err("division by zero".to_owned()),
        "/" => Ok(Quantity::Ratio(a as f64 / b as f64)),
        _ => Err("two quantities cannot be multiplied".to_owned()),
    }
}

fn scaled(symbol: &str, amount: i64, factor: &Value) -> Result<i64, String> {
    let factor = factor.as_number().unwrap_or(f64::NAN);
    let scaled = match symbol {
        "*" => amount as f64 * factor,
        "/" if factor == 0.0 => return Err("division by zero".to_owned()),
        "/" => amount as f64 / factor,
        _ => return Err(format!("`{symbol}` does not go between a quantity and a number")),
    };
    if scaled.abs() < i64::MAX as f64 { Ok(scaled.round() as i64) } else { Err(too_large()) }
}

fn number(ratio: f64) -> Value {
    if ratio.fract() == 0.0 && ratio.abs() < 9e15 { Value::Int(ratio as i64) } else { Value::Float(ratio) }
}

/// A value as a part of text.
///
/// # Errors
/// Lists, records and absent values have no text of their own.
pub fn interpolated(value: &Value) -> Result<EcoString, String> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Percent(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Traffic(_)
        | Value::Range(..) => Ok(render(value).into()),
        Value::None => Err("there is nothing to put into the text".to_owned()),
        Value::List(_) | Value::Map(_) => Err(format!("a {} is not text; use join() or json()", value.kind())),
    }
}

#[cfg(test)]
mod tests {
    use cairn_provider::value::{Duration, Value};

    use super::run;

    #[test]
    fn quantities_keep_their_dimension() {
        let hours = |n| Value::Duration(Duration::of(n, "h").unwrap());
        assert_eq!(run("/", &[hours(24.0), Value::Int(2)]), Ok(hours(12.0)));
        assert_eq!(run("/", &[hours(24.0), hours(12.0)]), Ok(Value::Int(2)));
        assert!(run("+", &[hours(1.0), Value::Int(1)]).is_err());
    }

    #[test]
    fn faults_are_sentences() {
        assert_eq!(run("/", &[Value::Int(1), Value::Int(0)]), Err("division by zero".into()));
        assert_eq!(run("*", &[Value::Int(i64::MAX), Value::Int(2)]), Err("the number is too large".into()));
        assert!(run("/", &["tcp".into(), Value::Range(8100, 8000)]).is_err());
    }

    #[test]
    fn whole_numbers_divide_exactly_or_become_fractions() {
        assert_eq!(run("/", &[Value::Int(6), Value::Int(3)]), Ok(Value::Int(2)));
        assert_eq!(run("/", &[Value::Int(1), Value::Int(4)]), Ok(Value::Float(0.25)));
        assert_eq!(run("==", &[Value::Int(1), Value::Float(1.0)]), Ok(Value::Bool(true)));
    }
}
