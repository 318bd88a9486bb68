//! Highlighting of editors against the grammar of the language: the same words, decorators, units and operators.

use std::collections::BTreeSet;

use cairn::language::check::DECORATORS;
use cairn::language::syntax::KEYWORDS;
use cairn_provider::value::{Duration, Size};

const GRAMMAR: &str = include_str!("../../grammar/cairn.pest");
const TEXT_MATE: &str = include_str!("../../grammar/editors/cairn.tmLanguage.json");
const TREE_SITTER: &str = include_str!("../../grammar/editors/tree-sitter/grammar.js");
const QUERIES: &str = include_str!("../../grammar/editors/tree-sitter/queries/highlights.scm");

/// The rule of a name in the grammar, on one line.
fn rule(name: &str) -> &'static str {
    let start = GRAMMAR.lines().find(|line| line.split_whitespace().next() == Some(name));
    start.unwrap_or_else(|| panic!("the grammar has no rule {name}"))
}

/// What stands in quotes in a rule.
fn literals(text: &str) -> BTreeSet<String> {
    text.split('"').skip(1).step_by(2).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// All words of the language.
fn words() -> BTreeSet<String> {
    let rules = GRAMMAR.lines().filter(|line| line.starts_with("k_") || line.starts_with("decl_kw"));
    let words: BTreeSet<String> = rules.flat_map(literals).collect();
    assert!(words.len() > 25, "{words:?}");
    for keyword in KEYWORDS {
        assert!(words.contains(keyword), "{keyword}");
    }
    for reserved in literals(rule("reserved")) {
        assert!(words.contains(&reserved), "{reserved}");
    }
    words
}

fn operators() -> BTreeSet<String> {
    let mut all = literals(rule("inf"));
    all.remove(".");
    all.extend(literals(rule("prefix")));
    all.extend(["=>", "...", "?.", "="].map(str::to_owned));
    all
}

/// Every expression of the TextMate grammar.
fn expressions() -> Vec<String> {
    fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(entries) => {
                for (key, value) in entries {
                    match (key.as_str(), value) {
                        ("match" | "begin" | "end", serde_json::Value::String(text)) => found.push(text.clone()),
                        _ => collect(value, found),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::from_str(TEXT_MATE).unwrap(), &mut found);
    assert!(found.len() > 20);
    found
}

/// The alternatives of the groups in an expression: `a`, `b` and `c` of `(a|b|c)`.
fn alternatives(expression: &str) -> BTreeSet<String> {
    let groups = expression.split(['(', ')']);
    let words = groups.flat_map(|group| group.trim_start_matches("?:").split('|'));
    let plain = |word: &&str| {
        !word.is_empty() && word.chars().all(|character| character.is_ascii_alphabetic() || character == '_')
    };
    words
        .map(|word| word.trim_start_matches("\\b").trim_end_matches("\\b"))
        .filter(plain)
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn text_mate_knows_all_words_and_no_other() {
    let known: BTreeSet<String> = expressions().iter().flat_map(|expression| alternatives(expression)).collect();
    let units: BTreeSet<String> = units().into_iter().collect();
    for word in words() {
        assert!(known.contains(&word), "`{word}` is not in cairn.tmLanguage.json");
    }
    let decorators: BTreeSet<&str> = DECORATORS.into_iter().collect();
    for word in &known {
        let ours = words().contains(word) || decorators.contains(word.as_str()) || units.contains(word);
        // `r` of raw text and `u` of an escaped character are no words.
        assert!(ours || word.len() == 1, "`{word}` of cairn.tmLanguage.json is no word of the language");
    }
}

#[test]
fn tree_sitter_knows_all_words() {
    let known = literals(TREE_SITTER);
    for word in words() {
        assert!(known.contains(&word), "`{word}` is not in grammar.js");
        assert!(
            QUERIES.contains(&format!("\"{word}\"")) || ["true", "false", "none"].contains(&word.as_str()),
            "`{word}` is not in highlights.scm"
        );
    }
    for word in literals(QUERIES.split("; What is declared").next().unwrap()) {
        let word = word.trim();
        assert!(word.is_empty() || words().contains(word), "`{word}` of highlights.scm is no word of the language");
    }
}

#[test]
fn decorators_agree() {
    let decorators: BTreeSet<String> = DECORATORS.into_iter().map(ToOwned::to_owned).collect();
    let line = expressions().into_iter().find(|expression| expression.contains("^(@)")).unwrap();
    assert_eq!(alternatives(&line), decorators);
}

/// Every unit that is one: all short words are tried.
fn units() -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let mut units = Vec::new();
    let mut longer = vec![String::new()];
    for _ in 0..3 {
        longer = longer.iter().flat_map(|start| letters.iter().map(move |letter| format!("{start}{letter}"))).collect();
        let is_unit = |unit: &&String| Duration::of(1.0, unit).is_some() || Size::of(1.0, unit).is_some();
        units.extend(longer.iter().filter(is_unit).cloned());
    }
    assert!(units.len() >= 15, "{units:?}");
    units
}

#[test]
fn units_agree() {
    let units: BTreeSet<String> = units().into_iter().collect();
    let line = expressions().into_iter().find(|expression| expression.contains("|KiB|")).unwrap();
    assert_eq!(alternatives(&line), units, "cairn.tmLanguage.json");
    let line = TREE_SITTER.lines().find(|line| line.contains("|KiB|")).unwrap();
    assert_eq!(alternatives(&line.replace("|%", "")), units, "grammar.js");
}

#[test]
fn operators_agree() {
    let line = expressions().into_iter().find(|expression| expression.starts_with("\\?\\?|")).unwrap();
    let known = literals(TREE_SITTER);
    for operator in operators() {
        let escaped: String = operator
            .chars()
            .flat_map(|character| if "?.|+*".contains(character) { vec!['\\', character] } else { vec![character] })
            .collect();
        let listed = line.replace("\\|", "\u{1}");
        let wanted = escaped.replace("\\|", "\u{1}");
        let word = operator.chars().all(|character| character.is_ascii_alphabetic());
        assert!(word || listed.split('|').any(|one| one == wanted), "`{operator}` is not in cairn.tmLanguage.json");
        assert!(known.contains(&operator), "`{operator}` is not in grammar.js");
    }
}
