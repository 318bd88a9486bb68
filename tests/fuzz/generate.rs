//! Random programs that follow the grammar, all of it.

use crate::layout::Writer;
use crate::numbers::Numbers;

const NAMES: &[&str] =
    &["a", "b", "vpc", "zones", "env", "tcp", "net_1", "_x", "iff", "known", "resource", "none", "true"];
const WORDS: &[&str] = &["a", "b", "vpc", "match", "for", "in", "MONGO_URL", "type", "if", "Version", "env", "zones"];
const TYPES: &[&str] = &["Int", "String", "Map", "Vpc", "Url", "T1"];
const NUMBERS: &[&str] = &["0", "1", "42", "1_000", "0.5", "35d", "20GiB", "70%", "10.0.0.0/16", "10.0.0.1", "1h30min"];
const OPERATORS: &[&str] = &["||", "&&", "==", "!=", "<=", ">=", "<", ">", "??", "..", "in", "+", "-", "*", "/"];

/// Programs of about so many bytes are large enough.
const ENOUGH: usize = 1500;

/// A program of some items.
pub fn program(numbers: &mut Numbers) -> String {
    let items = 1 + numbers.below(6);
    let mut writer = Writer::new(numbers);
    for _ in 0..items {
        if writer.text.len() > ENOUGH {
            break;
        }
        while writer.numbers.once_in(3) {
            if writer.numbers.once_in(3) {
                writer.text.push('\n');
            } else {
                writer.note();
                writer.text.push('\n');
            }
        }
        item(&mut writer);
        if writer.numbers.once_in(5) {
            writer.blanks();
            writer.note();
        }
        writer.text.push('\n');
        if writer.numbers.once_in(8) {
            writer.text.push_str("   ");
            writer.note();
            writer.text.push('\n');
        }
    }
    if writer.numbers.once_in(8) {
        return writer.text.replace('\n', "\r\n");
    }
    writer.text
}

fn item(w: &mut Writer<'_>) {
    while w.numbers.once_in(4) {
        w.text.push('@');
        let name = w.numbers.one(NAMES);
        w.text.push_str(name);
        if w.numbers.once_in(2) {
            arguments(w, 2);
        }
        if w.numbers.once_in(6) {
            w.blanks();
            w.note();
        }
        w.text.push('\n');
        if w.numbers.once_in(8) {
            w.note();
            w.text.push('\n');
        }
    }
    match w.numbers.below(13) {
        0..=2 => declaration(w),
        3 => {
            w.text.push_str("let");
            constant(w);
        }
        4 => input(w),
        5 => {
            w.text.push_str("output");
            name(w);
            if w.numbers.once_in(2) {
                w.sign(":");
                ty(w, 3);
            }
            w.sign("=");
            expression(w, 4);
        }
        6 => {
            w.text.push_str("assert");
            expression(w, 3);
            w.maybe_line_end();
            w.word("else");
            text(w, 2);
        }
        7 | 8 => function(w),
        9 => {
            w.text.push_str("type");
            type_name(w);
            w.sign("=");
            ty(w, 4);
        }
        10 => import(w),
        11 => {
            let keyword = w.numbers.one(&["stack", "env"]);
            w.text.push_str(keyword);
            name(w);
            record(w, 3);
        }
        _ if w.numbers.once_in(2) => {
            w.text.push_str("component");
            type_name(w);
        }
        _ => {
            w.text.push_str("forget");
            name(w);
            while w.numbers.once_in(2) {
                if w.numbers.once_in(2) {
                    w.sign(".");
                    name(w);
                } else {
                    w.sign("[");
                    expression(w, 1);
                    w.sign("]");
                }
            }
        }
    }
}

fn name(w: &mut Writer<'_>) {
    let name = w.numbers.one(NAMES);
    w.word(name);
}

fn type_name(w: &mut Writer<'_>) {
    let name = w.numbers.one(TYPES);
    w.word(name);
}

fn declaration(w: &mut Writer<'_>) {
    let keyword = w.numbers.one(&["resource", "lookup", "action", "provider", "policy", "test"]);
    w.text.push_str(keyword);
    name(w);
    if w.numbers.once_in(3) {
        w.sign("[");
        each(w, 2);
        w.sign("]");
    }
    if w.numbers.once_in(4) {
        w.word("if");
        expression(w, 2);
    }
    w.sign("=");
    if w.numbers.once_in(3) { expression(w, 3) } else { construct(w, 4) }
}

fn constant(w: &mut Writer<'_>) {
    name(w);
    if w.numbers.once_in(3) {
        w.sign(":");
        ty(w, 2);
    }
    w.sign("=");
    expression(w, 5);
}

fn input(w: &mut Writer<'_>) {
    w.text.push_str("input");
    name(w);
    w.sign(":");
    ty(w, 3);
    if w.numbers.once_in(2) {
        w.sign("=");
        expression(w, 2);
    }
    while w.numbers.once_in(3) {
        w.maybe_line_end();
        w.word("where");
        expression(w, 2);
        if w.numbers.once_in(2) {
            w.maybe_line_end();
            w.word("else");
            text(w, 1);
        }
    }
}

fn function(w: &mut Writer<'_>) {
    w.text.push_str("fn");
    name(w);
    let count = w.numbers.below(4);
    w.bracketed("(", ")", count, |w| {
        name(w);
        w.sign(":");
        ty(w, 2);
        if w.numbers.once_in(3) {
            w.sign("=");
            expression(w, 1);
        }
    });
    w.sign(":");
    // A brace behind a type name begins no record of it.
    ty(w, 2);
    if w.numbers.once_in(2) {
        w.sign("=");
        w.maybe_line_end();
        expression(w, 4);
        return;
    }
    w.sign("{");
    w.maybe_line_end();
    for _ in 0..w.numbers.below(3) {
        w.word("let");
        constant(w);
        w.line_end();
    }
    w.word("return");
    expression(w, 3);
    w.maybe_line_end();
    w.sign("}");
}

fn import(w: &mut Writer<'_>) {
    w.text.push_str("import");
    match w.numbers.below(4) {
        0 => {
            name(w);
            return;
        }
        1 => {
            w.word("stack");
            name(w);
        }
        2 => type_name(w),
        _ => {
            let count = 1 + w.numbers.below(4);
            w.sign("{");
            w.maybe_line_end();
            for number in 0..count {
                if number > 0 {
                    w.separator();
                }
                if w.numbers.once_in(2) { name(w) } else { type_name(w) }
            }
            w.maybe_line_end();
            w.sign("}");
        }
    }
    w.word("from");
    w.word("\"./x.cairn\"");
}

fn ty(w: &mut Writer<'_>, depth: usize) {
    member(w, depth);
    while w.numbers.once_in(4) {
        w.maybe_line_end();
        w.sign("|");
        member(w, depth);
    }
}

fn member(w: &mut Writer<'_>, depth: usize) {
    if w.numbers.once_in(8) {
        w.word("known");
    }
    match w.numbers.below(if depth == 0 { 3 } else { 6 }) {
        0 => w.word("\"text\""),
        1 => {
            w.word("1");
            w.sign("..");
            w.word("20");
        }
        2 => {
            if w.numbers.once_in(2) {
                w.word("aws");
                w.sign(".");
                w.word("ec2");
                w.sign(".");
            }
            type_name(w);
            if w.numbers.once_in(4) {
                w.sign(".");
                type_name(w);
            }
        }
        3 => {
            w.word("Map");
            w.sign("<");
            ty(w, depth - 1);
            w.sign(">");
        }
        4 => {
            w.sign("[");
            ty(w, depth - 1);
            w.sign("]");
        }
        _ => {
            let count = w.numbers.below(4);
            w.bracketed("{", "}", count, |w| {
                key(w);
                w.sign(":");
                ty(w, depth - 1);
                if w.numbers.once_in(3) {
                    w.sign("=");
                    expression(w, depth - 1);
                }
            });
        }
    }
    if w.numbers.once_in(5) {
        w.sign("?");
    }
}

fn key(w: &mut Writer<'_>) {
    if w.numbers.once_in(5) {
        w.word("\"a key.1\"");
    } else {
        let word = w.numbers.one(WORDS);
        w.word(word);
    }
}

/// Long enough at times that lines must end.
fn expression(w: &mut Writer<'_>, depth: usize) {
    // What is large already becomes no larger.
    let depth = if w.text.len() > ENOUGH { 0 } else { depth };
    unary(w, depth);
    let more = if w.numbers.once_in(12) { 8 } else { w.numbers.below(3) };
    for _ in 0..more {
        if w.numbers.once_in(3) {
            let operator = w.numbers.one(OPERATORS);
            let continues = !matches!(operator, ".." | "in" | "-" | "/");
            if continues && w.numbers.once_in(3) {
                w.line_end();
            }
            if operator == "in" {
                w.word(operator);
                w.text.push(' ');
            } else {
                w.sign(operator);
                // `..` is no operator before a dot, `/` and `#` begin nothing.
                w.text.push(' ');
            }
            unary(w, depth.saturating_sub(1));
        }
    }
}

fn unary(w: &mut Writer<'_>, depth: usize) {
    if w.numbers.once_in(10) {
        let sign = w.numbers.one(&["!", "-"]);
        w.sign(sign);
        w.text.push(' ');
    }
    primary(w, depth);
    while w.numbers.once_in(4) {
        match w.numbers.below(4) {
            0 | 1 => {
                w.maybe_line_end();
                let sign = w.numbers.one(&[".", "?."]);
                w.sign(sign);
                let word = w.numbers.one(WORDS);
                w.word(word);
            }
            2 => {
                w.sign("[");
                w.maybe_line_end();
                expression(w, depth.saturating_sub(1));
                w.maybe_line_end();
                w.sign("]");
            }
            _ => arguments(w, depth.saturating_sub(1)),
        }
    }
}

fn arguments(w: &mut Writer<'_>, depth: usize) {
    let count = if depth == 0 { 0 } else { w.numbers.below(4) };
    w.bracketed("(", ")", count, |w| {
        if w.numbers.once_in(3) {
            let word = w.numbers.one(WORDS);
            w.word(word);
            w.sign(":");
        }
        expression(w, depth - 1);
    });
}

fn primary(w: &mut Writer<'_>, depth: usize) {
    match w.numbers.below(if depth == 0 { 5 } else { 12 }) {
        0 | 1 => name(w),
        2 => {
            let long = "long_name_".repeat(1 + w.numbers.below(5));
            w.word(&long);
        }
        3 => {
            let number = w.numbers.one(NUMBERS);
            w.word(number);
        }
        4 => text(w, depth),
        5 | 6 => record(w, depth - 1),
        7 => list(w, depth - 1),
        8 => construct(w, depth - 1),
        9 => {
            w.sign("(");
            w.maybe_line_end();
            expression(w, depth - 1);
            w.maybe_line_end();
            w.sign(")");
        }
        10 => {
            // Without an `else`, one that follows would be taken for its own.
            let alone = w.numbers.once_in(3);
            if alone {
                w.sign("(");
            }
            w.word("if");
            expression(w, depth - 1);
            w.maybe_line_end();
            w.word("then");
            w.maybe_line_end();
            expression(w, depth - 1);
            if alone {
                w.maybe_line_end();
                w.sign(")");
                return;
            }
            w.maybe_line_end();
            w.word("else");
            w.maybe_line_end();
            expression(w, depth - 1);
        }
        _ => {
            w.word("match");
            w.word("env");
            let count = 1 + w.numbers.below(3);
            w.bracketed("{", "}", count, |w| {
                if w.numbers.once_in(4) {
                    w.word("else");
                } else {
                    w.word("\"dev\"");
                    while w.numbers.once_in(3) {
                        w.sign("|");
                        let pattern = w.numbers.one(&["\"x\"", "1", "true", "none"]);
                        w.word(pattern);
                    }
                }
                w.sign("=>");
                expression(w, depth - 1);
            });
        }
    }
}

fn each(w: &mut Writer<'_>, depth: usize) {
    name(w);
    if w.numbers.once_in(2) {
        w.sign(",");
        name(w);
    }
    w.word("in");
    w.text.push(' ');
    name(w);
    if w.numbers.once_in(4) {
        w.word("by");
        w.text.push(' ');
        expression(w, depth.saturating_sub(1));
    }
    if w.numbers.once_in(4) {
        w.word("if");
        w.text.push(' ');
        expression(w, depth.saturating_sub(1));
    }
}

fn record(w: &mut Writer<'_>, depth: usize) {
    if w.numbers.once_in(8) {
        w.sign("{");
        w.maybe_line_end();
        w.word("for");
        each(w, depth);
        w.sign(":");
        expression(w, depth);
        w.sign("=>");
        expression(w, depth);
        w.maybe_line_end();
        w.sign("}");
        return;
    }
    let count = w.numbers.below(5);
    w.bracketed("{", "}", count, |w| match w.numbers.below(6) {
        0 => name(w),
        1 => {
            w.sign("...");
            expression(w, depth.saturating_sub(1));
        }
        2 => {
            w.word("vpc");
            w.sign(":");
            w.word("vpc");
        }
        _ => {
            key(w);
            w.sign(":");
            expression(w, depth);
        }
    });
}

fn list(w: &mut Writer<'_>, depth: usize) {
    if w.numbers.once_in(6) {
        w.sign("[");
        w.maybe_line_end();
        w.word("for");
        each(w, depth);
        w.sign(":");
        w.maybe_line_end();
        expression(w, depth);
        w.maybe_line_end();
        w.sign("]");
        return;
    }
    let count = w.numbers.below(5);
    w.bracketed("[", "]", count, |w| {
        if w.numbers.once_in(6) {
            w.sign("...");
        }
        expression(w, depth);
    });
}

fn construct(w: &mut Writer<'_>, depth: usize) {
    if w.numbers.once_in(2) {
        w.word("aws");
        w.sign(".");
        w.word("ec2");
        w.sign(".");
    }
    type_name(w);
    if !w.numbers.once_in(5) {
        record(w, depth);
    }
}

fn text(w: &mut Writer<'_>, depth: usize) {
    let text = match w.numbers.below(8) {
        0 => "\"\"\"\n      one \n        # two  \n\n      \"\"\"",
        1 => "r\"\"\"\n    #!/bin/sh\n   ${x}  \n    \"\"\"",
        2 => "r\"raw ${no} \\ #\"",
        3 if depth > 0 => "\"a ${ b  + c } # ${f(1, { x: 2 })}\"",
        4 => "\"ünïcode → 漢字\"",
        5 => "\"\\n \\\" \\$\"",
        6 => "\"\"",
        _ => "\"text\"",
    };
    w.word(text);
}
