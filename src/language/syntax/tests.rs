//! Reading whole texts: what is accepted, what is reported and what survives a mistake.

use super::ast::{Expr, ExprKind, ItemKind};
use super::{grammar, parse};
use crate::source::{SourceSet, SourceText};

/// The reports of a text as `code@line:column`, and the kinds of its items.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let mut set = SourceSet::default();
    let id = set.add(SourceText::new("a.cairn", text));
    let (document, diagnostics) = parse(id, set.get(id));
    let reports = diagnostics
        .iter()
        .map(|diagnostic| {
            let at = set.position(diagnostic.span().unwrap());
            format!("{}@{}:{}", diagnostic.code.trim_start_matches("syntax::"), at.line, at.column)
        })
        .collect();
    let items = document
        .items
        .iter()
        .map(|item| {
            let mark = if item.broken { "!" } else { "" };
            match &item.kind {
                ItemKind::Declaration(node) => format!("{}{mark}", node.name.text),
                ItemKind::Let(node) => format!("{}{mark}", node.name.text),
                ItemKind::Broken(node) => format!("?{}", node.name.as_ref().map_or("", |name| name.text.as_str())),
                other => format!("{other:?}").split(['(', ' ']).next().unwrap().to_owned() + mark,
            }
        })
        .collect();
    (reports, items)
}

#[track_caller]
fn check(text: &str, reports: &[&str], items: &[&str]) {
    assert_eq!(
        read(text),
        (reports.iter().map(|r| (*r).to_owned()).collect(), items.iter().map(|i| (*i).to_owned()).collect())
    );
}

#[test]
fn a_field_with_equals() {
    check("resource vpc = aws.ec2.Vpc {\n  cidr_block = 10.0.0.0/16\n  a: 1\n}", &["equals_in_record@2:14"], &["vpc"]);
}

#[test]
fn a_declaration_with_a_colon() {
    check("resource vpc: aws.ec2.Vpc {\n  a: 1\n}\nlet b = 1", &["colon_in_declaration@1:13"], &["vpc", "b"]);
}

#[test]
fn a_missing_colon_comma_value_or_operand() {
    check("resource a = T {\n  b 1\n  c: 2\n}", &["missing_colon@2:4"], &["a"]);
    check("let a = { b: 1 c: 2 }", &["missing_comma@1:15"], &["a"]);
    check("resource a = T {\n  b:\n  c: 2\n}", &["missing_value@2:5"], &["a!"]);
    check("resource a = T {\n  b: 1 +\n  c: 2\n}", &["missing_operand@2:9"], &["a!"]);
    check("let a =\nlet b = 1", &["missing_value@1:8"], &["?a", "b"]);
}

#[test]
fn texts_and_brackets_that_do_not_end() {
    check("resource a = T {\n  b: \"x\n  c: 2\n}\nlet d = 1", &["unterminated_string@2:6"], &["a!", "d"]);
    check("resource a = T {\n  b: {\n    c: 2\n  d: 3\n}\nlet e = 1", &["unclosed@2:6"], &["a", "e"]);
    check("resource a = T {\n  b: [1, 2\n  c: 3\n}", &["unclosed@2:6"], &["a"]);
    check("resource a = T {\n  c: 3\nlet b = 1", &["unclosed@1:16"], &["a!", "b"]);
    check("let a = (1, 2]", &["wrong_bracket@1:14"], &["?a"]);
    check("resource a = T {\n  b: 1)\n}", &["stray_bracket@2:7"], &["a"]);
    check("let a = \"\"\"\n  x\nlet b = 1", &["unclosed@1:9"], &["a!", "b"]);
}

#[test]
fn text_in_the_first_column() {
    check("let a = \"\"\"\n#!/bin/sh\nexec x\n  \"\"\"\nlet b = 1", &["block_text_column@1:9"], &["a", "b"]);
}

#[test]
fn headers_of_other_languages() {
    check("resorce a = T {\n  b: 1\n}\nlet c = 1", &["unknown_keyword@1:1"], &["?a", "c"]);
    check("resource \"aws_vpc\" \"main\" {\n  a = 1\n}", &["hcl_block@1:10"], &["?main"]);
}

#[test]
fn characters_of_other_languages() {
    check("let a = 1;\nlet b = 'x'", &["semicolon@1:10", "single_quotes@2:9"], &["a", "?b"]);
    check("resource a = T {\n  b: 1 // c\n  d: 2\n}", &["foreign_comment@2:8"], &["a"]);
    check("let a = 1 §", &["foreign_character@1:11"], &["a"]);
    check("let a\u{202e} = 1", &["hidden_character@1:6"], &["a"]);
}

#[test]
fn several_mistakes_in_one_item_and_in_many() {
    check(
        "resource a = T {\n  b = 1\n  c 2\n  d:\n}\nresource e = T {\n  f = 1\n}",
        &["equals_in_record@2:5", "missing_colon@3:4", "missing_value@4:5", "equals_in_record@7:5"],
        &["a!", "e"],
    );
}

#[test]
fn a_chain_of_comparisons() {
    check("assert 0 < a <= b\n  else \"x\"", &["chained_comparison@1:8"], &["Assert"]);
}

#[test]
fn deep_and_large_items_are_refused() {
    let deep = format!("let a = {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(read(&deep).0, ["too_large@1:1"]);
    let deep = format!("let a = {}1{}", "(".repeat(200), ")".repeat(200));
    assert_eq!(read(&deep).0, ["too_deep@1:137"]);
    let deep = format!("let a = {}1{}\nlet b = 1", "(".repeat(128), ")".repeat(128));
    assert_eq!(read(&deep), (vec![], vec!["a".into(), "b".into()]));
}

/// The shape of an expression with every operator in parentheses.
fn shape(expression: &Expr) -> String {
    match &expression.kind {
        ExprKind::Binary(binary) => {
            format!("({} {} {})", shape(&binary.left), binary.operator.symbol(), shape(&binary.right))
        }
        ExprKind::Unary(unary, inner) => format!("({unary:?} {})", shape(inner)),
        ExprKind::Member(member) => format!("{}.{}", shape(&member.base), member.name.text),
        ExprKind::Index(base, key) => format!("{}[{}]", shape(base), shape(key)),
        ExprKind::Group(inner) => shape(inner),
        ExprKind::Name(name) | ExprKind::Number(name) => name.to_string(),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap().to_owned(),
    }
}

#[test]
fn operators_bind_by_their_strength() {
    for (written, read_as) in [
        ("a ?? b || c && d == e + f * g", "(a ?? (b || (c && (d == (e + (f * g))))))"),
        ("a - b - c", "((a - b) - c)"),
        ("-a.b[0] + !c", "((Minus a.b[0]) + (Not c))"),
        ("tcp/8000..8100", "(tcp / (8000 .. 8100))"),
        ("a in b && c", "((a in b) && c)"),
        ("(a + b) * c", "((a + b) * c)"),
    ] {
        let text = format!("let x = {written}");
        let mut set = SourceSet::default();
        let id = set.add(SourceText::new("a.cairn", text));
        let (document, diagnostics) = parse(id, set.get(id));
        assert!(diagnostics.is_empty());
        let ItemKind::Let(item) = &document.items[0].kind else { panic!("a let") };
        assert_eq!(shape(&item.value), read_as);
    }
}

#[test]
fn the_whole_grammar_and_the_items_agree() {
    for text in
        ["let a = 1\n\nresource b = aws.ec2.Vpc { }\n", "import { A, b } from \"./x.cairn\"\nforget a.b[\"c\"]\n"]
    {
        grammar::whole_file(text).unwrap();
        assert_eq!(read(text).0, [""; 0]);
    }
}
