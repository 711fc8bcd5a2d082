//! The authorization endpoint: who gets an answer, and where it goes.

use coffer_contract::application::{ApplicationType, GrantType};
use url::Url;

use crate::harness::{CALLBACK, ISSUER, Server, challenge};

type Params<'a> = &'a [(&'a str, &'a str)];

fn address(params: Params<'_>) -> String {
    format!(
        "/authorize?{}",
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
    )
}

fn query(location: &str) -> std::collections::HashMap<String, String> {
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

/// RFC 9700 section 2.1: exact matching; a wrong redirect URI never gets an answer.
#[tokio::test]
async fn errors_before_trust_are_shown_not_sent() {
    let server = Server::start().await;
    let client = server.web().await;
    let id = client.id.as_str();
    let one_more = format!("{CALLBACK}x");
    let other_case = CALLBACK.replace("callback", "Callback");
    for params in [
        vec![("client_id", id), ("redirect_uri", one_more.as_str()), ("response_type", "code")],
        vec![("client_id", id), ("redirect_uri", other_case.as_str()), ("response_type", "code")],
        vec![("client_id", id), ("response_type", "code")],
        vec![("client_id", "nobody"), ("redirect_uri", CALLBACK), ("response_type", "code")],
        vec![("client_id", id), ("client_id", id), ("redirect_uri", CALLBACK), ("response_type", "code")],
    ] {
        let answer = server.get(&address(&params)).await;
        assert_eq!(answer.status, 400, "{params:?}");
        assert_eq!(answer.header("location"), "");
        assert!(answer.text.contains("<h1"), "a page for people: {}", answer.text);
        assert!(!answer.text.contains("<script"));
    }
}

/// RFC 6749 section 4.1.2.1 and RFC 9207: later errors go to the client, with state and iss.
#[tokio::test]
async fn later_errors_go_to_the_client() {
    let server = Server::start().await;
    let client = server.web().await;
    let public = server.register(ApplicationType::SinglePage, &GrantType::ALL[..2]).await;
    let challenge = challenge();
    let base = |id: &str| {
        vec![("client_id", id.to_owned()), ("redirect_uri", CALLBACK.to_owned()), ("state", "st".to_owned())]
    };
    let cases: [(&str, Params<'_>, &str); 8] = [
        (client.id.as_str(), &[], "invalid_request"),
        (client.id.as_str(), &[("response_type", "token")], "unsupported_response_type"),
        (client.id.as_str(), &[("response_type", "code"), ("prompt", "none")], "login_required"),
        (client.id.as_str(), &[("response_type", "code"), ("connection", "nowhere")], "invalid_request"),
        (client.id.as_str(), &[("response_type", "code"), ("connection", "provider")], "invalid_request"),
        (client.id.as_str(), &[("response_type", "code"), ("request", "x")], "request_not_supported"),
        (public.id.as_str(), &[("response_type", "code")], "invalid_request"),
        (
            public.id.as_str(),
            &[("response_type", "code"), ("code_challenge", &challenge), ("code_challenge_method", "plain")],
            "invalid_request",
        ),
    ];
    for (id, extra, expected) in cases {
        let base = base(id);
        let mut params: Vec<(&str, &str)> =
            base.iter().map(|(name, value)| (*name, value.as_str())).collect();
        params.extend_from_slice(extra);
        let answer = server.get(&address(&params)).await;
        assert_eq!(answer.status, 303, "{extra:?} {}", answer.text);
        let location = answer.header("location");
        assert!(location.starts_with(CALLBACK), "{location}");
        let sent = query(location);
        assert_eq!((sent["error"].as_str(), sent["state"].as_str()), (expected, "st"), "{extra:?}");
        assert_eq!(sent["iss"], ISSUER);
        assert!(!sent.contains_key("code"));
    }
}

#[tokio::test]
async fn a_good_request_leads_to_the_sign_in_page_of_this_browser_alone() {
    let server = Server::start().await;
    let client = server.web().await;
    let challenge = challenge();
    let params = [
        ("client_id", client.id.as_str()),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let answer = server.get(&address(&params)).await;
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("/u/sign-in?handle="), "{location}");
    let cookie = answer.header("set-cookie");
    for attribute in ["__Host-coffer_session=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let stranger = server.get(&location).await;
    assert_eq!(stranger.status, 400, "a handle is worth nothing in another browser");
    let request = axum::http::Request::get(&location)
        .header("cookie", cookie.split(';').next().unwrap())
        .body(axum::body::Body::empty());
    let own = server.send(request.unwrap()).await;
    assert_eq!(own.status, 200);
    assert!(own.text.contains("No way to sign in is enabled"), "no connection is enabled: {}", own.text);
}

#[tokio::test]
async fn metadata_names_what_there_is() {
    let server = Server::start().await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata, server.get("/.well-known/oauth-authorization-server").await.json());
    for name in ["authorization_endpoint", "end_session_endpoint", "jwks_uri", "userinfo_endpoint"] {
        let path = metadata[name].as_str().unwrap().strip_prefix("https://coffer.example").unwrap();
        assert_ne!(server.get(path).await.status, 404, "{path}");
    }
    let keys = server.get("/.well-known/jwks.json").await.json();
    let algs: Vec<_> =
        keys["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert_eq!(algs, ["RS256"], "nobody chose another");
    assert!(!keys.to_string().contains("\"d\""), "public halves alone");
}
