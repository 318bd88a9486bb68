//! `protected` in the header of a stack: the environments in which what holds data is protected without being asked.

use super::Checker;
use crate::diagnostic::{Diagnostic, suggest};
use crate::language::program::known_texts;
use crate::language::syntax::ast::{Expr, ExprKind};

impl Checker<'_> {
    pub(super) fn protected_environments(&mut self, value: &Expr) {
        let environments = self.program.environments_of(self.unit).map(|(names, _)| names);
        let Some(environments) = environments else {
            if !matches!(&value.kind, ExprKind::Name(name) if name == "true" || name == "false") {
                let head = "This stack has no environments to choose from";
                let report = Diagnostic::error("stack::protected", head, value.span, "neither true nor false");
                self.report(report.help("protected: true        for all of it"));
            }
            return;
        };
        let example = format!("protected: [\"{}\"]", environments.last().map_or("production", |name| name.as_str()));
        let Some(listed) = known_texts(value) else {
            let head = "Protected environments are listed as texts";
            let report = Diagnostic::error("stack::protected", head, value.span, "not a list of texts");
            self.report(report.help(example));
            return;
        };
        let names = || environments.iter().map(ecow::EcoString::as_str);
        for (text, span) in listed.iter().filter(|(text, _)| !environments.contains(text)) {
            let label = suggest::nearest(text, names())
                .map_or_else(|| "not one of them".to_owned(), |near| format!("did you mean `{near}`?"));
            let head = format!("There is no environment `{text}`");
            let listed = names().collect::<Vec<_>>().join(", ");
            self.report(
                Diagnostic::error("stack::protected", head, *span, label).help(format!("environments: {listed}")),
            );
        }
    }
}
