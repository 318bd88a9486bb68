//! How time and memory grow with the number of resources: check, plan and apply on the sandbox.
//!
//! `cargo bench --no-default-features --bench scale [-- SIZE…]` prints a table. Nothing is asserted about seconds; the
//! growth from the smallest to the largest size is printed as a ratio.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark fails loudly"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Apply writes a durable record for every step; beyond this size it only costs patience.
const LARGEST_APPLY: usize = 1_000;

struct Measured {
    took: Duration,
    peak_kib: u64,
    out: String,
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000, 100_000] } else { sizes };
    println!("Networks of ten resources each:\n");
    measure(&sizes, write_networks);
    println!("\nA chain, each resource reading a written field of the one before:\n");
    let lengths: Vec<usize> = sizes.iter().map(|size| size.div_ceil(CHAIN_SHARE)).collect();
    measure(&lengths, write_chain);
}

/// The chain is shorter than the networks: each link is one more need on the longest way.
const CHAIN_SHARE: usize = 10;

fn measure(sizes: &[usize], write_stack: fn(&Path, usize) -> usize) {
    println!("| resources | command | time | per resource | peak memory | memory per resource |");
    println!("|--:|---|--:|--:|--:|--:|");
    let mut plans = Vec::new();
    for &size in sizes {
        let directory = tempfile::tempdir().unwrap();
        let count = write_stack(directory.path(), size);
        row(count, "check", &run(directory.path(), &["check"]));
        let plan = run(directory.path(), &["plan", "--sandbox"]);
        assert!(plan.out.contains(&format!("{count} create")), "{}", plan.out.lines().last().unwrap_or_default());
        row(count, "plan (all new)", &plan);
        plans.push((count, plan));
        if count <= LARGEST_APPLY {
            row(count, "apply", &run(directory.path(), &["apply", "--sandbox", "--yes"]));
            let plan = run(directory.path(), &["plan", "--sandbox", "--detailed-exitcode", "--stats"]);
            row(count, "plan (nothing to do)", &plan);
            row(count, "destroy", &run(directory.path(), &["destroy", "--sandbox", "--yes"]));
        }
    }
    if let [(few, small), .., (many, large)] = plans.as_slice() {
        let time = large.took.as_secs_f64() / *many as f64 / (small.took.as_secs_f64() / *few as f64);
        let memory = large.peak_kib as f64 / *many as f64 / (small.peak_kib as f64 / *few as f64);
        println!(
            "\nplan, from {few} to {many} resources: time per resource × {time:.2}, memory per resource × {memory:.2}"
        );
    }
}

const HEADER: &str =
    "stack scale {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider eu = aws.Target { region: \"eu-central-1\" }\n";

/// VPCs, each with the address space and the tag of the one before.
fn write_chain(directory: &Path, size: usize) -> usize {
    let mut text = String::from(HEADER);
    writeln!(text, "\nresource link_0 = aws.ec2.Vpc {{ cidr_block: 10.0.0.0/16 }}").unwrap();
    for link in 1..size {
        let before = link - 1;
        writeln!(
            text,
            "resource link_{link} = aws.ec2.Vpc {{\n  cidr_block: link_{before}.cidr_block\n  tags: {{ Before: link_{before}.vpc_id }}\n}}"
        )
        .unwrap();
    }
    std::fs::write(directory.join("stack.cairn"), text).unwrap();
    size
}

/// Networks of ten resources each: a VPC, eight subnets, a route table.
fn write_networks(directory: &Path, size: usize) -> usize {
    let mut text = String::from(HEADER);
    let groups = size.div_ceil(10);
    for group in 0..groups {
        writeln!(text, "\nresource vpc_{group} = aws.ec2.Vpc {{ cidr_block: 10.{}.0.0/16 }}", group % 256).unwrap();
        for subnet in 0..8 {
            writeln!(
                text,
                "resource subnet_{group}_{subnet} = aws.ec2.Subnet {{\n  vpc: vpc_{group}\n  cidr_block: 10.{}.{subnet}.0/24\n  tags: {{ Name: \"{group}-{subnet}\" }}\n}}",
                group % 256
            )
            .unwrap();
        }
        writeln!(text, "resource routes_{group} = aws.ec2.RouteTable {{ vpc: vpc_{group} }}").unwrap();
    }
    std::fs::write(directory.join("stack.cairn"), text).unwrap();
    groups * 10
}

/// Runs the binary; the kernel's own high-water mark of its memory is read while it runs.
fn run(directory: &Path, arguments: &[&str]) -> Measured {
    let output = std::fs::File::create(directory.join("output")).unwrap();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .args(arguments)
        .current_dir(directory)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let ended = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak_kib = mark.and_then(|mark| mark.split_whitespace().next()?.parse().ok()).unwrap_or(peak_kib);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let took = begun.elapsed();
    let out = std::fs::read_to_string(directory.join("output")).unwrap();
    assert!(ended.success(), "cairn {arguments:?} failed\n{}", out.lines().last().unwrap_or_default());
    Measured { took, peak_kib, out }
}

fn row(count: usize, what: &str, measured: &Measured) {
    let seconds = measured.took.as_secs_f64();
    println!(
        "| {count} | {what} | {seconds:.3} s | {:.1} µs | {:.1} MiB | {:.2} KiB |",
        seconds * 1e6 / count as f64,
        measured.peak_kib as f64 / 1024.0,
        measured.peak_kib as f64 / count as f64,
    );
}
