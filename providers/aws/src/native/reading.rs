//! Reads of objects that a service gives one at a time.

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Observed};
use cairn_provider::request::{Interest, ReadSet, Readings};
use ecow::EcoString;

use super::together::together;

/// Reads each object of a type with calls of its own, all at the same time. What is `None` is left out, which says that
/// it is absent; what cannot be read is answered as unreadable.
pub async fn one_by_one<'a, F>(
    kind: &'static str,
    wanted: &'a ReadSet,
    read: impl Fn(&'a EcoString, &'a Interest) -> F,
) -> Readings
where
    F: Future<Output = Result<Option<Live>, ProviderError>>,
{
    let (ids, reads): (Vec<&EcoString>, Vec<_>) =
        wanted.get(kind).into_iter().flatten().map(|(id, interest)| (id, Box::pin(read(id, interest)))).unzip();
    drop(read);
    let mut readings = Readings::default();
    for (id, outcome) in ids.into_iter().zip(together(reads).await) {
        match outcome {
            Ok(Some(live)) => readings.answer(kind, id.clone(), Observed::Present(Box::new(live))),
            Ok(None) => {}
            Err(error) => readings.answer(kind, id.clone(), Observed::Unreadable(error)),
        }
    }
    readings
}

/// The identities of what was found, without what has none.
pub fn identities<T>(found: &[T], identity: impl Fn(&T) -> Option<&str>) -> Vec<EcoString> {
    found.iter().filter_map(identity).map(EcoString::from).collect()
}
