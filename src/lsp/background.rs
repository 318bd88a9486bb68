//! Evaluation of all environments, off the way of a keystroke: on a thread of its own, given up when files change.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use ecow::EcoString;

use super::overlay::Overlay;
use super::server::Event;
use super::stack::{Analysis, Evaluated};
use crate::diagnostic::Report;
use crate::host;
use crate::language::analysis::Observed;
use crate::language::check::Typed;
use crate::language::evaluate::{self, Seen, WaiverUse};
use crate::language::program::Program;
use crate::language::resolve::Files;

/// Evaluates one environment offline, as `cairn check` does, and gives the values.
pub type Evaluate = fn(&Program, &Typed, &dyn Files, Option<EcoString>, &mut Report) -> (Vec<Seen>, Vec<WaiverUse>);

/// One state of a stack to be evaluated.
pub struct Job {
    /// Which stack.
    pub stack: usize,
    /// Which state of its files.
    pub generation: u64,
    /// The program.
    pub analysis: Arc<Analysis>,
    /// The files, for `file()` and `template()`.
    pub files: Overlay,
}

/// The thread that evaluates.
pub struct Background {
    jobs: Sender<Job>,
    newest: Arc<Mutex<BTreeMap<usize, u64>>>,
}

impl Background {
    /// Starts the thread; what it finds is sent as an event.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        evaluate: Evaluate,
        events: Sender<Event>,
        first: impl FnOnce() + Send + 'static,
    ) -> Result<Self, String> {
        let (jobs, waiting): (Sender<Job>, Receiver<Job>) = channel();
        let newest = Arc::new(Mutex::new(BTreeMap::new()));
        let current = Arc::clone(&newest);
        host::in_background("cairn-evaluate", move || {
            first();
            for job in waiting {
                let wanted = || {
                    let newest = current.lock().map(|newest| newest.get(&job.stack).copied());
                    newest.is_ok_and(|newest| newest.is_none_or(|newest| newest <= job.generation))
                };
                // A mistake of ours must not end the thread: the editor goes on without values.
                let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&job, evaluate, &wanted)));
                if let Ok(Some(evaluated)) = found
                    && events.send(Event::Evaluated(job.stack, job.generation, Box::new(evaluated))).is_err()
                {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, newest })
    }

    /// Has a state evaluated; older states of the same stack are given up.
    pub fn evaluate(&self, job: Job) {
        self.outdate(job.stack, job.generation);
        // Without the thread there are no values; everything else goes on.
        let _ = self.jobs.send(job);
    }

    /// Says that an older state of a stack interests nobody any more.
    pub fn outdate(&self, stack: usize, generation: u64) {
        if let Ok(mut newest) = self.newest.lock() {
            newest.insert(stack, generation);
        }
    }
}

fn run(job: &Job, evaluate: Evaluate, wanted: &dyn Fn() -> bool) -> Option<Evaluated> {
    let program = &job.analysis.program;
    let environments: Vec<Option<EcoString>> = match program.declared_environments() {
        Some((names, _)) => names.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let mut all = Report::default();
    let mut observed = Observed::default();
    let mut waivers: Vec<WaiverUse> = Vec::new();
    for environment in environments {
        if !wanted() {
            return None;
        }
        let mut report = Report::default();
        let name = environment.clone().unwrap_or_default();
        let (seen, used) = evaluate(program, &job.analysis.typed, &job.files, environment, &mut report);
        observed.add(&name, seen);
        waivers.extend(used);
        // What types already say is wrong is not said again when it is evaluated.
        all.extend(job.analysis.report.news(report));
    }
    all.extend(evaluate::unused_waivers(waivers.iter()));
    all.note_standard(&program.sources);
    if job.analysis.report.has_errors() {
        all.without_consequences();
    }
    let analysis = Some(Arc::clone(&job.analysis));
    wanted().then(|| Evaluated { reports: all.into_sorted(), observed, analysis })
}
