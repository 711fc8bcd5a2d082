//! Second factors.

use coffer_contract::{administrator::Role, second_factor::FactorKind};
use coffer_core::{
    administrator::Administrator,
    factor::Factor,
    ids::{AdministratorId, FactorId},
};

use super::*;
use crate::StoredAuthenticator;

async fn administrator(store: &Store, name: &str) -> AdministratorId {
    let administrator = Administrator {
        id: AdministratorId::generate(&SystemRng),
        email: format!("{name}@example.com"),
        role: Role::Owner,
        session_generation: 0,
        created_at: at(0),
        last_sign_in_at: None,
    };
    store.administrators().create(&administrator, "hash", event(EventCode::AdminCreated)).await.unwrap();
    administrator.id
}

fn app(administrator: &AdministratorId) -> StoredAuthenticator {
    let factor = Factor {
        id: FactorId::generate(&SystemRng),
        administrator: administrator.clone(),
        kind: FactorKind::Authenticator,
        name: "Phone".into(),
        created_at: at(0),
        last_used_at: None,
    };
    StoredAuthenticator { factor, secret: sealed("secret") }
}

#[tokio::test]
async fn a_step_is_used_once_however_many_try_at_the_same_time() {
    let store = Store::temporary().await.unwrap();
    let ada = administrator(&store, "ada").await;
    let (app, factors) = (app(&ada), store.second_factors());
    factors.begin(&app).await.unwrap();
    let id = &app.factor.id;
    assert!(!factors.use_step(id, 5, at(1)).await.unwrap(), "nobody confirmed it");
    let added = event(EventCode::AdminFactorAdded);
    assert!(factors.confirm(&app.factor, 7, &[TokenHash::of("code")], true, at(1), added).await.unwrap());
    for step in [6, 7] {
        assert!(!factors.use_step(id, step, at(2)).await.unwrap(), "{step}");
    }
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (factors, id) = (factors.clone(), id.clone());
        tries.spawn(async move { factors.use_step(&id, 8, at(3)).await.unwrap() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|used| *used).count(), 1);
    assert_eq!(factors.of(&ada).await.unwrap()[0].last_used_at, Some(at(3)));
}

#[tokio::test]
async fn a_secret_is_among_the_sealed_values() {
    let store = Store::temporary().await.unwrap();
    let app = app(&administrator(&store, "ada").await);
    store.second_factors().begin(&app).await.unwrap();
    let rows = store.seals().page(None, 10).await.unwrap();
    let row = rows.iter().find(|row| row.table == "authenticator_apps").unwrap();
    assert_eq!((row.row.as_str(), row.column, &row.sealed), (app.factor.id.as_str(), "secret", &app.secret));
    let anew = sealed("anew");
    let seals = store.seals();
    assert!(seals.replace(row.table, &row.row, row.column, &row.sealed, &anew).await.unwrap());
    assert!(!seals.replace(row.table, &row.row, row.column, &row.sealed, &anew).await.unwrap());
    let after = seals.page(Some((row.table, &row.row)), 10).await.unwrap();
    assert!(after.iter().all(|row| row.table != "authenticator_apps"));
}

#[tokio::test]
async fn everything_goes_with_its_administrator() {
    let store = Store::temporary().await.unwrap();
    let (ada, _) = (administrator(&store, "ada").await, administrator(&store, "eve").await);
    let (app, factors) = (app(&ada), store.second_factors());
    factors.begin(&app).await.unwrap();
    let added = event(EventCode::AdminFactorAdded);
    factors.confirm(&app.factor, 7, &[TokenHash::of("code")], true, at(1), added).await.unwrap();
    assert_eq!(factors.holders().await.unwrap().len(), 1);
    store.administrators().remove(&ada, event(EventCode::AdminRemoved)).await.unwrap();
    assert_eq!((factors.count(&ada).await.unwrap(), factors.recovery_codes(&ada).await.unwrap()), (0, 0));
}
