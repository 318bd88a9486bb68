//! Calls: the user's functions, built-in ones, and those that belong to certain places.

use std::collections::BTreeMap;
use std::rc::Rc;

use cairn_provider::value::Value;
use ecow::EcoString;

use super::member::receiver;
use super::term::{Kind, Phase, Term, Unknown};
use super::{Evaluator, Place};
use crate::builtins::{self, Builtin, On};
use crate::diagnostic::Diagnostic;
use crate::language::resolve::{FileError, join};
use crate::language::standard;
use crate::language::syntax::ast::{Arg, Expr, ExprKind, Function, ItemKind, Member};
use crate::lock::Locator;
use crate::model::Residual;
use crate::model::desired::DesiredReveal;
use crate::model::residual::{REVEAL, SecretSource};
use crate::model::vault::VaultSecret;
use crate::source::Span;

/// How a secret is named.
const SOURCES: &str =
    "secret(\"env:NAME\"), secret(\"file:PATH\"), secret(\"aws-sm:NAME\") or secret(\"azure-kv:VAULT/NAME\")";

impl Evaluator<'_> {
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], span: Span, place: &Place) -> Term {
        match &callee.kind {
            ExprKind::Name(name) => self.free_call(name, args, span, place),
            ExprKind::Member(member) => self.method(member, args, span, place),
            _ => Term::error(span),
        }
    }

    fn free_call(&mut self, name: &EcoString, args: &[Arg], span: Span, place: &Place) -> Term {
        let unit = self.unit_of(place.scope);
        let program = self.program;
        if let Some(binding) = program.unit(unit).values.get(name) {
            let ItemKind::Function(function) = &program.item(binding.item).kind else { return Term::error(span) };
            if self.typed.failed.contains(&binding.item) {
                return Term::error(span);
            }
            let scope = self.scope_of_binding(place.scope, binding.unit);
            let deeper =
                self.deeper(span, |evaluator| evaluator.function(function, binding.item, scope, args, span, place));
            return deeper.unwrap_or_else(|| Term::error(span));
        }
        match builtins::find(On::Nothing, name) {
            Some(builtin) => {
                let operands = self.operands(builtin, None, args, place);
                self.builtin(builtin, operands, span)
            }
            None => self.place_function(name, args, span, place),
        }
    }

    /// A function of the user: its body with the arguments as names.
    fn function(
        &mut self,
        function: &Function,
        item: crate::language::program::ItemId,
        scope: usize,
        args: &[Arg],
        span: Span,
        place: &Place,
    ) -> Term {
        let Some(signature) = self.typed.signatures.get(&item).cloned() else { return Term::error(span) };
        let inside = Place::of(scope);
        let mut names: Vec<(EcoString, Term)> = Vec::new();
        let mut position = 0;
        let mut given: BTreeMap<EcoString, Term> = BTreeMap::new();
        for arg in args {
            let value = self.expression(&arg.value, place);
            match &arg.name {
                Some(name) => {
                    given.insert(name.text.clone(), value);
                }
                None => {
                    if let Some(param) = function.params.get(position) {
                        given.insert(param.name.text.clone(), value);
                    }
                    position += 1;
                }
            }
        }
        let outer = std::mem::take(&mut self.written);
        for (param, (_, ty, _)) in function.params.iter().zip(&signature.params) {
            let value = match (given.remove(&param.name.text), &param.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.expression(default, &inside),
                (None, None) => Term::none(span),
            };
            let value = self.coerced(scope, value, ty);
            names.push((param.name.text.clone(), value));
        }
        for constant in &function.lets {
            let value = self.expression(&constant.value, &inside.with(names.clone()));
            let value = match self.typed.inner.get(&constant.name.span).cloned() {
                Some(ty) => self.coerced(scope, value, &ty),
                None => value,
            };
            names.push((constant.name.text.clone(), value));
        }
        let result = self.expression(&function.body, &inside.with(names));
        let result = self.coerced(scope, result, &signature.result);
        self.written = outer;
        // What a function puts together is located where it was called.
        match result.kind {
            Kind::Map(_) | Kind::List(_) | Kind::Unknown(_) => Term { origin: span, ..result },
            _ => result,
        }
    }

    fn method(&mut self, member: &Member, args: &[Arg], span: Span, place: &Place) -> Term {
        let base = self.expression(&member.base, place);
        if base.is_none() {
            return Term::none(span);
        }
        let on = match &base.kind {
            Kind::Value(value) => receiver(value),
            Kind::List(_) => Some(On::List),
            Kind::Map(_) => Some(On::Map),
            Kind::Error => return Term::error(span),
            _ => None,
        };
        let found = match on {
            Some(on) => builtins::find(on, &member.name.text),
            // Of a symbol only the name tells: functions of one name agree in what they take.
            None => builtins::all().find(|builtin| builtin.name == member.name.text && builtin.on != On::Nothing),
        };
        let Some(builtin) = found else { return Term::error(span) };
        let operands = self.operands(builtin, Some(base), args, place);
        self.builtin(builtin, operands, span)
    }

    /// Receiver and arguments in the order of the parameters.
    fn operands(&mut self, builtin: &Builtin, base: Option<Term>, args: &[Arg], place: &Place) -> Vec<Term> {
        let mut slots: Vec<Option<Term>> = vec![None; builtin.params.len()];
        let mut position = 0;
        for arg in args {
            let value = self.expression(&arg.value, place);
            let index = match &arg.name {
                Some(name) => builtin.params.iter().position(|param| param.name == name.text),
                None => {
                    position += 1;
                    Some(position - 1)
                }
            };
            if let Some(slot) = index.and_then(|index| slots.get_mut(index)) {
                *slot = Some(value);
            }
        }
        let absent = args.last().map(|arg| arg.value.span).or(base.as_ref().map(|base| base.origin));
        let filled = slots.into_iter().map(|slot| match (slot, absent) {
            (Some(term), _) => Some(term),
            (None, Some(span)) => Some(Term::none(span)),
            (None, None) => None,
        });
        base.into_iter().map(Some).chain(filled).flatten().collect()
    }

    /// Built-ins that only look at the shape work on what is not known yet and on resources, too.
    fn builtin(&mut self, builtin: &Builtin, operands: Vec<Term>, span: Span) -> Term {
        if operands.iter().any(Term::is_error) {
            return Term::error(span);
        }
        let first = operands.first().map(|term| term.kind.clone());
        match (builtin.id, first) {
            ("list.len", Some(Kind::List(items))) => return Term::value(Value::Int(items.len() as i64), span),
            ("map.len", Some(Kind::Map(entries))) => return Term::value(Value::Int(entries.len() as i64), span),
            ("map.keys", Some(Kind::Map(entries))) => {
                let keys = entries.keys().map(|key| Term::text(key.clone(), span)).collect();
                return Term::list(keys, span);
            }
            ("map.values", Some(Kind::Map(entries))) => return Term::list(entries.values().cloned().collect(), span),
            ("map.get", Some(Kind::Map(entries))) => {
                if let Some(key) = operands.get(1).and_then(Term::known_text) {
                    return entries.get(&key).cloned().unwrap_or_else(|| Term::none(span));
                }
            }
            ("list", Some(Kind::List(_) | Kind::Map(_))) => {
                let first = operands.into_iter().next().unwrap_or_else(|| Term::none(span));
                let several = matches!(first.kind, Kind::List(_));
                return if several { first } else { Term::list(vec![first], span) };
            }
            ("list.take", Some(Kind::List(items))) => {
                if let Some(Value::Int(count)) = operands.get(1).and_then(Term::known) {
                    let count = usize::try_from(count).unwrap_or(0);
                    return Term::list(items.iter().take(count).cloned().collect(), span);
                }
            }
            ("list.any" | "list.all", Some(Kind::List(items))) => {
                let decides = builtin.id == "list.any";
                if items.iter().any(|item| item.known() == Some(Value::Bool(decides))) {
                    return Term::value(Value::Bool(decides), span);
                }
            }
            _ => {}
        }
        // A map where a list is expected is its values.
        let operands: Vec<Term> = operands
            .into_iter()
            .map(|term| match (&term.kind, builtin.on) {
                (Kind::Map(entries), On::List | On::Nothing) if builtin.id == "set" => {
                    Term::list(entries.values().cloned().collect(), term.origin)
                }
                _ => term,
            })
            .collect();
        self.compute(builtin.id, &operands, span)
    }

    fn place_function(&mut self, name: &str, args: &[Arg], span: Span, place: &Place) -> Term {
        if name == "changed" {
            return self.changed(args, span, place);
        }
        let mut values: Vec<Term> = Vec::new();
        for arg in args {
            values.push(self.expression(&arg.value, place));
        }
        let Some(first) = values.first().cloned() else { return Term::error(span) };
        if first.is_error() {
            return Term::error(span);
        }
        match name {
            "existing" => Term { origin: first.origin, kind: Kind::Existing(Rc::new(first)) },
            "unchecked" => Term { origin: first.origin, kind: Kind::Unchecked(Rc::new(first)) },
            "secret" => self.secret(&first, span, place),
            "reveal" => self.revealed(&first, args, span, place),
            "file" => match self.read(&first, span, place) {
                Some(text) => Term::text(text, span),
                None => Term::error(span),
            },
            "template" => {
                let Some(text) = self.read(&first, span, place) else { return Term::error(span) };
                let Some(values) = values.get(1) else { return Term::error(span) };
                self.template(&text, values, span)
            }
            _ => Term::error(span),
        }
    }

    fn secret(&mut self, source: &Term, span: Span, place: &Place) -> Term {
        if Locator::root_of(&self.program.unit(self.unit_of(place.scope)).directory).is_some() {
            self.report(
                Diagnostic::error(
                    "secret::source",
                    "A component from elsewhere reads no secrets of yours",
                    span,
                    "a source of this machine",
                )
                .help("give it an input of type Secret<String>, and let the stack name the source"),
            );
            return Term::error(span);
        }
        let Some(written) = source.known_text() else {
            self.report(Diagnostic::error(
                "secret::source",
                "Where a secret comes from must be written",
                source.origin,
                "known only later",
            ));
            return Term::error(span);
        };
        let Some((scheme, name)) = written.split_once(':') else {
            self.report(
                Diagnostic::error(
                    "secret::source",
                    "A secret comes from a source",
                    source.origin,
                    "no source in front of a colon",
                )
                .help(SOURCES),
            );
            return Term::error(span);
        };
        match scheme {
            "env" | "file" if !name.is_empty() => {
                let source = SecretSource { scheme: scheme.into(), name: name.into() };
                Term::unknown(Residual::Secret(source), Phase::Written, true, span)
            }
            "aws-sm" if !name.is_empty() => {
                let source = SecretSource { scheme: scheme.into(), name: name.into() };
                Term::unknown(Residual::Secret(source), Phase::Read, true, span)
            }
            "azure-kv" if !name.is_empty() => {
                if let Err(why) = VaultSecret::parse(name) {
                    let head = "This names no secret of a key vault";
                    let form = "secret(\"azure-kv:VAULT/NAME\"), or secret(\"azure-kv:VAULT/NAME/VERSION\")";
                    self.report(Diagnostic::error("secret::source", head, source.origin, why).help(form));
                    return Term::error(span);
                }
                let source = SecretSource { scheme: scheme.into(), name: name.into() };
                Term::unknown(Residual::Secret(source), Phase::Read, true, span)
            }
            "env" | "file" | "aws-sm" | "azure-kv" => {
                self.report(
                    Diagnostic::error(
                        "secret::source",
                        "A secret comes from a source",
                        source.origin,
                        "nothing is named behind the colon",
                    )
                    .help(SOURCES),
                );
                Term::error(span)
            }
            _ => {
                self.report(
                    Diagnostic::error(
                        "secret::source",
                        format!("There is no source `{scheme}` for secrets"),
                        source.origin,
                        "not a source",
                    )
                    .help("sources: env file aws-sm azure-kv"),
                );
                Term::error(span)
            }
        }
    }

    /// A secret whose author lets it be read, noted for every plan.
    fn revealed(&mut self, secret: &Term, args: &[Arg], span: Span, place: &Place) -> Term {
        let because = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "because"));
        let because = because.or_else(|| args.get(1)).map(|arg| self.expression(&arg.value, place));
        let Some(because) = because.and_then(|because| because.known_text()) else {
            self.report(Diagnostic::error(
                "types::arguments",
                "`reveal` needs a reason that is known while checking",
                span,
                "because: \"…\"",
            ));
            return Term::error(span);
        };
        if secret.is_secret() {
            let written = args.first().map(|arg| self.program.sources.text(arg.value.span)).unwrap_or_default();
            let what = written.split_whitespace().collect::<Vec<_>>().join(" ").into();
            self.revealed.insert(span, DesiredReveal { what, because, span });
        }
        public(secret)
    }

    /// The text of a file inside of the unit's directory.
    fn read(&mut self, path: &Term, span: Span, place: &Place) -> Option<EcoString> {
        let written = path.known_text()?;
        let unit = self.unit_of(place.scope);
        let directory = self.program.unit(unit).directory.clone();
        let full = join(&directory, &written);
        // A component reads its own directory, and the stack's if it belongs to it; one from elsewhere only its own.
        let own = Locator::root_of(&directory).unwrap_or(&directory);
        let local = Locator::root_of(&directory).is_none() && !directory.starts_with(standard::SCHEME);
        let inside = full.starts_with(own) && !own.is_empty() || local && !full.starts_with("..");
        let outside = !inside || written.starts_with('/');
        let found = if outside { Err(FileError::Outside) } else { self.files.read(&full) };
        match found {
            Ok(text) => Some(text.into()),
            Err(FileError::Outside) => {
                self.report(
                    Diagnostic::error(
                        "files::outside",
                        "Files are read from the stack's own directory only",
                        path.origin,
                        "this path leads out of it",
                    )
                    .help("copy the file next to the stack, or give its text to an input"),
                );
                None
            }
            Err(error) => {
                let words = match error {
                    FileError::Missing => "there is no such file".to_owned(),
                    FileError::NotText(at) => {
                        format!("not UTF-8: byte {at} begins no character")
                    }
                    FileError::TooLarge => "larger than 10 MiB".to_owned(),
                    FileError::Outside => "it leads out of the stack's directory".to_owned(),
                    FileError::Other(words) => words,
                };
                self.report(Diagnostic::error("files::unreadable", format!("{written} cannot be read"), span, words));
                None
            }
        }
    }

    /// Text with `${name}` replaced by values.
    fn template(&mut self, text: &str, values: &Term, span: Span) -> Term {
        let Kind::Map(entries) = &values.kind else { return Term::error(span) };
        let mut parts: Vec<Residual> = Vec::new();
        let (mut phase, mut secret) = (Phase::Written, false);
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, behind) = rest.split_at(start);
            let Some(end) = behind.find('}') else { break };
            let name = behind.get(2..end).unwrap_or_default().trim();
            parts.push(Residual::Value(before.into()));
            match entries.get(name) {
                Some(term) => {
                    phase = phase.max(term.phase());
                    secret |= term.is_secret();
                    match term.residual() {
                        Some(residual) => parts.push(residual),
                        None => return Term::error(span),
                    }
                }
                None => {
                    self.report(Diagnostic::error(
                        "files::template",
                        format!("The template wants `{name}`"),
                        span,
                        "no such value is given",
                    ));
                    return Term::error(span);
                }
            }
            rest = behind.get(end + 1..).unwrap_or_default();
        }
        parts.push(Residual::Value(rest.into()));
        let residual = Residual::Text(parts);
        match residual.resolve(&crate::model::residual::NothingKnown) {
            crate::model::residual::Resolved::Known(value) => Term::value(value, span),
            _ => Term::unknown(residual, phase, secret, span),
        }
    }
}

/// A term without the marks of secrets in it.
fn public(term: &Term) -> Term {
    let kind = match &term.kind {
        Kind::Unknown(unknown) if unknown.secret => {
            // Secrets are read when they are handed on: nothing that must be known before can be made of one.
            let residual = Residual::Call(REVEAL.into(), vec![unknown.residual.clone()]);
            return Term {
                origin: term.origin,
                kind: Kind::Unknown(Rc::new(Unknown {
                    residual,
                    phase: Phase::Made,
                    secret: false,
                    shape: unknown.shape.clone(),
                })),
            };
        }
        Kind::List(items) => Kind::List(Rc::new(items.iter().map(public).collect())),
        Kind::Map(entries) => {
            Kind::Map(Rc::new(entries.iter().map(|(name, entry)| (name.clone(), public(entry))).collect()))
        }
        Kind::Unchecked(inner) => Kind::Unchecked(Rc::new(public(inner))),
        other => other.clone(),
    };
    Term { origin: term.origin, kind }
}
