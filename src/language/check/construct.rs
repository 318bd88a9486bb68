//! What a declaration is made of: a resource type, a component, a target.

use std::sync::Arc;

use super::{Checker, Want};
use crate::diagnostic::Diagnostic;
use crate::language::program::{TypeBinding, UnitId};
use crate::language::syntax::ast::{Construct, Expr, ExprKind, ItemKind, Keyword, join};
use crate::language::types::{RecordField, RecordType, Type};
use crate::language::unsupported;
use crate::source::Span;

impl Checker<'_> {
    /// What a dotted name stands for where something is made of it.
    pub(super) fn constructed(&mut self, node: &Construct) -> Type {
        let Some(span) = node.name_span() else { return Type::Error };
        let Some(first) = node.path.first() else { return Type::Error };
        if let [name] = node.path.as_slice() {
            return match self.program.unit(self.unit).types.get(&name.text) {
                Some(TypeBinding::Component(unit)) => Type::Component(*unit),
                Some(TypeBinding::Alias(_)) => self.type_expression(&crate::language::syntax::ast::TypeExpr {
                    span,
                    kind: crate::language::syntax::ast::TypeKind::Name(vec![name.clone()], Vec::new()),
                }),
                Some(TypeBinding::Broken) => Type::Error,
                None => {
                    let names: Vec<&str> =
                        self.program.unit(self.unit).types.keys().map(ecow::EcoString::as_str).collect();
                    let label = crate::diagnostic::suggest::nearest(&name.text, names.iter().copied()).map_or_else(
                        || "neither declared nor imported".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.report(
                        Diagnostic::error(
                            "types::unknown",
                            format!("There is no component or type `{}`", name.text),
                            name.span,
                            label,
                        )
                        .meant(name.span, &name.text, names)
                        .help(format!("a component is imported: import {} from \"./library/file.cairn\"", name.text)),
                    );
                    Type::Error
                }
            };
        }
        if !self.catalogue_imported(first, span) {
            return Type::Error;
        }
        let full = join(&node.path);
        match full.as_str() {
            "aws.Target" => return Type::Target("aws".into()),
            "aws.Unlisted" => {
                self.report(unsupported("`aws.Unlisted`", span));
                return Type::Error;
            }
            _ => {}
        }
        match self.program.catalogue.get(&full) {
            Some(schema) => Type::Resource(Arc::clone(schema)),
            None => {
                self.unknown_type(&node.path);
                Type::Error
            }
        }
    }

    /// Something constructed in the middle of an expression: only records of named types can be.
    pub(super) fn construct_value(&mut self, expression: &Expr, node: &Construct) -> Type {
        match self.constructed(node) {
            Type::Record(record) => {
                let ty = Type::Record(record);
                if let Some(fields) = &node.fields {
                    self.check(fields, &Want::of(&ty));
                }
                ty
            }
            Type::Error => {
                if let Some(fields) = &node.fields {
                    self.quietly(|checker| checker.infer(fields));
                }
                Type::Error
            }
            _ => {
                let name = node.name();
                self.report(
                    Diagnostic::error(
                        "types::declaration_inside",
                        format!("`{name}` is made by a declaration"),
                        expression.span,
                        "not inside of an expression",
                    )
                    .help(format!("in the first column of a line:  resource name = {name} {{ … }}")),
                );
                Type::Error
            }
        }
    }

    /// Checks what a declaration is made of.
    pub(super) fn body(&mut self, keyword: Keyword, value: &Expr, name: Span) {
        let ExprKind::Construct(node) = &value.kind else {
            let shown = self.program.sources.text(value.span).chars().take(40).collect::<String>();
            self.report(
                Diagnostic::error(
                    "types::declaration",
                    "A declaration is made of a type with fields",
                    value.span,
                    "not the name of a type",
                )
                .help(format!("a constant is declared with: let {} = {shown}", self.program.sources.text(name))),
            );
            return;
        };
        let made = self.constructed(node);
        let empty = Vec::new();
        let (entries, span) = match &node.fields {
            Some(Expr { kind: ExprKind::Record(entries), .. }) => (entries, node.name_span().unwrap_or(value.span)),
            Some(fields) => {
                // `{ for … }`: the fields of a resource are written one by one.
                self.report(Diagnostic::error(
                    "types::declaration",
                    "The fields of a declaration are written one by one",
                    fields.span,
                    "not by a loop",
                ));
                return;
            }
            None => (&empty, node.name_span().unwrap_or(value.span)),
        };
        let fields = Expr { span, kind: ExprKind::Record(Vec::new()) };
        match (keyword, made) {
            (_, Type::Error) => {
                if let Some(fields) = &node.fields {
                    self.quietly(|checker| checker.infer(fields));
                }
            }
            (Keyword::Resource | Keyword::Lookup, Type::Resource(schema)) if schema.action => {
                self.other_keyword(&schema.name, "an action", "action", self.program.sources.text(name), span);
            }
            (Keyword::Action, Type::Resource(schema)) if !schema.action => {
                self.other_keyword(&schema.name, "a resource type", "resource", self.program.sources.text(name), span);
            }
            (Keyword::Resource | Keyword::Action, Type::Resource(schema)) => {
                if schema.cloud() == "exec" && !self.program.allows("exec") {
                    self.not_allowed(&schema.name, span);
                }
                if !schema.creatable && !schema.action {
                    self.report(
                        Diagnostic::error(
                            "schema::lookup_only",
                            format!("`{}` can only be looked up", schema.name),
                            span,
                            "nobody can create one",
                        )
                        .help(format!(
                            "lookup {} = {} {{ … }}",
                            self.program.sources.text(name),
                            schema.name
                        )),
                    );
                    return;
                }
                let ty = Type::Part(schema, 0);
                self.declared = Some(self.program.sources.text(name).into());
                self.record(&fields, entries, &Want::of(&ty));
                self.declared = None;
            }
            (Keyword::Lookup, Type::Resource(schema)) => {
                // Any field may be a condition, also those the cloud chooses; none must be.
                let given = self.lookup_fields(entries);
                self.schema_fields(&schema, 0, &given, &std::collections::BTreeSet::new(), span, false);
            }
            (Keyword::Provider, Type::Target(cloud)) => {
                let ty = target_record();
                let plain: Vec<&Expr> = entries
                    .iter()
                    .filter_map(|entry| match entry {
                        crate::language::syntax::ast::Entry::Spread(value) => Some(value),
                        _ => None,
                    })
                    .collect();
                for spread in plain {
                    let found = self.infer(spread);
                    if !super::fits(&found, &Type::Target(cloud.clone())) {
                        self.mismatch(spread, &found, &Want::of(&Type::Target(cloud.clone())));
                    }
                }
                self.target_fields(&ty, entries, span);
            }
            (Keyword::Resource, Type::Component(unit)) => self.instance(unit, entries, span),
            (Keyword::Resource | Keyword::Lookup, other) => {
                let made = super::mismatch::short(&other);
                self.report(Diagnostic::error(
                    "types::declaration",
                    format!("`{}` is no resource type", node.name()),
                    span,
                    format!("this is {made}"),
                ));
            }
            (Keyword::Provider, _) => {
                self.report(
                    Diagnostic::error("types::declaration", "A provider is a target", span, "not a target")
                        .help("provider main = aws.Target { region: \"eu-central-1\" }"),
                );
            }
            (Keyword::Action, other) => {
                let made = super::mismatch::short(&other);
                self.report(Diagnostic::error(
                    "actions::kind",
                    format!("`{}` is no action", node.name()),
                    span,
                    format!("this is {made}"),
                ));
            }
            (Keyword::Policy | Keyword::Test, _) => {}
        }
    }

    fn other_keyword(&mut self, kind: &str, is: &str, keyword: &str, name: &str, span: Span) {
        self.report(
            Diagnostic::error("actions::kind", format!("`{kind}` is {is}"), span, format!("declared with `{keyword}`"))
                .help(format!("{keyword} {name} = {kind} {{ … }}")),
        );
    }

    /// Reports a command in a stack whose header does not allow any.
    fn not_allowed(&mut self, kind: &str, span: Span) {
        self.report(
            Diagnostic::error(
                "actions::not_allowed",
                format!("`{kind}` runs commands on this machine, which the stack does not allow"),
                span,
                "not allowed in the header",
            )
            .help("allow: [\"exec\"]        in the header of the stack, if whoever applies it shall run commands"),
        );
    }

    pub(super) fn lookup_fields<'e>(
        &mut self,
        entries: &'e [crate::language::syntax::ast::Entry],
    ) -> Vec<super::record::Given<'e>> {
        use crate::language::syntax::ast::Entry;
        for entry in entries {
            if let Entry::Spread(value) = entry {
                self.report(Diagnostic::error(
                    "types::declaration",
                    "The conditions of a look-up are written one by one",
                    value.span,
                    "no `...` here",
                ));
            }
        }
        self.duplicates(entries)
    }

    fn target_fields(&mut self, ty: &Type, entries: &[crate::language::syntax::ast::Entry], span: Span) {
        use crate::language::syntax::ast::Entry;
        let Type::Record(record) = ty else { return };
        for entry in entries {
            let (name, place, value) = match entry {
                Entry::Field(key, value) => (&key.text, key.span, Some(value)),
                Entry::Short(name) => (&name.text, name.span, None),
                Entry::Spread(_) => continue,
            };
            let Some(field) = record.field(name) else {
                let names: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
                let label = crate::diagnostic::suggest::nearest(name, names.iter().copied())
                    .map_or_else(|| "not one of its fields".to_owned(), |near| format!("did you mean `{near}`?"));
                self.report(
                    Diagnostic::error(
                        "schema::unknown_field",
                        format!("`aws.Target` has no field `{name}`"),
                        place,
                        label,
                    )
                    .help(format!("its fields: {}", names.join(" "))),
                );
                continue;
            };
            let short = Expr { span: place, kind: ExprKind::Name(name.clone()) };
            self.check_value(value.unwrap_or(&short), &field.ty, name, place);
        }
        // What was meant counts as given: one mistake, one report.
        let is_region = |name: &str| {
            name == "region"
                || record.field(name).is_none() && crate::diagnostic::suggest::nearest(name, ["region"]).is_some()
        };
        let has_region = entries.iter().any(|entry| match entry {
            Entry::Field(key, _) => is_region(&key.text),
            Entry::Short(name) => is_region(&name.text),
            Entry::Spread(_) => true,
        });
        if !has_region {
            self.report(Diagnostic::error(
                "schema::missing_fields",
                "`aws.Target` needs one more field",
                span,
                "`region` is missing",
            ));
        }
    }

    /// Checks an instance of a component against its inputs.
    fn instance(&mut self, unit: UnitId, entries: &[crate::language::syntax::ast::Entry], span: Span) {
        let program = self.program;
        let component = program.unit(unit);
        let mut fields = Vec::new();
        for &id in &component.items {
            let ItemKind::Input(node) = &program.item(id).kind else { continue };
            let ty = self.enter(unit, |checker| checker.item_type(id, unit, node.name.span));
            // A target that is left out is the one the component is placed on.
            let has_default = node.default.is_some() || matches!(ty, Type::Target(_)) || program.item(id).broken;
            fields.push(RecordField { has_default, ..RecordField::new(node.name.text.clone(), ty) });
        }
        let ty = Type::Record(Arc::new(RecordType { name: Some(component.name.clone()), fields }));
        let expression = Expr { span, kind: ExprKind::Record(Vec::new()) };
        self.record(&expression, entries, &Want::of(&ty));
    }
}

/// The fields of `aws.Target`.
fn target_record() -> Type {
    let field = |name: &str, ty: Type| RecordField { has_default: true, ..RecordField::new(name.into(), ty) };
    Type::Record(Arc::new(RecordType {
        name: Some("aws.Target".into()),
        fields: vec![
            field("region", Type::Text),
            field("account", Type::Named("aws.AccountId")),
            field("role", Type::Text),
            field("tags", Type::Map(Arc::new(Type::Text))),
        ],
    }))
}
