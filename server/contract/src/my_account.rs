//! The My Account API's scopes, and what each lets an application do.

/// Lets an application connect accounts for its user.
pub const CREATE: &str = "create:me:connected_accounts";
/// Lets an application see which accounts its user connected.
pub const READ: &str = "read:me:connected_accounts";
/// Lets an application disconnect accounts of its user.
pub const DELETE: &str = "delete:me:connected_accounts";

/// Every scope, in words for the consent page.
pub const SCOPES: &[(&str, &str)] = &[
    (CREATE, "Ask you to connect more accounts"),
    (READ, "See which accounts you connected"),
    (DELETE, "Disconnect accounts"),
];
