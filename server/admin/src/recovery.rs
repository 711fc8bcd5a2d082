//! Recovery codes: what takes a second factor's place once, for who has lost theirs.

use coffer_contract::second_factor::{RECOVERY_CODES, RecoveryCodes};
use coffer_core::{Rng, ids::AdministratorId, rng::text_of};
use coffer_crypto::{Secret, TokenHash};

/// Letters and digits that are hard to confuse (Crockford's base32), five bits each.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 80 bits: nobody guesses them, and nobody who has the hashes tries them all.
const LENGTH: usize = 16;
/// They are written in groups of so many.
const GROUP: usize = 4;

/// New codes, and what is kept of them.
pub(crate) fn generate(rng: &dyn Rng, administrator: &AdministratorId) -> (RecoveryCodes, Vec<TokenHash>) {
    let plain: Vec<String> = (0..RECOVERY_CODES).map(|_| text_of(rng, ALPHABET, LENGTH)).collect();
    let hashes = plain.iter().map(|code| hash(administrator, code)).collect();
    let codes = plain.iter().map(|code| grouped(code)).collect();
    (RecoveryCodes { codes }, hashes)
}

/// What is kept of the code that somebody typed; `None` when it cannot be one.
pub(crate) fn typed(administrator: &AdministratorId, text: &Secret) -> Option<TokenHash> {
    let mut code = String::with_capacity(LENGTH);
    let separates = |letter: &char| letter.is_whitespace() || *letter == '-';
    for letter in text.reveal().chars().filter(|letter| !separates(letter)) {
        code.push(match letter.to_ascii_lowercase() {
            'i' | 'l' => '1',
            'o' => '0',
            letter if letter.is_ascii() && ALPHABET.contains(&(letter as u8)) => letter,
            _ => return None,
        });
    }
    (code.len() == LENGTH).then(|| hash(administrator, &code))
}

/// A code is one administrator's: found among others' hashes it is worth nothing.
fn hash(administrator: &AdministratorId, code: &str) -> TokenHash {
    TokenHash::of(&format!("recovery code of {administrator}: {code}"))
}

fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(LENGTH + LENGTH / GROUP);
    for (at, letter) in code.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use coffer_core::SystemRng;

    use super::*;

    #[test]
    fn codes_are_found_however_they_are_typed() {
        let ada = AdministratorId::from_text("adm_ada");
        let (codes, hashes) = generate(&SystemRng, &ada);
        assert_eq!(codes.codes.len(), RECOVERY_CODES);
        let (code, hash) = (&codes.codes[0], hashes[0]);
        assert_eq!(code.len(), 19, "{code}");
        let spaced = format!(" {} ", code.replace('-', " "));
        for text in [code.clone(), code.to_uppercase(), code.replace('-', ""), spaced] {
            assert_eq!(typed(&ada, &Secret::new(text)), Some(hash));
        }
        let sloppy = code.replace('0', "O").replace('1', "l");
        assert_eq!(typed(&ada, &Secret::new(sloppy)), Some(hash));
        assert_ne!(typed(&AdministratorId::from_text("adm_eve"), &Secret::new(code)), Some(hash));
        for text in ["", "123456", "uuuu-uuuu-uuuu-uuuu", "äääääääääääääääää", &code[1..]] {
            assert_eq!(typed(&ada, &Secret::new(text)), None, "{text}");
        }
        assert!(!format!("{codes:?}").contains(code.as_str()));
    }
}
