//! Complaining once about what lasts.

use std::fmt::Display;

/// What was complained about last, and is not over.
#[derive(Default)]
pub struct Complaint(Option<String>);

impl Complaint {
    /// Whether the error is another one than last time, and to be told.
    pub fn is_new(&mut self, error: &impl Display) -> bool {
        let text = error.to_string();
        let new = self.0.as_ref() != Some(&text);
        self.0 = Some(text);
        new
    }

    /// It is over. Whether there was one.
    pub fn end(&mut self) -> bool {
        self.0.take().is_some()
    }
}
