//! `cairn console`: expressions of a stack, evaluated as they are typed.

use std::path::PathBuf;

use clap::Args;
use ecow::EcoString;

use super::arguments::{CloudArguments, StackArguments};
use super::failure::{Exit, Failure, count, reports};
use super::{front, pipeline};
use crate::builtins;
use crate::diagnostic::{Diagnostic, Severity};
use crate::host::line_editor::{Line, LineEditor};
use crate::host::terminal;
use crate::language::program::{ItemId, Program};
use crate::language::resolve::Beside;
use crate::language::syntax::KEYWORDS;
use crate::model::desired::LookupAnswers;
use crate::model::inspected::{Inspected, Shown};
use crate::source::{SourceId, SourceSet, SourceText, Span};
use crate::view::human::inspected as view;
use crate::view::human::layout::{Detail, Layout};

/// What a typed line is called in reports.
const NAME: &str = "console";

/// What stands in front of an expression, so that it can be parsed as a constant.
const PREFIX: &str = "let it = ";

const HELP: &str = "\
an expression     its value, type and phase: written (in the source), read (by look-ups), made (by apply)
let name = value  keeps a name until the end of the session
:names            what can be named
:quit             leave, like Ctrl-D
";

/// Evaluate expressions of a stack.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cloud: CloudArguments,
    /// Evaluate this instead of lines from standard input; may be repeated
    #[arg(long, value_name = "EXPR")]
    eval: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// There is no such directory or environment, or the input cannot be read.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    arguments.cloud.require_whole("console")?;
    let mut session = Session::begin(&arguments).await?;
    let mut failed = false;
    if !arguments.eval.is_empty() {
        for line in &arguments.eval {
            failed |= !session.answer(line);
        }
        return Ok(if failed { Exit::Failed } else { Exit::Done });
    }
    let mut editor = LineEditor::new(session.words.clone());
    loop {
        let prompt = format!("{}> ", session.prompt);
        let mut text = match editor.read(&prompt).map_err(Failure::new)? {
            Line::Text(text) => text,
            Line::Interrupted => continue,
            Line::End => break,
        };
        // Open brackets go on; a blank line ends them.
        let mut given_up = false;
        while is_open(&text) {
            match editor.read("…  ").map_err(Failure::new)? {
                Line::Text(more) if more.trim().is_empty() => break,
                Line::Text(more) => text = format!("{text}\n  {}", more.trim()),
                Line::Interrupted => {
                    given_up = true;
                    break;
                }
                Line::End => break,
            }
        }
        match text.trim() {
            ":quit" | ":q" | ":exit" => break,
            _ if given_up => {}
            line => failed |= !session.answer(line),
        }
    }
    Ok(if failed && !editor.is_terminal() { Exit::Failed } else { Exit::Done })
}

/// What lasts from line to line.
struct Session {
    directory: PathBuf,
    set: Vec<String>,
    environment: Option<EcoString>,
    answers: Option<LookupAnswers>,
    /// Constants of the session, by name, as they were typed.
    kept: Vec<(String, String)>,
    /// What was wrong with the stack before anything was typed.
    known: Vec<Diagnostic>,
    prompt: String,
    words: Vec<String>,
}

impl Session {
    async fn begin(arguments: &Arguments) -> Result<Self, Failure> {
        let StackArguments { directory, values } = &arguments.stack;
        let front = front::load(directory, &values.set)?;
        let environment = front.environment(values.env.as_deref())?;
        let mut report = front.report.clone();
        front.offline(environment.clone(), &mut report);
        let known = report.into_sorted();
        let wrong = known.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if wrong {
            let counted = count(&known);
            terminal::err(&format!(
                "the stack has {counted}, which `cairn check` shows; what depends on them has no value\n"
            ));
        }
        let mut answers = None;
        if arguments.cloud.sandbox && !wrong {
            let kept = front.state_place(environment.clone())?;
            let (stack, catalogue) = (front.stack(), front.catalogue());
            let place =
                pipeline::open(&front.root, &stack, environment.as_ref(), catalogue, &kept, &arguments.cloud).await?;
            answers = Some(front.found(environment.clone(), &place.clouds, &arguments.cloud).await?.1);
        }
        let stack = front.stack();
        let prompt = match (&environment, stack.is_empty()) {
            (_, true) => "cairn".to_owned(),
            (None, false) => stack.to_string(),
            (Some(environment), false) => format!("{stack}/{environment}"),
        };
        let unit = front.program.unit(Program::STACK);
        let names = unit.values.keys().map(ToString::to_string);
        let words = names.chain(builtins::all().map(|builtin| builtin.name.to_owned())).collect();
        Ok(Self {
            directory: directory.clone(),
            set: values.set.clone(),
            environment,
            answers,
            kept: Vec::new(),
            known,
            prompt,
            words,
        })
    }

    /// Answers a line; whether it was understood.
    fn answer(&mut self, line: &str) -> bool {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return true;
        }
        let answered = match line {
            ":help" => Ok(HELP.to_owned()),
            ":names" => self.names(),
            _ if line.starts_with(':') => Err(Failure::new(format!("there is no command `{line}`; :help lists them"))),
            _ => self.evaluate(line),
        };
        match answered {
            Ok(text) => {
                terminal::out(&text);
                true
            }
            Err(failure) => {
                terminal::err(&failure.render(&terminal::detect()));
                false
            }
        }
    }

    fn names(&self) -> Result<String, Failure> {
        let front = front::load_with(&self.directory, &self.set, &self.beside(None))?;
        let names: Vec<&str> = front.program.unit(Program::STACK).values.keys().map(EcoString::as_str).collect();
        Ok(format!("{}\n", names.join(" ")))
    }

    /// The texts beside the stack: what is kept, except under the name that is typed anew.
    fn beside(&self, again: Option<&str>) -> Vec<Beside> {
        let kept = self.kept.iter().filter(|(name, _)| Some(name.as_str()) != again);
        kept.map(|(_, text)| Beside { path: NAME.to_owned(), text: text.clone(), named: true }).collect()
    }

    fn evaluate(&mut self, line: &str) -> Result<String, Failure> {
        let kept = constant(line);
        if kept.is_none()
            && let Some(keyword) = declaration(line)
        {
            return Err(Failure::new(format!(
                "a console evaluates expressions and keeps `let`; `{keyword}` belongs into a file of the stack"
            )));
        }
        let prefix = if kept.is_some() { "" } else { PREFIX };
        let mut beside = self.beside(kept);
        beside.push(Beside { path: NAME.to_owned(), text: format!("{prefix}{line}"), named: kept.is_some() });
        // The files are read again for each line: what is saved meanwhile counts.
        let front = front::load_with(&self.directory, &self.set, &beside)?;
        let sources = &front.program.sources;
        let last = front.program.documents.iter().rposition(|document| sources.get(document.source).path == NAME);
        let Some(document) = last else { return Ok(String::new()) };
        let source = front.program.documents.get(document).map(|document| document.source);
        let item = ItemId { document, item: 0 };
        let mut found = front.report.clone();
        let mut shown: Option<Inspected> = None;
        let broken = found.iter().any(|report| report.severity == Severity::Error && in_source(report, source));
        if !broken {
            let mut inspected = front.inspect(self.environment.clone(), None, item, &mut found);
            if let Some(answers) = &self.answers {
                // When something is known does not depend on what was found.
                inspected.value = front.inspect(self.environment.clone(), Some(answers), item, &mut found).value;
            }
            shown = Some(inspected);
        }
        let news: Vec<Diagnostic> =
            found.into_sorted().into_iter().filter(|diagnostic| !self.known.contains(diagnostic)).collect();
        if news.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(over_typed(news, sources, source, prefix, line));
        }
        let Some(inspected) = shown else { return Ok(String::new()) };
        if inspected.value == Shown::Wrong {
            return Err(Failure::new("this depends on something that is wrong in the stack; `cairn check` shows it"));
        }
        if let Some(name) = kept {
            self.kept.retain(|(other, _)| other != name);
            self.kept.push((name.to_owned(), line.to_owned()));
        }
        let look = terminal::detect();
        let layout = Layout { width: look.width, ascii: look.ascii, detail: Detail::Full };
        Ok(view::inspected(&inspected, layout))
    }
}

/// The name of a `let`.
fn constant(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("let")?.strip_prefix(char::is_whitespace)?.trim_start();
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty())
}

/// The keyword of a declaration that is no expression.
fn declaration(line: &str) -> Option<&'static str> {
    KEYWORDS.iter().copied().find(|keyword| {
        line.strip_prefix(keyword)
            .and_then(|rest| rest.strip_prefix(' '))
            .is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{'))
            && !["in ", "by "].iter().any(|word| line.contains(&format!("{keyword} {word}")))
    })
}

/// Whether brackets are open at the end, outside of text.
fn is_open(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_i64, false, false);
    for character in text.chars() {
        match (character, quoted) {
            _ if escaped => escaped = false,
            ('\\', true) => escaped = true,
            ('"', _) => quoted = !quoted,
            ('(' | '[' | '{', false) => depth += 1,
            (')' | ']' | '}', false) => depth -= 1,
            _ => {}
        }
    }
    depth > 0 && !quoted
}

fn in_source(report: &Diagnostic, source: Option<SourceId>) -> bool {
    report.span().is_some_and(|span| Some(span.source) == source)
}

/// Reports with their places over the line as it was typed.
fn over_typed(
    mut diagnostics: Vec<Diagnostic>,
    sources: &SourceSet,
    source: Option<SourceId>,
    prefix: &str,
    line: &str,
) -> Failure {
    let shift = u32::try_from(prefix.len()).unwrap_or_default();
    for diagnostic in &mut diagnostics {
        for label in diagnostic.labels.iter_mut().filter(|label| Some(label.span.source) == source) {
            let Span { source, start, end } = label.span;
            label.span = Span { source, start: start.saturating_sub(shift), end: end.saturating_sub(shift) };
        }
    }
    let typed = match source {
        Some(source) => sources.with(source, SourceText::new(NAME, line)),
        None => sources.clone(),
    };
    Failure::new(reports(&diagnostics, &typed, &terminal::detect()).trim_end().to_owned())
}
