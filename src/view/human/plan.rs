//! A plan as people review it: the verdict first and last, the worst first, one line for each changed leaf.

use cairn_provider::schema::overlay::Replacement;

use super::detail;
use super::diagnostic::Style;
use super::layout::{Detail, Layout, Mark, Row, columns, wrap};
use super::node::Node;
use super::outline::{Entry, Outline};
use super::value::{difference, path};
use crate::model::change::{Action, Change, Reason, Risk};
use crate::model::plan::{Plan, Revealed, Summary};
use crate::model::policy::Verdict;
use crate::view::{policies, untrusted};

/// A plan as text, under the name of the command that shows it.
pub fn render(plan: &Plan, command: &str, style: Style, detail: Detail) -> String {
    let layout = Layout { width: style.width, ascii: style.ascii, detail };
    let mut page = Page { layout, color: style.color, text: String::new() };
    let outline = Outline::of(plan, detail);
    page.header(plan, command);
    page.verdict(plan);
    if let Some(tags) = shared_tags(&outline) {
        page.rows(layout.rows(Mark::Plain, 0, 2, &tags));
    }
    if outline.has_symbols() && detail == Detail::Default {
        page.rows(layout.rows(Mark::Plain, 0, 2, "what stands in ⟨ ⟩ is known after apply"));
    }
    if !outline.entries.is_empty() {
        page.line("");
    }
    for entry in &outline.entries {
        page.entry(&outline, entry);
    }
    page.drift(plan);
    if !outline.entries.is_empty() {
        page.line("");
        page.rows(layout.rows(Mark::Plain, 2, 4, &summary(&plan.summary())));
    }
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
            text.push_str(&format!("     {}  {}\n", path(drift), difference(drift, false)));
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
        (summary.moved, "move"),
        (summary.forget, "forget"),
        (summary.run, "run"),
    ];
    let mut words: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() {
        words.push("no changes".to_owned());
    }
    words.push(format!("{} unchanged", summary.unchanged));
    words.join(" · ")
}

/// What all new objects with tags carry, in a line.
pub fn shared_tags(outline: &Outline<'_>) -> Option<String> {
    if outline.tags.is_empty() {
        return None;
    }
    let tags: Vec<String> = outline
        .tags
        .iter()
        .map(|(name, value)| format!("{} {}", untrusted::one_line(name), Node::of(value, None, true).inline()))
        .collect();
    Some(format!("tags on all {} new with tags: {}", outline.tagged, tags.join(", ")))
}

/// The changes that destroy data.
pub fn losing(plan: &Plan) -> Vec<&Change> {
    plan.changes.iter().filter(|change| change.is_effective() && change.risks.contains(&Risk::DataLoss)).collect()
}

/// What opens, each in a sentence with the resource it is about.
pub fn openings(plan: &Plan) -> Vec<(&Change, &str)> {
    let effective = plan.changes.iter().filter(|change| change.is_effective());
    effective
        .flat_map(|change| change.risks.iter().map(move |risk| (change, risk)))
        .filter_map(|(change, risk)| match risk {
            Risk::Access(what) => Some((change, what.as_str())),
            Risk::DataLoss | Risk::Downtime => None,
        })
        .collect()
}

/// A secret that is made readable, in a sentence.
pub fn reveals(revealed: &Revealed) -> String {
    untrusted::one_line(&format!("{} at {}: {}", revealed.what, revealed.source, revealed.because))
}

struct Page {
    layout: Layout,
    color: bool,
    text: String,
}

#[derive(Clone, Copy)]
enum Color {
    Red,
    Green,
    Yellow,
    Bold,
    Dim,
    None,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, color: Color, text: &str) -> String {
        let code = match color {
            Color::Red => "31",
            Color::Green => "32",
            Color::Yellow => "33",
            Color::Bold => "1",
            Color::Dim => "2",
            Color::None => return text.to_owned(),
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn rows(&mut self, rows: Vec<Row>) {
        for row in rows {
            let color = match row.mark {
                Mark::Plain => Color::None,
                Mark::Added => Color::Green,
                Mark::Removed => Color::Red,
            };
            let line = self.paint(color, row.text.trim_end());
            self.line(&line);
        }
    }

    /// Parts side by side; those that do not fit begin a line of their own.
    fn parts(&mut self, parts: &[(Color, String)], gap: usize, hanging: usize) {
        let mut line = String::new();
        let mut used = 0;
        for (color, part) in parts {
            let part = self.layout.spell(part);
            let start = if used == 0 { 0 } else { used + gap };
            if start + columns(&part) <= self.layout.width {
                line.push_str(&" ".repeat(start - used));
                line.push_str(&self.paint(*color, &part));
                used = start + columns(&part);
                continue;
            }
            let part = part.trim_start();
            let indent = if used == 0 { 0 } else { hanging };
            if used > 0 {
                self.line(&std::mem::take(&mut line));
            }
            let room = self.layout.width.saturating_sub(hanging);
            let mut lines = wrap(part, room, room).into_iter().peekable();
            let mut indent = indent;
            while let Some(text) = lines.next() {
                line = format!("{}{}", " ".repeat(indent), self.paint(*color, &text));
                used = indent + columns(&text);
                if lines.peek().is_some() {
                    self.line(&std::mem::take(&mut line));
                }
                indent = hanging;
            }
        }
        self.line(&line);
    }

    fn header(&mut self, plan: &Plan, command: &str) {
        let mut names = vec![plan.stack.to_string()];
        if !plan.environment.is_empty() {
            names.push(plan.environment.to_string());
        }
        let places: Vec<String> = plan.places.iter().map(|place| untrusted::one_line(place)).collect();
        let mut parts = vec![(Color::Bold, format!("cairn {command} · {}", names.join(" / ")))];
        if !places.is_empty() {
            parts.push((Color::None, format!("({})", places.join(", "))));
        }
        parts.push((Color::None, format!("· state #{}", plan.base.sequence)));
        if !plan.remark.is_empty() {
            parts.push((Color::None, format!("· {}", untrusted::one_line(&plan.remark))));
        }
        self.parts(&parts, 1, 2);
        for (name, value) in &plan.overridden {
            let text = format!("--set {}={}", untrusted::one_line(name), untrusted::one_line(value));
            self.rows(self.layout.rows(Mark::Plain, 2, 4, &text));
        }
    }

    /// What a reviewer must not miss.
    fn verdict(&mut self, plan: &Plan) {
        self.line("");
        let lost = losing(plan);
        let counts = summary(&plan.summary());
        let counts = if lost.is_empty() && !plan.is_empty() { format!("{counts} · no data loss") } else { counts };
        self.rows(self.layout.rows(Mark::Plain, 0, 2, &counts));
        if !lost.is_empty() {
            let names: Vec<String> = lost
                .iter()
                .map(|change| format!("{} {}", change.kind, untrusted::one_line(change.address.as_str())))
                .collect();
            let text = format!("{} destroyed: {}", lost.len(), names.join(", "));
            self.warning(Color::Red, "✖ DATA LOSS", &text);
        }
        for (change, what) in openings(plan) {
            let text = format!("{} {}: {what}", change.kind, change.address);
            self.warning(Color::Yellow, "▲ ACCESS", &untrusted::one_line(&text));
        }
        for (address, names) in &plan.unchecked {
            let text = format!("{address}: {}, sent as written", names.join(", "));
            self.warning(Color::Yellow, "▲ UNCHECKED", &untrusted::one_line(&text));
        }
        for revealed in &plan.revealed {
            self.warning(Color::Yellow, "▲ REVEALS A SECRET", &reveals(revealed));
        }
        if let Some(policies) = policies::summary(&plan.policies) {
            self.rows(self.layout.rows(Mark::Plain, 0, 2, &policies));
        }
        for finding in &plan.policies.findings {
            if let Some(text) = policies::sentence(finding) {
                let (color, mark) = match finding.verdict {
                    Verdict::Deny => (Color::Red, "✖ POLICY"),
                    Verdict::Warn | Verdict::Approve(_) => (Color::Yellow, "▲ POLICY"),
                };
                self.warning(color, mark, &text);
            }
        }
    }

    fn warning(&mut self, color: Color, mark: &str, text: &str) {
        let mark = self.layout.spell(mark);
        let begin = columns(&mark) + 2;
        let rows = self.layout.rows(Mark::Plain, begin, begin, text);
        for (at, row) in rows.into_iter().enumerate() {
            let line = match row.text.get(begin..) {
                Some(text) if at == 0 => format!("{}  {text}", self.paint(color, &mark)),
                _ => row.text,
            };
            self.line(&line);
        }
    }

    fn entry(&mut self, outline: &Outline<'_>, entry: &Entry<'_>) {
        let change = entry.change;
        let (symbol, color) = symbol(change);
        let symbol = self.layout.spell(symbol);
        let mut parts = vec![
            (color, format!("{symbol:<2}")),
            (Color::None, change.kind.to_string()),
            (Color::Bold, detail::names(entry)),
        ];
        let words = detail::words(entry);
        if !words.is_empty() {
            parts.push((Color::None, format!("  {words}")));
        }
        parts.push((Color::Dim, format!("  {}", untrusted::one_line(&change.source))));
        let used: usize = parts.iter().map(|(_, part)| columns(&self.layout.spell(part)) + 1).sum();
        let beside = self.layout.width.saturating_sub(used + 2);
        let (text, rows) = detail::rows(outline, entry, beside, self.layout);
        if !text.is_empty() {
            parts.push((Color::None, format!("  {text}")));
        }
        self.parts(&parts, 1, 5);
        self.rows(rows);
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
        self.line("");
        self.rows(self.layout.rows(Mark::Plain, 0, 2, "changed by somebody else, and as it is wanted now:"));
        for change in drifted {
            for drift in &change.drift {
                let address = untrusted::one_line(change.address.as_str());
                let text = format!("{address}.{}  {}", path(drift), difference(drift, self.layout.whole()));
                self.rows(self.layout.rows(Mark::Plain, 3, 7, &text));
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
        Action::Import => ("=", Color::Green),
        Action::Move => (">", Color::None),
        Action::Forget => (".", Color::Yellow),
        Action::Run => ("»", Color::Bold),
        Action::Unchanged => (" ", Color::Dim),
    }
}

/// What happens and why, in words.
pub fn words(change: &Change) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let forcing: Vec<&str> = change
        .attributes
        .iter()
        .filter(|attribute| attribute.forces && matches!(change.action, Action::Replace(_)))
        .filter_map(|attribute| attribute.path.first().map(|name| name.as_str()))
        .collect();
    if !forcing.is_empty() {
        let mut names: Vec<String> = Vec::new();
        for name in forcing.into_iter().map(untrusted::one_line) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        reasons.push(format!("{} cannot change in place", names.join(", ")));
    }
    reasons.extend(change.reasons.iter().filter_map(reason));
    let followed: Vec<String> = change
        .reasons
        .iter()
        .filter_map(|reason| {
            if let Reason::Follows(address) = reason { Some(untrusted::one_line(address.as_str())) } else { None }
        })
        .collect();
    if !followed.is_empty() {
        reasons.push(format!("follows {}", followed.join(" and ")));
    }
    if let (Some(previous), true) = (&change.previous, change.action != Action::Move) {
        reasons.push(format!("moved from {}", untrusted::one_line(previous.as_str())));
    }
    if change.risks.contains(&Risk::Downtime) {
        reasons.push("away for a while".to_owned());
    }
    let because = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    match change.action {
        Action::Create => format!("create{because}"),
        Action::Update => format!("update in place{because}"),
        Action::Replace(Replacement::CreateFirst) => format!("replace (create → destroy){because}"),
        Action::Replace(Replacement::DestroyFirst) => format!("replace (destroy → create){because}"),
        Action::Delete => format!("delete{because}"),
        Action::Import => {
            format!("take over {}{because}", untrusted::one_line(change.id.as_deref().unwrap_or_default()))
        }
        Action::Move => {
            let previous = change.previous.as_ref().map(|address| untrusted::one_line(address.as_str()));
            format!("moved from {}{because}", previous.unwrap_or_default())
        }
        Action::Forget => {
            let id = untrusted::one_line(change.id.as_deref().unwrap_or_default());
            format!("forget {id}, which stays in the cloud{because}")
        }
        Action::Run => format!("run, because {}", reasons.join(" and ")),
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
        // Said for all of them together.
        Reason::Follows(_) => return None,
        Reason::Deposed => "it was replaced".to_owned(),
        Reason::Destroyed => "the stack is destroyed".to_owned(),
        Reason::Moved => "it lives elsewhere or is of another type now".to_owned(),
        Reason::Forgotten { marked: true } => "the tags of the stack stay on it".to_owned(),
        // The action says it.
        Reason::Adopted | Reason::Forgotten { marked: false } => return None,
        Reason::NeverRan => "it has not run yet".to_owned(),
        Reason::RunUnfinished => "its last run has not ended well".to_owned(),
        Reason::Changed(what) => format!("{} changed", untrusted::one_line(what)),
        Reason::Condition => "its condition holds".to_owned(),
        Reason::Undone(run) => format!("run {run} is taken back"),
        Reason::Broken(why) => format!("it is broken: {}", untrusted::one_line(why)),
        Reason::Asked => "--replace asks for a new one".to_owned(),
    })
}
