//! Changes that parsers trip over: bits, numbers at the edge, text cut, doubled, nested and mixed with another's.

/// Pieces that mean something to one parser or another.
const PIECES: [&[u8]; 40] = [
    b"\0",
    b"%00",
    b"%",
    b"%ff",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"&",
    b"&&",
    b"=",
    b"==",
    b"?",
    b"#",
    b"..",
    b"/../",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"1.7976931348623157e309",
    b".",
    b",",
    b":",
    b"\r\n",
    b"'",
    b"\"\"\"",
    b"[[",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x92\xa9",
];
/// Longest input that is made, in bytes.
const LONGEST: usize = 64 * 1024;

/// Makes inputs from others.
#[derive(Debug)]
pub(crate) struct Mutator(u64);

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// xorshift64*: good enough to choose with, and the same everywhere.
    fn random(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Less than `bound`, or 0.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.random() % bound).unwrap_or(0)
    }

    /// One of the corpus, changed one to eight times.
    pub(crate) fn mutated(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.one_of(corpus);
        for _ in 0..=self.below(8) {
            self.change(&mut input, corpus);
        }
        input.truncate(LONGEST);
        input
    }

    fn one_of(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let index = self.below(corpus.len());
        corpus.get(index).cloned().unwrap_or_default()
    }

    /// A stretch of `length`, most often a short one.
    fn stretch(&mut self, length: usize) -> (usize, usize) {
        let begin = self.below(length + 1);
        let longest = if self.below(4) == 0 { length } else { 16 };
        (begin, (begin + self.below(longest + 1)).min(length))
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let (begin, end) = self.stretch(input.len());
        match self.below(9) {
            0 => {
                let bit = self.below(8);
                if let Some(byte) = input.get_mut(begin) {
                    *byte ^= 1 << bit;
                }
            }
            1 => {
                let value = self.random().to_le_bytes()[0];
                if let Some(byte) = input.get_mut(begin) {
                    *byte = value;
                }
            }
            2 | 3 => {
                let piece = PIECES[self.below(PIECES.len())];
                let end = if self.below(2) == 0 { begin } else { end };
                input.splice(begin..end, piece.iter().copied());
            }
            4 => drop(input.drain(begin..end)),
            5 => {
                let copy = input[begin..end].to_vec();
                let at = self.below(input.len() + 1);
                input.splice(at..at, copy);
            }
            6 => {
                let other = self.one_of(corpus);
                let (from, to) = self.stretch(other.len());
                input.splice(begin..end, other[from..to].iter().copied());
            }
            7 => input.truncate(begin),
            _ => {
                // Nesting without end is what recursive parsers fear.
                let times = 1 << self.below(13);
                let piece: &[u8] = [&b"["[..], b"{\"a\":", b"(", b"a.", b"!", b"a=b&"][self.below(6)];
                input.splice(begin..end, piece.repeat(times));
            }
        }
    }
}
