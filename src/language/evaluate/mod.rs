//! The program with an environment's values becomes the desired stack. Pure: what must be looked up is asked for as
//! data, and evaluation runs again with the answers.

mod action;
mod assertion;
mod call;
mod case;
mod coerce;
mod component;
mod constraint;
mod decorator;
mod emit;
mod encode;
mod explain;
mod expression;
mod input;
mod inspect;
mod instance;
mod lookup;
mod member;
mod moving;
mod name;
mod phase;
mod placement;
mod policy;
mod relation;
mod seen;
mod size;
mod stack;
mod state_store;
mod term;
mod waiver;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use ecow::EcoString;

pub(in crate::language) use self::constraint::compiled;
pub use self::explain::explain;
pub use self::inspect::inspect;
use self::instance::{Inherited, Instance, Instances, Rebase};
use self::term::Term;
use super::check::Typed;
use super::program::{ItemId, Program, UnitId};
use super::resolve::Files;
use super::syntax::ast::ItemKind;
use crate::diagnostic::{Diagnostic, Report};
use crate::model::Address;
use crate::model::date::Date;
use crate::model::desired::{
    DesiredReveal, DesiredStack, Forgotten, LookupAnswers, Need, Placement, UsedStack, WantedLookup, Watched,
};
use crate::model::policy::PlannedChange;
use crate::source::Span;

pub use case::{CaseId, cases, run_case};
pub use policy::{looks_at_changes, reports};
pub use seen::{Seen, SeenValue, observe};
pub use waiver::{WaiverUse, unused_waivers};

/// Steps an evaluation may take.
pub const MAX_STEPS: u64 = 10_000_000;
/// Instances a stack may have.
pub const MAX_INSTANCES: usize = 200_000;

/// What is evaluated.
pub struct Request<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its types.
    pub typed: &'a Typed,
    /// The environment; nothing for a stack without any.
    pub environment: Option<EcoString>,
    /// Values of the command line, by input, as they were written there.
    pub overrides: &'a [Override],
    /// What was looked up so far; nothing while only checking.
    pub answers: Option<&'a LookupAnswers>,
    /// For `file()` and `template()`.
    pub files: &'a dyn Files,
    /// Which day it is, for exceptions that end. Without one they hold.
    pub today: Option<Date>,
    /// What a plan does, for policies that look at changes; nothing before there is one.
    pub changes: Option<&'a [PlannedChange]>,
}

/// A value of the command line.
#[derive(Clone, Debug)]
pub struct Override {
    /// The input.
    pub name: EcoString,
    /// The value as written.
    pub written: EcoString,
    /// The value parsed as `let name = value`, if it reads as an expression.
    pub parsed: Option<ItemId>,
    /// Where it stands, for messages.
    pub span: Span,
}

/// What evaluation gives.
pub struct Evaluation {
    /// What the stack wants.
    pub stack: DesiredStack,
    /// Look-ups whose answers it needs to say more.
    pub wanted: Vec<WantedLookup>,
    /// Exceptions from policies, and whether they are needed.
    pub waivers: Vec<WaiverUse>,
}

/// Evaluates a program for one environment.
pub fn evaluate(request: &Request<'_>, report: &mut Report) -> Evaluation {
    evaluate_and(request, report, |_, _| ()).0
}

/// Evaluates a program for one environment, and asks for more while all its values are there.
fn evaluate_and<T>(
    request: &Request<'_>,
    report: &mut Report,
    ask: impl FnOnce(&mut Evaluator<'_>, &DesiredStack) -> T,
) -> (Evaluation, T) {
    let (mut evaluator, stack) = run(request);
    let asked = ask(&mut evaluator, &stack);
    let wanted = evaluator.wanted.into_values().collect();
    let waivers = evaluator.waivers.into_values().collect();
    report.note_standard(&request.program.sources);
    report.extend(evaluator.diagnostics);
    (Evaluation { stack, wanted, waivers }, asked)
}

fn run<'p>(request: &Request<'p>) -> (Evaluator<'p>, DesiredStack) {
    let mut evaluator = Evaluator::new(request);
    let inputs = evaluator.stack_inputs(request.overrides, None);
    evaluator.scopes.push(Scope {
        unit: Program::STACK,
        outer: None,
        path: None,
        inputs,
        input_needs: BTreeMap::new(),
        inherited: Rc::default(),
    });
    evaluator.run_scope(0);
    let mut stack = evaluator.emit(request.overrides);
    evaluator.note_waivers();
    stack.state = evaluator.state_place();
    stack.judgement = evaluator.judged();
    (evaluator, stack)
}

/// The stack or one instance of a component.
struct Scope {
    unit: UnitId,
    /// The scope in which the component was declared.
    outer: Option<usize>,
    path: Option<Address>,
    inputs: BTreeMap<EcoString, Term>,
    /// What was touched to make an input.
    input_needs: BTreeMap<EcoString, Rc<Vec<Need>>>,
    inherited: Rc<Inherited>,
}

impl Scope {
    fn address(&self, name: &str) -> Address {
        self.path.as_ref().map_or_else(|| Address::top(name), |path| path.member(name))
    }
}

/// The value of an item, kept with what it touches.
enum Memo {
    InProgress,
    Done(Term, Rc<Vec<Need>>),
}

struct Evaluator<'p> {
    program: &'p Program,
    typed: &'p Typed,
    files: &'p dyn Files,
    environment: Option<EcoString>,
    answers: Option<&'p LookupAnswers>,
    scopes: Vec<Scope>,
    items: BTreeMap<(usize, ItemId), Memo>,
    instances: BTreeMap<(usize, ItemId), Instances>,
    /// Where things live that do not say it, by scope.
    placements: BTreeMap<usize, Arc<Placement>>,
    /// Objects whose attributes were read since the mark a caller took.
    touched: Vec<Need>,
    /// Scopes of other stacks, by the names of their imports.
    stack_scopes: BTreeMap<EcoString, usize>,
    /// What is used of other stacks.
    imports: BTreeMap<EcoString, UsedStack>,
    /// Resources in the order they were made.
    emitted: Vec<Rc<Instance>>,
    wanted: BTreeMap<Address, WantedLookup>,
    /// `@before`: who must wait for whom.
    orders: Vec<(Address, Need)>,
    /// Resources with a field that needs itself, which was reported.
    circular: BTreeSet<Address>,
    /// `forget`.
    forgotten: Vec<Forgotten>,
    /// Instances of components, with the place of their name.
    components: BTreeMap<Address, Span>,
    /// What `@was` names, with the declaration it stands above.
    named_formers: Vec<(Address, Rebase)>,
    /// What `changed(…)` looked at in the condition that is evaluated.
    watching: BTreeMap<EcoString, Watched>,
    /// Secrets that were made readable, by their place.
    revealed: BTreeMap<Span, DesiredReveal>,
    diagnostics: Vec<Diagnostic>,
    /// The scope something is being made in, for messages.
    at: usize,
    steps: u64,
    /// How deep values lie behind each other's names right now.
    levels: usize,
    exhausted: bool,
    count: usize,
    /// Whether only what is written counts, as for policies.
    written: bool,
    today: Option<Date>,
    changes: Option<&'p [PlannedChange]>,
    waivers: BTreeMap<Span, WaiverUse>,
    /// What look-ups find in a test, by address.
    given: BTreeMap<EcoString, Term>,
}

/// Where an expression is evaluated.
#[derive(Clone)]
struct Place {
    scope: usize,
    locals: Vec<(EcoString, Term)>,
}

impl Place {
    fn of(scope: usize) -> Self {
        Self { scope, locals: Vec::new() }
    }

    fn with(&self, names: impl IntoIterator<Item = (EcoString, Term)>) -> Self {
        let mut locals = self.locals.clone();
        locals.extend(names);
        Self { scope: self.scope, locals }
    }
}

impl<'p> Evaluator<'p> {
    fn new(request: &Request<'p>) -> Self {
        Self {
            program: request.program,
            typed: request.typed,
            files: request.files,
            environment: request.environment.clone(),
            answers: request.answers,
            scopes: Vec::new(),
            items: BTreeMap::new(),
            instances: BTreeMap::new(),
            placements: BTreeMap::new(),
            touched: Vec::new(),
            stack_scopes: BTreeMap::new(),
            imports: BTreeMap::new(),
            emitted: Vec::new(),
            wanted: BTreeMap::new(),
            orders: Vec::new(),
            circular: BTreeSet::new(),
            forgotten: Vec::new(),
            components: BTreeMap::new(),
            named_formers: Vec::new(),
            watching: BTreeMap::new(),
            revealed: BTreeMap::new(),
            diagnostics: Vec::new(),
            at: 0,
            steps: 0,
            levels: 0,
            exhausted: request.typed.too_deep,
            count: 0,
            written: false,
            today: request.today,
            changes: request.changes,
            waivers: BTreeMap::new(),
            given: BTreeMap::new(),
        }
    }

    fn report(&mut self, mut diagnostic: Diagnostic) {
        if let Some(place) = diagnostic.span().and_then(|span| self.use_of(span)) {
            diagnostic = diagnostic.label(place, "by what is used here");
        }
        self.diagnostics.push(diagnostic);
    }

    fn scope(&self, id: usize) -> &Scope {
        // Scopes are only added.
        self.scopes.get(id).expect("a scope of this evaluation")
    }

    fn unit_of(&self, scope: usize) -> UnitId {
        self.scope(scope).unit
    }

    /// Makes all instances of a scope, and checks what it asserts.
    fn run_scope(&mut self, scope: usize) {
        let unit = self.unit_of(scope);
        let program = self.program;
        for &id in &program.unit(unit).items {
            match &program.item(id).kind {
                ItemKind::Declaration(_) => {
                    self.instances_of(scope, id);
                }
                ItemKind::Forget(node) => self.forget(id, &node.path, scope),
                ItemKind::Let(_)
                | ItemKind::Input(_)
                | ItemKind::Output(_)
                | ItemKind::Assert(_)
                | ItemKind::Function(_)
                | ItemKind::Type(_)
                | ItemKind::Import(_)
                | ItemKind::Stack(_)
                | ItemKind::Component(_)
                | ItemKind::Env(_)
                | ItemKind::Broken(_) => {}
            }
        }
    }

    /// Counts a step; false when the budget is used up.
    fn step(&mut self, span: Span) -> bool {
        self.steps += 1;
        if self.steps <= MAX_STEPS {
            return true;
        }
        if !self.exhausted {
            self.exhausted = true;
            self.report(
                Diagnostic::error(
                    "evaluate::budget",
                    "This stack needs more than 10 million steps",
                    span,
                    "the last step was here",
                )
                .help(
                    "a list built of lists that hold each other grows without end; build it once: [for i in 0..n: …]",
                ),
            );
        }
        false
    }

    /// Runs and gives what was touched meanwhile; what was touched before stays.
    fn collecting<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (T, Vec<Need>) {
        let outer = std::mem::take(&mut self.touched);
        let result = run(self);
        let mut touched = std::mem::replace(&mut self.touched, outer);
        // What is read twice through other names is read once.
        touched.sort_by(|a, b| (&a.address, a.order_only, a.span).cmp(&(&b.address, b.order_only, b.span)));
        touched.dedup_by(|a, b| (&a.address, a.order_only, a.span) == (&b.address, b.order_only, b.span));
        (result, touched)
    }

    fn touch(&mut self, instance: &Instance, span: Span) {
        if !instance.lookup {
            self.touched.push(Need { address: instance.address.clone(), span, order_only: false });
        }
    }

    /// The value of an item in a scope.
    fn item_value(&mut self, scope: usize, id: ItemId, asked: Span) -> Term {
        match self.items.get(&(scope, id)) {
            Some(Memo::Done(term, touched)) => {
                let (term, touched) = (term.clone(), Rc::clone(touched));
                self.touched.extend(touched.iter().cloned());
                return term;
            }
            // The circle was reported when types were checked.
            Some(Memo::InProgress) => return Term::error(asked),
            None => {}
        }
        if self.items.len() > 4 * MAX_INSTANCES {
            return Term::error(asked);
        }
        self.items.insert((scope, id), Memo::InProgress);
        let deeper = self.as_made(|evaluator| {
            evaluator.deeper(asked, |evaluator| evaluator.collecting(|evaluator| evaluator.item(scope, id, asked)))
        });
        let (term, touched) = deeper.unwrap_or_else(|| (Term::error(asked), Vec::new()));
        let touched = Rc::new(touched);
        self.touched.extend(touched.iter().cloned());
        self.items.insert((scope, id), Memo::Done(term.clone(), touched));
        term
    }

    fn item(&mut self, scope: usize, id: ItemId, asked: Span) -> Term {
        let item = self.program.item(id);
        if self.typed.failed.contains(&id) && !matches!(item.kind, ItemKind::Declaration(_)) {
            return Term::error(asked);
        }
        match &item.kind {
            ItemKind::Let(node) => {
                let term = self.expression(&node.value, &Place::of(scope));
                match (&node.ty, self.typed.types.get(&id)) {
                    (Some(_), Some(ty)) => self.coerced(scope, term, &ty.clone()),
                    _ => term,
                }
            }
            ItemKind::Input(node) => {
                if let Some(needs) = self.scope(scope).input_needs.get(&node.name.text).cloned() {
                    self.touched.extend(needs.iter().cloned());
                }
                self.scope(scope).inputs.get(&node.name.text).cloned().unwrap_or_else(|| Term::error(asked))
            }
            ItemKind::Output(node) => self.expression(&node.value, &Place::of(scope)),
            ItemKind::Declaration(_) => match self.instances_of(scope, id) {
                Instances::One(term) => term,
                Instances::Many(terms) => Term { origin: asked, kind: term::Kind::Map(terms) },
                Instances::Absent => Term::none(asked),
                Instances::Unknown => Term::unknown(
                    crate::model::Residual::Call("unknown".into(), Vec::new()),
                    term::Phase::Read,
                    false,
                    asked,
                ),
            },
            ItemKind::Assert(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Import(_)
            | ItemKind::Stack(_)
            | ItemKind::Component(_)
            | ItemKind::Env(_)
            | ItemKind::Forget(_)
            | ItemKind::Broken(_) => Term::error(asked),
        }
    }
}
