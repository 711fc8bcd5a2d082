use super::*;

fn frame() -> Frame {
    Frame { css: "/assets/coffer.css".to_owned(), sandbox: false }
}

fn consent() -> ConsentPage {
    ConsentPage {
        application: "Notes <agent>".to_owned(),
        note: None,
        person: "Ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        handle: "h\"1".to_owned(),
        scopes: vec![ScopeLine { value: "openid".to_owned(), words: "Know who you are".to_owned() }],
        vault: vec![],
        device: None,
    }
}

fn my_account() -> MyAccountPage {
    MyAccountPage {
        person: "Ada".to_owned(),
        email: None,
        accounts: vec![AccountCard {
            id: "cac_1".to_owned(),
            connection: "Acme".to_owned(),
            label: "<ada>".to_owned(),
            state: coffer_contract::user::AccountState::NeedsConsent { reason: "gone".to_owned() },
            scopes: vec!["Read mail".to_owned()],
            connected_at: coffer_contract::Timestamp::default(),
            applications: vec![AccountApplication { name: "Notes".to_owned(), released_at: None }],
        }],
    }
}

#[test]
fn the_own_page_says_what_to_do() {
    let html = my_account().render(&frame());
    assert!(html.contains("&lt;ada&gt;") && !html.contains("<ada>"), "{html}");
    assert!(html.contains("Reconnect the account"), "{html}");
    assert!(html.contains("not used yet"), "{html}");
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
            by_address: true,
            address: "ada@example.com".to_owned(),
            address_error: Some("No company.".to_owned()),
        }
        .render(&frame()),
        ConnectPage {
            session: "s".to_owned(),
            application: "Notes".to_owned(),
            person: "Ada".to_owned(),
            connection: "Acme".to_owned(),
            scopes: vec!["Read mail".to_owned()],
        }
        .render(&frame()),
        TriedPage { worked: true }.render(&frame()),
        ActivatePage::Enter { entered: "BCDF".to_owned(), error: Some("No.".to_owned()) }.render(&frame()),
        ActivatePage::Compare { code: "BCDF-GHJK".to_owned() }.render(&frame()),
        DeviceDonePage { application: "Notes".to_owned(), allowed: true }.render(&frame()),
        MyAccountSignInPage { connections: vec![] }.render(&frame()),
        my_account().render(&frame()),
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

/// GitHub, for one, grants tokens without any scope.
#[test]
fn consent_names_what_a_connection_without_scopes_allows() {
    let mut page = consent();
    page.vault = vec![VaultLine { connection: "Acme".to_owned(), scopes: vec![] }];
    let html = page.render(&frame());
    assert!(html.contains("Do what you allow it there"), "{html}");
    page.vault[0].scopes.push("Read mail".to_owned());
    assert!(!page.render(&frame()).contains("Do what you allow it there"));
}

/// RFC 8628 section 5.4: the person is told that a device asks, and what to make of a code from somebody else.
#[test]
fn consent_for_a_device_warns_of_codes_from_others() {
    let mut page = consent();
    assert!(!page.render(&frame()).contains("runs on the device"));
    page.device = Some(DeviceLine { connects: Some("Acme".to_owned()) });
    let html = page.render(&frame());
    for words in
        ["runs on the device", "If somebody sent you the code", "Acme asks you to connect your account"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn a_message_is_data_and_its_script_never_changes() {
    let page = WebMessagePage {
        origin: "https://app.example".to_owned(),
        response: r#"{"state":"\"></div><script>alert(1)</script>"}"#.to_owned(),
        failed: false,
    };
    let html = page.render(&frame());
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(html.contains(&format!("<script>{WEB_MESSAGE_SCRIPT}</script>")), "{html}");
    assert!(!html.contains("alert(1)</script>"), "{html}");
}
