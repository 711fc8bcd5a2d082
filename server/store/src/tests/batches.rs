//! Reads that are made together.

use std::sync::Arc;

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn whoever_asks_beside_others_gets_their_own() {
    let World { store, connection: acme, client: agent, .. } = World::new().await;
    let (globex, robot) = (connection("globex"), client("Robot"));
    let created = event(EventCode::ConnectionCreated);
    store.connections().create(&globex, None, created).await.unwrap();
    store.clients().create(&robot, None, event(EventCode::ApplicationCreated)).await.unwrap();

    // Enabled is Acme for Agent, and nothing else; there is no Initech, and no application Nobody.
    let nobody = ClientId::generate(&SystemRng);
    let store = Arc::new(store);
    let asked = ["acme", "globex", "initech"]
        .into_iter()
        .flat_map(|name| [agent.id.clone(), robot.id.clone(), nobody.clone()].map(|client| (name, client)));
    // Far more than one statement takes.
    let asked: Vec<_> = asked.cycle().take(300).collect();
    let reads = asked.iter().map(|(name, client)| {
        let (store, name, client) = (Arc::clone(&store), (*name).to_owned(), client.clone());
        tokio::spawn(async move {
            let found = store.connections().named_for(&name, &client).await.unwrap();
            (found, store.clients().with_secret_hash(&client).await.unwrap())
        })
    });
    for ((name, id), read) in asked.iter().zip(join_all(reads).await) {
        let (found, known) = read.unwrap();
        let expected = [&acme, &globex].into_iter().find(|connection| connection.name == *name);
        assert_eq!(found.as_ref().map(|(connection, _)| &connection.id), expected.map(|known| &known.id));
        let enabled = found.is_some_and(|(_, how)| how.is_some());
        assert_eq!(enabled, *name == "acme" && *id == agent.id, "{name} {id}");
        let expected = [&agent, &robot].into_iter().find(|client| client.id == *id);
        assert_eq!(known.as_ref().map(|(client, _)| client), expected);
        assert_eq!(known.is_some_and(|(_, secret)| secret.is_some()), *id == agent.id);
    }
}

#[tokio::test]
async fn what_was_committed_before_is_read() {
    let World { store, connection, client, .. } = World::new().await;
    for round in 0..20 {
        let on = round % 2 == 0;
        let event = event(EventCode::ConnectionEnabled);
        store.connections().set_enabled(&connection.id, &client.id, on, at(round), event).await.unwrap();
        let reads = (0..10).map(|_| {
            let (store, name, client) = (store.clone(), connection.name.clone(), client.id.clone());
            tokio::spawn(async move { store.connections().named_for(&name, &client).await.unwrap() })
        });
        for read in join_all(reads).await {
            let (_, how) = read.unwrap().unwrap();
            assert_eq!(how.is_some(), on, "round {round}");
        }
    }
}
