//! What it costs that every step is durable before and after it is taken: an apply of 1,000 objects on the sandbox, where
//! each call takes 20 ms, with its state on a disk and with its state in memory, in turn.
//!
//! `cargo bench --no-default-features --bench safety [-- SIZE]` prints a table. It fails if durability takes more than
//! 30 % of the time, or more than three writes for each wave of steps that run at once.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark fails loudly"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What durability may add, as a share of the time without it.
const MOST: f64 = 0.30;

/// How many steps run at once.
const PARALLELISM: usize = 20;

/// How many times each place is measured; the fastest counts, what else the machine does is noise.
const ROUNDS: usize = 3;

/// A directory that is memory: making it durable is no work.
const MEMORY: &str = "/dev/shm";

struct Measured {
    took: Duration,
    records: usize,
    writes: usize,
}

fn main() {
    let size = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000);
    if !Path::new(MEMORY).is_dir() {
        println!("there is no {MEMORY} here: nothing to compare with");
        return;
    }
    println!("| state | apply of {size} | records | writes | writes per wave of {PARALLELISM} |");
    println!("|---|--:|--:|--:|--:|");
    let (mut disk, mut memory): (Vec<Measured>, Vec<Measured>) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        memory.push(measure(Path::new(MEMORY), size));
        disk.push(measure(&std::env::temp_dir(), size));
    }
    let waves = size.div_ceil(PARALLELISM) as f64;
    let mut best = Vec::new();
    for (name, rounds) in [("in memory", memory), ("on the disk", disk)] {
        let fastest = rounds.into_iter().min_by_key(|round| round.took).unwrap();
        let (took, records, writes) = (fastest.took.as_secs_f64(), fastest.records, fastest.writes);
        println!("| {name} | {took:.2} s | {records} | {writes} | {:.2} |", writes as f64 / waves);
        assert!(writes as f64 <= 3.0 * waves + 10.0, "{writes} writes for {waves} waves");
        best.push(took);
    }
    let added = best.last().unwrap() / best.first().unwrap() - 1.0;
    println!("\ndurability adds {:.0} %", added * 100.0);
    assert!(added <= MOST, "durability adds {:.0} %", added * 100.0);
}

fn measure(place: &Path, size: usize) -> Measured {
    let directory = tempfile::tempdir_in(place).unwrap();
    std::fs::write(directory.path().join("stack.cairn"), stack(size)).unwrap();
    let parallelism = PARALLELISM.to_string();
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .args([
            "apply",
            "--sandbox",
            "--yes",
            "--stats",
            "--sandbox-faults",
            "latency=20",
            "--parallelism",
            &parallelism,
        ])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let took = begun.elapsed();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    // `state: 3001 records in 117 writes`
    let line = said.lines().find_map(|line| line.strip_prefix("state: ")).unwrap_or_else(|| panic!("{said}"));
    let numbers: Vec<usize> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [records, writes] = numbers.as_slice() else { panic!("{line}") };
    Measured { took, records: *records, writes: *writes }
}

/// Networks of ten: a VPC, four subnets, three groups, two topics.
fn stack(size: usize) -> String {
    let mut text =
        "stack safety {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n"
            .to_owned();
    for network in 0..size / 10 {
        let block = format!("10.{}.0.0", network % 250);
        writeln!(text, "\nresource vpc_{network} = aws.ec2.Vpc {{ cidr_block: {block}/16 }}").unwrap();
        for subnet in 0..4 {
            writeln!(
                text,
                "resource subnet_{network}_{subnet} = aws.ec2.Subnet {{ vpc: vpc_{network}, \
                 cidr_block: {block}/16.subnet(newbits: 8, index: {subnet}) }}"
            )
            .unwrap();
        }
        for group in 0..3 {
            writeln!(
                text,
                "resource group_{network}_{group} = aws.ec2.SecurityGroup {{ vpc: vpc_{network}, \
                 group_description: \"group {group}\" }}"
            )
            .unwrap();
        }
        for topic in 0..2 {
            let name = format!("topic_{network}_{topic}");
            writeln!(text, "resource {name} = aws.sns.Topic {{ topic_name: \"{name}\" }}").unwrap();
        }
    }
    text
}
