//! Sources with tokens deleted, doubled and exchanged: whatever comes out, nothing panics, every report has a place
//! that exists, and what reports nothing is a program.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use cairn::language::resolve;
use cairn::language::syntax::ast::ItemKind;

use crate::literate::{Case, Found, cases, diagnose, documents, with_header};
use crate::memory_files::MemoryFiles;
use crate::sample_types;

/// How many mutations are tried; `CAIRN_MUTATIONS` says another number.
const ROUNDS: usize = 4_000;

/// Numbers that look random and are always the same: xorshift with a fixed start.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// Words, numbers, blanks, line ends and single signs.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        ' ' | '\t' => 1,
        '\n' => 2,
        _ => 3,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let now = class(c);
        if before.is_some_and(|before| before != now || now >= 2) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = Some(now);
    }
    tokens.push(&text[start..]);
    tokens
}

fn mutated(text: &str, numbers: &mut Numbers) -> String {
    let mut tokens = tokens(text);
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(tokens.len());
        let other = numbers.below(tokens.len());
        match numbers.below(4) {
            0 if tokens.len() > 1 => {
                tokens.remove(at);
            }
            1 => tokens.insert(at, tokens[at]),
            2 => tokens.insert(at, tokens[other]),
            _ => tokens.swap(at, other),
        }
    }
    tokens.concat()
}

/// The files of all suites and of all stacks.
fn seeds() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    for folder in ["tests/language", "src/diagnostic/catalogue"] {
        for file in documents(&root.join(folder)) {
            seeds.extend(cases(&std::fs::read_to_string(file).unwrap()));
        }
    }
    // Lists of a million items are no food for a few thousand rounds.
    seeds.retain(|case| !case.files.values().any(|text| text.contains("900000")));
    for stack in std::fs::read_dir(root.join("stacks")).unwrap() {
        let stack = stack.unwrap().path();
        let mut files = BTreeMap::new();
        collect(&stack, &stack, &mut files);
        seeds.push(Case { title: stack.display().to_string(), files, reports: None, alone: true });
    }
    seeds
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "cairn") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn mutations_never_break_the_language() {
    let seeds = seeds();
    assert!(seeds.len() > 250, "only {} seeds", seeds.len());
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut silent, mut reported) = (0, 0);
    let rounds = std::env::var("CAIRN_MUTATIONS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let seed = &seeds[numbers.below(seeds.len())];
        let names: Vec<&String> = seed.files.keys().collect();
        let name = names[numbers.below(names.len())].clone();
        let mut case = Case { title: seed.title.clone(), files: seed.files.clone(), reports: None, alone: seed.alone };
        let text = mutated(&case.files[&name], &mut numbers);
        case.files.insert(name.clone(), text.clone());
        let files = with_header(&case);
        let shown = || format!("round {round}, {}, {name}:\n{text}", seed.title);
        let outcome = catch_unwind(AssertUnwindSafe(|| cairn::host::with_large_stack(|| diagnose(&files))));
        let found = outcome.unwrap_or_else(|_| panic!("a panic in {}", shown()));
        if let Some(wrong) = misplaced(&found) {
            panic!("{wrong} in {}", shown());
        }
        assert!(found.rendered().lines().count() >= found.diagnostics.len(), "{}", shown());
        if found.diagnostics.is_empty() {
            silent += 1;
            assert_eq!(no_program(&files), None, "{}", shown());
        } else {
            reported += 1;
        }
    }
    assert!(silent > rounds / 50 && reported > rounds / 2, "{silent} mutations said nothing, {reported} something");
}

/// The first report whose place is none.
fn misplaced(found: &Found) -> Option<String> {
    for diagnostic in &found.diagnostics {
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        let spans = diagnostic.labels.iter().map(|label| label.span).chain(edits);
        for span in spans {
            let text = &found.sources.get(span.source).text;
            let (start, end) = (span.start as usize, span.end as usize);
            if start > end || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
                return Some(format!("{} at {start}..{end} of {}", diagnostic.code, text.len()));
            }
        }
        if diagnostic.labels.is_empty() && !["stack::header", "stack::unreadable"].contains(&diagnostic.code) {
            return Some(format!("{} has no place", diagnostic.code));
        }
    }
    None
}

/// Why files about which nothing is reported are no program: something in them was left out, or the order of their
/// declarations means something.
fn no_program(files: &MemoryFiles) -> Option<String> {
    let (program, _) = resolve::load(files, sample_types::catalogue());
    let mut turned = files.0.clone();
    for document in &program.documents {
        let source = program.sources.get(document.source);
        let mut items = Vec::new();
        for item in &document.items {
            if item.broken || matches!(item.kind, ItemKind::Broken(_)) {
                return Some(format!("a declaration of {} was left out", source.path));
            }
            items.push(program.sources.text(item.span).to_owned());
        }
        items.reverse();
        turned.insert(source.path.clone(), items.join("\n") + "\n");
    }
    let again = diagnose(&MemoryFiles(turned));
    (!again.diagnostics.is_empty()).then(|| format!("turned around it reports\n{}", again.rendered()))
}
