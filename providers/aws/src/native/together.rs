//! Many calls at the same time, within one task.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// A call on its way.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

enum Slot<'a, T> {
    Waiting(Call<'a, T>),
    Answered(T),
}

/// Waits for all calls; the answers come in their order. How many go out at a time is for the session's lanes to say.
pub async fn together<T>(calls: impl IntoIterator<Item = Call<'_, T>>) -> Vec<T> {
    let mut slots: Vec<Slot<'_, T>> = calls.into_iter().map(Slot::Waiting).collect();
    poll_fn(|context| {
        let mut all = Poll::Ready(());
        for slot in &mut slots {
            if let Slot::Waiting(call) = slot {
                match call.as_mut().poll(context) {
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
