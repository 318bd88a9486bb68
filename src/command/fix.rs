//! `cairn fix`: applies the fixes that reports offer and that need nobody who looks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::arguments::Format;
use super::failure::{Exit, Failure, count};
use super::front::{self, Front};
use crate::diagnostic::{Diagnostic, Fix, fixes};
use crate::host::files::DiskFiles;
use crate::host::{self, sources, terminal};
use crate::language::syntax;
use crate::source::SourceId;
use crate::view;
use crate::view::json::AppliedFix;
use crate::view::untrusted;

/// Apply the fixes that reports offer and that are certain.
#[derive(Args)]
pub struct Arguments {
    /// The stack's directory
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Change nothing; only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A fix may show mistakes that nobody could see before; so many times it is looked again.
const MAX_ROUNDS: usize = 20;
/// At most so many fixes are tried one by one when all of them together do not help.
const MAX_TRIES: usize = 50;

/// Texts that differ from what is on the disk, by path from the stack's directory.
type Texts = BTreeMap<String, String>;

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let mut texts = Texts::new();
    let mut done: Vec<AppliedFix> = Vec::new();
    let mut round = Round::look(&arguments, &texts)?;
    for _ in 0..MAX_ROUNDS {
        let Some((next, applied)) = round.step(&arguments, &mut texts)? else { break };
        done.extend(applied);
        round = next;
    }
    if !arguments.dry_run {
        for (path, text) in &texts {
            let full = arguments.directory.join(path);
            let failed = |error| Failure::new(format!("{}: {error}", untrusted::one_line(&full.display().to_string())));
            sources::replace(&full, text).map_err(failed)?;
        }
    }
    match arguments.format {
        Format::Json => terminal::out(&view::json::fixed(&done, !arguments.dry_run, round.reports.len())),
        Format::Text | Format::Markdown => show(&done, &round.reports, arguments.dry_run),
    }
    Ok(Exit::Done)
}

/// The stack as it is with some texts changed, and what is reported about it.
struct Round {
    front: Front,
    reports: Vec<Diagnostic>,
}

impl Round {
    fn look(arguments: &Arguments, texts: &Texts) -> Result<Self, Failure> {
        let files = DiskFiles::new(&arguments.directory).map_err(Failure::new)?.with(texts.clone());
        let front = front::load_from(files, &arguments.directory, &[])?;
        let reports = front.check_all();
        Ok(Self { front, reports })
    }

    /// Applies what leads to fewer reports: all fixes together, or else the first that does so alone.
    fn step(&self, arguments: &Arguments, texts: &mut Texts) -> Result<Option<(Self, Vec<AppliedFix>)>, Failure> {
        let own = self.reports.iter().filter(|report| {
            report
                .certain_fix()
                .is_some_and(|fix| fix.edits.iter().all(|edit| self.is_own(edit.span.source, arguments)))
        });
        let all = fixes::together(own);
        let alone = all.iter().map(|fix| vec![*fix]).take(if all.len() > 1 { MAX_TRIES } else { 0 });
        for attempt in std::iter::once(all.clone()).chain(alone) {
            if attempt.is_empty() {
                break;
            }
            let Some(changed) = self.changed(texts, &attempt) else { continue };
            let next = Self::look(arguments, &changed)?;
            if next.reports.len() < self.reports.len() {
                let applied = attempt.iter().map(|fix| self.said(fix)).collect();
                *texts = changed;
                return Ok(Some((next, applied)));
            }
        }
        Ok(None)
    }

    /// Whether a text is a file of the stack's own directory.
    fn is_own(&self, source: SourceId, arguments: &Arguments) -> bool {
        let path = &self.front.program.sources.get(source).path;
        !path.split('/').any(|part| part == "..") && host::is_file(&arguments.directory.join(path))
    }

    /// The texts after some fixes; nothing if one of them can be read less well than before.
    fn changed(&self, texts: &Texts, attempt: &[&Fix]) -> Option<Texts> {
        let mut changed = texts.clone();
        for source in self.front.program.sources.ids() {
            let before = self.front.program.sources.get(source);
            let text = fixes::apply(&before.text, source, attempt);
            if text != before.text {
                if syntax::tree(&text).broken().count() > syntax::tree(&before.text).broken().count() {
                    return None;
                }
                changed.insert(before.path.clone(), text);
            }
        }
        Some(changed)
    }

    fn said(&self, fix: &Fix) -> AppliedFix {
        let sources = &self.front.program.sources;
        let first = fix.edits.first().map(|edit| edit.span);
        let report = self.reports.iter().find(|report| report.certain_fix() == Some(fix));
        AppliedFix {
            code: report.map(|report| report.code).unwrap_or_default(),
            path: first.map(|span| sources.get(span.source).path.clone()).unwrap_or_default(),
            line: first.map_or(0, |span| sources.position(span).line),
            title: fix.title.clone(),
        }
    }
}

fn show(done: &[AppliedFix], left: &[Diagnostic], dry_run: bool) {
    for fix in done {
        let place = format!("{}:{}", fix.path, fix.line);
        terminal::out(&format!(
            "{}  {}  (cairn::{})\n",
            untrusted::one_line(&place),
            untrusted::one_line(&fix.title),
            fix.code
        ));
    }
    let fixes = if done.len() == 1 { "1 fix".to_owned() } else { format!("{} fixes", done.len()) };
    let said = match (done.len(), dry_run) {
        (0, _) => "nothing can be fixed without somebody who looks".to_owned(),
        (_, true) => format!("{fixes} would be applied; nothing was written"),
        (_, false) => format!("{fixes} applied"),
    };
    let rest = if left.is_empty() {
        "nothing is wrong".to_owned()
    } else {
        format!("{} left; cairn check shows what is wrong", count(left))
    };
    terminal::err(&format!("{said}; {rest}\n"));
}
