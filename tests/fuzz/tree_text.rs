//! What a text means, as text without places: two texts that mean the same give the same.

use cairn::language::syntax;
use cairn::source::{SourceSet, SourceText};

/// The items of a text and the codes of what is reported about them.
pub fn meaning(text: &str) -> (String, Vec<&'static str>) {
    let mut set = SourceSet::default();
    let id = set.add(SourceText::new("main.cairn", text));
    let (document, diagnostics) = syntax::parse(id, set.get(id));
    let shown = format!("{:?}", document.items);
    let mut codes: Vec<&'static str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    (short_fields(&without_places(&shown)), codes)
}

/// `Span { … }` says where and not what.
fn without_places(shown: &str) -> String {
    let mut text = String::with_capacity(shown.len() / 2);
    let mut parts = shown.split("Span { source: ");
    text.push_str(parts.next().unwrap());
    for part in parts {
        text.push_str(part.split_once(" }").unwrap().1);
    }
    text
}

/// `{ name: name }` is `{ name }`.
fn short_fields(shown: &str) -> String {
    let mut text = String::with_capacity(shown.len());
    let mut parts = shown.split("Field(Key { text: \"");
    text.push_str(parts.next().unwrap());
    for part in parts {
        let name = part.split('"').next().unwrap();
        let short = format!("{name}\", span:  }}, Expr {{ span: , kind: Name(\"{name}\") }})");
        let written = format!("{name}\", span:  }})");
        let literal = matches!(name, "true" | "false" | "none");
        match part.strip_prefix(&short).filter(|_| !literal) {
            Some(rest) => text.push_str(&format!("Short(Ident {{ text: \"{written}{rest}")),
            None => text.push_str(&format!("Field(Key {{ text: \"{part}")),
        }
    }
    text
}

#[test]
fn short_and_long_fields_mean_the_same() {
    assert_eq!(meaning("let a = { b: b, c: d }"), meaning("let  a={\n  b\n  c:   d\n}"));
    assert_ne!(meaning("let a = { b: c }").0, meaning("let a = { b }").0);
    assert_ne!(meaning("let a = 1").0, meaning("let a = 2").0);
}
