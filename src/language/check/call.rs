//! Calls of functions: the user's own, built-in ones, and those that belong to certain places.

use std::sync::Arc;

use ecow::EcoString;

use super::expression::article;
use super::member::receiver;
use super::mismatch::short;
use super::{Checker, Signature, Want};
use crate::builtins::{self, Builtin, Kind, On};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::{ItemId, UnitId};
use crate::language::syntax::ast::{Arg, Expr, ExprKind, ItemKind, Member};
use crate::language::types::Type;
use crate::language::unsupported;
use crate::source::Span;

/// Functions that belong to certain places.
const PLACES: [&str; 8] = ["existing", "unchecked", "secret", "reveal", "changed", "changes", "file", "template"];

impl Checker<'_> {
    pub(super) fn call(&mut self, expression: &Expr, callee: &Expr, args: &[Arg]) -> Type {
        match &callee.kind {
            ExprKind::Name(name) => self.free_call(expression, name, callee.span, args),
            ExprKind::Member(member) => self.method(expression, member, args),
            _ => {
                self.infer(callee);
                self.report(Diagnostic::error(
                    "types::not_callable",
                    "This is not a function",
                    callee.span,
                    "it cannot be called",
                ));
                Type::Error
            }
        }
    }

    fn free_call(&mut self, expression: &Expr, name: &EcoString, span: Span, args: &[Arg]) -> Type {
        let program = self.program;
        let unit = program.unit(self.unit);
        let local = self.locals.iter().any(|(local, _)| local == name);
        if let Some(binding) = unit.values.get(name).filter(|_| !local) {
            let binding = *binding;
            if matches!(program.item(binding.item).kind, ItemKind::Function(_)) {
                let signature = self.signature(binding.item, binding.unit);
                self.arguments(expression, name, args, &signature.params);
                return signature.result;
            }
            if matches!(program.item(binding.item).kind, ItemKind::Broken(_)) {
                return Type::Error;
            }
            self.report(Diagnostic::error(
                "types::not_callable",
                format!("`{name}` is not a function"),
                span,
                "it cannot be called",
            ));
            return Type::Error;
        }
        if unit.broken.contains(name) {
            return Type::Error;
        }
        match builtins::find(On::Nothing, name) {
            Some(builtin) => self.builtin(expression, builtin, None, args),
            None if PLACES.contains(&name.as_str()) => self.place_function(expression, name, span, args),
            None => {
                let functions = unit
                    .values
                    .iter()
                    .filter(|(_, binding)| matches!(program.item(binding.item).kind, ItemKind::Function(_)))
                    .map(|(name, _)| name.as_str());
                let names = functions
                    .chain(builtins::all().filter(|builtin| builtin.on == On::Nothing).map(|builtin| builtin.name))
                    .chain(PLACES);
                let names: Vec<&str> = names.collect();
                let label = suggest::nearest(name, names.iter().copied()).map_or_else(
                    || "neither declared nor built in".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.report(
                    Diagnostic::error("names::undefined", format!("There is no function `{name}`"), span, label)
                        .meant(span, name, names),
                );
                Type::Error
            }
        }
    }

    fn method(&mut self, expression: &Expr, member: &Member, args: &[Arg]) -> Type {
        let base = self.infer(&member.base);
        if base.is_open() || matches!(base.bare(), Type::Any | Type::Error | Type::Json) {
            args.iter().for_each(|arg| {
                self.infer(&arg.value);
            });
            return Type::Any;
        }
        if base.is_optional() && !member.optional {
            self.maybe_absent(expression, &base);
            return Type::Error;
        }
        let secret = base.holds_secret() && !matches!(base.bare(), Type::Record(_));
        let on = receiver(base.bare());
        let name = &member.name;
        match on.and_then(|on| builtins::find(on, &name.text)) {
            Some(builtin) => {
                let result = self.builtin(expression, builtin, Some(base.bare()), args);
                let result = if secret { result.secret() } else { result };
                if member.optional { result.optional() } else { result }
            }
            None => {
                let names: Vec<&str> =
                    builtins::all().filter(|builtin| Some(builtin.on) == on).map(|builtin| builtin.name).collect();
                let label = suggest::nearest(&name.text, names.iter().copied())
                    .map_or_else(|| "no such function".to_owned(), |near| format!("did you mean `{near}`?"));
                let shown = short(base.bare());
                let mut diagnostic = Diagnostic::error(
                    "types::unknown_member",
                    format!("There is no function `{}` on {} {shown}", name.text, article(&shown)),
                    name.span,
                    label,
                )
                .meant(name.span, &name.text, names.iter().copied());
                if !names.is_empty() {
                    diagnostic = diagnostic.help(format!("functions: {}", names.join(" ")));
                }
                self.report(diagnostic);
                Type::Error
            }
        }
    }

    /// The types of a function of the user.
    pub(super) fn signature(&mut self, item: ItemId, unit: UnitId) -> Signature {
        if let Some(signature) = self.typed.signatures.get(&item) {
            return signature.clone();
        }
        let program = self.program;
        let ItemKind::Function(node) = &program.item(item).kind else {
            return Signature { params: Vec::new(), result: Type::Error };
        };
        let signature = self.loudly(|checker| {
            checker.enter(unit, |checker| Signature {
                params: node
                    .params
                    .iter()
                    .map(|param| (param.name.text.clone(), checker.type_expression(&param.ty), param.default.is_some()))
                    .collect(),
                result: checker.type_expression(&node.result),
            })
        });
        self.typed.signatures.insert(item, signature.clone());
        signature
    }

    fn arguments(&mut self, expression: &Expr, name: &str, args: &[Arg], params: &[(EcoString, Type, bool)]) {
        let mut given = vec![false; params.len()];
        let mut position = 0;
        let mut misnamed = false;
        for arg in args {
            let index = match &arg.name {
                Some(named) => params.iter().position(|(param, _, _)| *param == named.text),
                None => {
                    position += 1;
                    Some(position - 1).filter(|index| *index < params.len())
                }
            };
            let Some((index, (param, ty, _))) = index.and_then(|index| Some((index, params.get(index)?))) else {
                self.infer(&arg.value);
                self.extra_argument(name, arg, params);
                misnamed |= arg.name.is_some();
                continue;
            };
            if let Some(slot) = given.get_mut(index) {
                if *slot {
                    self.report(Diagnostic::error(
                        "types::arguments",
                        format!("`{param}` is given twice"),
                        arg.value.span,
                        "the second time",
                    ));
                }
                *slot = true;
            }
            self.check_value(&arg.value, ty, param, arg.name.as_ref().map_or(arg.value.span, |name| name.span));
        }
        let missing: Vec<&str> = params
            .iter()
            .zip(&given)
            .filter(|((_, ty, has_default), given)| !**given && !has_default && !ty.is_optional())
            .map(|((param, _, _), _)| param.as_str())
            .collect();
        // A parameter that was given under another name is one mistake, not two.
        if !missing.is_empty() && !misnamed {
            self.report(
                Diagnostic::error(
                    "types::arguments",
                    format!("`{name}` needs {}", super::mismatch::backquoted(&missing)),
                    expression.span,
                    "not given here",
                )
                .help(format!("{name}({})", written_params(params))),
            );
        }
    }

    fn extra_argument(&mut self, name: &str, arg: &Arg, params: &[(EcoString, Type, bool)]) {
        let (message, span, label) = match &arg.name {
            Some(named) => (
                format!("`{name}` has no parameter `{}`", named.text),
                named.span,
                suggest::nearest(&named.text, params.iter().map(|(param, _, _)| param.as_str()))
                    .map_or_else(|| "not one of its parameters".to_owned(), |near| format!("did you mean `{near}`?")),
            ),
            None => (takes(name, params.len()), arg.value.span, "one too many".to_owned()),
        };
        let diagnostic = Diagnostic::error("types::arguments", message, span, label)
            .help(format!("{name}({})", written_params(params)));
        self.report(match &arg.name {
            Some(named) => diagnostic.meant(span, &named.text, params.iter().map(|(param, _, _)| param.as_str())),
            None => diagnostic,
        });
    }

    fn builtin(&mut self, expression: &Expr, builtin: &'static Builtin, base: Option<&Type>, args: &[Arg]) -> Type {
        let params: Vec<(EcoString, Type, bool)> = builtin
            .params
            .iter()
            .map(|param| (param.name.into(), kind_type(param.kind, base, &Type::Any), param.optional))
            .collect();
        let found: Vec<Type> = args.iter().map(|arg| self.quietly(|checker| checker.infer(&arg.value))).collect();
        let secret = found.iter().any(Type::holds_secret);
        if secret {
            // What is computed from a secret is one; the arguments themselves are fine.
            // A document may hold them among other things.
            let open = |ty: Type| if ty == Type::Json { Type::Any } else { ty.secret() };
            let params: Vec<_> = params.into_iter().map(|(name, ty, optional)| (name, open(ty), optional)).collect();
            self.arguments(expression, builtin.name, args, &params);
            return self.builtin_result(builtin, base, &found).secret();
        }
        self.arguments(expression, builtin.name, args, &params);
        self.builtin_result(builtin, base, &found)
    }

    /// What a built-in gives for a receiver and arguments.
    pub(super) fn builtin_result(&self, builtin: &Builtin, base: Option<&Type>, args: &[Type]) -> Type {
        let first = args.first().map_or(Type::Any, |ty| ty.bare().clone());
        if builtin.result == Kind::Number {
            return args.iter().fold(first, |joined, ty| joined.join(ty.bare()));
        }
        kind_type(builtin.result, base, &first)
    }

    fn place_function(&mut self, expression: &Expr, name: &str, span: Span, args: &[Arg]) -> Type {
        match name {
            "existing" => {
                self.arguments(expression, name, args, &[("id".into(), Type::Text, false)]);
                Type::AnyResource(Arc::new([]))
            }
            "unchecked" => {
                match args.first() {
                    Some(arg) => {
                        self.infer(&arg.value);
                    }
                    None => self.arguments(expression, name, args, &[("value".into(), Type::Any, false)]),
                }
                Type::Any
            }
            "changed" => {
                if !self.in_when {
                    self.report(
                        Diagnostic::error(
                            "actions::changed",
                            "`changed` belongs into the condition of an action",
                            span,
                            "there is no last run to compare with here",
                        )
                        .help("@when(changed(…)) above an action"),
                    );
                }
                match args {
                    [only] if only.name.is_none() => {
                        self.infer(&only.value);
                    }
                    _ => self.arguments(expression, name, args, &[("value".into(), Type::Any, false)]),
                }
                Type::Bool
            }
            "reveal" => {
                let found = args.first().map(|arg| self.quietly(|checker| checker.infer(&arg.value)));
                let found = found.unwrap_or(Type::Any);
                let because = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "because"));
                let empty = because.is_some_and(|because| {
                    let written = self.program.sources.text(because.value.span);
                    written.trim_matches(['"', ' ']).is_empty()
                });
                if let Some(because) = because.filter(|_| empty) {
                    self.report(
                        Diagnostic::error("types::arguments", "`reveal` needs a reason", because.value.span, "empty")
                            .help("it is shown in every plan, for whoever reviews it"),
                    );
                }
                let params = [("value".into(), found.clone(), false), ("because".into(), Type::Text, false)];
                self.arguments(expression, name, args, &params);
                found.revealed()
            }
            "secret" => {
                self.arguments(expression, name, args, &[("source".into(), Type::Text, false)]);
                Type::Text.secret()
            }
            "file" => {
                self.arguments(expression, name, args, &[("path".into(), Type::Text, false)]);
                Type::Text
            }
            "template" => {
                let values = Type::Map(Arc::new(Type::Any));
                self.arguments(
                    expression,
                    name,
                    args,
                    &[("path".into(), Type::Text, false), ("values".into(), values, false)],
                );
                Type::Text
            }
            _ => {
                args.iter().for_each(|arg| {
                    self.quietly(|checker| checker.infer(&arg.value));
                });
                self.report(unsupported(&format!("`{name}`"), span));
                Type::Error
            }
        }
    }

    /// Checks the argument of `existing` where a certain resource is expected; the place decides its type.
    pub(super) fn is_existing(expression: &Expr) -> bool {
        match &expression.kind {
            ExprKind::Call(callee, _) => matches!(&callee.kind, ExprKind::Name(name) if name == "existing"),
            ExprKind::Group(inner) => Self::is_existing(inner),
            _ => false,
        }
    }

    /// A value that fits any place of its kind, for messages.
    pub(super) fn want_text(&mut self, expression: &Expr) {
        self.check(expression, &Want::of(&Type::Text));
    }
}

/// How many arguments a function takes, as a sentence.
fn takes(name: &str, count: usize) -> String {
    match count {
        0 => format!("`{name}` takes no arguments"),
        1 => format!("`{name}` takes one argument"),
        count => format!("`{name}` takes {count} arguments"),
    }
}

fn written_params(params: &[(EcoString, Type, bool)]) -> String {
    let written: Vec<String> = params.iter().map(|(name, ty, _)| format!("{name}: {}", short(ty))).collect();
    written.join(", ")
}

/// The type a parameter or result of a built-in has for a certain receiver.
fn kind_type(kind: Kind, base: Option<&Type>, first: &Type) -> Type {
    let item = || base.and_then(Type::item).unwrap_or(Type::Any);
    match kind {
        Kind::Bool => Type::Bool,
        Kind::Int => Type::Int,
        Kind::Number => Type::Any,
        Kind::Text => Type::Text,
        Kind::Ip => Type::Ip,
        Kind::Cidr => Type::Cidr,
        Kind::Duration => Type::Duration,
        Kind::Json => Type::Json,
        Kind::Receiver => base.cloned().unwrap_or(Type::Any),
        Kind::Item => item(),
        Kind::OptionalItem => item().optional(),
        Kind::Items => Type::List(Arc::new(item())),
        Kind::Texts => Type::List(Arc::new(Type::Text)),
        Kind::Cidrs => Type::List(Arc::new(Type::Cidr)),
        Kind::AnyList => Type::List(Arc::new(Type::Any)),
        Kind::SetOfArgument => Type::Set(Arc::new(first.item().unwrap_or(Type::Any))),
        Kind::Schedule => Type::Named("Schedule"),
    }
}
