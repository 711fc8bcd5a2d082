//! The management API's scopes, and what each lets a client do.

/// Every scope, for client grants and for the metadata.
pub const SCOPES: &[(&str, &str)] = &[
    ("read:clients", "See applications"),
    ("create:clients", "Create applications"),
    ("update:clients", "Change applications"),
    ("delete:clients", "Delete applications"),
    ("read:client_keys", "Read applications' client secrets, where it may see the applications"),
    ("update:client_keys", "Replace an application's client secret"),
    ("read:connections", "See connections"),
    ("create:connections", "Create connections"),
    ("update:connections", "Change connections, and switch them on for applications"),
    ("delete:connections", "Delete connections"),
    ("read:resource_servers", "See APIs"),
    ("create:resource_servers", "Create APIs"),
    ("update:resource_servers", "Change APIs"),
    ("delete:resource_servers", "Delete APIs"),
    ("read:client_grants", "See what applications may do at APIs"),
    ("create:client_grants", "Authorize applications for APIs"),
    ("update:client_grants", "Change what applications may do at APIs"),
    ("delete:client_grants", "End what applications may do at APIs"),
    ("read:grants", "See what users agreed to"),
    ("delete:grants", "Take back what users agreed to"),
    ("read:users", "See users and their connected accounts"),
    ("delete:users", "Delete users"),
    (
        "read:federated_connections_tokens",
        "See which provider tokens the vault keeps for users, without the tokens",
    ),
    ("delete:federated_connections_tokens", "Disconnect users' accounts"),
    ("read:logs", "Read the log"),
];
