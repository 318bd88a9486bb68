//! Many calls at the same time, within one task.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// A call on its way, whatever it is.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

enum Slot<F: Future> {
    Waiting(F),
    Answered(F::Output),
}

/// Waits for all calls; the answers come in their order. How many go out at a time is for the session's lanes to say.
pub async fn together<F: Future<Output: Unpin> + Unpin>(calls: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut slots: Vec<Slot<F>> = calls.into_iter().map(Slot::Waiting).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for slot in &mut slots {
            if let Slot::Waiting(call) = slot {
                match Pin::new(call).poll(context) {
                    Poll::Ready(answer) => *slot = Slot::Answered(answer),
                    Poll::Pending => all = Poll::Pending,
                }
            }
        }
        all
    })
    .await;
    let answers = slots.into_iter().filter_map(|slot| match slot {
        Slot::Answered(answer) => Some(answer),
        Slot::Waiting(_) => None,
    });
    answers.collect()
}

#[cfg(test)]
mod tests {
    use super::{Call, together};
    use std::time::Duration;

    #[test]
    fn answers_come_in_the_order_of_the_calls() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let calls = [30, 1, 10].map(|milliseconds| -> Call<'static, u64> {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                milliseconds
            })
        });
        assert_eq!(runtime.block_on(together(calls)), [30, 1, 10]);
        assert!(runtime.block_on(together::<Call<'static, u64>>([])).is_empty());
    }
}
