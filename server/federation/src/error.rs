//! What goes wrong with providers. Messages are for administrators and the log: they name hosts and
//! OAuth error codes, never a token, code, secret or query.

use std::net::IpAddr;

use thiserror::Error;

/// A request did not reach a provider, or its answer did not come back.
#[derive(Clone, Debug, Error)]
pub enum OutboundError {
    /// Not an https address.
    #[error("{0} is not an https address")]
    NotHttps(String),
    /// The host is at a private or otherwise special address.
    #[error(
        "{host} is at {address}, which is not a public address; an operator can allow it under outbound.allow_private"
    )]
    Private {
        /// The host's name.
        host: String,
        /// Where it is.
        address: IpAddr,
    },
    /// The name does not resolve.
    #[error("the name {0} could not be resolved")]
    Name(String),
    /// No connection.
    #[error("{0} does not accept connections")]
    Connect(String),
    /// No answer in time.
    #[error("{0} did not answer in time")]
    TimeOut(String),
    /// The answer is longer than is read of its kind.
    #[error("the answer of {0} is too long")]
    TooLong(String),
    /// The provider is overloaded or broken.
    #[error("{host} answered with status {status}")]
    Status {
        /// The host's name.
        host: String,
        /// HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// Something else.
    #[error("the request to {0} failed")]
    Failed(String),
}

/// A sign-in at a provider could not begin or end.
#[derive(Clone, Debug, Error)]
pub enum UpstreamError {
    /// The network.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The discovery document.
    #[error(transparent)]
    Discovery(#[from] DiscoverError),
    /// The provider answered with an OAuth error.
    #[error("the provider answered {code}{}", description.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Provider {
        /// OAuth error code.
        code: String,
        /// Its description.
        description: Option<String>,
    },
    /// The answer is not what the protocol says.
    #[error("the provider's answer is not understood: {0}")]
    Answer(String),
    /// The ID token is not to be trusted.
    #[error("the provider's ID token was refused: {0}")]
    IdToken(String),
    /// The connection lacks a setting.
    #[error("the connection lacks {0}")]
    Setting(&'static str),
    /// The catalogue or the TLS set-up of this build is broken.
    #[error("{0}")]
    Build(String),
}

/// A refresh did not give tokens.
#[derive(Clone, Debug, Error)]
pub enum RefreshError {
    /// The provider refused the refresh token for good.
    #[error("the provider refused the refresh token: {code}")]
    Revoked {
        /// OAuth error code.
        code: String,
        /// Its description.
        description: Option<String>,
    },
    /// Try again later; the refresh token may still be good.
    #[error("{reason}")]
    Transient {
        /// What happened.
        reason: String,
        /// What the provider asked for, in seconds.
        retry_after: Option<u64>,
    },
    /// The provider refused the client, not the user: an administrator has to act.
    #[error("{reason}")]
    Misconfigured {
        /// What happened.
        reason: String,
    },
}

/// A discovery document that cannot be used.
#[derive(Clone, Debug, Error)]
pub enum DiscoverError {
    /// The network.
    #[error("The discovery document could not be fetched: {0}.")]
    Outbound(#[from] OutboundError),
    /// Not found there.
    #[error("There is no discovery document at {address} (status {status}). Enter the issuer's address.")]
    Missing {
        /// Where it was looked for.
        address: String,
        /// HTTP status.
        status: u16,
    },
    /// Not a discovery document.
    #[error("What is at {0} is not an OpenID Connect discovery document.")]
    Format(String),
    /// OpenID Connect Discovery 1.0 section 4.3.
    #[error(
        "The document says that its issuer is {found}, but it was fetched for {expected}. Enter the issuer exactly as the document names it."
    )]
    Issuer {
        /// What the address implies.
        expected: String,
        /// What the document says.
        found: String,
    },
    /// Something that Coffer needs is missing.
    #[error("The provider's discovery document lacks {0}, which Coffer needs.")]
    Lacks(&'static str),
    /// An address that neither browsers nor secrets may be sent to.
    #[error("The provider's discovery document names a {0} that does not begin with https://.")]
    Unsafe(&'static str),
}
