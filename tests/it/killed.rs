//! The real binary, killed at random moments of an apply against an emulator of AWS, and run again.
//!
//! What the cloud holds at the end is counted by asking the emulator itself, not Cairn.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cairn_conformance::emulator::{Emulator, Kind};

use crate::project::{Project, ec2, repository, request};

const STACK: &str = r#"stack killed {
  cairn: "1"
}

import aws

provider eu = aws.Target { region: "eu-central-1" }

let slots = { a: 0, b: 1, c: 2, d: 3 }

resource vpc = aws.ec2.Vpc { cidr_block: 10.77.0.0/16 }
resource igw = aws.ec2.InternetGateway
resource attachment = aws.ec2.VpcGatewayAttachment { vpc, internet_gateway: igw }

resource subnet[zone, slot in slots] = aws.ec2.Subnet {
  vpc
  availability_zone: "eu-central-1a"
  cidr_block: 10.77.0.0/16.subnet(newbits: 8, index: slot)
}

resource group[zone in slots] = aws.ec2.SecurityGroup { vpc, group_description: "servers in ${zone}" }

resource address[zone in slots] = aws.ec2.Eip { domain: "vpc" }
resource nat[zone in slots] = aws.ec2.NatGateway { subnet: subnet[zone], allocation: address[zone] }

resource routes[zone in slots] = aws.ec2.RouteTable { vpc }
resource out[zone in slots] = aws.ec2.Route {
  route_table: routes[zone]
  destination_cidr_block: 0.0.0.0/0
  nat_gateway: nat[zone]
}
"#;

/// How often the binary is killed.
const KILLS: u32 = 30;

#[test]
fn killed_at_any_moment_the_next_run_finishes_alone() {
    let moto = Emulator::start(Kind::Moto, repository()).unwrap();
    let mut whole = undisturbed(&moto);
    let mut seed = 0x00C0_FFEE_u64;
    let mut table = String::new();
    let (mut mid_apply, mut failures) = (0, Vec::new());
    let (mut kill, mut tries) = (0, 0);
    while kill < KILLS {
        tries += 1;
        assert!(tries < 4 * KILLS, "the applies end before they are killed");
        reset(&moto);
        let project = Project::with(STACK).against(&moto.url()).variable("CAIRN_QUARANTINE", "1");
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = whole.mul_f64((seed >> 33) as f64 / f64::from(u32::MAX >> 1));
        let mut child = project
            .command(["apply", "--yes", "--parallelism", "2"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(moment);
        // SIGKILL: no handler runs, nothing is written any more.
        child.kill().unwrap();
        if child.wait().unwrap().code().is_some() {
            // It had ended by itself: it takes less time than was thought.
            whole = whole.min(moment);
            continue;
        }
        let left = count(&moto);
        let made: usize = left.values().sum();
        mid_apply += u32::from(made > 0);
        let again = project.run("apply --yes");
        let found = count(&moto);
        let plan = project.run("plan --detailed-exitcode");
        table.push_str(&format!("kill {kill:>2} after {:>5} ms: {made:>2} objects made\n", moment.as_millis()));
        if again.code != Some(0) || plan.code != Some(0) || found != expected() {
            failures.push(format!(
                "kill {kill} after {moment:?}: apply {:?}, plan {:?}, {found:?}\n{}\n{}\n{}",
                again.code, plan.code, again.out, again.err, plan.out
            ));
        }
        kill += 1;
    }
    println!("{table}{mid_apply} of {KILLS} kills hit an apply that had made something");
    assert!(failures.is_empty(), "{}\n{table}", failures.join("\n"));
    assert!(mid_apply >= KILLS / 3, "the kills miss the applies\n{table}");
}

/// What the stack is when it is whole: no duplicate, no orphan.
fn expected() -> BTreeMap<&'static str, usize> {
    BTreeMap::from([("vpc", 1), ("subnet", 4), ("gateway", 1), ("group", 4), ("address", 4), ("nat", 4), ("table", 4)])
}

/// How long an apply takes that nobody disturbs; it must make what is expected and destroy all of it again.
fn undisturbed(moto: &Emulator) -> Duration {
    reset(moto);
    let project = Project::with(STACK).against(&moto.url());
    let begun = Instant::now();
    project.expect(0, "apply --yes --parallelism 2");
    let took = begun.elapsed();
    assert_eq!(count(moto), expected());
    project.expect(0, "plan --detailed-exitcode");
    project.expect(0, "destroy --yes");
    assert_eq!(count(moto).values().sum::<usize>(), 0, "{:?}", count(moto));
    took
}

/// Objects that carry Cairn's mark or stand in a VPC that does, by kind.
fn count(moto: &Emulator) -> BTreeMap<&'static str, usize> {
    let marked = "&Filter.1.Name=tag-key&Filter.1.Value.1=cairn:stack";
    let ask = |action: &str, filter: &str| ec2(&moto.url(), &format!("Action={action}{filter}"));
    let occurrences = |text: String, what: &str| text.matches(what).count();
    BTreeMap::from([
        ("vpc", occurrences(ask("DescribeVpcs", marked), "<vpcId>")),
        ("subnet", occurrences(ask("DescribeSubnets", marked), "<subnetId>")),
        ("gateway", occurrences(ask("DescribeInternetGateways", marked), "<internetGatewayId>")),
        (
            "group",
            occurrences(ask("DescribeSecurityGroups", marked), "<groupName>servers")
                .max(occurrences(ask("DescribeSecurityGroups", marked), "<groupDescription>servers")),
        ),
        ("address", occurrences(ask("DescribeAddresses", ""), "<allocationId>")),
        (
            "nat",
            occurrences(
                ask("DescribeNatGateways", "&Filter.1.Name=state&Filter.1.Value.1=available"),
                "<natGatewayId>",
            ),
        ),
        (
            "table",
            occurrences(ask("DescribeRouteTables", marked), "<routeTableId>")
                .saturating_sub(occurrences(ask("DescribeRouteTables", marked), "<routeTableAssociationId>")),
        ),
    ])
}

fn reset(moto: &Emulator) {
    let answer = request(&moto.url(), "/moto-api/reset", "");
    assert!(answer.contains("ok"), "{answer}");
}
