//! Everything about a person follows from the account's name.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::Provider;

/// A person at a provider.
pub(crate) struct Person<'a> {
    provider: Provider,
    account: &'a str,
}

/// The account that was typed: a name, or an e-mail address of which the first half counts.
/// Nothing where it is no name of letters, digits, dots, dashes and underscores.
pub(crate) fn account(typed: &str) -> Option<String> {
    let name = typed.trim().split('@').next().unwrap_or("").to_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!name.is_empty() && name.len() <= 64 && name.chars().all(fits)).then_some(name)
}

impl<'a> Person<'a> {
    pub(crate) fn new(provider: Provider, account: &'a str) -> Self {
        Self { provider, account }
    }

    fn words(&self) -> Vec<String> {
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        };
        self.account.split(['.', '-', '_']).filter_map(capital).collect()
    }

    /// `ada.lovelace` is Ada Lovelace.
    pub(crate) fn name(&self) -> String {
        let words = self.words();
        if words.is_empty() { self.account.to_owned() } else { words.join(" ") }
    }

    pub(crate) fn given_name(&self) -> Option<String> {
        self.words().into_iter().next()
    }

    pub(crate) fn family_name(&self) -> Option<String> {
        let words = self.words();
        (words.len() > 1).then(|| words[1..].join(" "))
    }

    pub(crate) fn email(&self) -> String {
        format!("{}@{}.example", self.account, self.provider.label())
    }

    /// An address that nothing is fetched from here.
    pub(crate) fn picture(&self) -> String {
        format!("https://{}.example/pictures/{}.png", self.provider.label(), self.account)
    }

    fn digest(&self, of: &str) -> [u8; 32] {
        Sha256::digest(format!("{}\n{}\n{of}", self.provider.host(), self.account)).into()
    }

    /// A number that stays the same, of at least nine digits and exact as a JSON number everywhere.
    pub(crate) fn number(&self) -> u64 {
        let bytes = self.digest("number");
        100_000_000 + bytes.iter().take(5).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }

    /// A code of upper-case hexadecimal digits, as Slack's identifiers are.
    pub(crate) fn code(&self, prefix: &str) -> String {
        self.digest("code").iter().take(5).fold(prefix.to_owned(), |code, byte| format!("{code}{byte:02X}"))
    }

    /// An identifier in the form of a UUID, as Microsoft's are.
    pub(crate) fn uuid(&self) -> String {
        uuid(&self.digest("uuid"))
    }

    /// An identifier that another client does not know.
    pub(crate) fn pairwise(&self, client_id: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.digest(client_id))
    }
}

/// The first half of `bytes` in the form of a UUID of version 4.
pub(crate) fn uuid(bytes: &[u8; 32]) -> String {
    let mut half: [u8; 16] = std::array::from_fn(|i| bytes[i]);
    half[6] = half[6] & 0x0f | 0x40;
    half[8] = half[8] & 0x3f | 0x80;
    let hex = half.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_the_same_at_one_provider_and_another_at_the_next() {
        let ada = Person::new(Provider::GitHub, "ada.lovelace");
        assert_eq!((ada.name(), ada.email()), ("Ada Lovelace".into(), "ada.lovelace@github.example".into()));
        assert_eq!(ada.number(), Person::new(Provider::GitHub, "ada.lovelace").number());
        assert_ne!(ada.number(), Person::new(Provider::Box, "ada.lovelace").number());
        assert!(ada.number() < 1 << 53);
        assert_eq!(ada.uuid().len(), 36);
        assert_eq!(ada.family_name().as_deref(), Some("Lovelace"));
    }

    #[test]
    fn accounts_are_names_or_addresses() {
        assert_eq!(account(" Ada@google.example ").as_deref(), Some("ada"));
        assert_eq!(account("<b>"), None);
        assert_eq!(account("@"), None);
    }
}
