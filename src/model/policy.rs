//! What the policies of a stack say about it.

use std::collections::BTreeSet;

use cairn_provider::value::Map;
use ecow::EcoString;

use super::address::Address;
use super::date::Date;
use super::residual::Residual;
use crate::source::Span;

/// What a policy says when its condition holds, the mildest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is worth knowing.
    Warn,
    /// Somebody has to agree first: who.
    Approve(EcoString),
    /// It is refused.
    Deny,
}

/// How a policy stands to one resource or change.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Its condition holds.
    Violated,
    /// Whether it holds is known only later: what decides.
    Undecided(Residual),
    /// It may hold: an exception covers it until the end of a day.
    Waived(Date),
}

/// What one policy says about one resource or change.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The policy.
    pub policy: EcoString,
    /// What it says.
    pub verdict: Verdict,
    /// Why, in the words of the policy.
    pub because: EcoString,
    /// Of what.
    pub address: Address,
    /// How it stands.
    pub standing: Standing,
    /// Whether it speaks of a change, and not of what is written.
    pub of_change: bool,
    /// The resource, or the field that the policy speaks of.
    pub place: Span,
    /// The name of the policy at its declaration.
    pub rule: Span,
    /// What would make it pass, where that can be read off its condition: `set publicly_accessible: false`.
    pub remedy: Option<EcoString>,
}

/// What a plan does with one object, for policies that look at changes.
#[derive(Clone, Debug)]
pub struct PlannedChange {
    /// Its address.
    pub address: Address,
    /// Its type.
    pub kind: EcoString,
    /// `create`, `update`, `replace` or `delete`.
    pub action: &'static str,
    /// The fields of the object that change.
    pub fields: Vec<EcoString>,
    /// What is there, in the form the cloud gives it, without secrets. Nothing if nothing is there.
    pub before: Option<Map>,
}

/// What all policies say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// The policies that were asked, by the place of their names.
    pub asked: BTreeSet<(EcoString, Span)>,
    /// Where they do not simply pass.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// Whether it is undecided and waits for what only the object itself can say.
    pub fn waits_for_itself(&self) -> bool {
        let Standing::Undecided(residual) = &self.standing else { return false };
        let mut own = false;
        residual.attributes(&mut |attribute| own |= attribute.address == self.address);
        own
    }

    /// Whether it asks for somebody's consent, now or perhaps later: whose.
    pub fn asks(&self) -> Option<&EcoString> {
        match (&self.verdict, &self.standing) {
            (Verdict::Approve(team), Standing::Violated | Standing::Undecided(_)) => Some(team),
            (Verdict::Approve(_), Standing::Waived(_)) | (Verdict::Deny | Verdict::Warn, _) => None,
        }
    }
}

impl Judgement {
    /// How many policies found nothing to say.
    pub fn passed(&self) -> usize {
        let said: BTreeSet<Span> = self.findings.iter().map(|finding| finding.rule).collect();
        self.asked.iter().filter(|(_, rule)| !said.contains(rule)).count()
    }

    /// Findings of policies whose condition holds.
    pub fn violated(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.standing == Standing::Violated)
    }

    /// Who has to agree, in order.
    pub fn approvers(&self) -> BTreeSet<&EcoString> {
        self.findings.iter().filter_map(Finding::asks).collect()
    }

    /// How many findings there are of a kind.
    pub fn count(&self, kind: impl Fn(&Finding) -> bool) -> usize {
        self.findings.iter().filter(|finding| kind(finding)).count()
    }
}
