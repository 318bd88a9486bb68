//! What a resource type looks like, as text: fields by who must or may write them, records, rules, an example.

use super::layout::{Layout, Mark};
use crate::model::type_page::{FieldPage, RecordPage, TypePage};
use crate::view::untrusted::one_line;

/// Of longer lists of values only this many are shown beside other fields.
const MOST_VALUES: usize = 12;

/// The line in front of an example that nobody tried on a cloud.
const GENERATED: &str = "Example, put together from the schema";

/// A whole type.
pub fn page(page: &TypePage, layout: Layout) -> String {
    let mut text = format!("{}  ({})\n", page.name, page.vendor);
    let mut about: Vec<String> = Vec::new();
    if !page.title.is_empty() {
        about.push(format!("{}.", page.title.trim_end_matches('.')));
    }
    if page.creatable {
        if !page.identity.is_empty() {
            about.push(format!("An object is known by {}.", list(&page.identity)));
        }
        if page.stateful {
            about.push("It holds data: destroying it is shown as data loss.".to_owned());
        }
        if !page.native {
            about.push("This version creates it on the sandbox only.".to_owned());
        }
    } else {
        about.push("It can only be looked up.".to_owned());
    }
    paragraph(&mut text, 0, &about.join(" "), layout);
    for record in &page.records {
        self::record(&mut text, page, record, layout);
    }
    if !page.relations.is_empty() {
        text.push_str("\nWhat must hold\n");
        for relation in &page.relations {
            paragraph(&mut text, 2, relation, layout);
        }
    }
    if let Some(permissions) = &page.permissions {
        text.push_str("\nWho works with it must be allowed\n");
        if !permissions.read.is_empty() {
            paragraph(&mut text, 2, &format!("to plan: {}", permissions.read.join(" ")), layout);
        }
        if !permissions.write.is_empty() {
            paragraph(&mut text, 2, &format!("to apply: {}", permissions.write.join(" ")), layout);
        }
    }
    if let Some(timings) = &page.timings {
        text.push_str(&format!(
            "\nTimes\n  a create usually takes {}; given up after {} (create), {} (update), {} (delete)\n",
            seconds(timings.typical),
            seconds(timings.create),
            seconds(timings.update),
            seconds(timings.delete)
        ));
    }
    for example in &page.examples {
        let title = if example.generated { GENERATED } else { example.title.as_str() };
        text.push_str(&format!("\n{title}\n\n"));
        for line in example.source.trim_end().lines() {
            text.push_str(format!("    {line}").trim_end());
            text.push('\n');
        }
    }
    layout.spell(&text)
}

/// One field, with everything that is known of it.
pub fn field(page: &TypePage, path: &str, field: &FieldPage, layout: Layout) -> String {
    let mut text = format!("{}.{path}  ({} {})\n\n", page.name, page.vendor, field.vendor);
    text.push_str(&format!("  type: {}\n", field.ty));
    let duty = match (field.required, field.read_only) {
        (_, true) => "only the cloud chooses it",
        (true, false) => "it must be given",
        (false, false) => "it may be left out",
    };
    text.push_str(&format!("  {duty}\n"));
    for note in notes(field, usize::MAX) {
        paragraph(&mut text, 2, &note, layout);
    }
    if let Some(record) = field.record.as_ref().and_then(|name| page.records.iter().find(|record| record.name == *name))
    {
        self::record(&mut text, page, record, layout);
    }
    layout.spell(&text)
}

/// A record of a type, with its fields.
pub fn record(text: &mut String, page: &TypePage, record: &RecordPage, layout: Layout) {
    if record.fields.is_empty() {
        return;
    }
    if !record.name.is_empty() {
        text.push_str(&format!("\n{}.{}\n", page.name, record.name));
    }
    for (title, required, read_only) in
        [("Required", true, false), ("Optional", false, false), ("Read only", false, true)]
    {
        let fields: Vec<&FieldPage> = record
            .fields
            .iter()
            .filter(|field| field.read_only == read_only && (read_only || field.required == required))
            .collect();
        if fields.is_empty() {
            continue;
        }
        let indent = if record.name.is_empty() { 0 } else { 2 };
        if record.name.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{}{title}\n", " ".repeat(indent)));
        for field in fields {
            line(text, field, indent + 2, layout);
        }
    }
    if record.rules.is_empty() {
        return;
    }
    let indent = if record.name.is_empty() { 0 } else { 2 };
    text.push_str(if record.name.is_empty() { "\nWhich fields go together\n" } else { "  Which fields go together\n" });
    for rule in &record.rules {
        paragraph(text, indent + 2, rule, layout);
    }
}

/// Names with what they are, one on each line.
pub fn names(entries: &[(String, String)], layout: Layout) -> String {
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let rows = entries.iter().map(|(name, what)| format!("{name:<width$}  {what}").trim_end().to_owned() + "\n");
    layout.spell(&rows.collect::<String>())
}

fn line(text: &mut String, field: &FieldPage, indent: usize, layout: Layout) {
    let head = format!("{}: {}", field.name, field.ty);
    let notes = notes(field, MOST_VALUES).join("; ");
    let room = 44_usize.saturating_sub(indent);
    let whole = if notes.is_empty() { head.clone() } else { format!("{head:<room$}  {notes}") };
    if indent + whole.chars().count() <= layout.width {
        text.push_str(&format!("{}{}\n", " ".repeat(indent), whole.trim_end()));
        return;
    }
    paragraph(text, indent, &head, layout);
    paragraph(text, indent + 4, &notes, layout);
}

/// What is to be said about a field beside its type.
pub fn notes(field: &FieldPage, most_values: usize) -> Vec<String> {
    let mut notes = Vec::new();
    match field.change {
        "replace" => notes.push("a change replaces".to_owned()),
        "may_replace" => notes.push("a change may replace".to_owned()),
        _ => {}
    }
    if field.secret {
        notes.push("secret".to_owned());
    }
    if field.write_only {
        notes.push("never read back".to_owned());
    }
    let sent: Vec<String> = field.sends.iter().map(|sent| format!("{} of {}", sent.attribute, sent.kind)).collect();
    match field.sends.as_slice() {
        [] => {}
        [one] => notes.push(format!("sends its {}", one.attribute)),
        _ => notes.push(format!("sends {}", sent.join(" or "))),
    }
    if let Some(unit) = field.unit {
        notes.push(format!("counted in {unit}"));
    }
    // A range that is the type itself was said with it.
    let bounds = if field.ty.contains("..") { (&None, &None) } else { (&field.min, &field.max) };
    match bounds {
        (Some(min), Some(max)) if min == max => notes.push(format!("exactly {min}")),
        (Some(min), Some(max)) => {
            // `1 to 64 characters`: what both are of is said once.
            let of = max.split_once(' ').map_or("", |(_, of)| of);
            notes.push(format!("{} to {max}", min.trim_end_matches(of).trim_end()));
        }
        (Some(min), None) => notes.push(format!("at least {min}")),
        (None, Some(max)) => notes.push(format!("at most {max}")),
        (None, None) => {}
    }
    if !field.values.is_empty() && (most_values == usize::MAX || field.ty == "String" || field.ty == "[String]") {
        let shown: Vec<String> =
            field.values.iter().take(most_values).map(|value| format!("\"{}\"", one_line(value))).collect();
        let more = field.values.len().saturating_sub(most_values);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        notes.push(format!("one of {}{more}", shown.join(" ")));
    }
    if field.open {
        notes.push("the service may know more values".to_owned());
    }
    if let Some(pattern) = field.pattern.as_ref().filter(|_| most_values == usize::MAX) {
        notes.push(format!("pattern: {}", one_line(pattern)));
    }
    if let Some(default) = &field.default {
        notes.push(format!("{default} if not written"));
    }
    if let Some(template) = field.derived {
        notes.push(format!("follows from what is written: {template}"));
    }
    if let Some(why) = field.unsupported {
        notes.push(format!("not supported: {why}"));
    }
    notes
}

fn paragraph(text: &mut String, indent: usize, words: &str, layout: Layout) {
    if words.is_empty() {
        return;
    }
    for row in layout.rows(Mark::Plain, indent, indent, words) {
        text.push_str(&row.text);
        text.push('\n');
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

fn seconds(seconds: u64) -> String {
    if seconds >= 60 && seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}
