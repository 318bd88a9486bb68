//! Work grows in step with the text, whatever the text is: counted in allocations and their bytes, which are the same on
//! every machine, not in seconds.
//!
//! A rule that is tried again for each level, a list that is copied for each element or a report that is compared with
//! all others shows here as a ratio far above two when the text doubles. A scan that only reads the same bytes again
//! allocates nothing, so it does not.
#![allow(
    missing_docs,
    unsafe_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test fails loudly, and an allocator that counts cannot be written without `unsafe`"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

use cairn::diagnostic::Report;
use cairn::language::resolve::{FileError, Files};
use cairn::language::{check, evaluate, resolve};

/// Counts what the current thread allocates.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged; counting touches two cells without destructors.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Growing a list counts for what it grows by.
        count(size.saturating_sub(layout.size()));
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn count(size: usize) {
    // Nothing is counted while a thread ends.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + u64::try_from(size).unwrap_or(0)));
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Texts(BTreeMap<String, String>);

impl Files for Texts {
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Ok(if directory.is_empty() { self.0.keys().cloned().collect() } else { Vec::new() })
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::Missing)
    }
}

const HEAD: &str =
    "stack s {\n  cairn: \"1\"\n}\n\nimport aws\n\nprovider p = aws.Target { region: \"eu-central-1\" }\n";

/// A text that might take more than its share, by a size.
type Pathological = (&'static str, fn(usize) -> String);

const TEXTS: &[Pathological] = &[
    ("declarations", |n| each(n, |at| format!("let a{at} = {at}\n"))),
    ("a chain of names", |n| format!("let a0 = 1\n{}", each(n.min(200), |at| format!("let a{} = a{at}\n", at + 1)))),
    ("resources", |n| {
        each(n, |at| format!("resource v{at} = aws.ec2.Vpc {{ cidr_block: 10.0.0.0/16, enable_dns_support: true }}\n"))
    }),
    ("undefined names", |n| each(n, |at| format!("let a{at} = missing{at}\n"))),
    ("one undefined name", |n| each(n, |at| format!("let a{at} = missing\n"))),
    ("a name declared over and over", |n| each(n, |_| "let a = 1\n".to_owned())),
    ("misspelt fields", |n| each(n, |at| format!("resource v{at} = aws.ec2.Vpc {{ cidr_blok: 10.0.0.0/16 }}\n"))),
    ("broken lines", |n| each(n, |at| format!("let a{at} = = 1\n"))),
    ("unclosed brackets", |n| each(n, |at| format!("let a{at} = [1, {{ b: (2\n"))),
    ("strays", |n| each(n, |_| "  )]}\n".to_owned())),
    ("keywords nobody knows", |n| each(n, |at| format!("resorce a{at} = aws.ec2.Vpc {{\n  x: 1\n}}\n"))),
    ("open texts", |n| each(n, |at| format!("let a{at} = \"\"\"\n  x\n"))),
    ("subnets of one network", |n| {
        format!(
            "resource v = aws.ec2.Vpc {{ cidr_block: 10.0.0.0/8 }}\n{}",
            each(n, |at| format!(
                "resource s{at} = aws.ec2.Subnet {{ vpc: v, cidr_block: 10.{}.{}.0/24 }}\n",
                at / 256,
                at % 256
            ))
        )
    }),
    ("a long list", |n| format!("let a = [{}]\n", each(n, |at| format!("{at}, ")))),
    ("a long text", |n| format!("let b = 1\nlet a = \"{}\"\n", each(n, |_| "x ${b} ".to_owned()))),
    ("a loop over many", |n| {
        format!("let a = [for i in 0..{n}: {{ name: \"n${{i}}\", even: i * 2 }}]\noutput l = a.len()\n")
    }),
];

fn each(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// Reads, checks and evaluates; gives the allocations and their bytes.
fn work(text: String) -> (u64, u64) {
    let files = Texts(BTreeMap::from([("head.cairn".to_owned(), HEAD.to_owned()), ("text.cairn".to_owned(), text)]));
    let catalogue = cairn::registry::catalogue();
    let measured = cairn::host::with_large_stack(|| {
        // Schemas of types are built when they are first asked for.
        for kind in ["aws.ec2.Vpc", "aws.ec2.Subnet"] {
            assert!(catalogue.get(kind).is_some());
        }
        let before = (ALLOCATIONS.get(), BYTES.get());
        let (program, mut report) = resolve::load(&files, catalogue.clone());
        let typed = check::check(&program, &mut report);
        let request = evaluate::Request {
            program: &program,
            typed: &typed,
            environment: None,
            overrides: &[],
            answers: None,
            files: &files,
            today: None,
            changes: None,
        };
        let mut found = Report::default();
        let evaluation = evaluate::evaluate(&request, &mut found);
        drop(evaluation);
        (ALLOCATIONS.get() - before.0, BYTES.get() - before.1)
    });
    assert!(measured.0 > 0, "nothing was counted");
    measured
}

/// When the text doubles twice, the second doubling may cost this many times the first.
const MOST: f64 = 2.6;

#[test]
fn work_grows_in_step_with_the_text() {
    let mut wrong = Vec::new();
    for (name, text) in TEXTS {
        let sizes = [150, 300, 600];
        let [small, middle, large] = sizes.map(|size| work(text(size)));
        for (what, few, some, many) in
            [("allocations", small.0, middle.0, large.0), ("bytes", small.1, middle.1, large.1)]
        {
            let (first, second) = (some.saturating_sub(few), many.saturating_sub(some));
            let ratio = second as f64 / first.max(1) as f64;
            println!("{name:<32} {what:<12} {few:>12} {some:>12} {many:>12} {ratio:>6.2}");
            // Less than a thousand is noise: a table that grows once more.
            if ratio > MOST && second > 1_000 {
                wrong.push(format!("{name}: {what} grow by {first}, then by {second}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
