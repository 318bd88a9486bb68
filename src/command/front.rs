//! From a directory to a checked program and, for an environment, to what it wants.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ecow::EcoString;

use super::arguments::{CloudArguments, Format};
use super::failure::{Exit, Failure, count, reports};
use super::pins::Pins;
use super::stacks;
use crate::diagnostic::{Diagnostic, Report};
use crate::engine::Clouds;
use crate::engine::lookup;
use crate::host::components;
use crate::host::files::DiskFiles;
use crate::host::terminal;
use crate::language::check::{self, Typed};
use crate::language::evaluate::{self, CaseId, Evaluation, Override, WaiverUse};
use crate::language::program::{ItemId, Program};
use crate::language::resolve::Beside;
use crate::language::resolve::Files as _;
use crate::language::{interface, resolve, syntax};
use crate::lock::{FILE, Lock};
use crate::model::date::Date;
use crate::model::desired::{DesiredStack, LookupAnswers, WantedLookup};
use crate::model::inspected::{Checked, Inspected};
use crate::model::interface::Interface;
use crate::model::plan::Plan;
use crate::model::policy::{Judgement, PlannedChange};
use crate::model::state_place::StatePlace;
use crate::registry;
use crate::rego;
use crate::source::{SourceId, SourceSet, SourceText, Span};
use crate::view::untrusted;

/// A checked program.
pub struct Front {
    /// The stack's directory.
    pub root: PathBuf,
    files: DiskFiles,
    /// The program.
    pub program: Program,
    typed: Typed,
    /// What was found wrong with it, for all environments.
    pub report: Report,
    overrides: Vec<Override>,
    rego: Vec<(SourceId, rego::Module)>,
    /// What `cairn.lock` says.
    lock: Lock,
    /// The day of the command, for exceptions that end.
    pub today: Date,
}

/// An environment with everything that was looked up for it.
struct Looked {
    stack: DesiredStack,
    wanted: Vec<WantedLookup>,
    answers: LookupAnswers,
}

/// Loads and checks a stack.
///
/// # Errors
/// There is no such directory, or a `--set` is no `name=value`.
pub fn load(root: &Path, set: &[String]) -> Result<Front, Failure> {
    load_with(root, set, &[])
}

/// Loads and checks a stack with texts beside it.
///
/// # Errors
/// Like [`load`].
pub fn load_with(root: &Path, set: &[String], beside: &[Beside]) -> Result<Front, Failure> {
    load_all(DiskFiles::new(root).map_err(Failure::new)?, root, set, beside)
}

/// Like [`load`], from files of which some may differ from what is on the disk.
///
/// # Errors
/// A `--set` is no `name=value`.
pub fn load_from(files: DiskFiles, root: &Path, set: &[String]) -> Result<Front, Failure> {
    load_all(files, root, set, &[])
}

fn load_all(files: DiskFiles, root: &Path, set: &[String], beside: &[Beside]) -> Result<Front, Failure> {
    let (mut program, mut report) = resolve::load_with(&files, registry::catalogue(), beside);
    let overrides = set.iter().map(|given| overriding(&mut program, given)).collect::<Result<Vec<_>, _>>()?;
    let typed = check::check(&program, &mut report);
    let rego = rego_files(&files, &mut program, &mut report);
    let lock = match components::read_lock(root) {
        Ok(lock) => lock,
        Err(wrong) => {
            // An import that needs the file says so itself, at its own place.
            if !report.iter().any(|diagnostic| diagnostic.code == "imports::lock") {
                let text = format!("{FILE}:{}: {}", wrong.line, wrong.what);
                let help = "mend it, or remove it and run cairn update";
                report.add(Diagnostic::unplaced("imports::lock", text).help(help));
            }
            Lock::default()
        }
    };
    let today = crate::host::today();
    Ok(Front { root: root.to_path_buf(), files, program, typed, report, overrides, rego, lock, today })
}

/// The Rego files of a stack, each a source of its own, so that reports have a place.
fn rego_files(files: &DiskFiles, program: &mut Program, report: &mut Report) -> Vec<(SourceId, rego::Module)> {
    let names = files.list("policy").unwrap_or_default();
    let mut modules = Vec::new();
    for path in names.iter().filter(|name| name.ends_with(".rego")).map(|name| format!("policy/{name}")) {
        match files.read(&path) {
            Ok(text) => {
                let source = program.sources.add(SourceText::new(path.as_str(), text.clone()));
                modules.push((source, rego::Module { path, text }));
            }
            Err(_) => report.add(Diagnostic::unplaced("policy::rego", format!("{path} cannot be read as text"))),
        }
    }
    modules
}

/// `name=value` of the command line, as a source of its own, so that reports have a place.
fn overriding(program: &mut Program, given: &str) -> Result<Override, Failure> {
    let (name, written) = given
        .split_once('=')
        .ok_or_else(|| Failure::new(format!("--set takes name=value, not `{}`", untrusted::one_line(given))))?;
    let prefix = format!("let {name} = ");
    let text = SourceText::new("--set", format!("{prefix}{written}"));
    let source = program.sources.add(text);
    let (document, diagnostics) = syntax::parse(source, program.sources.get(source));
    program.documents.push(document);
    let parsed = diagnostics.is_empty().then_some(ItemId { document: program.documents.len() - 1, item: 0 });
    let span = Span::new(source, prefix.len(), prefix.len() + written.len());
    Ok(Override { name: name.into(), written: written.into(), parsed, span })
}

impl Front {
    /// The environments of the stack; one without a name if it lists none.
    pub fn environments(&self) -> Vec<Option<EcoString>> {
        match self.program.declared_environments() {
            Some((names, _)) => names.into_iter().map(Some).collect(),
            None => vec![None],
        }
    }

    /// The environment that was asked for.
    ///
    /// # Errors
    /// There is no such one, or it was not said which.
    pub fn environment(&self, wanted: Option<&str>) -> Result<Option<EcoString>, Failure> {
        let names: Vec<EcoString> = self.environments().into_iter().flatten().collect();
        // Words of the command line may hold anything.
        let shown = untrusted::one_line(wanted.unwrap_or_default());
        let listed = names.iter().map(EcoString::as_str).collect::<Vec<_>>().join(", ");
        match (wanted, names.as_slice()) {
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only.clone())),
            (None, _) => Err(Failure::new(format!("which environment? add --env with one of: {listed}"))),
            (Some(_), []) => Err(Failure::new(format!(
                "the stack has no environments, so --env {shown} means nothing; its header lists them with `environments:`"
            ))),
            (Some(wanted), names) => {
                if names.iter().any(|name| name == wanted) {
                    return Ok(Some(wanted.into()));
                }
                let near = crate::diagnostic::suggest::nearest(wanted, names.iter().map(EcoString::as_str));
                let hint = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
                Err(Failure::new(format!("the stack has no environment {shown}; {hint}it has: {listed}")))
            }
        }
    }

    fn request<'a>(
        &'a self,
        environment: Option<EcoString>,
        answers: Option<&'a LookupAnswers>,
    ) -> evaluate::Request<'a> {
        evaluate::Request {
            program: &self.program,
            typed: &self.typed,
            environment,
            overrides: &self.overrides,
            answers,
            files: &self.files,
            today: Some(self.today),
            changes: None,
        }
    }

    /// Where an environment keeps its state.
    ///
    /// # Errors
    /// The header does not say it, or rests on something that is wrong.
    pub fn state_place(&self, environment: Option<EcoString>) -> Result<StatePlace, Failure> {
        if self.program.keeps_state_locally() {
            return Ok(StatePlace::Local);
        }
        let mut report = Report::default();
        let stack = self.offline(environment, &mut report);
        stack.state.ok_or_else(|| {
            let mut wrong = self.report.clone();
            wrong.extend(report.into_sorted());
            self.failure(wrong.into_sorted())
        })
    }

    /// The file with the header, and its text if the header named another store.
    pub fn with_state(&self, store: &str) -> Option<(String, String)> {
        let header = self.program.unit(Program::STACK).header?;
        let fields = self.program.fields_of_header()?;
        let source = self.program.sources.get(self.program.item(header).span.source);
        let mut text = source.text.to_string();
        match self.program.header_field("state") {
            Some(value) => text.replace_range(value.span.start as usize..value.span.end as usize, store),
            None => text.insert_str(fields.start as usize + 1, &format!("\n  state: {store}\n")),
        }
        Some((source.path.to_string(), text))
    }

    /// Evaluates an environment without any cloud; reports what is wrong with it.
    pub fn offline(&self, environment: Option<EcoString>, report: &mut Report) -> DesiredStack {
        self.evaluated(environment, report).stack
    }

    fn evaluated(&self, environment: Option<EcoString>, report: &mut Report) -> Evaluation {
        let evaluation = evaluate::evaluate(&self.request(environment, None), report);
        // A circle of needs is found in every environment, with or without a cloud.
        if let Err(circles) = crate::engine::graph::build(&evaluation.stack, &crate::state::Snapshot::default()) {
            report.extend(circles);
        }
        match self.rego(&evaluation.stack, None) {
            Ok(judgement) => report.extend(evaluate::reports(judgement.findings.iter(), &self.program.sources)),
            Err(diagnostic) => report.add(diagnostic),
        }
        evaluation
    }

    /// Evaluates an environment, looking up what it asks for.
    ///
    /// # Errors
    /// The stack is wrong, or something could not be looked up: everything is reported.
    pub async fn online(
        &self,
        environment: Option<EcoString>,
        clouds: &Clouds,
        arguments: &CloudArguments,
    ) -> Result<DesiredStack, Failure> {
        Ok(self.found(environment, clouds, arguments).await?.0)
    }

    /// Like [`online`](Self::online), with what was looked up.
    ///
    /// # Errors
    /// See there.
    pub async fn found(
        &self,
        environment: Option<EcoString>,
        clouds: &Clouds,
        arguments: &CloudArguments,
    ) -> Result<(DesiredStack, LookupAnswers), Failure> {
        let looked = self.settled(environment, clouds, arguments, &self.lock).await?;
        Ok((looked.stack, looked.answers))
    }

    /// What an environment looks up, and the answers, with the pins of a lock.
    ///
    /// # Errors
    /// As for [`online`](Self::online).
    pub async fn looked_up(
        &self,
        environment: Option<EcoString>,
        clouds: &Clouds,
        arguments: &CloudArguments,
        lock: &Lock,
    ) -> Result<(Vec<WantedLookup>, LookupAnswers), Failure> {
        self.settled(environment, clouds, arguments, lock).await.map(|looked| (looked.wanted, looked.answers))
    }

    async fn settled(
        &self,
        environment: Option<EcoString>,
        clouds: &Clouds,
        arguments: &CloudArguments,
        lock: &Lock,
    ) -> Result<Looked, Failure> {
        let pins = Pins::of(lock, environment.as_ref());
        let recorded = stacks::read(&self.root, &self.program, environment.as_ref(), arguments).await?;
        let recorded = recorded.map_err(|faults| self.failure(faults))?;
        let mut answers = LookupAnswers { stacks: recorded, ..LookupAnswers::default() };
        let mut all: Vec<WantedLookup> = Vec::new();
        // Each round can look up what the answers of the one before gave; real stacks need one or two.
        for _ in 0..MAX_ROUNDS {
            let mut report = Report::default();
            let evaluation = evaluate::evaluate(&self.request(environment.clone(), Some(&answers)), &mut report);
            if report.has_errors() {
                return Err(self.failure(report.into_sorted()));
            }
            if evaluation.wanted.is_empty() {
                return Ok(Looked { stack: evaluation.stack, wanted: all, answers });
            }
            let missing = pins.missing(&evaluation.wanted, &self.program.sources);
            if !missing.is_empty() {
                return Err(self.failure(missing));
            }
            let asked: Vec<WantedLookup> = evaluation.wanted.iter().map(|wanted| pins.applied(wanted)).collect();
            let faults = lookup::perform(&asked, clouds, &mut answers).await;
            if !faults.is_empty() {
                return Err(self.failure(faults));
            }
            pins.settle(&evaluation.wanted, &mut answers);
            all.extend(evaluation.wanted);
        }
        Err(Failure::new(format!("look-ups that depend on each other did not end after {MAX_ROUNDS} rounds")))
    }

    /// Look-ups that are pinned in other environments and not in this one, as far as they are known without a cloud.
    pub fn missing_pins(&self, environment: Option<EcoString>) -> Vec<Diagnostic> {
        if self.lock.pins.is_empty() {
            return Vec::new();
        }
        let pins = Pins::of(&self.lock, environment.as_ref());
        let evaluation = evaluate::evaluate(&self.request(environment, None), &mut Report::default());
        pins.missing(&evaluation.wanted, &self.program.sources)
    }

    /// What a plan says about a lock that other catalogues were used with.
    pub fn other_catalogues(&self) -> Option<EcoString> {
        let locked = self.lock.tool.as_ref()?;
        let now = registry::tool();
        if locked.catalogues == now.catalogues {
            return None;
        }
        Some(ecow::eco_format!("not with the catalogues of {FILE} (cairn {})", locked.version))
    }

    /// The value of a constant of the stack in an environment.
    pub fn inspect(
        &self,
        environment: Option<EcoString>,
        answers: Option<&LookupAnswers>,
        item: ItemId,
        report: &mut Report,
    ) -> Inspected {
        evaluate::inspect(&self.request(environment, answers), item, report).1
    }

    /// What the stack shows to those who use it.
    pub fn interface(&self) -> Interface {
        interface::interface(&self.program, &self.typed, Program::STACK)
    }

    /// What must hold in an environment, and when it is checked.
    pub fn explain(&self, environment: Option<EcoString>) -> Vec<Checked> {
        evaluate::explain(&self.request(environment, None))
    }

    /// What the stack's policies in Rego say.
    ///
    /// # Errors
    /// They cannot be evaluated.
    pub fn rego(&self, desired: &DesiredStack, plan: Option<&Plan>) -> Result<Judgement, Diagnostic> {
        super::rego::judged(&self.rego, desired, plan, &self.program.sources)
    }

    /// What the policies say of the changes of a plan.
    ///
    /// # Errors
    /// One of them cannot be computed.
    pub fn judged(
        &self,
        environment: &EcoString,
        answers: &LookupAnswers,
        changes: &[PlannedChange],
    ) -> Result<Judgement, Failure> {
        if !evaluate::looks_at_changes(&self.program) {
            return Ok(Judgement::default());
        }
        let environment = (!environment.is_empty()).then(|| environment.clone());
        let mut report = Report::default();
        let request = evaluate::Request { changes: Some(changes), ..self.request(environment, Some(answers)) };
        let evaluation = evaluate::evaluate(&request, &mut report);
        if report.has_errors() {
            return Err(self.failure(report.into_sorted()));
        }
        Ok(evaluation.stack.judgement)
    }

    /// The test cases of the stack and of what it imports.
    pub fn cases(&self) -> Vec<(EcoString, CaseId)> {
        evaluate::cases(&self.program)
    }

    /// Runs a test case; gives what is wrong.
    pub fn run_case(&self, case: CaseId) -> Vec<Diagnostic> {
        // A case means the same on every day: exceptions hold.
        let request = evaluate::Request { today: None, overrides: &[], ..self.request(None, None) };
        evaluate::run_case(&request, case)
    }

    /// Everything that is wrong, as the message of a failure.
    pub fn failure(&self, diagnostics: Vec<Diagnostic>) -> Failure {
        let terminal = terminal::detect();
        let text = reports(&diagnostics, &self.program.sources, &terminal);
        Failure::with(Exit::Failed, format!("{text}{}", count(&diagnostics)))
    }

    /// Checks all environments; gives every report, each mistake once.
    pub fn check_all(&self) -> Vec<Diagnostic> {
        let mut report = self.report.clone();
        let mut waivers: Vec<WaiverUse> = Vec::new();
        let mut places: BTreeMap<String, EcoString> = BTreeMap::new();
        for environment in self.environments() {
            let mut found = Report::default();
            let evaluation = self.evaluated(environment.clone(), &mut found);
            waivers.extend(evaluation.waivers);
            if let (Some(environment), Some(address)) =
                (environment, evaluation.stack.state.and_then(|place| place.address()))
                && let Some(other) = places.insert(address, environment.clone())
            {
                found.add(self.same_place(&other, &environment));
            }
            // What types already say is wrong is not said again when it is evaluated.
            report.extend(self.report.news(found));
        }
        report.extend(evaluate::unused_waivers(waivers.iter()));
        report.into_sorted()
    }

    /// Two environments whose states would be one.
    fn same_place(&self, one: &str, other: &str) -> Diagnostic {
        let text = format!("{one} and {other} keep their states in the same place");
        let help = "put ${env} into the key, so that each environment has a state of its own";
        match self.program.header_field("state") {
            Some(value) => Diagnostic::error("stack::state", text, value.span, "the same for both"),
            None => Diagnostic::unplaced("stack::state", text),
        }
        .help(help)
    }

    /// Fails if the stack is wrong in any environment.
    ///
    /// # Errors
    /// It is.
    pub fn require_sound(&self) -> Result<Vec<Diagnostic>, Failure> {
        let diagnostics = self.check_all();
        let wrong = diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error);
        if wrong { Err(self.failure(diagnostics)) } else { Ok(diagnostics) }
    }

    /// Like [`require_sound`](Self::require_sound); programs get the reports as a document without changes.
    ///
    /// # Errors
    /// The stack is wrong.
    pub fn require_sound_for(
        &self,
        format: Format,
        environment: &Result<Option<EcoString>, Failure>,
        document: fn(&Plan, &[Diagnostic], &SourceSet) -> String,
    ) -> Result<Vec<Diagnostic>, Failure> {
        let sound = self.require_sound();
        if sound.is_err() && format == Format::Json {
            let environment = environment.as_ref().ok().cloned().flatten().unwrap_or_default();
            let nothing = Plan { stack: self.stack(), environment, ..Plan::default() };
            terminal::out(&document(&nothing, &self.check_all(), &self.program.sources));
        }
        sound
    }

    /// The stack's header, for what is said about all of it.
    pub fn header(&self) -> Option<Span> {
        let header = self.program.unit(Program::STACK).header?;
        let span = self.program.item(header).span;
        let first = self.program.sources.text(span).lines().next().map_or(0, str::len);
        Some(Span::new(span.source, span.start as usize, span.start as usize + first))
    }

    /// The stack's name.
    pub fn stack(&self) -> EcoString {
        self.program.unit(Program::STACK).name.clone()
    }

    /// The catalogue the program was checked against.
    pub fn catalogue(&self) -> Arc<cairn_provider::schema::catalogue::Catalogue> {
        Arc::clone(&self.program.catalogue)
    }
}

/// Rounds of look-ups.
const MAX_ROUNDS: usize = 5;
