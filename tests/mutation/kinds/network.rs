//! Addresses, networks and other values that must fit each other.

use std::collections::BTreeMap;

use cairn::language::syntax::ast::ExprKind;
use cairn::model::desired::{DesiredResource, DesiredStack};
use cairn_provider::value::{Cidr, Value};

use super::{Kind, kind};
use crate::mutant::Site;
use crate::stacks::Stack;
use crate::tree::Tree;

pub const KINDS: &[Kind] = &[
    kind("host bits", host_bits),
    kind("no such network", no_network),
    kind("port out of range", port),
    kind("subnet outside of its VPC", outside),
    kind("overlapping subnets", overlapping),
    kind("priority twice", priority),
];

/// A literal that is written once, so that it is known what uses it.
struct Literal {
    file: usize,
    start: usize,
    end: usize,
}

fn literals(tree: &Tree<'_>) -> BTreeMap<String, Vec<Literal>> {
    let mut found: BTreeMap<String, Vec<Literal>> = BTreeMap::new();
    for seen in &tree.exprs {
        if let ExprKind::Number(written) = &seen.expr.kind {
            let (start, end) = (seen.expr.span.start as usize, seen.expr.span.end as usize);
            found.entry(written.to_string()).or_default().push(Literal { file: seen.file, start, end });
        }
    }
    found
}

fn once<'l>(literals: &'l BTreeMap<String, Vec<Literal>>, written: &str) -> Option<&'l Literal> {
    match literals.get(written)?.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// Whether a literal says what is wanted, and not what a test expects of it.
fn is_wanted(stack: &Stack, literal: &Literal) -> bool {
    !stack.paths[literal.file].starts_with("test/")
}

/// A network whose address has bits that must be zero: the last one, which is always one of them.
fn host_bits(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    networks(tree, |address, prefix| {
        let (head, last) = address.rsplit_once('.')?;
        let last: u8 = last.parse().ok()?;
        (prefix < 32).then(|| format!("{head}.{}/{prefix}", last | 1))
    })
}

fn no_network(_: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = networks(tree, |address, _| Some(format!("{address}/33")));
    sites.extend(networks(tree, |address, prefix| {
        let (_, rest) = address.split_once('.')?;
        Some(format!("300.{rest}/{prefix}"))
    }));
    sites
}

fn networks(tree: &Tree<'_>, change: impl Fn(&str, u8) -> Option<String>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (written, places) in literals(tree) {
        let Some((address, prefix)) = written.split_once('/') else { continue };
        let Some(changed) = prefix.parse().ok().and_then(|prefix| change(address, prefix)) else { continue };
        if changed != written {
            sites.extend(places.iter().map(|place| Site::new(place.file, place.start, place.end, changed.as_str())));
        }
    }
    sites
}

fn port(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    for seen in &tree.exprs {
        let ExprKind::Number(_) = &seen.expr.kind else { continue };
        let (start, end) = (seen.expr.span.start as usize, seen.expr.span.end as usize);
        if ["tcp/", "udp/"].iter().any(|protocol| stack.texts[seen.file][..start].ends_with(protocol)) {
            sites.push(Site::new(seen.file, start, end, "70443"));
        }
    }
    sites
}

/// A subnet with the VPC it lies in.
struct Subnet<'s> {
    resource: &'s DesiredResource,
    network: Cidr,
    vpc: &'s DesiredResource,
}

fn network(resource: &DesiredResource) -> Option<Cidr> {
    match resource.known("cidr_block")? {
        Value::Cidr(network) => Some(*network),
        Value::Text(text) => Cidr::parse(text).ok(),
        _ => None,
    }
}

fn subnets(wanted: &DesiredStack) -> Vec<Subnet<'_>> {
    let of_kind = |resource: &&DesiredResource| resource.kind == "aws.ec2.Subnet";
    wanted
        .resources
        .values()
        .filter(of_kind)
        .filter_map(|resource| {
            let mut above = resource.needs.iter().filter_map(|need| wanted.resources.get(&need.address));
            let vpc = above.find(|above| above.kind == "aws.ec2.Vpc")?;
            Some(Subnet { resource, network: network(resource)?, vpc })
        })
        .collect()
}

/// A network elsewhere, of the same size. It is reported at the literal, at the field, or at the VPC's network.
fn outside(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let literals = literals(tree);
    let mut sites = Vec::new();
    for subnet in stack.wanted.iter().take(1).flat_map(subnets) {
        let Some(place) = once(&literals, &subnet.network.to_string()).filter(|place| is_wanted(stack, place)) else {
            continue;
        };
        let Some(around) = network(subnet.vpc) else { continue };
        let prefix = subnet.network.prefix();
        for elsewhere in [format!("172.29.0.0/{prefix}"), format!("192.168.64.0/{prefix}")] {
            let Ok(other) = Cidr::parse(&elsewhere) else { continue };
            if around.overlaps(other) || literals.contains_key(&elsewhere) {
                continue;
            }
            let mut site = Site::new(place.file, place.start, place.end, elsewhere);
            site.near = at_fields(stack, &[subnet.resource, subnet.vpc]);
            sites.push(site);
        }
    }
    sites
}

/// Where the networks of resources are written.
fn at_fields(stack: &Stack, resources: &[&DesiredResource]) -> Vec<(usize, usize)> {
    resources
        .iter()
        .filter_map(|resource| resource.inputs.get("cidr_block"))
        .filter_map(|field| {
            let path = &stack.program.sources.get(field.span.source).path;
            Some((stack.file(path)?, field.span.start as usize))
        })
        .collect()
}

/// The network of a neighbour.
fn overlapping(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let literals = literals(tree);
    let mut sites = Vec::new();
    for wanted in stack.wanted.iter().take(1) {
        let subnets = subnets(wanted);
        for one in &subnets {
            for other in &subnets {
                let same = one.vpc.address == other.vpc.address && one.network != other.network;
                let (Some(place), Some(neighbour)) =
                    (once(&literals, &one.network.to_string()), once(&literals, &other.network.to_string()))
                else {
                    continue;
                };
                if same && is_wanted(stack, place) && is_wanted(stack, neighbour) {
                    sites.push(
                        Site::new(place.file, place.start, place.end, other.network.to_string())
                            .near(neighbour.file, neighbour.start),
                    );
                }
            }
        }
    }
    sites
}

/// The priority of another rule of the same listener. Priorities are looked for by the key in front of them.
fn priority(stack: &Stack, tree: &Tree<'_>) -> Vec<Site> {
    let mut written: BTreeMap<i64, Vec<(usize, usize, usize)>> = BTreeMap::new();
    for (file, key, value) in &tree.entries {
        if let (true, ExprKind::Number(number)) = (key.text == "priority", &value.kind)
            && let Ok(number) = number.parse()
        {
            written.entry(number).or_default().push((*file, value.span.start as usize, value.span.end as usize));
        }
    }
    let mut sites = Vec::new();
    for wanted in stack.wanted.iter().take(1) {
        let rules: Vec<(&DesiredResource, i64)> = wanted
            .resources
            .values()
            .filter(|resource| resource.kind == "aws.elbv2.ListenerRule")
            .filter_map(|resource| match resource.known("priority")? {
                Value::Int(priority) => Some((resource, *priority)),
                _ => None,
            })
            .collect();
        for (one, mine) in &rules {
            for (other, theirs) in &rules {
                let listener = one.inputs.get("listener").map(|field| &field.value);
                let same = listener.is_some() && listener == other.inputs.get("listener").map(|field| &field.value);
                let (Some([place]), Some([neighbour])) =
                    (written.get(mine).map(Vec::as_slice), written.get(theirs).map(Vec::as_slice))
                else {
                    continue;
                };
                if same && mine != theirs {
                    sites.push(Site::new(place.0, place.1, place.2, theirs.to_string()).near(neighbour.0, neighbour.1));
                }
            }
        }
    }
    sites
}
