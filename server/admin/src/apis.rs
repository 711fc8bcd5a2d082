//! APIs: list, show, create, change, delete.

use coffer_contract::{
    ApiError, Page,
    api::{ApiDetail, ApiForm, ApiSummary, NewApi},
};
use coffer_core::{api::Api, audit::EventCode, ids::ApiId};
use url::Url;

use crate::{
    Editor, Signed, failure,
    own_apis::{self, Known},
    tidy,
};

impl Signed {
    /// A page of the APIs, by name; this server's own stand first, on the first page.
    pub async fn list_apis(
        &self,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<ApiSummary>, ApiError> {
        Ok(self.known_apis(search, after, limit).await?.map(|known| summary(&known)))
    }

    /// One API, by its id or its identifier.
    pub async fn api(&self, id: &str) -> Result<ApiDetail, ApiError> {
        self.find_api(id).await.map(|known| detail(known, &self.admin().issuer))
    }
}

impl Editor {
    /// Creates an API.
    pub async fn create_api(&self, new: NewApi) -> Result<ApiDetail, ApiError> {
        let new = NewApi { identifier: new.identifier.trim().to_owned(), form: tidy::api(new.form) };
        let fields = new.validate();
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        if own_apis::reserved(&self.admin().issuer, &new.identifier) {
            return Err(failure::identifier_taken("This server uses this identifier itself."));
        }
        // An `audience` of a token exchange names either (RFC 8693 section 2.1).
        let connection = self.store().connections().by_name(&new.identifier).await;
        if connection.map_err(|e| self.visit.store_failed(e))?.is_some() {
            return Err(failure::identifier_taken("A connection has this name."));
        }
        let now = self.visit.now();
        let NewApi { identifier, form } = new;
        let api = Api {
            id: ApiId::generate(self.admin().rng.as_ref()),
            identifier,
            name: form.name,
            scopes: form.scopes,
            signing_alg: form.signing_alg,
            token_seconds: form.token_seconds,
            offline_access: form.offline_access,
            skip_consent: form.skip_consent,
            user_access: form.user_access,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let words = format!("API “{}” ({}) was created.", api.name, api.identifier);
        let event = self.event(EventCode::ApiCreated, words);
        self.store().apis().create(&api, event).await.map_err(|e| self.visit.store_failed(e))?;
        Ok(detail(api.into(), &self.admin().issuer))
    }

    /// Changes an API, unless it has changed since `version`. Its identifier stays. Applications lose the
    /// scopes that it loses.
    pub async fn update_api(&self, id: &str, form: ApiForm, version: i64) -> Result<ApiDetail, ApiError> {
        let before = self.find_registered(id).await?;
        let form = tidy::api(form);
        let fields = form.validate();
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let after = Api {
            name: form.name,
            scopes: form.scopes,
            signing_alg: form.signing_alg,
            token_seconds: form.token_seconds,
            offline_access: form.offline_access,
            skip_consent: form.skip_consent,
            user_access: form.user_access,
            updated_at: self.visit.now(),
            version: version.saturating_add(1),
            ..before.clone()
        };
        let words = format!("API “{}” was changed: {}.", after.name, changes(&before, &after));
        let event = self.event(EventCode::ApiUpdated, words);
        self.store().apis().update(&after, version, event).await.map_err(|e| self.visit.store_failed(e))?;
        Ok(detail(after.into(), &self.admin().issuer))
    }

    /// Deletes an API with what applications may do there, if `confirm_name` is its name.
    pub async fn delete_api(&self, id: &str, confirm_name: &str) -> Result<(), ApiError> {
        let api = self.find_registered(id).await?;
        if confirm_name.trim() != api.name {
            let message = format!("Type the API's name, {}, to delete it.", api.name);
            return Err(ApiError::field("confirm_name", message));
        }
        let words = format!("API “{}” ({}) was deleted.", api.name, api.identifier);
        let event = self.event(EventCode::ApiDeleted, words);
        let deleted = self.store().apis().delete(&api, event).await;
        if deleted.map_err(|e| self.visit.store_failed(e))? { Ok(()) } else { Err(failure::not_found("API")) }
    }
}

impl Signed {
    /// A page of the APIs that there are.
    pub(crate) async fn known_apis(
        &self,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<Known>, ApiError> {
        let page = self.store().apis().list(search, after, limit).await;
        let mut page = page.map_err(|e| self.visit.store_failed(e))?.map(Known::from);
        if after.is_none() {
            let search = search.trim().to_ascii_lowercase();
            let found = |text: &str| text.to_ascii_lowercase().contains(&search);
            let own = own_apis::all(&self.admin().issuer);
            page.items.splice(..0, own.filter(|own| found(&own.api.name) || found(&own.api.identifier)));
        }
        Ok(page)
    }

    /// One that there is, by id or identifier.
    pub(crate) async fn find_api(&self, id: &str) -> Result<Known, ApiError> {
        if let Some(own) = own_apis::find(&self.admin().issuer, id) {
            return Ok(own);
        }
        let apis = self.store().apis();
        let mut found = apis.get(&ApiId::from_text(id)).await.map_err(|e| self.visit.store_failed(e))?;
        if found.is_none() {
            found = apis.by_identifier(id).await.map_err(|e| self.visit.store_failed(e))?;
        }
        found.map(Known::from).ok_or_else(|| failure::not_found("API"))
    }
}

impl Editor {
    async fn find_registered(&self, id: &str) -> Result<Api, ApiError> {
        let known = self.find_api(id).await?;
        match known.own {
            None => Ok(known.api),
            Some(_) => Err(ApiError::Forbidden {
                message: "This API belongs to the server itself and stays as it is.".to_owned(),
            }),
        }
    }
}

pub(crate) fn summary(known: &Known) -> ApiSummary {
    ApiSummary {
        id: known.api.id.to_string(),
        name: known.api.name.clone(),
        identifier: known.api.identifier.clone(),
        scopes: known.api.scopes.len(),
        system: known.own.is_some(),
    }
}

fn detail(known: Known, issuer: &Url) -> ApiDetail {
    let subjects = known.subjects().to_vec();
    let system = known.own.is_some();
    let api = known.api;
    ApiDetail {
        id: api.id.to_string(),
        identifier: api.identifier,
        form: ApiForm {
            name: api.name,
            scopes: api.scopes,
            signing_alg: api.signing_alg,
            token_seconds: api.token_seconds,
            offline_access: api.offline_access,
            skip_consent: api.skip_consent,
            user_access: api.user_access,
        },
        system,
        subjects,
        issuer: issuer.to_string(),
        created_at: (!system).then_some(api.created_at),
        version: api.version,
    }
}

/// What differs, for the log.
fn changes(before: &Api, after: &Api) -> String {
    let gone: Vec<&str> =
        before.scopes.iter().map(|scope| scope.value.as_str()).filter(|scope| !after.has(scope)).collect();
    let scopes = match gone.as_slice() {
        [] => "scopes".to_owned(),
        gone => format!("scopes (without {} now, which applications lose, too)", gone.join(", ")),
    };
    let changed: Vec<&str> = [
        (before.name != after.name, "name"),
        (before.scopes != after.scopes, scopes.as_str()),
        (before.signing_alg != after.signing_alg, "signature"),
        (before.token_seconds != after.token_seconds, "token lifetime"),
        (before.offline_access != after.offline_access, "offline access"),
        (before.skip_consent != after.skip_consent, "consent of first-party applications"),
        (before.user_access != after.user_access, "access of applications for users"),
    ]
    .into_iter()
    .filter_map(|(differs, name)| differs.then_some(name))
    .collect();
    if changed.is_empty() { "nothing differs".to_owned() } else { changed.join(", ") }
}
