//! Functions on networks, traffic and ranges.

use cairn_provider::value::{Cidr, Value};

use super::{Builtin, Kind, On, required, wrong};

/// Functions on networks, traffic and ranges.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        id: "cidr.subnet",
        name: "subnet",
        on: On::Cidr,
        params: &[required("newbits", Kind::Int), required("index", Kind::Int)],
        result: Kind::Cidr,
        doc: "The network with so many bits more in its prefix, counted from zero.",
        example: ("10.20.0.0/16.subnet(newbits: 8, index: 2)", "10.20.2.0/24"),
        run: |arguments| match arguments {
            [Value::Cidr(network), Value::Int(bits), Value::Int(index)] => network
                .subnet(*bits, *index)
                .map(Value::Cidr)
                .ok_or_else(|| format!("{network} has no subnet number {index} with {bits} bits more")),
            _ => Err(wrong("a network and two numbers", arguments)),
        },
    },
    Builtin {
        id: "cidr.split",
        name: "split",
        on: On::Cidr,
        params: &[required("parts", Kind::Int)],
        result: Kind::Cidrs,
        doc: "The network in equal parts: 2, 4, 8 and so on.",
        example: ("10.0.0.0/23.split(2)", "[10.0.0.0/24, 10.0.1.0/24]"),
        run: |arguments| match arguments {
            [Value::Cidr(network), Value::Int(parts)] => split(*network, *parts),
            _ => Err(wrong("a network and a number", arguments)),
        },
    },
    Builtin {
        id: "cidr.addresses",
        name: "addresses",
        on: On::Cidr,
        params: &[],
        result: Kind::Int,
        doc: "The number of addresses.",
        example: ("10.0.0.0/24.addresses()", "256"),
        run: |arguments| with(arguments, |network| Value::Int(network.addresses())),
    },
    Builtin {
        id: "cidr.overlaps",
        name: "overlaps",
        on: On::Cidr,
        params: &[required("other", Kind::Cidr)],
        result: Kind::Bool,
        doc: "Whether two networks share an address.",
        example: ("10.0.0.0/16.overlaps(10.1.0.0/16)", "false"),
        run: |arguments| match arguments {
            [Value::Cidr(network), Value::Cidr(other)] => Ok(Value::Bool(network.overlaps(*other))),
            _ => Err(wrong("two networks", arguments)),
        },
    },
    Builtin {
        id: "cidr.first",
        name: "first",
        on: On::Cidr,
        params: &[],
        result: Kind::Ip,
        doc: "The first address.",
        example: ("10.0.0.0/24.first", "10.0.0.0"),
        run: |arguments| with(arguments, |network| Value::Ip(network.first())),
    },
    Builtin {
        id: "cidr.last",
        name: "last",
        on: On::Cidr,
        params: &[],
        result: Kind::Ip,
        doc: "The last address.",
        example: ("10.0.0.0/24.last", "10.0.0.255"),
        run: |arguments| with(arguments, |network| Value::Ip(network.last())),
    },
    Builtin {
        id: "traffic.protocol",
        name: "protocol",
        on: On::Traffic,
        params: &[],
        result: Kind::Text,
        doc: "The protocol.",
        example: ("(tcp/443).protocol", "\"tcp\""),
        run: |arguments| match arguments {
            [Value::Traffic(traffic)] => Ok(traffic.protocol.into()),
            _ => Err(wrong("traffic", arguments)),
        },
    },
    Builtin {
        id: "traffic.first",
        name: "first",
        on: On::Traffic,
        params: &[],
        result: Kind::Int,
        doc: "The first port.",
        example: ("(tcp/8000..8100).first", "8000"),
        run: |arguments| match arguments {
            [Value::Traffic(traffic)] => Ok(Value::Int(traffic.first)),
            _ => Err(wrong("traffic", arguments)),
        },
    },
    Builtin {
        id: "traffic.last",
        name: "last",
        on: On::Traffic,
        params: &[],
        result: Kind::Int,
        doc: "The last port.",
        example: ("(tcp/8000..8100).last", "8100"),
        run: |arguments| match arguments {
            [Value::Traffic(traffic)] => Ok(Value::Int(traffic.last)),
            _ => Err(wrong("traffic", arguments)),
        },
    },
    Builtin {
        id: "range.first",
        name: "first",
        on: On::Range,
        params: &[],
        result: Kind::Int,
        doc: "The first number.",
        example: ("(1..3).first", "1"),
        run: |arguments| match arguments {
            [Value::Range(first, _)] => Ok(Value::Int(*first)),
            _ => Err(wrong("a range", arguments)),
        },
    },
    Builtin {
        id: "range.last",
        name: "last",
        on: On::Range,
        params: &[],
        result: Kind::Int,
        doc: "The last number.",
        example: ("(1..3).last", "3"),
        run: |arguments| match arguments {
            [Value::Range(_, last)] => Ok(Value::Int(*last)),
            _ => Err(wrong("a range", arguments)),
        },
    },
];

fn with(arguments: &[Value], compute: impl Fn(Cidr) -> Value) -> Result<Value, String> {
    match arguments {
        [Value::Cidr(network)] => Ok(compute(*network)),
        _ => Err(wrong("a network", arguments)),
    }
}

fn split(network: Cidr, parts: i64) -> Result<Value, String> {
    if !(1..=4096).contains(&parts) || parts & (parts - 1) != 0 {
        return Err(format!("a network splits into 2, 4, 8 and so on up to 4096 parts, not into {parts}"));
    }
    let bits = i64::from(parts.trailing_zeros());
    let networks: Option<Vec<Value>> = (0..parts).map(|index| network.subnet(bits, index).map(Value::Cidr)).collect();
    networks.map(Value::list).ok_or_else(|| format!("{network} is too small for {parts} parts"))
}
