//! One try of a connection after another: the window, and asking the server what came of it.

use std::time::Duration;

use coffer_contract::{
    ApiError,
    connection::{TryResult, TryStart},
};
use leptos::{leptos_dom::helpers::IntervalHandle, prelude::*, task::spawn_local};

use crate::{
    browser::Window,
    server_fns::{
        Failure,
        connection::{begin_try, result_of_try},
    },
    ui::Errors,
};

/// Between two questions.
const EVERY: Duration = Duration::from_millis(1500);
/// Questions in the 15 minutes that the server keeps a try.
const MOST: u32 = 15 * 60 * 1000 / 1500;

/// How far a try is.
#[derive(Clone, PartialEq)]
pub(super) enum Stage {
    /// Nothing is under way.
    Idle,
    /// The window is open.
    Waiting(TryStart),
    /// The result is there.
    Done(TryResult),
}

/// The try that is under way. Its parts may be gone when an answer comes late, so each is only tried.
#[derive(Clone, Copy)]
pub(super) struct Try {
    connection: StoredValue<String>,
    pub stage: RwSignal<Stage>,
    /// Whether the server is asked to begin.
    pub beginning: RwSignal<bool>,
    pub errors: Errors,
    timer: StoredValue<Option<IntervalHandle>>,
    /// Questions so far, and whether one is not answered yet.
    asked: StoredValue<u32>,
    asking: StoredValue<bool>,
}

impl Try {
    pub fn new(connection: String) -> Self {
        let new = Self {
            connection: StoredValue::new(connection),
            stage: RwSignal::new(Stage::Idle),
            beginning: RwSignal::new(false),
            errors: Errors::new(),
            timer: StoredValue::new(None),
            asked: StoredValue::new(0),
            asking: StoredValue::new(false),
        };
        on_cleanup(move || new.rest());
        new
    }

    /// Runs in the click: a window that opened later would be a pop-up to the browser.
    pub fn begin(self) {
        if self.beginning.get_untracked() {
            return;
        }
        self.rest();
        self.beginning.set(true);
        self.errors.clear();
        let window = Window::open();
        spawn_local(async move {
            match begin_try(self.connection.get_value()).await {
                Ok(start) => {
                    if let Some(window) = &window {
                        window.go(&start.url);
                    }
                    self.wait(start);
                }
                Err(failure) => {
                    if let Some(window) = window {
                        window.close();
                    }
                    self.errors.show(failure);
                }
            }
            _ = self.beginning.try_set(false);
        });
    }

    fn wait(self, start: TryStart) {
        let handle = start.handle.clone();
        if self.stage.try_set(Stage::Waiting(start)).is_some() {
            return;
        }
        self.asked.set_value(0);
        let ask = move || {
            if !self.asking.get_value() {
                self.asking.set_value(true);
                spawn_local(self.ask(handle.clone()));
            }
        };
        self.timer.set_value(set_interval_with_handle(ask, EVERY).ok());
    }

    async fn ask(self, handle: String) {
        let answer = result_of_try(self.connection.get_value(), handle.clone()).await;
        _ = self.asking.try_update_value(|asking| *asking = false);
        // Another try may have begun, or this one may be cancelled.
        let mine = |stage: &Stage| matches!(stage, Stage::Waiting(start) if start.handle == handle);
        if self.stage.try_with_untracked(mine) == Some(true) {
            self.answered(answer);
        }
    }

    fn answered(self, answer: Result<TryResult, Failure>) {
        self.asked.update_value(|count| *count += 1);
        let late = self.asked.get_value() >= MOST;
        match answer {
            Ok(TryResult::Waiting) if !late => {}
            Err(failure) if failure.0 == ApiError::Unauthenticated => {
                self.rest();
                self.errors.show(failure);
            }
            Ok(TryResult::Waiting) | Err(Failure(ApiError::NotFound { .. })) => self.done(nobody_came()),
            // The network may come back.
            Err(_) if !late => {}
            Err(_) => self.done(nobody_came()),
            Ok(result) => self.done(result),
        }
    }

    fn done(self, result: TryResult) {
        self.rest();
        self.stage.set(Stage::Done(result));
    }

    pub fn cancel(self) {
        self.rest();
        self.stage.set(Stage::Idle);
    }

    /// Stops asking.
    fn rest(self) {
        if let Some(Some(timer)) = self.timer.try_update_value(Option::take) {
            timer.clear();
        }
    }
}

fn nobody_came() -> TryResult {
    TryResult::Failed {
        error: "Nobody came back from the provider within 15 minutes.".to_owned(),
        advice: "Try again. If the provider showed an error of its own, do what it says.".to_owned(),
    }
}
