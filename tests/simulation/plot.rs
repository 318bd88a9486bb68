//! What a stack of the simulation wants: random resources with references, and what becomes of them in a second version.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn::model::Address;
use cairn::model::Residual;
use cairn::model::desired::{DesiredField, DesiredResource, DesiredStack, Need, Options, Placement};
use cairn::model::residual::Attribute;
use cairn::source::{SourceId, Span};
use cairn_provider::request::Target;
use cairn_provider::value::Value;
use ecow::{EcoString, eco_format};

use crate::kinds::{KINDS, Kind, kind};
use crate::random::Random;

/// One wanted resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its type.
    pub kind: &'static str,
    /// A value that can be updated.
    pub size: i64,
    /// A value whose change replaces the object.
    pub fixed: u64,
    /// The resource it stands on, for ever.
    pub base: Option<EcoString>,
    /// Another resource it refers to, which can be changed.
    pub other: Option<EcoString>,
}

/// All wanted resources by address.
pub type Plot = BTreeMap<EcoString, Wanted>;

/// A random stack.
pub fn first(random: &mut Random) -> Plot {
    let count = 4 + random.below(6);
    let mut plot = Plot::new();
    for number in 0..count {
        add(&mut plot, number, random);
    }
    plot
}

fn add(plot: &mut Plot, number: u64, random: &mut Random) {
    let kind = &KINDS[random.below(KINDS.len() as u64) as usize];
    let base = earlier(plot, number, random, 550);
    let other = earlier(plot, number, random, 350);
    let wanted = Wanted { kind: kind.name, size: 1 + random.below(3) as i64, fixed: random.below(3), base, other };
    plot.insert(address(number), wanted);
}

fn address(number: u64) -> EcoString {
    eco_format!("r{number:02}")
}

/// An address of a smaller number, so that there are no circles.
fn earlier(plot: &Plot, number: u64, random: &mut Random, thousandths: u64) -> Option<EcoString> {
    let limit = address(number);
    let earlier: Vec<&EcoString> = plot.keys().filter(|address| **address < limit).collect();
    if earlier.is_empty() || !random.chance(thousandths) {
        return None;
    }
    Some(earlier[random.below(earlier.len() as u64) as usize].clone())
}

/// The next version of a stack: some are gone, some are changed, some are replaced, some are new.
pub fn second(before: &Plot, random: &mut Random) -> Plot {
    if random.chance(60) {
        return Plot::new();
    }
    let mut plot = Plot::new();
    for (address, wanted) in before {
        if random.chance(200) {
            continue;
        }
        let mut wanted = wanted.clone();
        if random.chance(250) {
            wanted.size += 1;
        }
        if random.chance(200) {
            wanted.fixed += 1;
        }
        wanted.base = wanted.base.filter(|base| plot.contains_key(base));
        wanted.other = wanted.other.filter(|other| plot.contains_key(other));
        if random.chance(150) {
            let number = address[1..].parse().unwrap();
            wanted.other = earlier(&plot, number, random, 700);
        }
        plot.insert(address.clone(), wanted);
    }
    let next = before.keys().next_back().map_or(0, |last| last[1..].parse::<u64>().unwrap() + 1);
    for number in next..next + random.below(3) {
        add(&mut plot, number, random);
    }
    plot
}

/// Where everything lives.
pub fn target() -> Target {
    Target { cloud: "aws".into(), settings: [("region".into(), "eu-central-1".into())].into() }
}

/// The name of an object of a type whose names the stack chooses.
pub fn name(address: &str) -> EcoString {
    eco_format!("shop-{address}")
}

/// The stack as the engine takes it.
pub fn desired(plot: &Plot) -> DesiredStack {
    let place = Arc::new(Placement { target: target(), tags: BTreeMap::new() });
    let span = Span::new(SourceId(0), 0, 1);
    let resources = plot.iter().map(|(address, wanted)| {
        let mut inputs = BTreeMap::new();
        let mut needs = Vec::new();
        let mut field = |name: &str, value: Residual| {
            inputs.insert(EcoString::from(name), DesiredField { value, span });
        };
        let own: &Kind = kind(wanted.kind);
        if own.named() {
            field("name", Residual::Value(Value::Text(name(address))));
        }
        if own.partial {
            field("setting", Residual::Value(Value::Int(wanted.size)));
        }
        field("size", Residual::Value(Value::Int(wanted.size)));
        field("fixed", Residual::Value(Value::Text(eco_format!("f{}", wanted.fixed))));
        for (name, to) in [("base", &wanted.base), ("other", &wanted.other)] {
            let Some(to) = to else { continue };
            let identity = kind(plot[to].kind).identity;
            // What was written is known from the source, as the language's evaluation would have it.
            let value = if identity == "name" {
                Residual::Value(Value::Text(self::name(to)))
            } else {
                let path = Arc::from([EcoString::from(identity)]);
                Residual::Attribute(Attribute { address: Address::top(to), path, secret: false })
            };
            field(name, value);
            needs.push(Need { address: Address::top(to), span, order_only: false });
        }
        let resource = DesiredResource {
            address: Address::top(address),
            kind: wanted.kind.into(),
            place: Arc::clone(&place),
            inputs,
            needs,
            options: Options::default(),
            origin: span,
        };
        (resource.address.clone(), resource)
    });
    DesiredStack { name: "shop".into(), resources: resources.collect(), ..DesiredStack::default() }
}
