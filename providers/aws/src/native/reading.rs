//! Reads of objects that a service gives one at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use cairn_provider::error::ProviderError;
use cairn_provider::object::{Live, Observed};
use cairn_provider::request::{Interest, ReadSet, Readings};
use ecow::EcoString;

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
    let (ids, reads): (Vec<&EcoString>, Vec<F>) =
        wanted.get(kind).into_iter().flatten().map(|(id, interest)| (id, read(id, interest))).unzip();
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

/// What several futures give, in their order. How many calls are under way at once is for the session's lanes to say.
pub async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<(Pin<Box<F>>, Option<F::Output>)> =
        futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *output = Some(value),
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use super::together;

    #[tokio::test]
    async fn answers_come_in_the_order_of_the_questions() {
        let slow = |number: u64| async move {
            tokio::time::sleep(std::time::Duration::from_millis(30 - 10 * number)).await;
            number
        };
        assert_eq!(together(vec![slow(1), slow(2), slow(3)]).await, [1, 2, 3]);
        assert!(together(Vec::<std::future::Ready<()>>::new()).await.is_empty());
    }
}
