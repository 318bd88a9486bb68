//! Actions of AWS: what is run, and nothing that is made and stays.

pub mod lambda_invoke;

use cairn_provider::declaration::ActionDeclaration;

/// All of them.
pub fn action_declarations() -> impl Iterator<Item = &'static ActionDeclaration> {
    [&lambda_invoke::ACTION].into_iter()
}

/// What is declared of an action, by its name in the language.
pub fn action_declaration(kind: &str) -> Option<&'static ActionDeclaration> {
    action_declarations().find(|declared| declared.name == kind)
}
