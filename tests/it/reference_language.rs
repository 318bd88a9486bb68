//! The generated parts of the language reference: built-in functions and the grammar. `UPDATE=1` writes them anew.

use std::fmt::Write as _;
use std::path::Path;

use cairn::builtins::{self, Builtin, Kind, On};

use crate::literate::{HEADER, diagnose};
use crate::memory_files::MemoryFiles;
use crate::project::repository;

/// Receivers in the order of the page, with the headings of their tables.
const RECEIVERS: &[(On, &str)] = &[
    (On::Text, "On text"),
    (On::List, "On lists and sets"),
    (On::Map, "On maps and records"),
    (On::Cidr, "On networks"),
    (On::Traffic, "On traffic"),
    (On::Range, "On ranges"),
    (On::Number, "On numbers"),
    (On::Nothing, "On nothing"),
];

#[test]
fn the_generated_parts_are_fresh() {
    let chapter = |name: &str| repository().join("book/src/language").join(name);
    let mut stale = Vec::new();
    for (path, part) in [(chapter("functions.md"), functions()), (chapter("grammar.md"), grammar())] {
        let text = std::fs::read_to_string(&path).unwrap();
        let fresh = replaced(&text, &part, &path);
        if fresh != text {
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, fresh).unwrap();
            } else {
                stale.push(path);
            }
        }
    }
    assert!(stale.is_empty(), "write these anew with UPDATE=1: {stale:?}");
}

/// What the tables say of each function is what it gives.
#[test]
fn examples_of_functions_give_what_is_said() {
    let mut source = String::new();
    for (number, builtin) in builtins::all().enumerate() {
        writeln!(source, "output o{number} = {}\noutput p{number} = {}", builtin.example.0, builtin.example.1).unwrap();
    }
    let files = [("a.cairn".to_owned(), HEADER.to_owned()), ("b.cairn".to_owned(), source)];
    let found = diagnose(&MemoryFiles(files.into_iter().collect()));
    assert!(found.diagnostics.is_empty(), "{}", found.rendered());
    for (number, builtin) in builtins::all().enumerate() {
        let (given, said) = (found.values.get(&format!("o{number}")), found.values.get(&format!("p{number}")));
        assert!(given.is_some() && given == said, "{}: {given:?} is not {said:?}", builtin.id);
    }
}

/// Puts a part between the marks of a page.
fn replaced(text: &str, part: &str, path: &Path) -> String {
    let (begin, end) = ("<!-- generated -->\n", "<!-- end -->\n");
    let start = text.find(begin).unwrap_or_else(|| panic!("{} has no mark", path.display())) + begin.len();
    let stop = text.find(end).unwrap_or_else(|| panic!("{} has no second mark", path.display()));
    format!("{}{part}{}", &text[..start], &text[stop..])
}

fn functions() -> String {
    let mut text = String::new();
    for (on, title) in RECEIVERS {
        let functions: Vec<&Builtin> = builtins::all().filter(|builtin| builtin.on == *on).collect();
        if functions.is_empty() {
            continue;
        }
        write!(text, "\n## {title}\n\n| function | gives | what it does | example |\n|---|---|---|---|\n").unwrap();
        for builtin in functions {
            let params: Vec<String> = builtin
                .params
                .iter()
                .map(|param| format!("{}: {}{}", param.name, kind(param.kind), if param.optional { "?" } else { "" }))
                .collect();
            // Members of values are read without parentheses.
            let called = *on == On::Nothing || builtin.example.0.contains(&format!("{}(", builtin.name));
            let call =
                if called { format!("{}({})", builtin.name, params.join(", ")) } else { builtin.name.to_owned() };
            writeln!(
                text,
                "| `{}` | {} | {} | `{}` is `{}` |",
                cell(&call),
                cell(kind(builtin.result)),
                cell(builtin.doc),
                cell(builtin.example.0),
                cell(builtin.example.1)
            )
            .unwrap();
        }
    }
    text.push('\n');
    text
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "Bool",
        Kind::Int => "Int",
        Kind::Number => "Int or Float",
        Kind::Text => "String",
        Kind::Ip => "Ip",
        Kind::Cidr => "Cidr",
        Kind::Duration => "Duration",
        Kind::Json => "Json",
        Kind::Receiver => "the same type",
        Kind::Item => "an item",
        Kind::OptionalItem => "an item or nothing",
        Kind::Items => "the items as a list",
        Kind::Texts => "[String]",
        Kind::Cidrs => "[Cidr]",
        Kind::AnyList => "list",
        Kind::SetOfArgument => "a set of the items",
        Kind::Schedule => "Schedule",
    }
}

fn grammar() -> String {
    let grammar = std::fs::read_to_string(repository().join("grammar/cairn.pest")).unwrap();
    format!("\n```pest\n{}\n```\n\n", grammar.trim_end())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
