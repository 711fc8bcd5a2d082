//! The limit that the benchmark compares with: a bare axum handler that parses the same form and
//! answers constant JSON. Listens on 127.0.0.1 at the port in `PORT`.

use std::collections::HashMap;

use axum::{Form, Json, Router, routing::post};
use serde_json::{Value, json};

async fn token(Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    let scope = form.get("connection").map_or("", String::as_str).len();
    Json(
        json!({ "access_token": "constant", "token_type": "Bearer", "expires_in": 3600, "scope": scope.to_string() }),
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::var("PORT")?.parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, Router::new().route("/oauth/token", post(token))).await?;
    Ok(())
}
