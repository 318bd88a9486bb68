//! A plan as people review it: the verdict first and last, the worst first, one line for each changed leaf.

use std::collections::BTreeMap;

use cairn_provider::schema::overlay::Replacement;

use super::diagnostic::Style;
use super::value::{difference, path};
use crate::model::change::{Action, AttributeChange, Change, Reason, Risk};
use crate::model::plan::{Plan, Summary};
use crate::view::untrusted;

/// A plan as text, under the name of the command that shows it.
pub fn render(plan: &Plan, command: &str, style: Style) -> String {
    let mut page = Page { style, text: String::new() };
    page.header(plan, command);
    page.verdict(plan);
    let mut effective: Vec<&Change> = plan.changes.iter().filter(|change| change.is_effective()).collect();
    effective.sort_by(|a, b| (component(a), rank(a), &a.address).cmp(&(component(b), rank(b), &b.address)));
    let mut last_component: Option<String> = None;
    for change in effective {
        let component = component(change);
        if last_component.as_ref() != Some(&component) {
            if !component.is_empty() {
                page.line(&format!("\ncomponent {}", untrusted::one_line(&component)));
            } else if last_component.is_none() {
                page.line("");
            }
            last_component = Some(component);
        }
        page.change(change);
    }
    page.drift(plan);
    page.line("");
    page.line(&format!("  {}", summary(&plan.summary())));
    page.text
}

/// Drift as text: what was written, and what is there.
pub fn drift(plan: &Plan) -> String {
    let mut text = String::new();
    let mut count = 0;
    for change in plan.changes.iter().filter(|change| !change.drift.is_empty()) {
        count += 1;
        let address = untrusted::one_line(change.address.as_str());
        text.push_str(&format!("~  {} {address}    {}\n", change.kind, untrusted::one_line(&change.source)));
        for drift in &change.drift {
            text.push_str(&format!("     {}  {}\n", path(drift), difference(drift, "→")));
        }
    }
    let verdict = match count {
        0 => "no drift".to_owned(),
        1 => "1 resource was changed by somebody else".to_owned(),
        n => format!("{n} resources were changed by somebody else"),
    };
    format!("{text}{}{verdict}\n", if count > 0 { "\n" } else { "" })
}

/// The numbers of a plan in a line.
pub fn summary(summary: &Summary) -> String {
    let parts = [
        (summary.replace, "replace"),
        (summary.delete, "delete"),
        (summary.update, "update"),
        (summary.create, "create"),
        (summary.import, "import"),
    ];
    let mut words: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() {
        words.push("no changes".to_owned());
    }
    words.push(format!("{} unchanged", summary.unchanged));
    words.join(" · ")
}

struct Page {
    style: Style,
    text: String,
}

#[derive(Clone, Copy)]
enum Color {
    Red,
    Green,
    Yellow,
    Bold,
    Dim,
}

impl Page {
    fn line(&mut self, line: &str) {
        let line = if self.style.ascii { ascii(line) } else { line.to_owned() };
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, color: Color, text: &str) -> String {
        if !self.style.color {
            return text.to_owned();
        }
        let code = match color {
            Color::Red => "31",
            Color::Green => "32",
            Color::Yellow => "33",
            Color::Bold => "1",
            Color::Dim => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    fn header(&mut self, plan: &Plan, command: &str) {
        let mut parts = vec![plan.stack.to_string()];
        if !plan.environment.is_empty() {
            parts.push(plan.environment.to_string());
        }
        let places: Vec<String> = plan.places.iter().map(|place| untrusted::one_line(place)).collect();
        let places = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
        let title = self.paint(Color::Bold, &format!("cairn {command} · {}", parts.join(" / ")));
        self.line(&format!("{title}{places} · state #{}", plan.base.sequence));
        for (name, value) in &plan.overridden {
            self.line(&format!("  --set {}={}", untrusted::one_line(name), untrusted::one_line(value)));
        }
    }

    /// What a reviewer must not miss.
    fn verdict(&mut self, plan: &Plan) {
        let effective = || plan.changes.iter().filter(|change| change.is_effective());
        let lost: Vec<&Change> = effective().filter(|change| change.risks.contains(&Risk::DataLoss)).collect();
        let opened: Vec<String> = effective()
            .flat_map(|change| change.risks.iter().map(move |risk| (change, risk)))
            .filter_map(|(change, risk)| match risk {
                Risk::Access(what) => Some(format!("{} {}: {what}", change.kind, change.address)),
                Risk::DataLoss | Risk::Downtime => None,
            })
            .collect();
        self.line("");
        if lost.is_empty() {
            self.line(&format!("  DATA LOSS  none        {}", summary(&plan.summary())));
        } else {
            let names: Vec<String> = lost
                .iter()
                .map(|change| format!("{} {}", change.kind, untrusted::one_line(change.address.as_str())))
                .collect();
            let mark = self.paint(Color::Red, "✖ DATA LOSS");
            self.line(&format!("{mark}  {} destroyed: {}", lost.len(), names.join(", ")));
            self.line(&format!("  {}", summary(&plan.summary())));
        }
        for what in opened {
            let mark = self.paint(Color::Yellow, "▲ ACCESS");
            self.line(&format!("{mark}  {}", untrusted::one_line(&what)));
        }
    }

    fn change(&mut self, change: &Change) {
        let (symbol, color) = symbol(change);
        let name = local_name(change);
        let what = words(change);
        let head = format!("{symbol:<2} {} {}", change.kind, self.paint(Color::Bold, &untrusted::one_line(&name)));
        let painted = head.replacen(symbol, &self.paint(color, symbol), 1);
        let source = self.paint(Color::Dim, &untrusted::one_line(&change.source));
        self.line(&format!("{painted}    {what}    {source}"));
        match change.action {
            Action::Create => self.created(change),
            Action::Update | Action::Replace(_) => {
                let width = change
                    .attributes
                    .iter()
                    .map(|attribute| path(attribute).chars().count())
                    .max()
                    .unwrap_or(0)
                    .min(44);
                for attribute in &change.attributes {
                    self.attribute(attribute, width);
                }
            }
            Action::Delete | Action::Unchanged => {}
        }
        for name in &change.released {
            self.line(&format!("     {name}    no longer managed; its value stays"));
        }
    }

    fn attribute(&mut self, attribute: &AttributeChange, width: usize) {
        let path = path(attribute);
        let forces = if attribute.forces { "    forces replacement" } else { "" };
        let padding = " ".repeat(width.saturating_sub(path.chars().count()));
        self.line(&format!("     {path}{padding}  {}{forces}", difference(attribute, "→")));
    }

    /// What is set on a new object, several to a line.
    fn created(&mut self, change: &Change) {
        let parts: Vec<String> = change
            .attributes
            .iter()
            .map(|attribute| format!("{} {}", path(attribute), difference(attribute, "→")))
            .collect();
        let mut line = String::new();
        for part in parts {
            let length = line.chars().count() + part.chars().count() + 3;
            if !line.is_empty() && length + 5 > self.style.width {
                self.line(&format!("     {line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push_str(" · ");
            }
            line.push_str(&part);
        }
        if !line.is_empty() {
            self.line(&format!("     {line}"));
        }
    }

    /// What somebody else changed and the plan does not put back.
    fn drift(&mut self, plan: &Plan) {
        let drifted: Vec<&Change> = plan
            .changes
            .iter()
            .filter(|change| !change.drift.is_empty() && change.action == Action::Unchanged)
            .collect();
        if drifted.is_empty() {
            return;
        }
        self.line("\nchanged by somebody else, and as it is wanted now:");
        for change in drifted {
            for drift in &change.drift {
                let address = untrusted::one_line(change.address.as_str());
                self.line(&format!("   {address}.{}  {}", path(drift), difference(drift, "→")));
            }
        }
    }
}

fn symbol(change: &Change) -> (&'static str, Color) {
    match change.action {
        Action::Create => ("+", Color::Green),
        Action::Update => ("~", Color::Yellow),
        Action::Replace(_) => ("±", Color::Red),
        Action::Delete => ("-", Color::Red),
        Action::Unchanged => (" ", Color::Dim),
    }
}

/// What happens and why, in words.
fn words(change: &Change) -> String {
    let reasons: Vec<String> = change.reasons.iter().filter_map(reason).collect();
    let because = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    match change.action {
        Action::Create => format!("create{because}"),
        Action::Update => format!("update in place{because}"),
        Action::Replace(Replacement::CreateFirst) => format!("replace (create → destroy){because}"),
        Action::Replace(Replacement::DestroyFirst) => format!("replace (destroy → create){because}"),
        Action::Delete => format!("delete{because}"),
        Action::Unchanged => String::new(),
    }
}

fn reason(reason: &Reason) -> Option<String> {
    Some(match reason {
        // What is new in the source needs no other reason.
        Reason::New | Reason::Written => return None,
        Reason::Vanished => "it has vanished from the cloud".to_owned(),
        Reason::Removed => "it is not declared any more".to_owned(),
        Reason::KeyRemoved(key) => format!("the key \"{}\" is not in its loop any more", untrusted::one_line(key)),
        Reason::Drifted => "somebody else changed it".to_owned(),
        Reason::Incomplete => "it was left unfinished".to_owned(),
        Reason::Follows(address) => format!("follows {}", untrusted::one_line(address.as_str())),
        Reason::Deposed => "it was replaced".to_owned(),
        Reason::Destroyed => "the stack is destroyed".to_owned(),
        Reason::Moved => "it lives elsewhere or is of another type now".to_owned(),
    })
}

/// The worst first.
fn rank(change: &Change) -> u8 {
    let loses = change.risks.contains(&Risk::DataLoss);
    let opens = change.risks.iter().any(|risk| matches!(risk, Risk::Access(_)));
    match change.action {
        _ if loses => 0,
        Action::Replace(_) => 1,
        Action::Delete => 2,
        Action::Update | Action::Create if opens => 3,
        Action::Update => 4,
        Action::Create => 5,
        Action::Unchanged => 6,
    }
}

/// The component instance a change lies in; empty at the top.
fn component(change: &Change) -> String {
    split_member(change.address.as_str()).0.to_owned()
}

fn local_name(change: &Change) -> String {
    split_member(change.address.as_str()).1.to_owned()
}

/// Splits an address before its last member, points inside of keys excepted.
fn split_member(address: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut last = None;
    for (at, character) in address.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => last = Some(at),
            _ => {}
        }
    }
    match last {
        Some(at) => (address.get(..at).unwrap_or_default(), address.get(at + 1..).unwrap_or_default()),
        None => ("", address),
    }
}

/// Symbols for terminals that only know ASCII.
fn ascii(line: &str) -> String {
    let table: BTreeMap<char, &str> =
        [('✖', "x"), ('▲', "!"), ('±', "-/+"), ('→', "->"), ('·', "-"), ('…', "..."), ('⟨', "<"), ('⟩', ">")].into();
    line.chars()
        .map(|character| match table.get(&character) {
            Some(text) => (*text).to_owned(),
            None if character.is_ascii() => character.to_string(),
            None => "?".to_owned(),
        })
        .collect()
}
