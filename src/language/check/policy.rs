//! Policies: what they look at, when they hold, what they say.

use std::sync::Arc;

use cairn_provider::schema::{Access, Field, TypeSchema};
use ecow::EcoString;

use super::{Checker, Want};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::syntax::ast::{Arg, Declaration, Each, Entry, Expr, ExprKind};
use crate::language::types::{RecordField, RecordType, Type};
use crate::source::Span;

/// What a policy can say.
const VERDICTS: [&str; 3] = ["Deny", "Warn", "Approve"];

/// What a policy looks at.
#[derive(Clone)]
pub enum Subject {
    /// The resources of a type.
    Resources(Arc<TypeSchema>),
    /// What is planned for resources of a type.
    Changes(Arc<TypeSchema>),
}

impl Checker<'_> {
    pub(super) fn policy(&mut self, node: &Declaration) {
        if let Some(guard) = &node.guard {
            self.report(
                Diagnostic::error(
                    "policy::shape",
                    "The condition of a policy stands inside of its loop",
                    guard.span,
                    "move it into the brackets",
                )
                .help(format!(
                    "policy {}[x in aws.rds.DbInstance {}] = …",
                    node.name.text,
                    self.program.sources.text(guard.span)
                )),
            );
        }
        let Some(each) = &node.each else {
            self.report(
                Diagnostic::error(
                    "policy::shape",
                    "A policy says what it looks at",
                    node.head,
                    "which resources?",
                )
                .help(format!(
                    "policy {}[db in aws.rds.DbInstance] = Deny {{ … }}\nwhat holds for the stack as a whole is an assertion: assert … else \"…\"",
                    node.name.text
                )),
            );
            return;
        };
        if let Some(by) = &each.by {
            self.report(Diagnostic::error(
                "policy::shape",
                "The loop of a policy has no keys",
                by.span,
                "every resource has its address",
            ));
        }
        let subject = self.subject(&each.source);
        let names = subject_names(each, subject.as_ref());
        let outer = std::mem::replace(&mut self.written, true);
        self.with_locals(names, |checker| {
            if let Some(guard) = &each.guard {
                checker.condition(&guard.condition);
            }
            checker.verdict(&node.value);
        });
        self.written = outer;
    }

    /// What a policy looks at; what it is not is reported.
    fn subject(&mut self, source: &Expr) -> Option<Subject> {
        match &source.kind {
            ExprKind::Construct(node) if node.fields.is_none() => match self.constructed(node) {
                Type::Resource(schema) => return Some(Subject::Resources(schema)),
                Type::Error => return None,
                _ => {}
            },
            ExprKind::Call(callee, args) if matches!(&callee.kind, ExprKind::Name(name) if name == "changes") => {
                return self.changes(source, args);
            }
            _ => {}
        }
        self.report(
            Diagnostic::error(
                "policy::shape",
                "A policy looks at the resources of a type, or at changes of them",
                source.span,
                "not a resource type",
            )
            .help("[db in aws.rds.DbInstance]            what is written\n[c in changes(aws.rds.DbInstance)]    what a plan does"),
        );
        None
    }

    fn changes(&mut self, call: &Expr, args: &[Arg]) -> Option<Subject> {
        let wrong = |span: Span| {
            Diagnostic::error("policy::shape", "`changes` takes a resource type", span, "of what?")
                .help("changes(aws.rds.DbInstance)")
        };
        let [Arg { name: None, value }] = args else {
            self.report(wrong(args.get(1).map_or(call.span, |extra| extra.value.span)));
            return None;
        };
        match &value.kind {
            ExprKind::Construct(node) if node.fields.is_none() => match self.constructed(node) {
                Type::Resource(schema) => Some(Subject::Changes(schema)),
                Type::Error => None,
                _ => {
                    self.report(wrong(value.span));
                    None
                }
            },
            _ => {
                self.report(wrong(value.span));
                None
            }
        }
    }

    fn verdict(&mut self, value: &Expr) {
        let construct = match &value.kind {
            ExprKind::Construct(node) => Some(node),
            _ => None,
        };
        let name = construct.map(|node| node.name()).unwrap_or_default();
        let Some(construct) = construct.filter(|_| VERDICTS.contains(&name.as_str())) else {
            let span = construct.and_then(|node| node.name_span()).unwrap_or(value.span);
            let label = suggest::nearest(&name, VERDICTS)
                .map_or_else(|| "not a verdict".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(
                Diagnostic::error("policy::verdict", "A policy says Deny, Warn or Approve", span, label)
                    .help("Deny { when: …, because: \"…\" }"),
            );
            return;
        };
        let mut fields =
            vec![RecordField::new("when".into(), Type::Bool), RecordField::new("because".into(), Type::Text)];
        if name == "Approve" {
            fields.push(RecordField::new("by".into(), Type::Text));
        }
        self.fields_of(construct.name_span().unwrap_or(value.span), construct.fields.as_ref(), &name, fields);
    }

    /// Checks the fields of something that is written like a record and belongs to the language.
    pub(super) fn fields_of(&mut self, head: Span, written: Option<&Expr>, name: &str, fields: Vec<RecordField>) {
        let empty = Vec::new();
        let entries: &[Entry] = match written.map(|fields| (&fields.kind, fields.span)) {
            Some((ExprKind::Record(entries), _)) => entries,
            Some((_, span)) => {
                self.report(Diagnostic::error(
                    "types::declaration",
                    "The fields of a declaration are written one by one",
                    span,
                    "not by a loop",
                ));
                return;
            }
            None => &empty,
        };
        if let Some(Entry::Spread(spread)) = entries.iter().find(|entry| matches!(entry, Entry::Spread(_))) {
            self.report(Diagnostic::error(
                "types::declaration",
                format!("The fields of `{name}` are written one by one"),
                spread.span,
                "no `...` here",
            ));
            return;
        }
        let ty = Type::Record(Arc::new(RecordType { name: Some(name.into()), fields }));
        let expression = Expr { span: head, kind: ExprKind::Record(Vec::new()) };
        self.record(&expression, entries, &Want::of(&ty));
    }

    /// Refuses a policy's name as a value: it is none.
    pub(super) fn waived(&mut self, name: &EcoString, span: Span) {
        let unit = self.program.unit(self.unit);
        let known = unit.policies.contains_key(name);
        let silent = unit.broken.contains(name) || unit.broken.contains("policies");
        if known || silent {
            return;
        }
        let label = suggest::nearest(name, unit.policies.keys().map(EcoString::as_str))
            .map_or_else(|| "no policy of this name holds here".to_owned(), |near| format!("did you mean `{near}`?"));
        let listed: Vec<&str> = unit.policies.keys().map(EcoString::as_str).collect();
        let help = if listed.is_empty() {
            "there are no policies here. A component that makes an exception imports the policy:\n  import { name } from \"std:policies/databases\"".to_owned()
        } else {
            format!("policies: {}", listed.join(" "))
        };
        self.report(
            Diagnostic::error("policy::unknown", format!("There is no policy `{name}`"), span, label).help(help),
        );
    }

    /// Whether a field may be absent where only what is written counts: nobody has to write it and nothing follows for it.
    pub(super) fn may_be_unwritten(&self, schema: &TypeSchema, field: &Field) -> bool {
        if !self.written || field.required || field.access == Access::ReadOnly {
            return false;
        }
        let named = schema.overlay.name.as_ref().is_some_and(|rule| !rule.renewed && rule.property == field.vendor);
        let derived = schema.overlay.derived.iter().any(|(attribute, _)| *attribute == field.vendor);
        !named && !derived
    }
}

/// The names a policy's loop brings: the resource or change; with two, its address first.
fn subject_names(each: &Each, subject: Option<&Subject>) -> Vec<(EcoString, Type)> {
    let ty = match subject {
        Some(Subject::Resources(schema)) => Type::Resource(Arc::clone(schema)),
        Some(Subject::Changes(schema)) => change_type(schema),
        None => Type::Error,
    };
    match &each.second {
        Some(second) => vec![(each.first.text.clone(), Type::Text), (second.text.clone(), ty)],
        None => vec![(each.first.text.clone(), ty)],
    }
}

/// What a policy sees of a change.
fn change_type(schema: &Arc<TypeSchema>) -> Type {
    let kinds = ["create", "update", "replace", "delete"].map(EcoString::from);
    let object = || Type::Part(Arc::clone(schema), 0).optional();
    let fields = vec![
        RecordField::new("kind".into(), Type::Choice(Arc::new(kinds))),
        RecordField::new("address".into(), Type::Text),
        RecordField::new("fields".into(), Type::List(Arc::new(Type::Text))),
        RecordField::new("before".into(), object()),
        RecordField::new("after".into(), object()),
    ];
    Type::Record(Arc::new(RecordType { name: Some("Change".into()), fields }))
}
