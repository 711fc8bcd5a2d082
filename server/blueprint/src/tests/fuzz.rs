//! Fuzz target: files of configuration as code. The corpus is in `corpus` (server/fuzz).

use coffer_fuzz::Inputs;

use super::Place;
use crate::read;

/// Whatever stands in a file, it is read or refused with lines, and planning it changes nothing.
#[tokio::test]
async fn blueprints() {
    let place = Place::new().await;
    let mut inputs = Inputs::of(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    while let Some(text) = inputs.text() {
        match read::read(&text) {
            Err(problems) => assert!(!problems.is_empty()),
            // One in ten is planned as well: that takes a transaction.
            Ok(_) if inputs.tried().is_multiple_of(10) => drop(place.draft(&text).await),
            Ok(_) => {}
        }
    }
}
