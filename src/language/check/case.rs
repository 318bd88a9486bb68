//! Test cases: which environment, which inputs, what is found, what must come out.

use std::collections::BTreeSet;
use std::sync::Arc;

use cairn_provider::schema::TypeSchema;

use super::{Checker, Want};
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::{ItemId, TypeBinding, UnitId, UnitKind};
use crate::language::syntax::ast::{Declaration, Element, Entry, Expr, ExprKind, ItemKind, Keyword};
use crate::language::syntax::walk;
use crate::language::types::{RecordField, RecordType, Type};
use crate::source::Span;

/// The fields of a case.
const FIELDS: [&str; 5] = ["env", "inputs", "given", "expect", "fails"];

impl Checker<'_> {
    pub(super) fn case(&mut self, node: &Declaration) {
        let extra = node.each.as_ref().map(|each| each.span).or(node.guard.as_ref().map(|guard| guard.span));
        if let Some(span) = extra {
            self.report(Diagnostic::error("test::shape", "A test is one case", span, "no loop and no condition here"));
            return;
        }
        let construct = match &node.value.kind {
            ExprKind::Construct(construct) if construct.name() == "Case" => construct,
            ExprKind::Construct(construct) => {
                let span = construct.name_span().unwrap_or(node.value.span);
                self.not_a_case(span, "did you mean `Case`?");
                return;
            }
            _ => {
                self.not_a_case(node.value.span, "not a case");
                return;
            }
        };
        let empty = Vec::new();
        let entries: &[Entry] = match construct.fields.as_ref().map(|fields| &fields.kind) {
            Some(ExprKind::Record(entries)) => entries,
            Some(_) => return self.not_a_case(node.value.span, "its fields are written one by one"),
            None => &empty,
        };
        let mut present = BTreeSet::new();
        for entry in entries {
            let Entry::Field(key, value) = entry else {
                let span = match entry {
                    Entry::Spread(value) => value.span,
                    Entry::Short(name) => name.span,
                    Entry::Field(key, _) => key.span,
                };
                self.not_a_case(span, "its fields are written one by one");
                return;
            };
            if !present.insert(key.text.as_str()) {
                self.report(Diagnostic::error(
                    "names::duplicate",
                    format!("`{}` is given twice", key.text),
                    key.span,
                    "the second time",
                ));
                continue;
            }
            self.case_field(&key.text, key.span, value);
        }
        let head = construct.name_span().unwrap_or(node.value.span);
        self.case_environment(&present, head);
        self.asserts_something(&present, entries, node.name.span);
    }

    fn not_a_case(&mut self, span: Span, label: &str) {
        self.report(
            Diagnostic::error("test::shape", "A test is a case", span, label)
                .help("test name = Case { env: \"production\", expect: [db.multi_az == true] }"),
        );
    }

    fn case_field(&mut self, name: &str, span: Span, value: &Expr) {
        match name {
            "env" => {
                let ty = match self.program.declared_environments() {
                    Some((names, _)) => Type::Choice(names.into()),
                    // A header that could not be read was reported.
                    None if self.program.header_is_unread() => return,
                    None => {
                        self.report(Diagnostic::error(
                            "test::shape",
                            "The stack has no environments",
                            span,
                            "remove it, or list environments in the header of the stack",
                        ));
                        return;
                    }
                };
                self.check_value(value, &ty, "env", span);
            }
            "inputs" => self.case_inputs(value),
            "given" => self.given_lookups(value),
            "expect" => match &value.kind {
                ExprKind::List(elements) => {
                    let outputs = vec![("outputs".into(), self.outputs_type())];
                    for element in elements {
                        match element {
                            Element::Value(value) => {
                                self.with_locals(outputs.clone(), |checker| checker.condition(value));
                            }
                            Element::Spread(value) => {
                                self.report(Diagnostic::error(
                                    "test::shape",
                                    "Expectations are written one by one",
                                    value.span,
                                    "no `...` here",
                                ));
                            }
                        }
                    }
                }
                _ => self.report(
                    Diagnostic::error("test::shape", "Expectations are a list", value.span, "not a list")
                        .help("expect: [\n  db.multi_az == true\n]"),
                ),
            },
            "fails" => self.want_text(value),
            _ => {
                let label = suggest::nearest(name, FIELDS)
                    .map_or_else(|| "not one of its fields".to_owned(), |near| format!("did you mean `{near}`?"));
                self.report(
                    Diagnostic::error("types::unknown_field", format!("`Case` has no field `{name}`"), span, label)
                        .meant(span, name, FIELDS.iter().copied())
                        .help(format!("its fields: {}", FIELDS.join(" "))),
                );
                self.quietly(|checker| checker.infer(value));
            }
        }
    }

    /// What `outputs` is in an expectation: the outputs of the unit by their names.
    fn outputs_type(&mut self) -> Type {
        let program = self.program;
        let unit = self.unit;
        let mut fields = Vec::new();
        for (name, &id) in &program.unit(unit).outputs {
            let ty = self.enter(unit, |checker| checker.item_type(id, unit, program.item(id).span));
            fields.push(RecordField::new(name.clone(), ty));
        }
        Type::Record(Arc::new(RecordType { name: Some("outputs".into()), fields }))
    }

    /// A stack with environments is tested in one of them.
    fn case_environment(&mut self, present: &BTreeSet<&str>, span: Span) {
        if present.contains("env") || self.program.unit(self.unit).kind != UnitKind::Stack {
            return;
        }
        let Some((names, _)) = self.program.declared_environments() else { return };
        let first = names.first().cloned().unwrap_or_default();
        self.report(
            Diagnostic::error("test::shape", "A test says in which environment", span, "`env` is missing")
                .help(format!("env: \"{first}\"        one of: {}", names.join(" "))),
        );
    }

    /// A case that cannot fail tests nothing.
    fn asserts_something(&mut self, present: &BTreeSet<&str>, entries: &[Entry], span: Span) {
        if present.contains("fails") && present.contains("expect") {
            self.report(Diagnostic::error(
                "test::shape",
                "A case either fails or holds",
                span,
                "`fails` and `expect` exclude each other",
            ));
            return;
        }
        let nothing = |span: Span, label: &str| {
            Diagnostic::error("test::asserts_nothing", "This test cannot fail", span, label)
                .help("expect: [db.multi_az == true]        what must hold\nfails: \"…\"        what must be said when it does not fit")
        };
        let expected = entries.iter().find_map(|entry| match entry {
            Entry::Field(key, value) if key.text == "expect" => Some((key.span, value)),
            Entry::Field(..) | Entry::Short(_) | Entry::Spread(_) => None,
        });
        match expected {
            Some((key, Expr { kind: ExprKind::List(elements), .. })) => {
                if elements.is_empty() {
                    self.report(nothing(key, "nothing is expected"));
                }
                for element in elements {
                    if let Element::Value(value) = element
                        && !names_something(value)
                    {
                        self.report(nothing(value.span, "this says nothing about the stack"));
                    }
                }
            }
            Some(_) => {}
            None if present.contains("fails") => {}
            None => self.report(nothing(span, "it has neither `expect` nor `fails`")),
        }
    }

    /// The inputs of the unit that is tested; those that are left out have their usual values.
    fn case_inputs(&mut self, value: &Expr) {
        let program = self.program;
        let unit = self.unit;
        let mut fields = Vec::new();
        for &id in &program.unit(unit).items {
            let ItemKind::Input(node) = &program.item(id).kind else { continue };
            let ty = self.item_type(id, unit, node.name.span);
            let required = program.unit(unit).kind == UnitKind::Component
                && node.default.is_none()
                && !ty.is_optional()
                && !matches!(ty, Type::Target(_));
            fields.push(RecordField { has_default: !required, ..RecordField::new(node.name.text.clone(), ty) });
        }
        let name = program.unit(unit).name.clone();
        let ty = Type::Record(Arc::new(RecordType { name: Some(name), fields }));
        self.check(value, &Want::of(&ty));
    }

    /// What look-ups find in a test, by name; inside of components by address.
    fn given_lookups(&mut self, value: &Expr) {
        let ExprKind::Record(entries) = &value.kind else {
            self.report(
                Diagnostic::error(
                    "test::given",
                    "What look-ups find is written by their names",
                    value.span,
                    "not a record",
                )
                .help("given: { image: { value: \"ami-0123456789abcdef0\" } }"),
            );
            return;
        };
        for entry in entries {
            let Entry::Field(key, found) = entry else { continue };
            match self.lookup_named(&key.text) {
                Some((schema, many)) => self.given_lookup(&schema, many, found),
                None => {
                    let names: Vec<&str> = self.lookups().collect();
                    let label = suggest::nearest(&key.text, names.iter().copied())
                        .map_or_else(|| "not a look-up".to_owned(), |near| format!("did you mean `{near}`?"));
                    let listed = if names.is_empty() { "none".to_owned() } else { names.join(" ") };
                    self.report(
                        Diagnostic::error(
                            "test::given",
                            format!("There is no look-up `{}`", key.text),
                            key.span,
                            label,
                        )
                        .help(format!("look-ups: {listed}\ninside of a component: \"network.image\": {{ … }}")),
                    );
                }
            }
        }
    }

    fn given_lookup(&mut self, schema: &Arc<TypeSchema>, many: bool, found: &Expr) {
        let ExprKind::Record(entries) = &found.kind else {
            self.report(Diagnostic::error(
                "test::given",
                "What a look-up finds is a record of attributes",
                found.span,
                "not a record",
            ));
            return;
        };
        if many {
            for entry in entries {
                if let Entry::Field(_, one) = entry {
                    self.given_lookup(schema, false, one);
                }
            }
            return;
        }
        let given = self.lookup_fields(entries);
        self.schema_fields(schema, 0, &given, &BTreeSet::new(), found.span, false);
    }

    fn lookups(&self) -> impl Iterator<Item = &str> {
        let program = self.program;
        program.unit(self.unit).items.iter().filter_map(|id| match &program.item(*id).kind {
            ItemKind::Declaration(node) if node.keyword == Keyword::Lookup => Some(node.name.text.as_str()),
            _ => None,
        })
    }

    /// The type of a look-up and whether it finds several, by its name or its path through components.
    fn lookup_named(&mut self, path: &str) -> Option<(Arc<TypeSchema>, bool)> {
        let program = self.program;
        let mut unit: UnitId = self.unit;
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let name = part.split_once('[').map_or(part, |(name, _)| name);
            let binding = program.unit(unit).values.get(name)?;
            let id: ItemId = binding.item;
            let ItemKind::Declaration(node) = &program.item(id).kind else { return None };
            let ExprKind::Construct(construct) = &node.value.kind else { return None };
            if parts.peek().is_none() {
                if node.keyword != Keyword::Lookup {
                    return None;
                }
                let schema = program.catalogue.get(&construct.name())?;
                let many = program.item(id).decorators.iter().any(|decorator| decorator.name.text == "many");
                let looped = node.each.is_some() && !part.contains('[');
                return Some((Arc::clone(schema), many || looped));
            }
            let [name] = construct.path.as_slice() else { return None };
            let Some(TypeBinding::Component(component)) = program.unit(unit).types.get(&name.text) else { return None };
            unit = *component;
        }
        None
    }
}

/// Whether an expression names anything that is not known without the stack.
fn names_something(expression: &Expr) -> bool {
    let mut found = false;
    walk::expressions(expression, &mut |part| {
        found |= match &part.kind {
            ExprKind::Name(name) => !matches!(name.as_str(), "true" | "false" | "none" | "tcp" | "udp" | "icmp"),
            ExprKind::Record(entries) => entries.iter().any(|entry| matches!(entry, Entry::Short(_))),
            _ => false,
        };
    });
    found
}
