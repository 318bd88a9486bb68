//! A plan that wants to be carried out: shown, refused or consented to, done.

use ecow::EcoString;

use super::arguments::{Detail, Format};
use super::failure::{Exit, Failure, count, reports, style};
use super::{consent, pipeline, run as running, verdict};
use crate::diagnostic::Diagnostic;
use crate::engine::apply::Taken;
use crate::host::terminal;
use crate::source::SourceSet;
use crate::view;

/// What is asked before anything is changed.
pub struct Question {
    /// The question.
    pub text: &'static str,
    /// What has to be typed.
    pub expected: String,
}

/// A plan that wants to be carried out.
pub struct Proposal<'a> {
    /// The command, for the first line.
    pub command: &'static str,
    /// The state, taken for writing.
    pub taken: Taken,
    /// The plan and what carrying it out needs.
    pub work: running::Work<'a>,
    /// For places.
    pub sources: &'a SourceSet,
    /// How much the plan says.
    pub detail: Detail,
    /// Teams in whose name consent was given.
    pub approved: Vec<String>,
    /// What is asked; nothing if consent was given already.
    pub question: Option<Question>,
}

/// Shows a plan, asks for consent and carries it out.
///
/// # Errors
/// It is refused, nobody consents, or a part of it failed.
pub async fn settle(proposal: Proposal<'_>) -> Result<Exit, Failure> {
    let Proposal { command, taken, work, sources, detail, approved, question } = proposal;
    let look = terminal::detect();
    let format = work.format;
    let planning = &work.work.planning;
    let policies = &planning.plan.policies;
    let denied = verdict::refused(policies, sources);
    let not_approved = verdict::not_approved(policies, &approved, sources);
    let mut refused: Vec<Diagnostic> = planning.refused.clone();
    refused.extend(denied.iter().chain(&not_approved).cloned());
    terminal::err(&reports(&planning.warnings, sources, &look));
    terminal::err(&reports(&verdict::warned(policies, sources), sources, &look));
    terminal::err(&reports(&refused, sources, &look));
    terminal::err(&verdict::unasked(&planning.plan, &approved).concat());
    let mut shown = planning.warnings.clone();
    shown.extend(refused.iter().cloned());
    match format {
        Format::Text => terminal::out(&view::human::plan::render(&planning.plan, command, style(&look), detail.into())),
        Format::Markdown => terminal::out(&view::markdown::plan(&planning.plan, &shown, sources, detail.into())),
        Format::Json => {}
    }
    if !refused.is_empty() {
        if format == Format::Json {
            terminal::out(&view::json::plan(&planning.plan, &shown, sources));
        }
        taken.store.release().await?;
        let why = if !planning.refused.is_empty() {
            not_planned(&planning.refused)
        } else if !denied.is_empty() {
            "refused by a policy".to_owned()
        } else {
            let asked = policies.approvers().into_iter().map(EcoString::as_str);
            let missing: Vec<&str> = asked.filter(|team| !approved.iter().any(|given| given == team)).collect();
            return Err(verdict::missing_consent(&missing));
        };
        return Err(Failure::with(Exit::Refused, format!("{why}; nothing was touched")));
    }
    if let Some(question) = question.filter(|_| !planning.plan.is_empty()) {
        match consent::ask(question.text, &question.expected) {
            Ok(true) => {}
            Ok(false) => {
                taken.store.release().await?;
                return Err(Failure::new("not consented to; nothing was touched"));
            }
            Err(failure) => {
                taken.store.release().await?;
                return Err(failure);
            }
        }
    }
    if format == Format::Text {
        terminal::out("\n");
    }
    let (clouds, stats) = (work.work.clouds.clone(), work.arguments.stats);
    let result = running::carry_out(taken, work).await;
    if stats {
        terminal::err(&pipeline::stats(&clouds));
    }
    result
}

/// Why a plan is not carried out, in a line.
pub fn not_planned(refused: &[Diagnostic]) -> String {
    if refused.iter().all(|diagnostic| diagnostic.code == "plan::protected") {
        return "refused: protected resources would be destroyed".to_owned();
    }
    if refused.iter().all(|diagnostic| diagnostic.code == "plan::output_in_use") {
        return "refused: other stacks use what would be gone".to_owned();
    }
    if refused.iter().all(|diagnostic| diagnostic.code == "plan::not_undone") {
        return "refused: not all of it can be undone".to_owned();
    }
    if refused.iter().all(|diagnostic| diagnostic.code == "plan::too_many_destroyed") {
        return "refused: more would be destroyed than --max-destroy allows".to_owned();
    }
    format!("refused: {}", count(refused))
}
