//! The dashboard at a glance.

use std::collections::HashMap;

use coffer_contract::{
    ApiError, Timestamp,
    administrator::Role,
    overview::{Cause, ConnectionHealth, Day, Overview, Step},
};
use coffer_core::audit::EventCode;
use coffer_store::Counts;

use crate::{Signed, sandbox};

/// Days that the charts show.
const DAYS: i64 = 14;
const DAY_SECONDS: i64 = 24 * 3600;

/// What an application or a person met as a failure; each counts once.
const MET: [EventCode; 2] = [EventCode::VaultRefused, EventCode::UserSignInFailed];
/// These, and what lay behind some of them.
const FAILURES: [EventCode; 4] = [
    EventCode::VaultRefused,
    EventCode::VaultRefreshFailed,
    EventCode::VaultNeedsConsent,
    EventCode::UserSignInFailed,
];

impl Signed {
    /// What the Overview page shows.
    pub async fn overview(&self) -> Result<Overview, ApiError> {
        let statistics = self.store().statistics();
        let failed = |e| self.visit.store_failed(e);
        let counts = statistics.counts().await.map_err(failed)?;
        let today = self.visit.now().seconds().div_euclid(DAY_SECONDS);
        let since = Timestamp::from_seconds((today - DAYS + 1) * DAY_SECONDS);
        let mut codes = vec![EventCode::VaultReleased, EventCode::VaultRefreshed];
        codes.extend(MET);
        let events = statistics.days(&codes, today - DAYS + 1..=today).await.map_err(failed)?;
        let failures = statistics.failures(&FAILURES, since).await.map_err(failed)?;
        let released = events.iter().any(|(code, ..)| code == EventCode::VaultReleased.as_str());
        Ok(Overview {
            // They are all changes.
            steps: if self.role >= Role::Editor { steps(counts, released) } else { Vec::new() },
            applications: counts.applications,
            users: counts.users,
            connections: self.health(&failures).await?,
            days: days(today, &events),
            causes: causes(failures),
            sandbox: self.admin().sandbox.as_deref().map(sandbox::view),
        })
    }

    async fn health(
        &self,
        failures: &[(Option<String>, String, u64)],
    ) -> Result<Vec<ConnectionHealth>, ApiError> {
        let accounts = self.store().statistics().accounts().await.map_err(|e| self.visit.store_failed(e))?;
        let mut failed: HashMap<&str, u64> = HashMap::new();
        let met = |code: &str| MET.iter().any(|known| known.as_str() == code);
        for (connection, _, count) in failures.iter().filter(|(_, code, _)| met(code)) {
            *failed.entry(connection.as_deref().unwrap_or_default()).or_default() += count;
        }
        let catalogue = self.admin().federation.catalogue();
        let all = self.all_connections().await?;
        Ok(all
            .into_iter()
            .filter(|connection| connection.vault_enabled)
            .map(|connection| {
                let (usable, needs_consent) =
                    accounts.get(connection.id.as_str()).copied().unwrap_or_default();
                let kind = catalogue.get(&connection.strategy).map(|entry| entry.view().name);
                ConnectionHealth {
                    id: connection.id.to_string(),
                    failures: failed.get(connection.name.as_str()).copied().unwrap_or(0),
                    name: connection.display_name,
                    strategy_name: kind.unwrap_or(connection.strategy),
                    usable,
                    needs_consent,
                }
            })
            .collect())
    }
}

fn steps(counts: Counts, released: bool) -> Vec<Step> {
    let step = |title: &str, href: &str, done: bool| Step { title: title.into(), href: href.into(), done };
    let steps = vec![
        step("Create a connection to a provider", "/console/connections/social/new", counts.connections > 0),
        step("Switch on its token vault", "/console/connections/social", counts.vaults > 0),
        step("Create an application", "/console/applications/new", counts.applications > 0),
        step("Enable the connection for it", "/console/applications", counts.enablements > 0),
        step("Sign a first user in", "/console/users", counts.users > 0),
        step("Exchange a token for the provider's", "/console/logs?code=vault.released", released),
    ];
    if steps.iter().all(|step| step.done) { Vec::new() } else { steps }
}

fn days(today: i64, events: &[(String, i64, u64)]) -> Vec<Day> {
    let first = today - DAYS + 1;
    (first..=today)
        .map(|day| {
            let count = |codes: &[EventCode]| -> u64 {
                let mine = |(code, on, _): &&(String, i64, u64)| {
                    *on == day && codes.iter().any(|wanted| wanted.as_str() == code)
                };
                events.iter().filter(mine).map(|(.., n)| n).sum()
            };
            Day {
                label: Timestamp::from_seconds(day * DAY_SECONDS).day(),
                released: count(&[EventCode::VaultReleased]),
                refreshed: count(&[EventCode::VaultRefreshed]),
                failed: count(&MET),
            }
        })
        .collect()
}

fn causes(failures: Vec<(Option<String>, String, u64)>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = failures
        .into_iter()
        .map(|(connection, code, count)| Cause {
            title: EventCode::from_code(&code).map_or_else(|| code.clone(), |known| known.title().to_owned()),
            code,
            connection,
            count,
        })
        .collect();
    causes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.title.cmp(&b.title)));
    causes.truncate(8);
    causes
}
