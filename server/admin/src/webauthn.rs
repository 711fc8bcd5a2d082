//! WebAuthn: what a browser's authenticator is asked, and whether its answer is good. The checks are the
//! library's; what is ours is where they are made, and what is kept.

use coffer_core::ids::AdministratorId;
use thiserror::Error;
use url::{Host, Url};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
    bin::{Decode as _, Encode as _},
    request::{
        AsciiDomain, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{
            CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, USER_HANDLE_MAX_LEN,
            UserHandle64, Username,
        },
    },
    response::{
        AuthTransports, CredentialId,
        register::{DynamicState, StaticState},
    },
};

/// Why an answer of an authenticator, or of whoever poses as one, was refused. For the log alone.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Refused(String);

/// Takes what the library says.
fn refused(error: impl std::fmt::Display) -> Refused {
    Refused(error.to_string())
}

/// What an authenticator is asked, for the browser, and what must be remembered until it answers.
pub(crate) struct Ceremony {
    /// As JSON (`PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`).
    pub options: String,
    /// The challenge and what was asked for.
    pub state: Vec<u8>,
}

/// A credential that was registered. Nothing of it is secret.
pub(crate) struct NewCredential {
    pub user_handle: Vec<u8>,
    pub credential_id: Vec<u8>,
    pub transports: u8,
    pub public_state: Vec<u8>,
    pub changing_state: Vec<u8>,
}

/// A stored credential, for checking what its authenticator signed.
pub(crate) struct KnownCredential<'a> {
    pub user_handle: &'a [u8],
    pub credential_id: &'a [u8],
    pub public_state: &'a [u8],
    pub changing_state: &'a [u8],
}

/// An answer whose credential was not looked up yet.
pub(crate) struct Assertion(DiscoverableAuthentication64);

impl Assertion {
    /// Reads what the browser sent.
    pub(crate) fn read(json: &str) -> Result<Self, Refused> {
        DiscoverableAuthentication64::from_json_relaxed(json.as_bytes()).map(Self).map_err(refused)
    }

    /// The credential that it says it is of.
    pub(crate) fn credential_id(&self) -> &[u8] {
        self.0.raw_id().into_inner()
    }
}

/// This server, as authenticators know it: the host of its public address, which must be a name.
pub(crate) struct RelyingParty {
    id: RpId,
    origin: String,
}

impl RelyingParty {
    /// At this address; `None` where that is a number.
    pub(crate) fn at(issuer: &Url) -> Option<Self> {
        let Some(Host::Domain(host)) = issuer.host() else { return None };
        let id = RpId::Domain(AsciiDomain::try_from(host.to_owned()).ok()?);
        Some(Self { id, origin: issuer.origin().ascii_serialization() })
    }

    /// Asks for a new credential, which the authenticator can find by itself and uses for its owner alone. `handle`
    /// is that of their other credentials; those are in `known`, with their transports.
    pub(crate) fn ask_to_register(
        &self,
        email: &str,
        handle: Option<&[u8]>,
        known: &[(Vec<u8>, u8)],
    ) -> Result<Ceremony, Refused> {
        let handle = match handle {
            Some(handle) => user_handle(handle)?,
            None => UserHandle64::new(),
        };
        let user = PublicKeyCredentialUserEntity {
            name: Username::try_from(email).map_err(refused)?,
            id: &handle,
            display_name: None,
        };
        let mut exclude = Vec::with_capacity(known.len());
        for (id, transports) in known {
            exclude.push(PublicKeyCredentialDescriptor {
                id: CredentialId::<Vec<u8>>::decode(id.clone()).map_err(refused)?,
                transports: AuthTransports::decode(*transports).map_err(refused)?,
            });
        }
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, user, exclude);
        // Most platforms cannot enforce this; it would refuse them, and who they are is asked for each time anyway.
        options.extensions.cred_protect = CredProtect::None;
        let (server, client) = options.start_ceremony().map_err(refused)?;
        Ok(Ceremony {
            options: serde_json::to_string(&client).map_err(refused)?,
            state: server.encode().map_err(refused)?,
        })
    }

    /// The credential, if this answers what was asked, from a page of this very origin.
    pub(crate) fn register(&self, state: &[u8], json: &str) -> Result<NewCredential, Refused> {
        let state = RegistrationServerState::<USER_HANDLE_MAX_LEN>::decode(state).map_err(refused)?;
        let answer = Registration::from_json_relaxed(json.as_bytes()).map_err(refused)?;
        let origins = [self.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            ..RegistrationVerificationOptions::default()
        };
        let credential = state.verify(&self.id, &answer, &options).map_err(refused)?;
        let Ok(user_handle) = credential.user_id().encode();
        let Ok(transports) = credential.transports().encode();
        let Ok(public_state) = credential.static_state().encode();
        let Ok(changing_state) = credential.dynamic_state().encode();
        Ok(NewCredential {
            user_handle: user_handle.to_vec(),
            credential_id: credential.id().into_inner().to_vec(),
            transports,
            public_state,
            changing_state: changing_state.to_vec(),
        })
    }

    /// Asks for a signature by whatever credential its owner chooses. The authenticator checks who they are.
    pub(crate) fn ask_to_prove(&self) -> Result<Ceremony, Refused> {
        let options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        let (server, client) = options.start_ceremony().map_err(refused)?;
        Ok(Ceremony {
            options: serde_json::to_string(&client).map_err(refused)?,
            state: server.encode().map_err(refused)?,
        })
    }

    /// Checks the signature. Returns what the authenticator says now.
    pub(crate) fn prove(
        &self,
        state: &[u8],
        answer: &Assertion,
        known: &KnownCredential<'_>,
    ) -> Result<Vec<u8>, Refused> {
        let state = DiscoverableAuthenticationServerState::decode(state).map_err(refused)?;
        let handle = user_handle(known.user_handle)?;
        let changing = <[u8; 7]>::try_from(known.changing_state).map_err(refused)?;
        let mut credential = AuthenticatedCredential::new(
            CredentialId::<&[u8]>::decode(known.credential_id).map_err(refused)?,
            &handle,
            StaticState::decode(known.public_state).map_err(refused)?,
            DynamicState::decode(changing).map_err(refused)?,
        )
        .map_err(refused)?;
        let origins = [self.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&self.id, &answer.0, &mut credential, &options).map_err(refused)?;
        let Ok(changing) = credential.dynamic_state().encode();
        Ok(changing.to_vec())
    }
}

fn user_handle(bytes: &[u8]) -> Result<UserHandle64, Refused> {
    let bytes = <[u8; USER_HANDLE_MAX_LEN]>::try_from(bytes).map_err(refused)?;
    let Ok(handle) = UserHandle64::decode(bytes);
    Ok(handle)
}

/// What the session remembers of a ceremony: it is used up by the first answer.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Asked {
    /// To register a credential under this name.
    Register {
        /// Whose it will be.
        administrator: AdministratorId,
        /// What they call it.
        name: String,
        /// The ceremony's state.
        state: Vec<u8>,
    },
    /// To prove who somebody is.
    Prove {
        /// The ceremony's state.
        state: Vec<u8>,
    },
}
