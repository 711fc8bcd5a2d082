//! Fuzzing on stable Rust, within `cargo test`: inputs are made from a corpus of good and bad examples by
//! mutation, for a bounded time. A parser that panics leaves the input behind, in the corpus, so that it is tried
//! first from then on.
//!
//! Coverage-guided engines need a nightly compiler; the corpus has their form (one file for each input), so they
//! can be pointed at it.

mod mutate;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mutate::Mutator;

/// Milliseconds for each target: short where everything is tested, a minute in `cargo xtask test fuzz`.
pub const MILLISECONDS: &str = "COFFER_FUZZ_MILLISECONDS";
/// Where the sequence of inputs begins; printed with a failure. Another one each time unless it is set.
pub const SEED: &str = "COFFER_FUZZ_SEED";

const SHORT: Duration = Duration::from_millis(300);

/// The inputs of one target: all of its corpus, then mutations for as long as there is time.
#[derive(Debug)]
pub struct Inputs {
    folder: PathBuf,
    corpus: Vec<Vec<u8>>,
    mutator: Mutator,
    seed: u64,
    tried: usize,
    current: Vec<u8>,
    ends: Instant,
}

impl Inputs {
    /// Of the target whose corpus is in `folder`.
    ///
    /// # Panics
    /// Without a corpus there is nothing to begin with.
    #[allow(clippy::panic, reason = "for tests alone")]
    pub fn of(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref().to_owned();
        let mut files: Vec<PathBuf> =
            fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        let corpus: Vec<Vec<u8>> = files.iter().filter_map(|path| fs::read(path).ok()).collect();
        if corpus.is_empty() {
            panic!("there is no corpus in {}", folder.display());
        }
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = number(SEED).unwrap_or_else(|| std::process::id().into());
        let time = number(MILLISECONDS).map_or(SHORT, Duration::from_millis);
        let (mutator, ends) = (Mutator::new(seed), Instant::now() + time);
        Self { folder, corpus, mutator, seed, tried: 0, current: Vec::new(), ends }
    }

    /// The next input, until the time is up.
    pub fn bytes(&mut self) -> Option<&[u8]> {
        let replayed = self.corpus.get(self.tried).cloned();
        if replayed.is_none() && Instant::now() >= self.ends {
            return None;
        }
        self.current = replayed.unwrap_or_else(|| self.mutator.mutated(&self.corpus));
        self.tried += 1;
        Some(&self.current)
    }

    /// The same as text, whatever is no UTF-8 in it replaced.
    pub fn text(&mut self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// How many inputs were tried.
    pub fn tried(&self) -> usize {
        self.tried
    }
}

/// The test panicked: the input is kept.
#[allow(clippy::print_stderr, reason = "said beside the panic's own message")]
impl Drop for Inputs {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let name = self.current.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let path = self.folder.join(format!("failed-{name:016x}"));
        let kept = fs::write(&path, &self.current).is_ok();
        let place = if kept { path.display().to_string() } else { format!("{:?}", self.current) };
        eprintln!("input {} (with {SEED}={}) failed; it is in {place}", self.tried, self.seed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("coffer-fuzz-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("one"), "{\"a\": 1}").unwrap();
        fs::write(folder.join("two"), "grant_type=x&code=y").unwrap();
        folder
    }

    #[test]
    fn the_corpus_comes_first_and_the_time_is_kept() {
        let folder = folder("first");
        let started = Instant::now();
        let mut inputs = Inputs::of(&folder);
        assert_eq!(inputs.bytes(), Some(&b"{\"a\": 1}"[..]));
        assert_eq!(inputs.text().as_deref(), Some("grant_type=x&code=y"));
        let mut others = std::collections::HashSet::new();
        while let Some(input) = inputs.bytes() {
            others.insert(input.to_vec());
        }
        assert!(others.len() > 100, "{}", others.len());
        assert!(std::env::var_os(MILLISECONDS).is_some() || started.elapsed() < Duration::from_secs(5));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_input_that_fails_is_kept() {
        let folder = folder("kept");
        let in_test = folder.clone();
        let outcome = std::thread::spawn(move || {
            let mut inputs = Inputs::of(in_test);
            inputs.bytes();
            inputs.bytes();
            panic!("the parser under test");
        });
        assert!(outcome.join().is_err());
        let mut again = Inputs::of(&folder);
        assert_eq!(again.bytes(), Some(&b"grant_type=x&code=y"[..]), "failed inputs are tried first");
        fs::remove_dir_all(folder).unwrap();
    }
}
