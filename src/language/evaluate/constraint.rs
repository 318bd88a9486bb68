//! Limits of single values: ranges, lengths, patterns, known values.

use std::rc::Rc;

use cairn_provider::schema::overlay::Range;
use cairn_provider::schema::{Shape, TextRules, Unit};
use cairn_provider::value::{Cidr, CidrError, Value, render};
use ecow::EcoString;

use super::Evaluator;
use super::instance::Instance;
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::literal;
use crate::language::syntax::ast::{ExprKind, TextPart};
use crate::model::encoding::{is_network, quantity};
use crate::source::Span;

impl Evaluator<'_> {
    /// Checks an encoded value against its field; reports and returns false if it does not fit.
    pub(super) fn constrain(
        &mut self,
        encoded: &Value,
        written: &Value,
        shape: &Shape,
        origin: Span,
        instance: &Rc<Instance>,
        path: &str,
    ) -> bool {
        match (shape, encoded) {
            (Shape::Int { min, max, unit }, Value::Int(number)) => {
                let low = min.is_some_and(|min| *number < min);
                let high = max.is_some_and(|max| *number > max);
                if low || high {
                    let range = ranges(instance, path);
                    let nearest = if low { *min } else { *max };
                    self.out_of_range((*min, *max, *unit), nearest, range, origin, path);
                    return false;
                }
                true
            }
            (Shape::Float { min, max, .. }, Value::Float(number)) => {
                if min.is_some_and(|min| *number < min) || max.is_some_and(|max| *number > max) {
                    let bound = |bound: &Option<f64>| bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string());
                    self.report(Diagnostic::error(
                        "values::out_of_range",
                        format!("`{}` does not go that far", last(path)),
                        origin,
                        format!("allowed: {} to {}", bound(min), bound(max)),
                    ));
                    return false;
                }
                true
            }
            (Shape::Text(rules), Value::Text(text)) => {
                let _ = written;
                self.text_fits(text, rules, origin, instance, path)
            }
            _ => true,
        }
    }

    fn out_of_range(
        &mut self,
        (min, max, unit): (Option<i64>, Option<i64>, Option<Unit>),
        nearest: Option<i64>,
        range: Option<&Range>,
        origin: Span,
        path: &str,
    ) {
        let shown = |number: i64| match unit {
            // In the unit the API counts in, so that both ends read alike.
            Some(Unit::Percent) => render(&quantity(Unit::Percent, number as f64)),
            Some(unit) => format!("{number}{}", unit.suffix()),
            None => number.to_string(),
        };
        let allowed = match (min, max) {
            (Some(min), Some(max)) => format!("allowed: {} to {}", shown(min), shown(max)),
            (Some(min), None) => format!("at least {}", shown(min)),
            (None, Some(max)) => format!("at most {}", shown(max)),
            (None, None) => String::new(),
        };
        let message = match range {
            Some(range) if !range.because.is_empty() => range.because.to_owned(),
            _ => format!("`{}` does not go that far", last(path)),
        };
        let diagnostic = Diagnostic::error("values::out_of_range", message, origin, allowed);
        self.report(match nearest {
            Some(nearest) => diagnostic.help(format!("{}: {}", last(path), shown(nearest))),
            None => diagnostic,
        });
    }

    fn text_fits(
        &mut self,
        text: &EcoString,
        rules: &TextRules,
        origin: Span,
        instance: &Rc<Instance>,
        path: &str,
    ) -> bool {
        if !rules.values.is_empty() && !rules.values.contains(text) {
            self.not_one_of(text, rules, origin, path);
            return false;
        }
        if is_network(rules) && !self.network_fits(text, rules, origin) {
            return false;
        }
        let length = text.chars().count();
        if let Some(max) = rules.max.filter(|max| length > *max) {
            self.too_long(length, max, origin, instance, path);
            return false;
        }
        if let Some(min) = rules.min.filter(|min| length < *min) {
            let what = if length == 0 { "is empty".to_owned() } else { "is too short".to_owned() };
            self.report(Diagnostic::error(
                "values::too_short",
                format!("`{}` {what}", last(path)),
                origin,
                format!("{length} characters, at least {min}"),
            ));
            return false;
        }
        if let Some(pattern) = &rules.pattern
            && let Some(regex) = compiled(pattern)
            && !regex.is_match(text)
        {
            self.report(
                Diagnostic::error(
                    "values::pattern",
                    format!("`{}` cannot be \"{}\"", last(path), text.escape_default()),
                    origin,
                    "the API does not take this text",
                )
                .help(format!("its pattern: {pattern}")),
            );
            return false;
        }
        true
    }

    fn network_fits(&mut self, text: &str, rules: &TextRules, origin: Span) -> bool {
        let v4 = rules.format.as_deref() == Some("ipv4-network");
        match Cidr::parse(text) {
            Ok(network) if network.first().is_ipv4() == v4 => true,
            Ok(_) => {
                let (wanted, found) = if v4 { ("IPv4", "IPv6") } else { ("IPv6", "IPv4") };
                self.report(Diagnostic::error(
                    "types::mismatch",
                    format!("An {wanted} network is expected here, this is {found}"),
                    origin,
                    found,
                ));
                false
            }
            Err(CidrError::HostBits { network, bits }) => {
                let address = text.split('/').next().unwrap_or_default().into();
                let error = literal::LiteralError::HostBits { network, address, bits };
                self.report(literal::report(text, &error, origin, None, None));
                false
            }
            Err(_) => {
                self.report(Diagnostic::error(
                    "literals::cidr_prefix",
                    format!("\"{text}\" is not a network"),
                    origin,
                    "such as 10.20.0.0/16",
                ));
                false
            }
        }
    }

    fn not_one_of(&mut self, text: &str, rules: &TextRules, origin: Span, path: &str) {
        let near = suggest::closest(text, rules.values.iter().map(EcoString::as_str), 3);
        let what = rules.noun.filter(|noun| !noun.is_empty()).map_or_else(
            || format!("a value of `{}`", last(path)),
            |noun| format!("{} {noun}", if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }),
        );
        let label =
            near.first().map_or_else(|| "not one of them".to_owned(), |near| format!("did you mean \"{near}\"?"));
        let mut help = match near.get(1..) {
            Some(others) if !others.is_empty() => {
                let others: Vec<String> = others.iter().map(|other| format!("\"{other}\"")).collect();
                format!("also close: {}\n", others.join(", "))
            }
            _ => String::new(),
        };
        if rules.values.len() <= 20 {
            let listed: Vec<String> = rules.values.iter().map(|value| format!("\"{value}\"")).collect();
            help.push_str(&format!("one of: {}", listed.join(" ")));
        } else if rules.open {
            help.push_str(&format!("if it is newer than this version of Cairn: unchecked(\"{text}\")"));
        }
        let diagnostic = Diagnostic::error(
            "types::not_one_of",
            format!("\"{}\" is not {what}", text.escape_default()),
            origin,
            label,
        );
        self.report(if help.is_empty() { diagnostic } else { diagnostic.help(help.trim_end()) });
    }

    fn too_long(&mut self, length: usize, max: usize, origin: Span, instance: &Rc<Instance>, path: &str) {
        let environment = self.environment.clone().filter(|name| !name.is_empty());
        let place = environment.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        let noun = match path.split('.').collect::<Vec<_>>().as_slice() {
            [_] if path.ends_with("_name") || path == "name" => format!("This {}", path.replace('_', " ")),
            _ => format!("`{}`", last(path)),
        };
        let mut diagnostic = Diagnostic::error(
            "values::too_long",
            format!("{noun} is too long"),
            origin,
            format!("{length} characters{place}, at most {max}"),
        );
        if !path.contains('.')
            && let Some(parts) = self.lengths(instance, path)
        {
            diagnostic = diagnostic.help(format!("the parts{}: {parts}", place.replace(" in ", ", in ")));
        }
        self.report(diagnostic);
    }

    /// The parts of a written text with their lengths.
    fn lengths(&mut self, instance: &Rc<Instance>, field: &str) -> Option<String> {
        let program = self.program;
        let expression = {
            let found = self.field_expression(instance, field)?;
            // The tree outlives the evaluation; only the borrow of `self` must end here.
            let span = found.span;
            find_text(program, instance, span)?
        };
        if expression.parts.len() < 2 {
            return None;
        }
        let place = super::Place { scope: instance.scope, locals: instance.locals.clone() };
        let mut parts = Vec::new();
        for part in &expression.parts {
            match part {
                TextPart::Known(text) => parts.push(format!("{text} {}", text.chars().count())),
                TextPart::Value(value) => {
                    let (term, _) = self.collecting(|evaluator| evaluator.expression(value, &place));
                    let length = term.known().and_then(|value| crate::builtins::operator::interpolated(&value).ok());
                    let shown = program.sources.text(value.span);
                    parts.push(format!(
                        "${{{shown}}} {}",
                        length.map_or_else(|| "?".to_owned(), |text| text.chars().count().to_string())
                    ));
                }
            }
        }
        Some(parts.join(", "))
    }

    /// Checks how many items a list has.
    pub(super) fn check_count(
        &mut self,
        count: usize,
        min: Option<usize>,
        max: Option<usize>,
        origin: Span,
        path: &str,
    ) {
        let name = last(path);
        if let Some(min) = min.filter(|min| count < *min) {
            self.report(Diagnostic::error(
                "values::too_few",
                format!("`{name}` needs at least {min} items"),
                origin,
                format!("{count} given"),
            ));
        }
        if let Some(max) = max.filter(|max| count > *max) {
            self.report(Diagnostic::error(
                "values::too_many",
                format!("`{name}` takes at most {max} items"),
                origin,
                format!("{count} given"),
            ));
        }
    }
}

fn find_text<'p>(
    program: &'p crate::language::program::Program,
    instance: &Instance,
    span: Span,
) -> Option<&'p crate::language::syntax::ast::TextLiteral> {
    let crate::language::syntax::ast::ItemKind::Declaration(node) = &program.item(instance.item).kind else {
        return None;
    };
    let mut found = None;
    crate::language::syntax::walk::expressions(&node.value, &mut |part| {
        if part.span == span
            && let ExprKind::Text(text) = &part.kind
        {
            found = Some(text);
        }
    });
    found
}

fn ranges(instance: &Instance, path: &str) -> Option<&'static Range> {
    let names: Vec<&str> = path.split('.').collect();
    let field = instance.schema.field_at(names.iter().copied())?;
    instance.schema.overlay.ranges.iter().find(|range| range.path.rsplit('.').next() == Some(field.vendor.as_str()))
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// A vendor's pattern. Those the regex engine does not know (look-ahead) are the cloud's to check.
pub(in crate::language) fn compiled(pattern: &str) -> Option<regex::Regex> {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    thread_local! {
        static PATTERNS: RefCell<BTreeMap<String, Option<regex::Regex>>> = const { RefCell::new(BTreeMap::new()) };
    }
    PATTERNS.with_borrow_mut(|patterns| {
        patterns.entry(pattern.to_owned()).or_insert_with(|| regex::Regex::new(pattern).ok()).clone()
    })
}
