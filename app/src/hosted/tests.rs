use super::*;

fn frame() -> Frame {
    Frame { css: "/assets/coffer.css".to_owned() }
}

fn consent() -> ConsentPage {
    ConsentPage {
        application: "Notes <agent>".to_owned(),
        person: "Ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        handle: "h\"1".to_owned(),
        scopes: vec![ScopeLine { value: "openid".to_owned(), words: "Know who you are".to_owned() }],
        vault: vec![],
    }
}

#[test]
fn names_are_escaped_everywhere() {
    let html = consent().render(&frame());
    assert!(!html.contains("<agent>"), "{html}");
    assert!(!html.contains("h\"1"), "{html}");
    assert!(html.contains("&lt;agent&gt;"), "{html}");
}

#[test]
fn no_hosted_page_has_a_script_or_inline_style() {
    let pages = [
        consent().render(&frame()),
        SignInPage {
            application: "Notes".to_owned(),
            handle: "h".to_owned(),
            connections: vec![ConnectionButton {
                name: "acme".to_owned(),
                label: "Acme".to_owned(),
                strategy: "oidc".to_owned(),
            }],
            error: Some("Try again.".to_owned()),
        }
        .render(&frame()),
        ErrorPage {
            title: "No".to_owned(),
            message: "Because.".to_owned(),
            code: Some("access_denied".to_owned()),
            reference: Some("r".to_owned()),
        }
        .render(&frame()),
        ConfirmSignOutPage { person: None, fields: vec![] }.render(&frame()),
        SignedOutPage { return_to: None }.render(&frame()),
        FormPostPage { action: "https://app.example/cb".to_owned(), fields: vec![] }.render(&frame()),
    ];
    for html in pages {
        assert!(html.starts_with("<!DOCTYPE html><html"), "{html}");
        assert!(!html.contains("<script") && !html.contains(" style="), "{html}");
    }
}

#[test]
fn consent_says_when_it_lasts() {
    let mut page = consent();
    assert!(!page.render(&frame()).contains("keep acting"));
    page.scopes.push(ScopeLine { value: "offline_access".to_owned(), words: "Stay signed in".to_owned() });
    assert!(page.render(&frame()).contains("keep acting"));
}
