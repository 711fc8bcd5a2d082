//! What is wrong with a database that is not there to be asked: no fault of the program's, and it may pass.

use std::fmt;

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// Why the database cannot do its work just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room left to write.
    Full,
    /// It may not be written.
    ReadOnly,
    /// Somebody else holds it for too long.
    Locked,
    /// It cannot be reached, read or written.
    Unreachable,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the disk of the database is full",
            Self::ReadOnly => "the database is read-only",
            Self::Locked => "another process holds the database",
            Self::Unreachable => "the database does not answer",
        })
    }
}

/// The trouble that an error comes from; none, where it is a fault of the program's.
pub fn of(error: &DbErr) -> Option<Trouble> {
    let runtime = match error {
        DbErr::ConnectionAcquire(_) => return Some(Trouble::Unreachable),
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => error,
        _ => return None,
    };
    let RuntimeErr::SqlxError(error) = runtime else { return None };
    match error.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Some(Trouble::Unreachable),
        sqlx::Error::Database(error) => error.code().and_then(|code| named(&code)),
        _ => None,
    }
}

/// SQLite has numbers, whose last byte tells; PostgreSQL has five characters.
fn named(code: &str) -> Option<Trouble> {
    if code.len() == 5 {
        return match code {
            "53100" => Some(Trouble::Full),
            "25006" => Some(Trouble::ReadOnly),
            "55P03" => Some(Trouble::Locked),
            _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
                Some(Trouble::Unreachable)
            }
            _ => None,
        };
    }
    match code.parse::<u32>().ok()? & 0xff {
        5 | 6 => Some(Trouble::Locked),
        8 => Some(Trouble::ReadOnly),
        10 | 14 => Some(Trouble::Unreachable),
        13 => Some(Trouble::Full),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_known() {
        for (code, trouble) in [
            ("5", Some(Trouble::Locked)),
            ("517", Some(Trouble::Locked)),
            ("13", Some(Trouble::Full)),
            ("8", Some(Trouble::ReadOnly)),
            ("1032", Some(Trouble::ReadOnly)),
            ("778", Some(Trouble::Unreachable)),
            ("14", Some(Trouble::Unreachable)),
            ("2067", None),
            ("53100", Some(Trouble::Full)),
            ("57P01", Some(Trouble::Unreachable)),
            ("08006", Some(Trouble::Unreachable)),
            ("25006", Some(Trouble::ReadOnly)),
            ("23505", None),
            ("nonsense", None),
        ] {
            assert_eq!(named(code), trouble, "{code}");
        }
    }
}
