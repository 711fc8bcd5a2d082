//! Lists that are found in different ways by how much matches: the same as a plain filter gives, page by page.

use coffer_contract::log::{LogEntry, LogFilter};
use coffer_core::user::{Profile, User};

use super::*;
use crate::{LogField, Match, Span, Start, UserField, UserOrder};

/// A search, and the same as a function.
type Search<F, T> = (Match<F>, fn(&T) -> bool);

/// Numbers that follow from a first one, below a limit.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }
}

/// So many users, of whom more than a thousand begin alike, and some of those signed in before everybody else.
async fn people(world: &World, count: u64) -> Vec<User> {
    let (mut numbers, mut people) = (Numbers(7), Vec::new());
    let together = world.store.together().await.unwrap();
    for number in 0..count {
        let old = number < 1100;
        let last = if old { numbers.below(50) } else { 50 + numbers.below(500) };
        let name = if old { format!("Émile {number}") } else { format!("Person {}", numbers.below(900)) };
        let user = User {
            id: UserId::from_text(format!("oidc|acme|{number}")),
            provider_user_id: number.to_string(),
            profile: Profile {
                name: (number % 5 != 0).then_some(name),
                email: (number % 3 != 0)
                    .then(|| format!("Mail{}@{}.example", numbers.below(400), number % 4)),
                ..Profile::default()
            },
            created_at: at(i64::try_from(numbers.below(300)).unwrap()),
            last_sign_in_at: at(i64::try_from(last).unwrap()),
            ..world.user.clone()
        };
        together.store().users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
        people.push(user);
    }
    together.commit().await.unwrap();
    people.push(world.user.clone());
    people
}

fn begins(text: Option<&str>, with: &str) -> bool {
    text.is_some_and(|text| text.to_lowercase().starts_with(with))
}

#[tokio::test]
async fn users_are_found_by_page_as_by_a_plain_filter() {
    let world = World::new().await;
    let mut people = people(&world, 2500).await;
    people.sort_by(|a, b| (b.last_sign_in_at, b.id.as_str()).cmp(&(a.last_sign_in_at, a.id.as_str())));
    for (search, limit) in [
        ("", 400),
        ("mail", 400),
        ("MAIL1", 33),
        ("mail39", 2),
        ("person", 250),
        ("person 1", 50),
        ("émile", 400),
        ("É", 999),
        ("émile 1", 7),
        ("oidc|acme|77", 3),
        ("a", 3),
        ("zzz", 3),
    ] {
        let found = |user: &&User| {
            let lower = search.to_lowercase();
            search.is_empty()
                || user.id.as_str() == search
                || begins(user.profile.email.as_deref(), &lower)
                || begins(user.profile.label(), &lower)
        };
        let expected: Vec<&str> = people.iter().filter(found).map(|user| user.id.as_str()).collect();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = world.store.users().list(search, after.as_deref(), limit).await.unwrap();
            assert!(page.items.len() as u64 <= limit);
            seen.extend(page.items.into_iter().map(|user| user.id.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "{search}");
    }
}

#[tokio::test]
async fn users_of_the_management_api_are_found_in_each_order() {
    let world = World::new().await;
    let mut people = people(&world, 1500).await;
    let searches: [Search<UserField, User>; 4] = [
        (Match::Begins(UserField::Email, "mail".into()), |user| user.profile.email.is_some()),
        (Match::Begins(UserField::Email, "MAIL3".into()), |user| {
            begins(user.profile.email.as_deref(), "mail3")
        }),
        (Match::Not(Box::new(Match::Begins(UserField::Name, "person".into()))), |user| {
            !begins(user.profile.label(), "person")
        }),
        (
            Match::All(vec![
                Match::Is(UserField::Connection, "acme".into()),
                Match::Between(UserField::LastSignInAt, Some(20_000), Some(90_000)),
            ]),
            |user| (20_000..=90_000).contains(&user.last_sign_in_at.millis()),
        ),
    ];
    for order in [UserOrder::LastSignInAt, UserOrder::CreatedAt, UserOrder::Id] {
        people.sort_by_key(|user| {
            let first = match order {
                UserOrder::LastSignInAt => user.last_sign_in_at.millis(),
                UserOrder::CreatedAt => user.created_at.millis(),
                UserOrder::Id => 0,
            };
            (first, user.id.to_string())
        });
        for (descending, (search, is_found)) in
            searches.iter().enumerate().map(|(number, search)| (number % 2 == 0, search))
        {
            let mut expected: Vec<&User> = people.iter().filter(|user| is_found(user)).collect();
            if descending {
                expected.reverse();
            }
            let (mut seen, mut start) = (Vec::new(), Start::Offset(0));
            loop {
                let span = Span { start, limit: 300, count: true };
                let page = world.store.users().select(Some(search), order, descending, &span).await.unwrap();
                assert_eq!(page.total, Some(expected.len() as u64));
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                start = Start::After(next);
            }
            let ids = |user: &User| user.id.to_string();
            assert_eq!(
                seen.iter().map(ids).collect::<Vec<_>>(),
                expected.into_iter().map(ids).collect::<Vec<_>>(),
                "{search:?} by {order:?}"
            );
        }
    }
}

const CODES: [EventCode; 7] = [
    EventCode::VaultReleased,
    EventCode::VaultReleased,
    EventCode::VaultRefused,
    EventCode::VaultRefreshed,
    EventCode::TokenRefreshed,
    EventCode::TokenRefreshRefused,
    EventCode::UserSignedIn,
];
const DAY: i64 = 24 * 3600;

/// A log of so many events, the newest first. The last of its kind is old.
async fn log(world: &World, count: u64) -> Vec<LogEntry> {
    let mut numbers = Numbers(3);
    let mut all = vec![event(EventCode::VaultStored).user(&world.user.id)];
    for _ in 0..count {
        let mut one = event(numbers.one_of(&CODES));
        one.at = at(i64::try_from(numbers.below(20 * 24 * 3600)).unwrap());
        one.connection = numbers.one_of(&[None, Some("acme"), Some("globex")]).map(str::to_owned);
        one.client_id = numbers.one_of(&[None, Some(&world.client.id)]).cloned();
        one.user_id = numbers.one_of(&[None, Some(&world.user.id)]).cloned();
        all.push(one);
    }
    world.store.audit().append(&all).await.unwrap();
    world.store.audit().list(&LogFilter::default(), None, 100_000).await.unwrap()
}

fn passes(filter: &LogFilter, entry: &LogEntry) -> bool {
    let is = |wanted: &str, value: Option<&str>| wanted.is_empty() || value == Some(wanted);
    let area = entry.code.split('.').next();
    (is(&filter.code, Some(&entry.code)) || is(&filter.code, area))
        && is(&filter.outcome, Some(if entry.success { "success" } else { "failure" }))
        && is(&filter.client_id, entry.client_id.as_deref())
        && is(&filter.connection, entry.connection.as_deref())
        && is(&filter.user_id, entry.user_id.as_deref())
}

#[tokio::test]
async fn events_pass_by_page_as_through_a_plain_filter() {
    let world = World::new().await;
    let all = log(&world, 1500).await;
    let audit = world.store.audit();
    let (newest, oldest) = (all[0].id, all[all.len() - 1].id);
    for code in
        ["", "vault", "token", "user", "vault.released", "vault.refused", "vault.stored", "nothing", "a.b"]
    {
        for outcome in ["", "success", "failure"] {
            for (client, connection) in [(false, ""), (true, ""), (false, "globex"), (true, "acme")] {
                let filter = LogFilter {
                    code: code.into(),
                    outcome: outcome.into(),
                    client_id: if client { world.client.id.to_string() } else { String::new() },
                    connection: connection.into(),
                    ..LogFilter::default()
                };
                let expected: Vec<i64> =
                    all.iter().filter(|entry| passes(&filter, entry)).map(|entry| entry.id).collect();
                let (mut seen, mut before) = (Vec::new(), None);
                loop {
                    let page = audit.list(&filter, before, 190).await.unwrap();
                    before = page.last().map(|entry| entry.id);
                    seen.extend(page.into_iter().map(|entry| entry.id));
                    if before.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, expected, "{filter:?}");
                let (from, to) = (oldest + 100, newest - 50);
                let within: Vec<i64> =
                    expected.into_iter().rev().filter(|id| *id > from && *id <= to).take(40).collect();
                let whole = audit.whole(&filter, from, to, 40).await.unwrap();
                assert_eq!(whole.into_iter().map(|event| event.id).collect::<Vec<_>>(), within, "{filter:?}");
            }
        }
    }
}

#[tokio::test]
async fn events_of_the_management_api_are_found_both_ways() {
    let world = World::new().await;
    let all = log(&world, 4000).await;
    let searches: [Search<LogField, LogEntry>; 3] = [
        (Match::Is(LogField::Code, "vault".into()), |entry| entry.code.starts_with("vault.")),
        (Match::Is(LogField::Code, "vault.stored".into()), |entry| entry.code == "vault.stored"),
        (
            Match::All(vec![
                Match::Is(LogField::Connection, "acme".into()),
                Match::Not(Box::new(Match::Is(LogField::Code, "token".into()))),
                Match::Between(LogField::At, Some(DAY * 1000), None),
            ]),
            |entry| {
                entry.connection.as_deref() == Some("acme")
                    && !entry.code.starts_with("token.")
                    && entry.at >= at(DAY)
            },
        ),
    ];
    for (search, is_found) in &searches {
        let mut expected: Vec<i64> =
            all.iter().filter(|entry| is_found(entry)).map(|entry| entry.id).collect();
        for descending in [true, false] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let span = Span { limit: 600, ..Span::default() };
                let page = world.store.audit().select(Some(search), descending, &span, after).await.unwrap();
                after = page.items.last().map(|entry| entry.id);
                seen.extend(page.items.into_iter().map(|entry| entry.id));
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, expected, "{search:?}");
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn events_are_counted_by_day_and_type() {
    let world = World::new().await;
    let all = log(&world, 2000).await;
    let codes = [EventCode::VaultReleased, EventCode::TokenRefreshRefused, EventCode::VaultReplaced];
    let mut counted = world.store.statistics().days(&codes, 3..=16).await.unwrap();
    counted.sort();
    let mut expected: Vec<(String, i64, u64)> = Vec::new();
    for code in codes.map(EventCode::as_str) {
        for day in 3..=16 {
            let is_one = |entry: &&LogEntry| entry.code == code && entry.at.seconds().div_euclid(DAY) == day;
            let count = all.iter().filter(is_one).count() as u64;
            expected.extend((count > 0).then(|| (code.to_owned(), day, count)));
        }
    }
    expected.sort();
    assert_eq!(counted, expected);
    assert!(counted.len() > 20);
    assert_eq!(world.store.statistics().days(&[], 3..=16).await.unwrap(), []);
}
