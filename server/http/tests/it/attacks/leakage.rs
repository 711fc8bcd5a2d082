//! Secrets that leak from a browser: RFC 9700 sections 4.2 (Referer), 4.3 (history), 4.12 (307 redirect), 4.16
//! (clickjacking) and 4.17 (in-browser communication).

use axum::{body::Body, http::Request};
use coffer_http::ENDPOINTS;

use super::{application, authorize, sign_in};
use crate::browser::{Browser, param, redirected};
use crate::harness::{CALLBACK, Server};

/// Sections 4.2 and 4.16: no page tells another site its address, and none can be put into a frame. The one
/// that answers by message to a frame names who may embed it: see `web_message`.
#[tokio::test]
async fn no_page_leaks_its_address_or_lets_itself_be_framed() {
    let server = Server::start().await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "get") {
        let address =
            endpoint.path.replace("{*page}", "overview").replace("{name}", "x").replace("{id}", "x");
        let answer = server.get(&address).await;
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{address}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{address}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{address}: {policy}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("https:"), "{address}: {policy}");
        assert!(!policy.contains("img-src *"), "no picture of another site is asked for: {policy}");
    }
}

/// Section 4.2: the pages of a sign-in, which carry handles in their addresses, load nothing from elsewhere
/// and link nowhere.
#[tokio::test]
async fn the_pages_of_a_sign_in_point_at_no_other_site() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let mut browser = Browser::default();
    let page = redirected(&browser.get(&server, &authorize(&client, &[])).await);
    let mut pages = vec![browser.get(&server, page.as_str()).await];
    let there = redirected(&browser.get(&server, &authorize(&client, &[("connection", "provider")])).await);
    let consent = redirected(&browser.at_provider(&server, there.as_str(), "ada", "allow").await);
    pages.push(browser.get(&server, consent.as_str()).await);
    pages.push(browser.get(&server, "/u/account").await);
    for page in pages {
        assert_eq!(page.status, 200, "{}", page.text);
        for elsewhere in ["src=\"http", "href=\"http", "url(http", "src=\"//", "href=\"//"] {
            assert!(!page.text.contains(elsewhere), "{elsewhere}: {}", page.text);
        }
    }
}

/// Section 4.3.1: a code in the history is worth nothing once it was used, nor after a minute, and the page
/// it came with is not kept: `grants::a_replayed_code_ends_what_came_from_it` tries the code itself.
/// Section 4.3.2: no access token is ever in an address, and none is taken from one.
#[tokio::test]
async fn the_browsers_history_holds_no_token() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let request = authorize(&client, &[("connection", "provider")]);
    let answer = sign_in(&server, &mut Browser::default(), &request, "ada").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("location").contains("token"), "{}", answer.header("location"));
    for types in ["token", "id_token", "id_token token", "code token", "code id_token"] {
        let refused = server.get(&authorize(&client, &[("response_type", types)])).await;
        let location = redirected(&refused);
        assert_eq!(param(&location, "error"), "unsupported_response_type", "{types}");
    }
    let token = server.redeem(&client, &param(&redirected(&answer), "code")).await.json();
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(server.userinfo(token).await.status, 200);
    assert_eq!(server.get(&format!("/userinfo?access_token={token}")).await.status, 401);
    let accounts = format!("/me/v1/connected-accounts/accounts?access_token={token}");
    assert_eq!(server.get(&accounts).await.status, 401);
    assert_eq!(server.get(&format!("/api/v2/clients?access_token={token}")).await.status, 401);
}

/// Section 4.12: with 307 a browser would post a form, and what was typed into it, on to the next site.
#[tokio::test]
async fn no_form_is_posted_on_to_the_next_site() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let mut browser = Browser::default();
    let mut statuses = Vec::new();
    let request = authorize(&client, &[]);
    let mut step = browser.get(&server, &request).await;
    let handle = param(&redirected(&step), "handle");
    statuses.push(step.status);
    step = browser.post(&server, "/u/sign-in", &[("handle", &handle), ("connection", "provider")]).await;
    statuses.push(step.status);
    step = browser.at_provider(&server, redirected(&step).as_str(), "ada", "allow").await;
    statuses.push(step.status);
    step = browser.post(&server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await;
    assert!(redirected(&step).as_str().starts_with(CALLBACK));
    statuses.push(step.status);
    let by_form = Request::post("/authorize")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(request.split_once('?').unwrap().1.to_owned()));
    statuses.push(server.send(by_form.unwrap()).await.status);
    statuses.push(browser.post(&server, "/u/account/sign-in", &[("connection", "provider")]).await.status);
    statuses.push(browser.post(&server, "/u/account/sign-out-everywhere", &[]).await.status);
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    let mut console = Browser::default();
    super::browser::set_up(&server, &mut console).await;
    let signed_in = super::browser::console_sign_in(&server, &mut console, "/console/users").await;
    assert!(!matches!(signed_in.status.as_u16(), 307 | 308), "{}", signed_in.status);
}
