use coffer_contract::{
    ApiError,
    administrator::Role,
    connection::{ConnectionDetail, ConnectionForm},
    second_factor::{HalfWayView, SignInStep},
};
use coffer_core::{
    administrator::AccountThere, audit::Actor, authorization::UPSTREAM_SECONDS, ids::ConnectionId,
};
use coffer_crypto::Secret;
use tower_sessions::Session;

use super::{EMAIL, House, PASSWORD, factors, form};
use crate::{Arrival, Call, Editor, NotIn, Visit};

fn open(name: &str) -> ConnectionForm {
    let mut form = form(name);
    form.display_name = "Acme".into();
    form.options.tenant = Some("acme.okta.com".into());
    form.options.administrator_sign_in = true;
    form
}

fn there(id: &str) -> AccountThere {
    AccountThere { provider_user_id: id.into(), label: Some(format!("{id}@acme.example")) }
}

async fn signed_in(house: &House, email: &str) -> (Session, Visit) {
    let session = house.session();
    let visit = house.visit(&session);
    visit.sign_in(email, Secret::new(PASSWORD)).await.unwrap();
    (session, visit)
}

/// A house with a connection for administrators.
async fn with_connection() -> (House, ConnectionDetail) {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let made = signed.create_connection("okta", open("acme")).await.unwrap();
    (house, made)
}

/// Links the account `id` to whoever is signed in here.
async fn link(visit: &Visit, connection: &ConnectionDetail, id: &str) -> Arrival {
    visit.begin_link(&connection.name, Secret::new(PASSWORD)).await.unwrap();
    assert!(visit.departure().await.unwrap().is_some());
    visit.arrive(&ConnectionId::from_text(&connection.id), Ok(there(id))).await.unwrap()
}

async fn sign_in(visit: &Visit, connection: &ConnectionDetail, id: &str) -> Arrival {
    visit.begin_sign_in_through(&connection.name, "/console/logs").await.unwrap();
    visit.arrive(&ConnectionId::from_text(&connection.id), Ok(there(id))).await.unwrap()
}

fn refused(arrival: &Arrival) -> NotIn {
    match arrival {
        Arrival::NotSignedIn(why) | Arrival::NotLinked(why) => *why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_linked_account_signs_its_owner_in() {
    let (house, connection) = with_connection().await;
    let (_, visit) = signed_in(&house, EMAIL).await;
    assert!(visit.setup_state("").await.unwrap().connections.is_empty(), "nobody could sign in there");
    assert!(matches!(link(&visit, &connection, "ada").await, Arrival::Linked));
    let offered = visit.setup_state("").await.unwrap().connections;
    assert_eq!((offered.len(), offered[0].display_name.as_str()), (1, "Acme"));

    let session = house.session();
    session.insert("planted", 1).await.unwrap();
    session.save().await.unwrap();
    let planted = session.id().unwrap();
    let fresh = house.visit(&session);
    match sign_in(&fresh, &connection, "ada").await {
        Arrival::SignIn { step: SignInStep::Done(me), return_to } => {
            assert_eq!(
                (me.email.as_str(), me.role, return_to.as_str()),
                (EMAIL, Role::Owner, "/console/logs")
            );
        }
        other => panic!("{other:?}"),
    }
    session.save().await.unwrap();
    assert_ne!(session.id().unwrap(), planted, "the session has a new id");
    let mine = fresh.linked_accounts().await.unwrap().accounts;
    assert_eq!((mine[0].label.as_str(), mine[0].connection.as_str()), ("ada@acme.example", "Acme"));
    assert!(mine[0].usable && mine[0].last_used_at.is_some());
    let log = house.log().await;
    assert!(log.ends_with(&["admin.account_linked".to_owned(), "admin.signed_in".to_owned()]), "{log:?}");

    fresh.unlink_account(&mine[0].id).await.unwrap();
    assert_eq!(refused(&sign_in(&house.visit(&house.session()), &connection, "ada").await), NotIn::Unknown);
}

/// What a provider says of an address makes nobody an administrator.
#[tokio::test]
async fn an_account_that_nobody_linked_signs_nobody_in_whatever_it_is_called() {
    let (house, connection) = with_connection().await;
    let (_, visit) = signed_in(&house, EMAIL).await;
    link(&visit, &connection, "ada").await;
    let stranger = house.visit(&house.session());
    stranger.begin_sign_in_through("acme", "").await.unwrap();
    let named_alike = AccountThere { provider_user_id: "eve".into(), label: Some(EMAIL.into()) };
    let arrival = stranger.arrive(&ConnectionId::from_text(&connection.id), Ok(named_alike)).await.unwrap();
    assert_eq!(refused(&arrival), NotIn::Unknown);
    assert_eq!(stranger.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    assert_eq!(house.log().await.last().unwrap(), "admin.sign_in_failed");
}

#[tokio::test]
async fn the_second_factor_is_asked_for_after_a_linked_account_too() {
    let (house, connection) = with_connection().await;
    let (_, visit) = signed_in(&house, EMAIL).await;
    link(&visit, &connection, "ada").await;
    let (phone, _) = factors::add(&house, &visit).await;
    let fresh = house.visit(&house.session());
    match sign_in(&fresh, &connection, "ada").await {
        Arrival::SignIn { step: SignInStep::Factor, .. } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(fresh.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    assert!(matches!(fresh.half_way_view().await.unwrap(), HalfWayView::Factor { .. }));
    fresh.answer_factor(phone.code(&house)).await.unwrap();
    let signed = fresh.signed_in().await.unwrap();
    let last = signed.list_logs(Default::default(), None).await.unwrap().items.remove(0);
    let said = format!("{EMAIL} signed in with an account through Acme and an authenticator app.");
    assert_eq!(last.description, said);
}

#[tokio::test]
async fn linking_takes_the_password_and_the_session_that_began_it() {
    let (house, connection) = with_connection().await;
    let id = ConnectionId::from_text(&connection.id);
    let (_, visit) = signed_in(&house, EMAIL).await;
    let wrong = visit.begin_link("acme", Secret::new("not my password at all")).await.unwrap_err();
    assert_eq!(super::fields(&wrong), ["current_password"]);
    assert!(visit.departure().await.unwrap().is_none(), "nothing began");
    assert!(matches!(
        house.visit(&house.session()).begin_link("acme", Secret::new(PASSWORD)).await,
        Err(ApiError::Unauthenticated)
    ));
    // Whoever comes back without having set out is nobody.
    assert_eq!(refused(&visit.arrive(&id, Ok(there("ada"))).await.unwrap()), NotIn::Ended);
    // A trip ends once, and with its time.
    assert!(matches!(link(&visit, &connection, "ada").await, Arrival::Linked));
    assert_eq!(refused(&visit.arrive(&id, Ok(there("eve"))).await.unwrap()), NotIn::Ended);
    visit.begin_link("acme", Secret::new(PASSWORD)).await.unwrap();
    house.clock.advance_seconds(UPSTREAM_SECONDS);
    assert!(visit.awaited().await.unwrap().is_none());
    assert_eq!(refused(&visit.arrive(&id, Ok(there("eve"))).await.unwrap()), NotIn::Ended);
    // Signed out meanwhile.
    visit.begin_link("acme", Secret::new(PASSWORD)).await.unwrap();
    let record = visit.session.remove_value("administrator").await.unwrap();
    assert!(record.is_some());
    assert_eq!(refused(&visit.arrive(&id, Ok(there("eve"))).await.unwrap()), NotIn::Ended);
    // The provider named nobody.
    let (_, visit) = signed_in(&house, EMAIL).await;
    visit.begin_link("acme", Secret::new(PASSWORD)).await.unwrap();
    assert_eq!(refused(&visit.arrive(&id, Err("declined".into())).await.unwrap()), NotIn::Provider);
    assert_eq!(visit.linked_accounts().await.unwrap().accounts.len(), 1);
}

#[tokio::test]
async fn an_account_is_one_administrators_and_goes_with_them() {
    let (house, connection) = with_connection().await;
    house.admin.create_administrator("eve@example.com", Secret::new(PASSWORD), Role::Viewer).await.unwrap();
    let (_, ada) = signed_in(&house, EMAIL).await;
    let (_, eve) = signed_in(&house, "eve@example.com").await;
    assert!(matches!(link(&eve, &connection, "shared").await, Arrival::Linked));
    assert!(matches!(link(&eve, &connection, "shared").await, Arrival::Linked), "again is nothing new");
    assert_eq!(refused(&link(&ada, &connection, "shared").await), NotIn::Taken);
    let hers = eve.linked_accounts().await.unwrap().accounts;
    assert_eq!(hers.len(), 1);
    let not_mine = ada.unlink_account(&hers[0].id).await.unwrap_err();
    assert!(matches!(not_mine, ApiError::NotFound { .. }), "{not_mine:?}");

    let owner = ada.signed_in().await.unwrap().owner().unwrap();
    let listed = owner.list_administrators().await.unwrap().administrators;
    let who: Vec<_> = listed.iter().map(|known| (known.email.as_str(), known.linked_account)).collect();
    assert_eq!(who, [(EMAIL, false), ("eve@example.com", true)]);
    let id = listed[1].id.clone();
    owner.reset_factors(&id, "eve@example.com").await.unwrap();
    let arrival = sign_in(&house.visit(&house.session()), &connection, "shared").await;
    assert_eq!(refused(&arrival), NotIn::Unknown, "resetting removes it");
    let (_, eve) = signed_in(&house, "eve@example.com").await;
    link(&eve, &connection, "shared").await;
    owner.remove_administrator(&id, "eve@example.com").await.unwrap();
    assert!(matches!(link(&ada, &connection, "shared").await, Arrival::Linked), "it is free again");
}

/// Who decides where administrators sign in decides who is one.
#[tokio::test]
async fn owners_alone_change_a_connection_that_administrators_sign_in_through() {
    let (house, connection) = with_connection().await;
    let editor = Call::new(house.admin.clone(), None, "request-1".into()).acting(Actor::System);
    let refused = |error: ApiError| match error {
        ApiError::Forbidden { message } => assert!(message.contains("owners alone"), "{message}"),
        other => panic!("{other:?}"),
    };
    let mut closed = open("acme");
    closed.options.administrator_sign_in = false;
    refused(editor.update_connection(&connection.id, open("acme"), 1).await.unwrap_err());
    refused(editor.update_connection(&connection.id, closed.clone(), 1).await.unwrap_err());
    refused(editor.delete_connection(&connection.id, "acme").await.unwrap_err());
    refused(editor.create_connection("okta", open("other")).await.unwrap_err());
    let plain = ConnectionForm { name: "plain".into(), ..closed.clone() };
    let plain = editor.create_connection("okta", plain).await.unwrap();
    refused(editor.update_connection(&plain.id, open("plain"), 1).await.unwrap_err());

    let operator = Call::new(house.admin.clone(), None, "command line".into()).operating();
    let closed = Editor::update_connection(&operator, &connection.id, closed, 1).await.unwrap();
    assert!(!closed.options.administrator_sign_in);
    editor.delete_connection(&closed.id, "acme").await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_closed_to_administrators_signs_nobody_in() {
    let (house, connection) = with_connection().await;
    let (_, visit) = signed_in(&house, EMAIL).await;
    link(&visit, &connection, "ada").await;
    let on_the_way = house.visit(&house.session());
    on_the_way.begin_sign_in_through("acme", "").await.unwrap();
    let mut closed = open("acme");
    closed.options.administrator_sign_in = false;
    let signed = visit.signed_in().await.unwrap().editor().unwrap();
    let changed = signed.update_connection(&connection.id, closed.clone(), 1).await.unwrap();

    assert!(on_the_way.departure().await.unwrap().is_none());
    let id = ConnectionId::from_text(&connection.id);
    assert_eq!(refused(&on_the_way.arrive(&id, Ok(there("ada"))).await.unwrap()), NotIn::Ended);
    let error = on_the_way.begin_sign_in_through("acme", "").await.unwrap_err();
    assert!(matches!(error, ApiError::Forbidden { .. }));
    assert!(visit.setup_state("").await.unwrap().connections.is_empty());
    let mine = visit.linked_accounts().await.unwrap();
    assert!(!mine.accounts[0].usable && mine.connections.is_empty());

    closed.options.administrator_sign_in = true;
    signed.update_connection(&connection.id, closed, changed.version).await.unwrap();
    let arrival = sign_in(&house.visit(&house.session()), &connection, "ada").await;
    assert!(matches!(arrival, Arrival::SignIn { .. }), "open again: {arrival:?}");
}

/// Another provider gives the same ids to other people.
#[tokio::test]
async fn a_connection_that_moves_to_another_provider_forgets_whose_accounts_it_had() {
    let (house, connection) = with_connection().await;
    let (_, visit) = signed_in(&house, EMAIL).await;
    link(&visit, &connection, "ada").await;
    let signed = visit.signed_in().await.unwrap().editor().unwrap();
    let mut renamed = open("acme");
    renamed.display_name = "Acme Corp".into();
    let changed = signed.update_connection(&connection.id, renamed, 1).await.unwrap();
    assert_eq!(visit.linked_accounts().await.unwrap().accounts.len(), 1);
    let mut moved = open("acme");
    moved.options.tenant = Some("other.okta.com".into());
    signed.update_connection(&connection.id, moved, changed.version).await.unwrap();
    assert!(visit.linked_accounts().await.unwrap().accounts.is_empty());
    let last = signed.list_logs(Default::default(), None).await.unwrap().items.remove(0);
    assert!(last.description.ends_with("are not linked any more."), "{}", last.description);
}

/// Buttons on the sign-in page of an application say nothing about the dashboard, and a social provider's accounts
/// are anybody's.
#[tokio::test]
async fn social_connections_are_not_for_administrators() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let mut social = form("github");
    social.options.administrator_sign_in = true;
    let made = signed.create_connection("github", social).await.unwrap();
    assert!(!made.options.administrator_sign_in);
    let error = house.visit(&house.session()).begin_sign_in_through("github", "").await.unwrap_err();
    assert!(matches!(error, ApiError::Forbidden { .. }));
}
