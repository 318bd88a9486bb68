//! `state:` in the header: which store, and its fields.

use super::Checker;
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::state_store::{STORES, Store, store};
use crate::language::syntax::ast::{Entry, Expr, ExprKind};
use crate::language::types::Type;

impl Checker<'_> {
    pub(super) fn state(&mut self, value: &Expr) {
        let ExprKind::Construct(node) = &value.kind else {
            self.report(
                Diagnostic::error("stack::state", "State is kept in a store", value.span, "not the name of a store")
                    .help("state: LocalState {}"),
            );
            return;
        };
        let name = node.name();
        let Some(store) = store(&name) else {
            let names = STORES.map(|store| store.name);
            let label = suggest::nearest(&name, names)
                .map_or_else(|| "not a store".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(
                Diagnostic::error("stack::state", format!("There is no store `{name}`"), value.span, label)
                    .help(format!("stores: {}", names.join(" "))),
            );
            return;
        };
        match &node.fields {
            Some(Expr { kind: ExprKind::Record(entries), span }) => {
                if store.fields.is_empty() && !entries.is_empty() {
                    self.report(Diagnostic::error(
                        "stack::state",
                        format!("`{name}` has no fields"),
                        *span,
                        format!("write {name} {{}}"),
                    ));
                    return;
                }
                entries.iter().for_each(|entry| self.store_field(store, entry, value));
                self.missing_fields(store, entries, value);
            }
            _ => self.missing_fields(store, &[], value),
        }
    }

    fn store_field(&mut self, store: &Store, entry: &Entry, value: &Expr) {
        let Entry::Field(key, field) = entry else {
            self.report(
                Diagnostic::error(
                    "stack::state",
                    "The fields of a store are written with their names",
                    value.span,
                    "one of these is not",
                )
                .help(store.example),
            );
            return;
        };
        let Some(known) = store.fields.iter().find(|known| known.name == key.text) else {
            let names: Vec<&str> = store.fields.iter().map(|field| field.name).collect();
            let label = suggest::nearest(&key.text, names.iter().copied())
                .map_or_else(|| "not a field of this store".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(
                Diagnostic::error(
                    "stack::state",
                    format!("`{}` has no field `{}`", store.name, key.text),
                    key.span,
                    label,
                )
                .help(format!("its fields: {}", names.join(" "))),
            );
            return;
        };
        let ty = if known.secret { Type::Text.secret() } else { Type::Text };
        self.check_value(field, &ty, known.name, key.span);
    }

    fn missing_fields(&mut self, store: &Store, entries: &[Entry], value: &Expr) {
        let has = |name: &str| entries.iter().any(|entry| matches!(entry, Entry::Field(key, _) if key.text == name));
        let missing: Vec<&str> =
            store.fields.iter().filter(|field| field.required && !has(field.name)).map(|field| field.name).collect();
        // A spread or a lone name was reported already.
        if missing.is_empty() || entries.iter().any(|entry| !matches!(entry, Entry::Field(..))) {
            return;
        }
        let words: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        self.report(
            Diagnostic::error(
                "stack::state",
                format!("`{}` does not say where the state is kept", store.name),
                value.span,
                format!("{} missing", words.join(", ")),
            )
            .help(store.example),
        );
    }
}
