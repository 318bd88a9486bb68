//! The generated part of the book is what the code says. `UPDATE=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use cairn::language::types::Type;
use cairn_provider::schema::{Access, Change, Field, Record, TypeSchema};
use cairn_provider::value::render;

use crate::project::repository;

#[test]
fn the_reference_is_fresh() {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    pages.insert("command-line.md".into(), command_line());
    pages.insert("errors.md".into(), errors());
    pages.insert("../standard-library.md".into(), crate::standard_library::chapter());
    for (name, text) in cairn::view::json::schemas() {
        pages.insert(name.into(), text);
    }
    types(&mut pages);
    pages.insert("actions.md".into(), actions());
    let root = book().join("reference");
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    for (name, text) in &pages {
        let path = root.join(name);
        if std::fs::read_to_string(&path).ok().as_ref() != Some(text) {
            if update {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, text).unwrap();
            } else {
                stale.push(name.as_str());
            }
        }
    }
    assert!(stale.is_empty(), "write these anew with UPDATE=1: {stale:?}");
}

#[test]
fn the_summary_lists_every_page_and_links_lead_somewhere() {
    let root = book();
    let summary = std::fs::read_to_string(root.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<PathBuf> = links(&summary).into_iter().map(|link| root.join(link)).collect();
    let mut pages = Vec::new();
    collect(&root, &mut pages);
    for page in &pages {
        if page.file_name().is_some_and(|name| name != "SUMMARY.md") {
            assert!(listed.contains(page), "{} is not in SUMMARY.md", page.display());
        }
        let text = std::fs::read_to_string(page).unwrap();
        for link in links(&text) {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                let path = page.parent().unwrap().join(target);
                assert!(path.exists(), "{} leads to {target}, which is not there", page.display());
            }
        }
    }
    assert!(pages.len() > 5);
}

fn book() -> PathBuf {
    repository().join("book/src")
}

fn collect(directory: &std::path::Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The targets of Markdown links outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let mut rest = if fenced { "" } else { line };
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, behind)) = after.split_once(')') else { break };
            found.push(target.to_owned());
            rest = behind;
        }
    }
    found
}

fn command_line() -> String {
    let mut text = String::from("# Command line\n\n");
    text.push_str(
        "Exit codes: 0 success; 1 failure, usage errors included; 2 differences (`plan --detailed-exitcode`, `drift` \
         always); 3 refused by `@protect` or an account pin; 4 the lock was not obtained or was lost; 5 the saved plan is \
         stale; 130 interrupted.\n",
    );
    let mut root = cairn::command::clap_command();
    root.build();
    for command in root.get_subcommands() {
        if command.get_name() == "help" {
            continue;
        }
        describe(command, &format!("cairn {}", command.get_name()), &mut text);
    }
    text
}

fn describe(command: &clap::Command, name: &str, text: &mut String) {
    writeln!(text, "\n## `{name}`\n\n{}.\n", command.get_about().map(ToString::to_string).unwrap_or_default()).unwrap();
    let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
    let arguments: Vec<_> = command.get_arguments().filter(|argument| argument.get_id() != "help").collect();
    if !arguments.is_empty() {
        text.push_str("| argument | meaning |\n|---|---|\n");
    }
    for argument in arguments {
        let values: Vec<String> =
            argument.get_value_names().unwrap_or_default().iter().map(|value| value.to_string()).collect();
        let value = if argument.get_action().takes_values() { values.join(" ") } else { String::new() };
        let shown = match argument.get_long() {
            Some(long) if value.is_empty() => format!("--{long}"),
            Some(long) => format!("--{long} {value}"),
            None => value,
        };
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let choices: Vec<String> = argument
            .get_possible_values()
            .iter()
            .map(|value| format!("`{}`", value.get_name()))
            .filter(|name| name != "`true`" && name != "`false`")
            .collect();
        let choices = if choices.is_empty() { String::new() } else { format!(" ({})", choices.join(", ")) };
        let defaults: Vec<String> =
            argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
        let default = match defaults.as_slice() {
            [one] if argument.get_action().takes_values() => format!("; {one} if it is not given"),
            _ => String::new(),
        };
        writeln!(text, "| `{}` | {help}{choices}{default} |", cell(&shown)).unwrap();
    }
    for inner in inner {
        describe(inner, &format!("{name} {}", inner.get_name()), text);
    }
}

fn errors() -> String {
    let mut text = String::from(
        "# Errors\n\nEvery report about a stack has a code. The code is stable; the words of the report may improve.\n",
    );
    for page in cairn::diagnostic::PAGES {
        let body = page.text.trim_start_matches('#').trim();
        let (title, rest) = body.split_once('\n').unwrap_or((body, ""));
        writeln!(text, "\n## `cairn::{}`\n\n**{}**\n\n{}", page.code, title.trim(), rest.trim()).unwrap();
    }
    text
}

fn types(pages: &mut BTreeMap<String, String>) {
    let catalogue = cairn::registry::catalogue();
    let mut services: BTreeMap<String, String> = BTreeMap::new();
    let mut index = String::from(
        "# Resource types\n\nTypes are called what CloudFormation calls them. Those that are listed with a title can be \
         created on AWS; all can be created on the sandbox and referred to.\n\n| type | what it is |\n|---|---|\n",
    );
    for name in catalogue.names() {
        let schema = catalogue.get(name).unwrap();
        if schema.action {
            continue;
        }
        let title = cairn::registry::title(name);
        let service = name.split('.').nth(1).unwrap();
        match title {
            Some(title) => {
                let anchor = name.replace('.', "").to_lowercase();
                writeln!(index, "| [`{name}`](types/{service}.md#{anchor}) | {title} |").unwrap();
                let page = services.entry(service.to_owned()).or_insert_with(|| format!("# `aws.{service}`\n"));
                type_section(schema, title, page);
            }
            None => writeln!(index, "| `{name}` | |").unwrap(),
        }
    }
    pages.insert("types.md".into(), index);
    for (service, text) in services {
        pages.insert(format!("types/{service}.md"), text);
    }
}

fn actions() -> String {
    let mut text = String::from(
        "# Types of actions\n\nWhat is run, and nothing that is made and stays; how actions work is told in \
         [Actions](../actions.md).\n",
    );
    let catalogue = cairn::registry::catalogue();
    for name in catalogue.names() {
        let schema = catalogue.get(name).unwrap();
        if !schema.action {
            continue;
        }
        let title = cairn::registry::title(name).unwrap();
        writeln!(text, "\n## `{name}`\n\n{title}.").unwrap();
        if let Some(own) = cairn::builtins::action::find(name) {
            let within = match own.name {
                "time.Sleep" => "A minute more than it waits for".to_owned(),
                _ => format!("{}min", own.deadline / 60),
            };
            writeln!(text, "\nIf `@timeout(run: …)` says nothing, a run may take: {within}.").unwrap();
        }
        action_fields(schema, schema.root(), &mut text);
        for record in schema.records.iter().skip(1) {
            writeln!(text, "\n### `{name}.{}`", record.name).unwrap();
            action_fields(schema, record, &mut text);
        }
        for example in cairn::registry::examples(name) {
            writeln!(text, "\n{}:\n\n```cairn\n{}\n```", example.title, example.source.trim_end()).unwrap();
        }
    }
    text
}

fn action_fields(schema: &Arc<TypeSchema>, record: &Record, text: &mut String) {
    text.push_str("\n| field | type | |\n|---|---|---|\n");
    let mut sorted: Vec<_> = record.fields.iter().collect();
    sorted.sort_by_key(|(name, field)| (field.access == Access::ReadOnly, !field.required, (*name).clone()));
    for (name, field) in sorted {
        let ty = cell(&Type::of_shape(schema, &field.shape).to_string());
        let note = match (field.access == Access::ReadOnly, field.required, field.sensitive) {
            (true, ..) => "what a run gives",
            (_, true, _) => "required",
            (.., true) => "may hold secrets",
            _ => "",
        };
        writeln!(text, "| `{name}` | {ty} | {note} |").unwrap();
    }
}

fn type_section(schema: &Arc<TypeSchema>, title: &str, text: &mut String) {
    write!(text, "\n## `{}`\n\n{title}. CloudFormation: `{}`.", schema.name, schema.vendor).unwrap();
    let declared = cairn::registry::declaration(&schema.name);
    match declared {
        None => text.push_str(" It can only be looked up.\n"),
        Some(_) => writeln!(
            text,
            " An object is known by `{}`.{}",
            schema.identity.join("`, `"),
            if schema.overlay.stateful { " It holds data: destroying it is shown as data loss." } else { "" }
        )
        .unwrap(),
    }
    fields(schema, schema.root(), text);
    for record in schema.records.iter().skip(1) {
        writeln!(text, "\n### `{}.{}`", schema.name, record.name).unwrap();
        fields(schema, record, text);
    }
    if let Some(declared) = declared {
        let actions: Vec<String> = declared
            .permissions
            .read
            .iter()
            .chain(declared.permissions.write)
            .map(|action| format!("`{action}`"))
            .collect();
        writeln!(text, "\nWho applies it must be allowed: {}.", actions.join(", ")).unwrap();
    }
    for example in cairn::registry::examples(&schema.name) {
        writeln!(text, "\n{}:\n\n```cairn\n{}\n```", example.title, example.source.trim_end()).unwrap();
    }
}

fn fields(schema: &Arc<TypeSchema>, record: &Record, text: &mut String) {
    if record.fields.is_empty() {
        return;
    }
    text.push_str("\n| field | type | | CloudFormation |\n|---|---|---|---|\n");
    let rank = |field: &Field| (field.access == Access::ReadOnly, !field.required);
    let mut sorted: Vec<_> = record.fields.iter().collect();
    sorted.sort_by_key(|(name, field)| (rank(field), (*name).clone()));
    for (name, field) in sorted {
        let ty = cell(&Type::of_shape(schema, &field.shape).to_string());
        writeln!(text, "| `{name}` | {ty} | {} | `{}` |", cell(&notes(field)), field.vendor).unwrap();
    }
}

fn notes(field: &Field) -> String {
    let mut notes = Vec::new();
    if field.access == Access::ReadOnly {
        notes.push("read only".to_owned());
    }
    if field.required {
        notes.push("required".to_owned());
    }
    match field.change {
        Change::Update => {}
        Change::MayReplace => notes.push("a change may replace".to_owned()),
        Change::Replace if field.access == Access::ReadOnly => {}
        Change::Replace => notes.push("a change replaces".to_owned()),
    }
    if field.access == Access::WriteOnly {
        notes.push("never read back".to_owned());
    }
    if field.sensitive {
        notes.push("secret".to_owned());
    }
    if let Some(value) = &field.unwritten
        && !value.as_list().is_some_and(|items| items.is_empty())
        && !value.as_map().is_some_and(|items| items.is_empty())
    {
        notes.push(format!("{} if not written", render(value)));
    }
    if let Some(why) = field.unsupported {
        notes.push(format!("not supported: {why}"));
    }
    notes.join("; ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
