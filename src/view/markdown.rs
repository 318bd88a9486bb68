//! Comments on pull requests: the verdict visible, the detail folded, nothing from outside able to leave its place.

use super::human::plan::summary;
use super::human::value::{difference, path};
use super::untrusted::one_line;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::change::{Action, Change, Risk};
use crate::model::plan::Plan;
use crate::source::SourceSet;

/// Comments on most platforms end here.
const BUDGET: usize = 60_000;

/// A plan.
pub fn plan(plan: &Plan, diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let title = title(plan);
    let mut text = format!("<!-- cairn:plan stack={} env={} -->\n", marker(&plan.stack), marker(&plan.environment));
    text.push_str(&format!("### cairn plan · {title}\n\n{}\n\n", summary(&plan.summary())));
    for change in plan.changes.iter().filter(|change| change.risks.contains(&Risk::DataLoss)) {
        let what = if matches!(change.action, Action::Replace(_)) { "replaced" } else { "destroyed" };
        text.push_str(&format!(
            "> [!CAUTION]\n> {} will be {what}: its data is lost. {}\n\n",
            code(&format!("{} {}", change.kind, change.address)),
            code(&change.source)
        ));
    }
    text.push_str(&reports(diagnostics, sources));
    let effective: Vec<&Change> = plan.changes.iter().filter(|change| change.is_effective()).collect();
    if effective.is_empty() {
        return text;
    }
    let mut body = String::new();
    let mut left_out = 0;
    for change in &effective {
        let part = one(change);
        if text.len() + body.len() + part.len() > BUDGET {
            left_out += 1;
        } else {
            body.push_str(&part);
        }
    }
    let fence = fence(&body);
    text.push_str(&format!(
        "<details><summary>{} changes</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n",
        effective.len()
    ));
    if left_out > 0 {
        text.push_str(&format!("\nand {left_out} more, which do not fit into a comment\n"));
    }
    text
}

/// Drift.
pub fn drift(plan: &Plan) -> String {
    let mut body = String::new();
    let mut count = 0;
    for change in plan.changes.iter().filter(|change| !change.drift.is_empty()) {
        count += 1;
        body.push_str(&format!("! {} {}\n", change.kind, one_line(change.address.as_str())));
        for drift in &change.drift {
            body.push_str(&format!("    {}  {}\n", path(drift), difference(drift, "→")));
        }
    }
    let head = format!("### cairn drift · {}\n\n{count} changed by somebody else\n\n", title(plan));
    let fence = fence(&body);
    if body.is_empty() { head } else { format!("{head}{fence}diff\n{body}{fence}\n") }
}

/// The result of a check.
pub fn check(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    if diagnostics.is_empty() {
        return "### cairn check\n\nnothing wrong\n".to_owned();
    }
    format!("### cairn check\n\n{}", reports(diagnostics, sources))
}

fn title(plan: &Plan) -> String {
    if plan.environment.is_empty() {
        code(&plan.stack)
    } else {
        format!("{} / {}", code(&plan.stack), code(&plan.environment))
    }
}

fn reports(diagnostics: &[Diagnostic], sources: &SourceSet) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let place = diagnostic.span().map(|span| format!(" {}", code(&sources.place(span)))).unwrap_or_default();
        let mark = if diagnostic.severity == Severity::Error { "🔴" } else { "🟡" };
        text.push_str(&format!(
            "- {mark} {} {}{place}\n",
            code(&format!("cairn::{}", diagnostic.code)),
            prose(&diagnostic.message)
        ));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn one(change: &Change) -> String {
    let (mark, words) = match change.action {
        Action::Create => ("+", "create"),
        Action::Update => ("!", "update"),
        Action::Replace(_) => ("-", "replace"),
        Action::Delete => ("-", "delete"),
        Action::Unchanged => (" ", ""),
    };
    let mut text = format!("{mark} {} {}    {words}\n", change.kind, one_line(change.address.as_str()));
    if matches!(change.action, Action::Update | Action::Replace(_)) {
        for attribute in &change.attributes {
            let forces = if attribute.forces { "    # forces replacement" } else { "" };
            text.push_str(&format!("!     {}  {}{forces}\n", path(attribute), difference(attribute, "→")));
        }
    }
    text
}

/// A fence longer than any run of backquotes inside.
fn fence(body: &str) -> String {
    let longest = body.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Text as code that cannot end early.
fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = "`".repeat(text.split(|character| character != '`').map(str::len).max().unwrap_or(0) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in a sentence: nothing in it is markup, nobody is mentioned.
fn prose(text: &str) -> String {
    let mut safe = String::new();
    for character in one_line(text).chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '@' | '#' => {
                safe.push(character);
                safe.push('\u{200b}');
            }
            '[' | ']' | '*' | '_' | '|' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

fn marker(text: &str) -> String {
    text.chars().filter(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect()
}

#[cfg(test)]
mod tests {
    use super::{code, fence, prose};

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(fence("x ``` y"), "````");
        assert_eq!(prose("<b> @me [x](y)"), "&lt;b> @\u{200b}me \\[x\\](y)");
    }
}
