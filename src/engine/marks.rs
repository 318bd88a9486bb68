//! The marks that say whose an object is, put on objects that exist and taken off again.

use cairn_provider::error::ProviderError;
use cairn_provider::object::Ownership;
use cairn_provider::provider::Provider;
use cairn_provider::request::{Target, Update};
use cairn_provider::schema::{Shape, TypeSchema};
use cairn_provider::value::Map;
use ecow::EcoString;

use super::call::Patience;
use super::lease::Lease;
use super::step::StepError;

/// Whether the marks of a type's objects can be changed once they exist.
pub fn can_change(schema: &TypeSchema) -> bool {
    let tags = schema.tags.as_ref().and_then(|tags| schema.field(tags));
    tags.is_some_and(|field| matches!(field.shape, Shape::Keyed { .. }) && field.unsupported.is_none())
}

/// An object whose marks change.
pub struct Marked<'a> {
    /// Where it lives.
    pub target: &'a Target,
    /// Its type.
    pub schema: &'a TypeSchema,
    /// Its identity.
    pub id: &'a EcoString,
    /// What was observed of it, its tags among it.
    pub observed: &'a Map,
}

/// Changes the marks, where the type's objects have any. It says what shall be, so it may be sent again.
///
/// # Errors
/// The cloud refused, or the state is somebody else's now.
pub async fn change(
    provider: &dyn Provider,
    lease: &Lease<'_>,
    object: &Marked<'_>,
    owners: (Option<&Ownership>, Option<&Ownership>),
    token: EcoString,
    patience: &Patience,
    waiting: impl FnMut(&ProviderError),
) -> Result<(), StepError> {
    if !can_change(object.schema) {
        return Ok(());
    }
    let update = Update::of_marks(object.schema, object.id.clone(), object.observed, owners, token);
    let Some(update) = update else { return Ok(()) };
    lease.insistently(patience, || provider.update(object.target, &update), waiting).await.map(|_| ())
}
