//! Comments on pull requests: the verdict visible, the detail folded, nothing from outside able to leave its place.

use std::collections::BTreeMap;

use super::human::detail::{self, names, words};
use super::human::layout::{Detail, Layout, Mark};
use super::human::outline::{Entry, Outline, component};
use super::human::plan::{losing, openings, shared_tags, summary};
use super::human::value::{difference, path};
use super::markup::{code, fence, html, prose};
use super::untrusted::one_line;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::change::{Action, Change};
use crate::model::plan::Plan;
use crate::source::SourceSet;

/// Comments on most platforms end a little behind this.
const BUDGET: usize = 60_000;

/// Behind this, resources are only named.
const BUDGET_OF_DETAIL: usize = 50_000;

/// So many warnings stand outside of what is folded.
const MOST_WARNINGS: usize = 20;

/// What is counted, the worst first, and whether it has a column where there is none of it.
const ACTIONS: [(&str, bool); 8] = [
    ("replace", true),
    ("delete", true),
    ("update", true),
    ("create", true),
    ("import", false),
    ("move", false),
    ("forget", false),
    ("run", false),
];

/// Columns of what is folded.
const WIDTH: usize = 100;

/// A plan.
pub fn plan(plan: &Plan, diagnostics: &[Diagnostic], sources: &SourceSet, detail: Detail) -> String {
    let outline = Outline::of(plan, detail);
    let mut text = format!("<!-- cairn:plan stack={} env={} -->\n", marker(&plan.stack), marker(&plan.environment));
    let changes = plan.changes.iter().filter(|change| change.is_effective()).count();
    let lost = losing(plan);
    let loss = if lost.is_empty() { String::new() } else { format!(" · 🔴 {} data loss", lost.len()) };
    text.push_str(&format!("### cairn plan · {}{loss} · {changes} changes\n\n", title(plan)));
    if !plan.remark.is_empty() {
        text.push_str(&format!("{}\n\n", prose(&plan.remark)));
    }
    text.push_str(&format!("{}\n\n{}", summary(&plan.summary()), table(plan)));
    text.push_str(&warnings(plan, &lost));
    text.push_str(&policies(plan));
    text.push_str(&reports(diagnostics, sources));
    if let Some(tags) = shared_tags(&outline) {
        text.push_str(&format!("{}\n\n", code(&tags)));
    }
    let layout = Layout { width: WIDTH, ascii: false, detail };
    let mut groups: Vec<(&str, String, Vec<&Change>, usize)> = Vec::new();
    let mut length = text.len();
    let mut left_out = 0;
    for entry in &outline.entries {
        let mut part = one(&outline, entry, layout);
        if length + part.len() > BUDGET_OF_DETAIL {
            part = head(entry);
        }
        let name = component(entry.change);
        let new = !groups.iter().any(|(other, ..)| *other == name);
        // A group needs a fence and a line of its own, too.
        let needed = part.len() + if new { name.len() + 200 } else { 0 };
        if length + needed > BUDGET {
            left_out += 1 + entry.also.len() + entry.followers.len();
            continue;
        }
        length += needed;
        match groups.iter_mut().find(|(other, ..)| *other == name) {
            Some((_, body, changes, following)) => {
                body.push_str(&part);
                changes.push(entry.change);
                changes.extend(&entry.also);
                *following += entry.followers.len();
            }
            None => groups.push((
                name,
                part,
                std::iter::once(entry.change).chain(entry.also.iter().copied()).collect(),
                entry.followers.len(),
            )),
        }
    }
    for (name, body, changes, following) in groups {
        let following = if following == 0 { String::new() } else { format!(", {following} following") };
        let fence = fence(&body);
        let name = if name.is_empty() { String::new() } else { format!("<b>{}</b>: ", html(name)) };
        text.push_str(&format!(
            "<details><summary>{name}{}{following}</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n\n",
            counts(&changes)
        ));
    }
    if left_out > 0 {
        text.push_str(&format!("and {left_out} more, which do not fit into a comment\n"));
    }
    format!("{}\n", text.trim_end())
}

/// The numbers of each component; nothing if there is only one.
fn table(plan: &Plan) -> String {
    let mut numbers: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.is_effective()) {
        *numbers.entry(component(change)).or_default().entry(change.action.name()).or_default() += 1;
    }
    if numbers.len() < 2 {
        return String::new();
    }
    let actions: Vec<&str> = ACTIONS
        .into_iter()
        .filter(|(action, always)| *always || numbers.values().any(|of| of.contains_key(action)))
        .map(|(action, _)| action)
        .collect();
    let mut text = format!("| | {} |\n|--|{}\n", actions.join(" | "), "--:|".repeat(actions.len()));
    for (name, numbers) in numbers.iter().take(MOST_WARNINGS) {
        let name = if name.is_empty() { "the stack itself".to_owned() } else { prose(name) };
        let cells: Vec<String> =
            actions.iter().map(|action| numbers.get(action).map(ToString::to_string).unwrap_or_default()).collect();
        text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    let more = numbers.len().saturating_sub(MOST_WARNINGS);
    if more > 0 {
        text.push_str(&format!("| and {more} more |{}\n", " |".repeat(actions.len())));
    }
    text.push('\n');
    text
}

/// What a reviewer must not miss: what loses data, and what opens.
fn warnings(plan: &Plan, lost: &[&Change]) -> String {
    let mut text = String::new();
    let more = |count: usize| match count.saturating_sub(MOST_WARNINGS) {
        0 => String::new(),
        more => format!("> and {more} more\n\n"),
    };
    for change in lost.iter().take(MOST_WARNINGS) {
        let what = if matches!(change.action, Action::Replace(_)) { "replaced" } else { "destroyed" };
        text.push_str(&format!(
            "> [!CAUTION]\n> {} will be **{what}: its data is lost**. {}\n\n",
            code(&format!("{} {}", change.kind, change.address)),
            code(&change.source)
        ));
    }
    text.push_str(&more(lost.len()));
    let openings = openings(plan);
    for (change, what) in openings.iter().take(MOST_WARNINGS) {
        let name = code(&format!("{} {}", change.kind, change.address));
        text.push_str(&format!("> [!WARNING]\n> {name}: {} {}\n\n", prose(what), code(&change.source)));
    }
    text.push_str(&more(openings.len()));
    for (address, names) in plan.unchecked.iter().take(MOST_WARNINGS) {
        let names: Vec<String> = names.iter().map(|name| code(name)).collect();
        let address = code(address.as_str());
        text.push_str(&format!("> [!WARNING]\n> {address} sends unchecked properties: {}\n\n", names.join(", ")));
    }
    text.push_str(&more(plan.unchecked.len()));
    for revealed in plan.revealed.iter().take(MOST_WARNINGS) {
        text.push_str(&format!(
            "> [!WARNING]\n> {} is a secret and is **revealed**: {} {}\n\n",
            code(&revealed.what),
            prose(&revealed.because),
            code(&revealed.source)
        ));
    }
    text.push_str(&more(plan.revealed.len()));
    text
}

/// What the policies say: the sum, whose consent is wanted, what is not decided.
fn policies(plan: &Plan) -> String {
    let Some(summary) = super::policies::summary(&plan.policies) else { return String::new() };
    let mut text = format!("{}\n\n", prose(&summary));
    let sentences: Vec<String> = plan.policies.findings.iter().filter_map(super::policies::sentence).collect();
    for sentence in sentences.iter().take(MOST_WARNINGS) {
        text.push_str(&format!("> [!WARNING]\n> {}\n\n", prose(sentence)));
    }
    if let Some(more) = sentences.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
        text.push_str(&format!("> and {more} more\n\n"));
    }
    text
}

/// `2 update, 1 create`.
fn counts(changes: &[&Change]) -> String {
    let count = |action: &&str| changes.iter().filter(|change| change.action.name() == *action).count();
    let words: Vec<String> = ACTIONS
        .iter()
        .map(|(action, _)| (count(action), action))
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| format!("{count} {action}"))
        .collect();
    words.join(", ")
}

/// Drift.
pub fn drift(plan: &Plan) -> String {
    let mut body = String::new();
    let mut count = 0;
    for change in plan.changes.iter().filter(|change| !change.drift.is_empty()) {
        count += 1;
        body.push_str(&format!("! {} {}\n", change.kind, one_line(change.address.as_str())));
        for drift in &change.drift {
            body.push_str(&format!("    {}  {}\n", path(drift), difference(drift, false)));
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

/// The line of a resource; only its first character is coloured.
fn head(entry: &Entry<'_>) -> String {
    let change = entry.change;
    let mark = sign(change);
    let (names, source) = (names(entry), one_line(&change.source));
    let words = words(entry);
    let words = if words.is_empty() { words } else { format!("    {words}") };
    format!("{mark} {} {names}{words}    {source}\n", change.kind)
}

fn sign(change: &Change) -> &'static str {
    match change.action {
        Action::Create => "+",
        Action::Update => "!",
        Action::Replace(_) | Action::Delete => "-",
        Action::Import => "=",
        Action::Move => ">",
        Action::Forget => ".",
        // The first character colours the line; what is run is none of the three.
        Action::Run => "#",
        Action::Unchanged => " ",
    }
}

fn one(outline: &Outline<'_>, entry: &Entry<'_>, layout: Layout) -> String {
    let plain = match entry.change.action {
        Action::Create => "+",
        Action::Run => "#",
        Action::Update
        | Action::Replace(_)
        | Action::Delete
        | Action::Import
        | Action::Move
        | Action::Forget
        | Action::Unchanged => "!",
    };
    let mut text = head(entry);
    let beside = layout.width.saturating_sub(text.trim_end().chars().count() + 3);
    let (short, rows) = detail::rows(outline, entry, beside, layout);
    if !short.is_empty() {
        text = format!("{}   {short}\n", text.trim_end());
    }
    for row in rows {
        let mark = match row.mark {
            Mark::Plain => plain,
            Mark::Added => "+",
            Mark::Removed => "-",
        };
        text.push_str(&format!("{mark}{}\n", row.text.strip_prefix(' ').unwrap_or(&row.text).trim_end()));
    }
    text
}

fn marker(text: &str) -> String {
    text.chars().filter(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect()
}
