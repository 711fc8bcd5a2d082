//! Changes that several requests wait for at the same moment, written in one transaction: waiting for the disk costs more
//! than what is written. Nobody is told before theirs is there. A change that comes alone is written at once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use coffer_core::audit::AuditEvent;
use tokio::sync::oneshot;

use crate::{Again, Rotation, StoreError};

/// What is written in groups: what comes with a token that an application asks for, which comes most often.
#[derive(Default)]
pub struct Groups {
    /// Events that belong to no change.
    pub records: Group<AuditEvent, ()>,
    pub rotations: Group<Rotation, bool>,
    /// Releases that repeat earlier ones.
    pub releases: Group<Again, bool>,
}

impl std::fmt::Debug for Groups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

/// Told what came of one change.
pub type Told<R> = oneshot::Sender<Result<R, StoreError>>;

/// Changes of one kind. Whoever comes while a group is written is in the next.
pub struct Group<T, R>(Arc<Mutex<Queue<T, R>>>);

struct Queue<T, R> {
    waiting: VecDeque<(T, Told<R>)>,
    /// Whether a task takes what waits.
    writing: bool,
}

impl<T, R> Default for Group<T, R> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Queue { waiting: VecDeque::new(), writing: false })))
    }
}

impl<T: Send + 'static, R: Send + 'static> Group<T, R> {
    /// Has `change` written. `write` is given up to `most` changes and tells each of them; it goes on when the caller
    /// goes away, as others may be in the same group.
    pub async fn join<F>(
        &self,
        change: T,
        most: usize,
        write: impl Fn(Vec<(T, Told<R>)>) -> F + Send + 'static,
    ) -> Result<R, StoreError>
    where
        F: Future<Output = ()> + Send,
    {
        let (told, outcome) = oneshot::channel();
        let begins = {
            let mut queue = lock(&self.0);
            queue.waiting.push_back((change, told));
            !std::mem::replace(&mut queue.writing, true)
        };
        if begins {
            let mut writer = Writer { queue: Arc::clone(&self.0), done: false };
            tokio::spawn(async move {
                while let Some(group) = writer.next(most) {
                    write(group).await;
                }
            });
        }
        outcome.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// Takes what waits until there is nothing.
struct Writer<T, R> {
    queue: Arc<Mutex<Queue<T, R>>>,
    done: bool,
}

impl<T, R> Writer<T, R> {
    fn next(&mut self, most: usize) -> Option<Vec<(T, Told<R>)>> {
        let mut queue = lock(&self.queue);
        let count = queue.waiting.len().min(most);
        if count == 0 {
            queue.writing = false;
            self.done = true;
            return None;
        }
        Some(queue.waiting.drain(..count).collect())
    }
}

impl<T, R> Drop for Writer<T, R> {
    /// Where it did not come to its end, those who wait are told, and the next caller begins anew.
    fn drop(&mut self) {
        if !self.done {
            let mut queue = lock(&self.queue);
            queue.writing = false;
            queue.waiting.clear();
        }
    }
}

/// Tells each of a group what came of theirs.
pub fn tell_each<R>(told: Vec<Told<R>>, outcomes: Vec<R>) {
    for (told, outcome) in told.into_iter().zip(outcomes) {
        // A caller that went away does not need the answer.
        let _ = told.send(Ok(outcome));
    }
}

/// Tells all of a group the same.
pub fn tell<R: Clone>(told: Vec<Told<R>>, outcome: Result<R, StoreError>) {
    let outcome = outcome.map_err(|error| {
        tracing::error!(%error, changes = told.len(), "what was to be written together was not");
        Arc::new(error)
    });
    for told in told {
        // A caller that went away does not need the answer.
        let _ = told.send(outcome.clone().map_err(StoreError::Together));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    async fn double(group: Vec<(u32, Told<u32>)>) {
        tokio::task::yield_now().await;
        for (number, told) in group {
            let _ = told.send(if number == 13 {
                Err(StoreError::Conflict { what: "13" })
            } else {
                Ok(number * 2)
            });
        }
    }

    #[tokio::test]
    async fn everybody_is_told_their_own_outcome_of_a_few_writes() {
        let (groups, writes) = (Group::default(), Arc::new(AtomicUsize::new(0)));
        let all = join_all((0..300_u32).map(|number| {
            let writes = Arc::clone(&writes);
            groups.join(number, 64, move |group| {
                assert!(group.len() <= 64, "{}", group.len());
                writes.fetch_add(1, Ordering::SeqCst);
                double(group)
            })
        }));
        for (number, outcome) in (0..).zip(all.await) {
            match outcome {
                Ok(found) => assert_eq!(found, number * 2),
                Err(StoreError::Conflict { .. }) => assert_eq!(number, 13),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(writes.load(Ordering::SeqCst), 5);
        assert_eq!(groups.join(500, 64, double).await.unwrap(), 1000, "it begins anew");
    }

    #[tokio::test]
    async fn who_goes_away_takes_nobody_along() {
        let groups = Arc::new(Group::default());
        let first = tokio::spawn({
            let groups = Arc::clone(&groups);
            async move { groups.join(1, 64, double).await }
        });
        while !lock(&groups.0).writing {
            tokio::task::yield_now().await;
        }
        let second = groups.join(2, 64, double);
        first.abort();
        assert_eq!(second.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn a_writer_that_fails_leaves_nobody_waiting() {
        let groups = Group::<u32, u32>::default();
        let fails = |_: Vec<(u32, Told<u32>)>| async { panic!("a fault of the program's") };
        for outcome in join_all((0..3).map(|number| groups.join(number, 2, fails))).await {
            assert!(matches!(outcome, Err(StoreError::Stopped)), "{outcome:?}");
        }
        assert_eq!(groups.join(4, 2, double).await.unwrap(), 8);
    }
}
