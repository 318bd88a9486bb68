//! Numbers as they are written: units, addresses, networks.

use cairn_provider::value::{Cidr, CidrError, Duration, Percent, Size, Value};
use ecow::EcoString;

use crate::diagnostic::{Diagnostic, suggest};
use crate::source::Span;

/// Units of time and of size.
const UNITS: [&str; 15] = ["ms", "s", "min", "h", "d", "w", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"];

/// Why a written number is none.
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralError {
    /// There is no such unit.
    Unit {
        /// The number in front.
        number: EcoString,
        /// The unit.
        unit: EcoString,
    },
    /// It is larger than any number of the language.
    TooLarge,
    /// It looks like an address and is none.
    Address,
    /// The prefix of a network is too long.
    Prefix,
    /// A network with host bits.
    HostBits {
        /// The network that was probably meant.
        network: Cidr,
        /// The address.
        address: EcoString,
        /// How many bits must be zero.
        bits: u8,
    },
}

/// Classifies a number as written.
///
/// # Errors
/// See [`LiteralError`].
pub fn classify(raw: &str) -> Result<Value, LiteralError> {
    if raw.bytes().filter(|byte| *byte == b'.').count() == 3 {
        return address(raw);
    }
    if let Some(points) = raw.strip_suffix('%') {
        let points = number(points)?;
        return Ok(Value::Percent(Percent::from_points(points.as_number().unwrap_or(f64::NAN))));
    }
    let digits = raw.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(raw.len());
    let (written, unit) = raw.split_at(digits);
    let value = number(written)?;
    if unit.is_empty() {
        return Ok(value);
    }
    let amount = value.as_number().unwrap_or(f64::NAN);
    if !UNITS.contains(&unit) {
        return Err(LiteralError::Unit { number: written.into(), unit: unit.into() });
    }
    Duration::of(amount, unit)
        .map(Value::Duration)
        .or_else(|| Size::of(amount, unit).map(Value::Size))
        .ok_or(LiteralError::TooLarge)
}

fn number(written: &str) -> Result<Value, LiteralError> {
    let digits = written.replace('_', "");
    if digits.contains('.') {
        return digits.parse().map(Value::Float).map_err(|_| LiteralError::TooLarge);
    }
    digits.parse().map(Value::Int).map_err(|_| LiteralError::TooLarge)
}

fn address(raw: &str) -> Result<Value, LiteralError> {
    if !raw.contains('/') {
        return raw.parse().map(Value::Ip).map_err(|_| LiteralError::Address);
    }
    Cidr::parse(raw).map(Value::Cidr).map_err(|error| match error {
        CidrError::Address => LiteralError::Address,
        CidrError::Prefix => LiteralError::Prefix,
        CidrError::HostBits { network, bits } => {
            LiteralError::HostBits { network, address: raw.split('/').next().unwrap_or_default().into(), bits }
        }
    })
}

/// The report about a number that is none. `key` is the field it was written for, `wanted` the type expected there.
pub fn report(raw: &str, error: &LiteralError, span: Span, key: Option<&str>, wanted: Option<&str>) -> Diagnostic {
    let written = |value: &str| key.map_or_else(|| value.to_owned(), |key| format!("{key}: {value}"));
    match error {
        LiteralError::Unit { number, unit } => {
            let here = wanted.filter(|wanted| ["Duration", "Size", "Percent"].contains(wanted));
            let label = here.map_or_else(|| "not a unit".to_owned(), |wanted| format!("a {wanted} is expected here"));
            let units = match wanted {
                Some("Duration") => "units: ms s min h d w",
                Some("Size") => "units: B kB MB GB TB KiB MiB GiB TiB",
                _ => "units: ms s min h d w, B kB MB GB TB KiB MiB GiB TiB, %",
            };
            let (message, meant) = match unit.as_str() {
                "m" => (format!("`{raw}` could be minutes or months"), Some("min")),
                _ => (
                    format!("There is no unit `{unit}`"),
                    UNITS
                        .into_iter()
                        .find(|known| known.eq_ignore_ascii_case(unit))
                        .or_else(|| suggest::nearest(unit, UNITS)),
                ),
            };
            let help = match meant {
                Some(meant) => format!("{}\n{units}", written(&format!("{number}{meant}"))),
                None => units.to_owned(),
            };
            let diagnostic = Diagnostic::error("literals::unit", message, span, label).help(help);
            match meant {
                // Only the case of its letters is wrong.
                Some(meant) if meant.eq_ignore_ascii_case(unit) && unit != "m" => {
                    diagnostic.edit(span, format!("{number}{meant}"))
                }
                Some(meant) => diagnostic.offer(span, format!("{number}{meant}")),
                None => diagnostic,
            }
        }
        LiteralError::TooLarge => {
            Diagnostic::error("literals::number", format!("{raw} is too large"), span, "no value of the language is")
                .help("whole numbers go up to 9223372036854775807")
        }
        LiteralError::Address => Diagnostic::error(
            "literals::address",
            format!("{raw} is not an address"),
            span,
            "four numbers from 0 to 255",
        ),
        LiteralError::Prefix => Diagnostic::error(
            "literals::cidr_prefix",
            format!("{raw} is not a network"),
            span,
            "the prefix goes from /0 to /32",
        ),
        LiteralError::HostBits { network, address, bits } => Diagnostic::error(
            "literals::cidr_host_bits",
            format!("{raw} is an address inside a network, not a network"),
            span,
            format!("the last {bits} bits must be zero"),
        )
        .help(format!("the network is {network}; the single address would be {address}/32")),
    }
}

#[cfg(test)]
mod tests {
    use cairn_provider::value::render;

    use super::{LiteralError, classify};

    #[test]
    fn numbers_units_and_networks_are_told_apart() {
        for (raw, shown) in [
            ("42", "42"),
            ("1_000", "1000"),
            ("1.5", "1.5"),
            ("70%", "70%"),
            ("5min", "5min"),
            ("20GiB", "20GiB"),
            ("10.0.0.2", "10.0.0.2"),
            ("10.0.0.0/8", "10.0.0.0/8"),
        ] {
            assert_eq!(render(&classify(raw).unwrap()), shown);
        }
        assert_eq!(classify("5m"), Err(LiteralError::Unit { number: "5".into(), unit: "m".into() }));
        assert_eq!(classify("99999999999999999999"), Err(LiteralError::TooLarge));
        assert_eq!(classify("300.1.1.1"), Err(LiteralError::Address));
        assert_eq!(classify("10.0.0.0/33"), Err(LiteralError::Prefix));
        assert!(matches!(classify("10.0.0.1/24"), Err(LiteralError::HostBits { bits: 8, .. })));
    }
}
