//! How long it takes to read a large stack and to check its names and types, and how much memory that needs.
//!
//! `cargo bench --no-default-features --bench check [-- LINES…]` prints a table. The limits are those of 50,000 lines on
//! two cores; they are asserted for that size only if `CAIRN_BENCH_ASSERT` is set, since other machines are not ours. The
//! time of the processor is printed beside the clock's: on a machine that does other things, too, only the first says
//! how much work it was.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark fails loudly"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cairn::language::resolve::{FileError, Files};
use cairn::language::{check, resolve};

/// The size the limits are for.
const LINES: usize = 50_000;
/// The longest time.
const LONGEST: Duration = Duration::from_secs(1);
/// The most memory, in KiB.
const LARGEST: u64 = 300 * 1024;
/// Runs of each size; the best one counts.
const RUNS: u32 = 3;
/// Copies of the block in one file.
const COPIES_PER_FILE: usize = 20;

/// The header and what all copies use.
const HEAD: &str = r#"stack large {
  cairn: "1"
  environments: ["staging", "production"]
}

import aws

type Scale = { min: 1..50 = 2, max: 1..50 = 4, cpu: Percent = 70% }

input domain: DomainName = "large.example"
input scale: Scale = {}
  where scale.min <= scale.max else "scale.min is larger than scale.max"

let region = "eu-central-1"

@default
provider eu = aws.Target { region, tags: { stage: env } }

fn named(part: String): String = "large-${env}-${part}"
fn allow(actions: [String], on: [String]): Json = {
  Version: "2012-10-17"
  Statement: [{ Effect: "Allow", Action: actions, Resource: on }]
}
"#;

/// A part of a system, as people write it; `@` stands for the number of the copy.
const BLOCK: &str = r#"
# ── part @: a network with servers behind a load balancer ──────────────
let zones_@ = {
  a: { public: 10.20.0.0/24, private: 10.20.10.0/24 }
  b: { public: 10.20.1.0/24, private: 10.20.11.0/24 }
}

## Where everything of this part lives.
resource vpc_@ = aws.ec2.Vpc {
  cidr_block: 10.20.0.0/16
  enable_dns_support: true
  enable_dns_hostnames: true
  tags: { Name: named("vpc-@") }
}

resource igw_@ = aws.ec2.InternetGateway { tags: { Name: named("igw-@") } }
resource igw_use_@ = aws.ec2.VpcGatewayAttachment { vpc: vpc_@, internet_gateway: igw_@ }

resource public_@[zone, net in zones_@] = aws.ec2.Subnet {
  vpc: vpc_@
  availability_zone: "${region}${zone}"
  cidr_block: net.public
  map_public_ip_on_launch: true
  tags: { Name: named("public-${zone}") }
}

resource private_@[zone, net in zones_@] = aws.ec2.Subnet {
  vpc: vpc_@
  availability_zone: "${region}${zone}"
  cidr_block: net.private
}

resource balancer_sg_@ = aws.ec2.SecurityGroup {
  vpc: vpc_@
  group_description: "load balancer @: HTTPS"
  security_group_ingress: [{ ip_protocol: "tcp", from_port: 443, to_port: 443, cidr_ip: 0.0.0.0/0 }]
}

resource balancer_@ = aws.elbv2.LoadBalancer {
  type: "application"
  scheme: "internet-facing"
  subnets: public_@
  security_groups: [balancer_sg_@]
}

resource pool_@ = aws.elbv2.TargetGroup {
  vpc: vpc_@
  target_type: "instance"
  protocol: "HTTP"
  port: 8080
  health_check_path: "/healthz"
  health_check_interval_seconds: 10s
  health_check_timeout_seconds: 5s
}

resource role_@ = aws.iam.Role {
  description: "servers of part @"
  assume_role_policy_document: allow(["sts:AssumeRole"], on: ["*"])
  policies: [
    { policy_name: "logs", policy_document: allow(["logs:PutLogEvents"], on: [log_@.arn]) }
  ]
}

resource log_@ = aws.logs.LogGroup { log_group_name: named("part-@"), retention_in_days: 30d }

resource template_@ = aws.ec2.LaunchTemplate {
  launch_template_data: {
    image_id: "ami-0123456789abcdef0"
    instance_type: if env == "production" then "m6i.large" else "t3.small"
    block_device_mappings: [
      { device_name: "/dev/xvda", ebs: { volume_size: 20GiB, volume_type: "gp3", encrypted: true } }
    ]
    user_data: base64("""
      #!/bin/sh
      exec serve --part @ --log ${log_@.log_group_name} --host ${balancer_@.dns_name}
      """)
  }
}

resource group_@ = aws.autoscaling.AutoScalingGroup {
  launch_template: { launch_template: template_@, version: template_@.latest_version_number }
  vpc_zone_identifier: private_@
  target_groups: [pool_@]
  min_size: scale.min
  max_size: match env { "staging" => 2, "production" => scale.max + 1 }
  health_check_grace_period: 90s
}

output address_@: String = "https://${balancer_@.dns_name}/${domain}"
"#;

struct Texts(BTreeMap<String, String>);

impl Files for Texts {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Ok(if directory.is_empty() { self.0.keys().cloned().collect() } else { Vec::new() })
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::Missing)
    }
}

fn stack(lines: usize) -> (Texts, usize) {
    let mut files = BTreeMap::from([("stack.cairn".to_owned(), HEAD.to_owned())]);
    let mut written = HEAD.lines().count();
    let mut copy = 0;
    while written < lines {
        let block = BLOCK.replace('@', &copy.to_string());
        written += block.lines().count();
        files.entry(format!("part{:04}.cairn", copy / COPIES_PER_FILE)).or_default().push_str(&block);
        copy += 1;
    }
    (Texts(files), written)
}

/// The most memory this process had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// The time the processor worked for this process, in hundredths of a second.
fn worked() -> u64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name of the program, which may hold anything, the times are the twelfth and the thirteenth word.
    let words = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    words.skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum()
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![5_000, 10_000, LINES] } else { sizes };
    let catalogue = cairn::registry::catalogue();
    println!("| lines | read and resolve | types | both | processor | peak memory |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for size in sizes {
        let (files, lines) = stack(size);
        // The first run also builds the schemas of the types that are used; all later ones have them.
        let mut best: Option<(Duration, Duration)> = None;
        let before = worked();
        for _ in 0..RUNS {
            let start = Instant::now();
            let (program, mut report) = resolve::load(&files, catalogue.clone());
            let resolved = start.elapsed();
            let typed = check::check(&program, &mut report);
            let all = start.elapsed();
            assert!(report.is_empty(), "{:?}", report.iter().next());
            assert!(typed.failed.is_empty());
            let took = (resolved, all - resolved);
            if best.is_none_or(|(one, other)| took.0 + took.1 < one + other) {
                best = Some(took);
            }
        }
        let (resolved, types) = best.unwrap();
        let (both, memory) = (resolved + types, peak());
        let processor = Duration::from_millis((worked() - before) * 10) / RUNS;
        println!(
            "| {lines} | {:.3} s | {:.3} s | {:.3} s | {:.2} s | {} MiB |",
            resolved.as_secs_f64(),
            types.as_secs_f64(),
            both.as_secs_f64(),
            processor.as_secs_f64(),
            memory / 1024
        );
        if size == LINES && std::env::var_os("CAIRN_BENCH_ASSERT").is_some() {
            assert!(both.min(processor) <= LONGEST, "{both:?} for {lines} lines");
            assert!(memory <= LARGEST, "{memory} KiB for {lines} lines");
        }
    }
}
