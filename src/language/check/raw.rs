//! Properties that are newer than the catalogue: any data, under the names of the vendor.

use std::sync::Arc;

use cairn_provider::naming;
use cairn_provider::schema::TypeSchema;

use super::record::Given;
use super::{Checker, Want};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::{Entry, Expr, ExprKind, TextPart};
use crate::language::types::Type;

impl Checker<'_> {
    /// `raw: { NewProperty: … }` of a resource.
    pub(super) fn raw(&mut self, schema: &Arc<TypeSchema>, given: &Given<'_>) {
        let Some(value) = given.value else {
            let name = Expr { span: given.span, kind: ExprKind::Name(given.name.clone()) };
            return self.check(&name, &Want::of(&Type::Map(Arc::new(Type::Json))));
        };
        self.check(value, &Want::of(&Type::Map(Arc::new(Type::Json))));
        let ExprKind::Record(entries) = &value.kind else { return };
        for entry in entries {
            let Entry::Field(key, _) = entry else { continue };
            // What the catalogue knows has a type, and a difference in it is seen.
            let known =
                schema.root().fields.iter().find(|(name, field)| field.vendor == key.text || **name == key.text);
            if let Some((name, field)) = known {
                let help = if field.writable() {
                    format!("beside `raw`: {name}: …")
                } else {
                    "remove it: it can only be read".to_owned()
                };
                self.report(
                    Diagnostic::error(
                        "raw::known",
                        format!("`{}` is no new property", key.text),
                        key.span,
                        format!("the catalogue knows it as `{name}`"),
                    )
                    .help(help),
                );
            }
        }
    }

    /// `aws.Unlisted` of a type that has a name of its own.
    pub(super) fn unlisted(&mut self, given: &[Given<'_>]) {
        let Some(value) = given.iter().find(|field| field.name == "type_name").and_then(|field| field.value) else {
            return;
        };
        let ExprKind::Text(text) = &value.kind else { return };
        let [TextPart::Known(vendor)] = text.parts.as_slice() else { return };
        let Some(name) = naming::aws_type(vendor).filter(|name| self.program.catalogue.contains(name)) else { return };
        self.report(
            Diagnostic::error(
                "raw::known",
                format!("`{vendor}` is no new type"),
                value.span,
                format!("the catalogue knows it as `{name}`"),
            )
            .help(format!("resource … = {name} {{ … }}")),
        );
    }
}
