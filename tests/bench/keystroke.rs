//! How long an editor waits after a key is pressed: completion and what is wrong, in a stack of 5,000 lines.
//!
//! `cargo bench --no-default-features --bench keystroke [-- LINES…]` talks to the built server over its pipes, as an editor
//! does, and prints milliseconds. The goal is 50 for 5,000 lines.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark fails loudly"
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 5_000, 20_000] } else { sizes };
    println!("Both answers, from sending the key to the last of them; 60 keys in the middle of the file:\n");
    println!("| lines | first open | key: median | key: 95% | key: slowest | values of all environments |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for lines in sizes {
        measure(lines);
    }
}

/// What is typed, in a resource of its own.
const TYPED: &str = "resource typed = aws.ec2.Subnet {\n  vpc: vpc_3\n  cidr_block: vpc_3.";

fn measure(lines: usize) {
    let directory = tempfile::tempdir().unwrap();
    let text = stack(lines);
    let file = directory.path().join("stack.cairn");
    std::fs::write(&file, &text).unwrap();
    let uri = format!("file://{}", file.display());
    let mut editor = Editor::start();
    editor.send(&json!({ "id": 0, "method": "initialize", "params": { "capabilities": {} } }));
    editor.until(|message| message.get("id") == Some(&json!(0)));
    editor.send(&json!({ "method": "initialized", "params": {} }));
    // Schemas of the catalogue are built in the background right after the start.
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    let document = json!({ "uri": uri, "languageId": "cairn", "version": 0, "text": text });
    editor.send(&json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
    editor.until(|message| published(message, 0));
    let opened = begun.elapsed();
    // The first hint comes when all environments were evaluated.
    let begun = Instant::now();
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": lines, "character": 0 } });
    for id in 1_000_000.. {
        editor.send(&json!({ "id": id, "method": "textDocument/inlayHint", "params": { "textDocument": { "uri": uri }, "range": whole } }));
        let answer = editor.until(|message| message.get("id") == Some(&json!(id)));
        if answer.pointer("/result/0").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let evaluated = begun.elapsed();
    let middle = text.lines().take(lines / 2).collect::<Vec<_>>();
    // In front of a declaration: a line that starts in the first column.
    let line = middle.iter().rposition(|line| line.starts_with("resource")).unwrap();
    let mut times = Vec::new();
    let (mut at_line, mut at_column) = (line, 0);
    for (version, key) in (1i64..).zip(TYPED.chars()) {
        let begun = Instant::now();
        let place = json!({ "line": at_line, "character": at_column });
        let edit = json!({ "range": { "start": place, "end": place }, "text": key.to_string() });
        let document = json!({ "uri": uri, "version": version });
        editor.send(&json!({ "method": "textDocument/didChange", "params": { "textDocument": document, "contentChanges": [edit] } }));
        (at_line, at_column) = if key == '\n' { (at_line + 1, 0) } else { (at_line, at_column + 1) };
        let place = json!({ "line": at_line, "character": at_column });
        editor.send(&json!({ "id": version, "method": "textDocument/completion", "params": { "textDocument": { "uri": uri }, "position": place } }));
        let (mut told, mut completed) = (false, false);
        while !(told && completed) {
            let message = editor.receive();
            told |= published(&message, version);
            completed |= message.get("id") == Some(&json!(version));
        }
        times.push(begun.elapsed());
        // People pause now and then, and the evaluation in the background begins.
        if version % 20 == 0 {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    editor.send(&json!({ "id": "end", "method": "shutdown" }));
    editor.until(|message| message.get("id") == Some(&json!("end")));
    editor.send(&json!({ "method": "exit" }));
    assert!(editor.child.wait().unwrap().success());
    times.sort();
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    println!(
        "| {} | {} | {} | {} | {} | {} |",
        text.lines().count(),
        milliseconds(opened),
        milliseconds(times[times.len() / 2]),
        milliseconds(times[times.len() * 95 / 100]),
        milliseconds(*times.last().unwrap()),
        milliseconds(evaluated),
    );
}

fn published(message: &Value, version: i64) -> bool {
    message.get("method") == Some(&json!("textDocument/publishDiagnostics"))
        && message.pointer("/params/version") == Some(&json!(version))
}

/// Networks with subnets, constants, functions and outputs, in two environments.
fn stack(lines: usize) -> String {
    let mut text = String::from(
        "stack keys {\n  cairn: \"1\"\n  environments: [\"staging\", \"production\"]\n}\n\nimport aws\n\n@default\n\
         provider eu = aws.Target { region: \"eu-central-1\" }\n\ninput owner: String = \"me\"\n\n\
         fn named(part: String): String = \"${env}-${owner}-${part}\"\n",
    );
    let mut group = 0;
    while text.lines().count() < lines {
        let block = group % 256;
        write!(
            text,
            "\n## Network {group}.\nlet range_{group} = 10.{block}.0.0/16\nresource vpc_{group} = aws.ec2.Vpc {{\n  cidr_block: range_{group}\n  \
             enable_dns_support: true\n  tags: {{ Name: named(\"vpc-{group}\"), Group: \"{group}\" }}\n}}\n"
        )
        .unwrap();
        for subnet in 0..4 {
            write!(
                text,
                "resource subnet_{group}_{subnet} = aws.ec2.Subnet {{\n  vpc: vpc_{group}\n  availability_zone: \"eu-central-1${{if {subnet} > 1 then \"a\" \
                 else \"b\"}}\"\n  cidr_block: range_{group}.subnet(newbits: 8, index: {subnet})\n  tags: {{ Name: named(\"{group}-{subnet}\") }}\n}}\n"
            )
            .unwrap();
        }
        write!(
            text,
            "resource routes_{group} = aws.ec2.RouteTable {{ vpc: vpc_{group} }}\noutput network_{group}: String = vpc_{group}.vpc_id\n"
        )
        .unwrap();
        group += 1;
    }
    text
}

struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Editor {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server is gone");
            match line.trim().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.receive();
            if wanted(&message) {
                return message;
            }
        }
    }
}
