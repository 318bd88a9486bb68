//! One classifier for all clouds: a failure and a table of rules give what to do about it.
//!
//! A cloud hands in its own table; where no rule speaks, the transport and the HTTP status decide. Whatever is not
//! known to be without effect is ambiguous for a call that changes something.

use cairn_provider::error::ErrorClass;

/// A failed request, without anything of a cloud's client in it.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The service, `ec2`.
    pub service: &'a str,
    /// The operation, `DeleteVpc`.
    pub operation: &'a str,
    /// Whether the operation changes something.
    pub mutating: bool,
    /// How far the request got.
    pub reached: Reached,
    /// The vendor's code, empty if none came back.
    pub code: &'a str,
    /// The vendor's message.
    pub message: &'a str,
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It was never sent: no connection, no credentials, not a valid request.
    Nothing,
    /// It may have been sent; no complete answer came back.
    Unknown,
    /// The service answered with this HTTP status.
    Answered(u16),
}

/// What a code means.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The service, or empty for all.
    pub service: &'static str,
    /// The operation's beginning, or empty for all.
    pub operation: &'static str,
    /// The code; a `*` at its end stands for any ending.
    pub code: &'static str,
    /// A part of the message, or empty for any.
    pub message: &'static str,
    /// What to do.
    pub class: ErrorClass,
}

/// The class of a failure by the first rule that speaks of it.
pub fn classify(rules: &[Rule], failure: &Failure<'_>) -> ErrorClass {
    let speaking = rules.iter().find(|rule| speaks(rule, failure));
    speaking.map_or_else(|| by_transport(failure), |rule| rule.class)
}

fn speaks(rule: &Rule, failure: &Failure<'_>) -> bool {
    let code = match rule.code.strip_suffix('*') {
        Some(beginning) => failure.code.starts_with(beginning) && !failure.code.is_empty(),
        None => failure.code == rule.code,
    };
    code && (rule.service.is_empty() || failure.service == rule.service)
        && failure.operation.starts_with(rule.operation)
        && failure.message.contains(rule.message)
}

fn by_transport(failure: &Failure<'_>) -> ErrorClass {
    match failure.reached {
        Reached::Nothing => ErrorClass::Transient,
        Reached::Unknown => ErrorClass::Ambiguous,
        Reached::Answered(429) => ErrorClass::Throttled,
        Reached::Answered(401 | 403) => ErrorClass::Denied,
        Reached::Answered(404 | 410) => ErrorClass::NotFound,
        // The vendors answer 503 before they begin, but a proxy between may answer it after.
        Reached::Answered(500..=599) if failure.mutating => ErrorClass::Ambiguous,
        Reached::Answered(500..=599) => ErrorClass::Transient,
        // An answer that says "done" and cannot be understood.
        Reached::Answered(200..=399) => ErrorClass::Ambiguous,
        Reached::Answered(_) => ErrorClass::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Reached, Rule, classify};
    use cairn_provider::error::ErrorClass;

    const RULES: &[Rule] = &[
        Rule {
            service: "ec2",
            operation: "Delete",
            code: "DependencyViolation",
            message: "",
            class: ErrorClass::InUse,
        },
        Rule { service: "", operation: "", code: "Throttl*", message: "", class: ErrorClass::Throttled },
        Rule { service: "iam", operation: "", code: "Odd", message: "role", class: ErrorClass::NotYetConsistent },
    ];

    fn check(
        service: &str,
        operation: &str,
        mutating: bool,
        reached: Reached,
        code: &str,
        message: &str,
    ) -> ErrorClass {
        classify(RULES, &Failure { service, operation, mutating, reached, code, message })
    }

    #[test]
    fn rules_come_first() {
        let answered = Reached::Answered(400);
        assert_eq!(check("ec2", "DeleteVpc", true, answered, "DependencyViolation", ""), ErrorClass::InUse);
        assert_eq!(check("ec2", "CreateVpc", true, answered, "DependencyViolation", ""), ErrorClass::Refused);
        assert_eq!(check("rds", "X", true, answered, "ThrottlingException", ""), ErrorClass::Throttled);
        assert_eq!(check("iam", "X", true, answered, "Odd", "no such role yet"), ErrorClass::NotYetConsistent);
        assert_eq!(check("iam", "X", true, answered, "Odd", "no such user"), ErrorClass::Refused);
    }

    #[test]
    fn what_may_have_had_an_effect_is_ambiguous() {
        assert_eq!(check("ec2", "CreateVpc", true, Reached::Unknown, "", ""), ErrorClass::Ambiguous);
        assert_eq!(check("ec2", "CreateVpc", true, Reached::Answered(500), "", ""), ErrorClass::Ambiguous);
        assert_eq!(check("ec2", "DescribeVpcs", false, Reached::Answered(500), "", ""), ErrorClass::Transient);
        assert_eq!(check("ec2", "CreateVpc", true, Reached::Nothing, "", ""), ErrorClass::Transient);
    }
}
