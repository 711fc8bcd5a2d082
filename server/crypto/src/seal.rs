//! Envelope encryption of one database value.
//!
//! Layout of a sealed value: version (1 byte, `1`), length of the key id (1 byte), key id, nonce
//! (12 bytes) and wrapped data key (32 + 16 bytes), nonce (12 bytes) and ciphertext (n + 16 bytes).
//! Both layers are AES-256-GCM-SIV (RFC 8452). The associated data of both name table, row and
//! column, so a value that was moved does not open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use coffer_core::Rng;
use thiserror::Error;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY_LEN: usize = 32;
const TAG_LEN: usize = 16;
const WRAPPED_LEN: usize = KEY_LEN + TAG_LEN;

/// An encrypted value, as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// One that was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Id of the key-encryption key that it was sealed with.
    pub fn key_id(&self) -> Result<String, OpenError> {
        Ok(Parts::of(&self.0)?.key_id.to_owned())
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sealed]")
    }
}

/// Where a sealed value stands: part of what is authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Table.
    pub table: &'a str,
    /// Primary key of the row.
    pub row: &'a str,
    /// Column.
    pub column: &'a str,
}

impl Context<'_> {
    /// Associated data; lengths first, so that no two contexts read the same.
    fn bytes(&self, layer: &str, key_id: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        for part in ["coffer", layer, key_id, self.table, self.row, self.column] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// Why a sealed value did not open.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is not a sealed value, or was cut short.
    #[error("the stored value is not in the sealed format")]
    Malformed,
    /// The key it was sealed with is not among those there are.
    #[error("the stored value was sealed with key “{0}”, which this server does not have")]
    UnknownKey(String),
    /// It was changed, or moved from another row or column.
    #[error("the stored value was changed or moved, or another key has the id of its own")]
    Rejected,
}

struct Parts<'a> {
    key_id: &'a str,
    key_nonce: [u8; NONCE_LEN],
    wrapped: &'a [u8],
    data_nonce: [u8; NONCE_LEN],
    data: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, OpenError> {
        Self::split(bytes).ok_or(OpenError::Malformed)
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (&id_len, rest) = rest.split_first()?;
        if version != VERSION {
            return None;
        }
        let (id, rest) = rest.split_at_checked(usize::from(id_len))?;
        let (key_nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        let (wrapped, rest) = rest.split_at_checked(WRAPPED_LEN)?;
        let (data_nonce, data) = rest.split_first_chunk::<NONCE_LEN>()?;
        Some(Self {
            key_id: std::str::from_utf8(id).ok()?,
            key_nonce: *key_nonce,
            wrapped,
            data_nonce: *data_nonce,
            data,
        })
    }
}

fn key(bytes: &[u8]) -> Result<LessSafeKey, OpenError> {
    UnboundKey::new(&AES_256_GCM_SIV, bytes).map(LessSafeKey::new).map_err(|_| OpenError::Malformed)
}

fn encrypt(key_bytes: &[u8], nonce: [u8; NONCE_LEN], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut buffer = plain.to_vec();
    key(key_bytes)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut buffer)
        .map_err(|_| OpenError::Rejected)?;
    Ok(buffer)
}

fn decrypt(
    key_bytes: &[u8],
    nonce: [u8; NONCE_LEN],
    aad: &[u8],
    cipher: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let mut buffer = Zeroizing::new(cipher.to_vec());
    let length = key(key_bytes)?
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut buffer)
        .map_err(|_| OpenError::Rejected)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

/// Seals under the key-encryption key `kek`, with a data key of its own.
pub(crate) fn seal(
    rng: &dyn Rng,
    key_id: &str,
    kek: &[u8; KEY_LEN],
    context: Context<'_>,
    plain: &[u8],
) -> Sealed {
    let mut data_key = Zeroizing::new([0u8; KEY_LEN]);
    let (mut key_nonce, mut data_nonce) = ([0u8; NONCE_LEN], [0u8; NONCE_LEN]);
    rng.fill(data_key.as_mut());
    rng.fill(&mut key_nonce);
    rng.fill(&mut data_nonce);
    let sealed = (|| {
        let wrapped = encrypt(kek, key_nonce, &context.bytes("key", key_id), data_key.as_ref())?;
        let data = encrypt(data_key.as_ref(), data_nonce, &context.bytes("data", key_id), plain)?;
        let mut bytes = vec![VERSION, u8::try_from(key_id.len()).map_err(|_| OpenError::Malformed)?];
        bytes.extend_from_slice(key_id.as_bytes());
        bytes.extend_from_slice(&key_nonce);
        bytes.extend_from_slice(&wrapped);
        bytes.extend_from_slice(&data_nonce);
        bytes.extend_from_slice(&data);
        Ok::<_, OpenError>(bytes)
    })();
    #[expect(
        clippy::expect_used,
        reason = "the key file refuses ids over 64 bytes; keys have their exact length"
    )]
    Sealed(sealed.expect("a key of 32 bytes and a short id always seal"))
}

/// Opens with the key-encryption key that `find` gives for the value's key id.
pub(crate) fn open<'k>(
    find: impl FnOnce(&str) -> Option<&'k [u8; KEY_LEN]>,
    context: Context<'_>,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let parts = Parts::of(&sealed.0)?;
    let kek = find(parts.key_id).ok_or_else(|| OpenError::UnknownKey(parts.key_id.to_owned()))?;
    let data_key = decrypt(kek, parts.key_nonce, &context.bytes("key", parts.key_id), parts.wrapped)?;
    decrypt(&data_key, parts.data_nonce, &context.bytes("data", parts.key_id), parts.data)
}
