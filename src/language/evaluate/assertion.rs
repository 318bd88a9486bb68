//! Assertions: checked as early as their operands are known.

use cairn_provider::value::Value;

use super::{Evaluator, Place};
use crate::diagnostic::Diagnostic;
use crate::language::syntax::ast::ItemKind;
use crate::model::desired::DesiredAssertion;

impl Evaluator<'_> {
    /// Checks the assertions of all scopes; gives those that must wait.
    pub(super) fn assertions(&mut self) -> Vec<DesiredAssertion> {
        let program = self.program;
        let mut waiting = Vec::new();
        let mut scope = 0;
        // Checking may add scopes of libraries, which have no assertions.
        while scope < self.scopes.len() {
            let unit = self.unit_of(scope);
            for &id in &program.unit(unit).items {
                let ItemKind::Assert(node) = &program.item(id).kind else { continue };
                if self.typed.failed.contains(&id) {
                    continue;
                }
                let place = Place::of(scope);
                let condition = self.expression(&node.condition, &place);
                match condition.known() {
                    Some(Value::Bool(false)) => {
                        let message = self.expression(&node.message, &place).known_text().unwrap_or_default();
                        let message = if message.is_empty() { "An assertion does not hold".into() } else { message };
                        let written = self.program.sources.text(node.condition.span).to_owned();
                        self.report(
                            Diagnostic::error(
                                "assert::failed",
                                message.as_str(),
                                node.condition.span,
                                "this does not hold",
                            )
                            .help(format!("the stack asserts: {written}")),
                        );
                    }
                    Some(_) => {}
                    None => {
                        let message = self.expression(&node.message, &place);
                        if let (Some(condition), Some(message)) = (condition.residual(), message.residual()) {
                            waiting.push(DesiredAssertion { condition, message, span: node.condition.span });
                        }
                    }
                }
            }
            scope += 1;
        }
        waiting
    }
}
