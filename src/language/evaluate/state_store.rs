//! Where the state is kept: evaluated from the source and the environment's values alone.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::term::{Kind, Term};
use super::{Evaluator, Place};
use crate::diagnostic::Diagnostic;
use crate::language::program::Program;
use crate::language::state_store::{StoreField, store};
use crate::language::syntax::ast::{Entry, ExprKind};
use crate::model::Residual;
use crate::model::residual::SecretSource;
use crate::model::state_place::StatePlace;
use crate::source::Span;

/// What a field of a store is.
enum Given {
    Text(EcoString),
    Secret(SecretSource),
}

impl Evaluator<'_> {
    /// Where the state of the stack is kept. Nothing if that cannot be said, which is reported.
    pub(super) fn state_place(&mut self) -> Option<StatePlace> {
        let program = self.program;
        let Some(value) = program.header_field("state") else { return Some(StatePlace::Local) };
        // What is no store was reported when it was checked.
        let ExprKind::Construct(node) = &value.kind else { return None };
        let store = store(&node.name())?;
        let mut given: BTreeMap<&'static str, Given> = BTreeMap::new();
        if let Some(fields) = &node.fields
            && let ExprKind::Record(entries) = &fields.kind
        {
            for entry in entries {
                let Entry::Field(key, expression) = entry else { return None };
                let field = store.fields.iter().find(|field| field.name == key.text)?;
                let term = self.expression(expression, &Place::of(0));
                if term.is_none() && !field.required {
                    continue;
                }
                given.insert(field.name, self.given_to_store(field, &term, expression.span)?);
            }
        }
        let mut text = |name: &str| match given.remove(name) {
            Some(Given::Text(text)) => Some(text),
            Some(Given::Secret(_)) | None => None,
        };
        match store.name {
            "LocalState" => Some(StatePlace::Local),
            "S3State" => Some(StatePlace::S3 {
                bucket: text("bucket")?,
                region: text("region")?,
                key: text("key")?,
                endpoint: text("endpoint"),
            }),
            "AzureBlobState" => Some(StatePlace::AzureBlob {
                account: text("account")?,
                container: text("container")?,
                key: text("key")?,
                endpoint: text("endpoint"),
            }),
            "PostgresState" => {
                let key = text("key").unwrap_or_else(|| self.own_name());
                match given.remove("url") {
                    Some(Given::Secret(url)) => Some(StatePlace::Postgres { url, key }),
                    Some(Given::Text(_)) | None => None,
                }
            }
            _ => None,
        }
    }

    /// `stack/environment`.
    fn own_name(&self) -> EcoString {
        let name = &self.program.unit(Program::STACK).name;
        match &self.environment {
            Some(environment) => ecow::eco_format!("{name}/{environment}"),
            None => name.clone(),
        }
    }

    fn given_to_store(&mut self, field: &StoreField, term: &Term, span: Span) -> Option<Given> {
        let wrong = |text: String, label: &str, help: &str| {
            Diagnostic::error("stack::state", text, span, label.to_owned()).help(help.to_owned())
        };
        // What is no text, and text where a secret belongs, was reported with its type.
        if term.is_error() || term.known().is_some_and(|value| field.secret || value.as_text().is_none()) {
            return None;
        }
        if field.secret {
            if let Kind::Unknown(unknown) = &term.kind
                && let Residual::Secret(source) = &unknown.residual
            {
                return Some(Given::Secret(source.clone()));
            }
            self.report(wrong(
                format!("`{}` is a secret by its source, and by nothing else", field.name),
                "computed from something",
                "secret(\"env:CAIRN_STATE_URL\") or secret(\"file:PATH\")",
            ));
            return None;
        }
        let Some(text) = term.known_text() else {
            self.report(wrong(
                format!("`{}` is not known before a cloud is asked", field.name),
                "rests on what is looked up, made or secret",
                "where the state is kept is said with texts, inputs and `env` alone",
            ));
            return None;
        };
        if let Some((why, help)) = unusable(field.name, &text) {
            self.report(wrong(format!("`{}` cannot be \"{text}\"", field.name), why, help));
            return None;
        }
        Some(Given::Text(text))
    }
}

/// Why a text is none for a field.
fn unusable(field: &str, text: &str) -> Option<(&'static str, &'static str)> {
    if field == "endpoint" {
        let is_address = text.starts_with("https://") || text.starts_with("http://");
        return (!is_address).then_some(("no address", "endpoint: \"https://storage.example.com\""));
    }
    if text.trim().is_empty() {
        return Some(("empty", "each stack and each environment has a place of its own"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c) || field == "key" && c == '/';
    if !text.chars().all(allowed) {
        return Some(("a character that is none of a name", "letters, digits, `-`, `_` and `.`; in a key also `/`"));
    }
    let empty_part = text.split('/').any(|part| part.is_empty() || part == "." || part == "..");
    (field == "key" && empty_part).then_some(("a part of it is empty", "key: \"shop/production\""))
}

impl Program {
    /// Whether the stack keeps its state in files, as far as that can be seen without evaluating anything.
    pub fn keeps_state_locally(&self) -> bool {
        match self.header_field("state").map(|value| &value.kind) {
            None => true,
            Some(ExprKind::Construct(node)) => node.name() == "LocalState",
            Some(_) => false,
        }
    }
}
