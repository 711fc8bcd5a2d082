//! The last two steps: how access ends, by itself and by the person's will.

use super::{
    parts::{button, life, seconds, token},
    steps::{list, state},
    story::{View, step},
};
use crate::agent::{
    markup::{Markup, html},
    problem::Mend,
    story::{Held, Revocation},
};
use crate::provider::ACCESS_SECONDS;

pub(super) fn renew(view: &View<'_>) -> Markup {
    let renewal = view.begun().and_then(|(story, _)| story.renewal.as_ref());
    let ask = view.begun().map(|(_, held)| {
        html!("" [life(held, view.now)] "" [button("/renew", &again(view, held), view.next == 4)])
    });
    let result = renewal.map(|renewal| {
        view.told(4, &renewal.told, |held| {
            let words = match renewal.is_new {
                true => "The vault refreshed: another token came.",
                false => "The token was still good, so the vault handed out the same one.",
            };
            html!(
                "<p class=\"result\">" {words} "</p>\n<dl class=\"facts\"><dt>Before</dt><dd><code>" {renewal.before}
                "</code></dd><dt>Now</dt><dd><code>" {held.short()} "</code></dd></dl>\n"
            )
        })
    });
    let body = html!(
        "<p>The provider's access tokens live for " {seconds(ACCESS_SECONDS)} " here; an hour is usual. The agent need \
         not care: it asks again, and the vault refreshes in time, once for all who ask.</p>\n"
        [ask] "" [result]
    );
    let done = renewal.is_some_and(|renewal| renewal.told.outcome.is_ok());
    step(4, state(view.begun().is_some(), done), "Let the token end", body)
}

pub(super) fn revoke(view: &View<'_>) -> Markup {
    let revocation = view.begun().and_then(|(story, _)| story.revocation.as_ref());
    let ask = view.begun().filter(|_| revocation.is_none()).map(|_| {
        html!(
            "<p>The button does what you would do there.</p>\n"
                [button("/revoke", "Revoke at the provider", view.next == 5)]
        )
    });
    let body = html!(
        "<p>You can take the access back at any time, in the provider's own settings. Nobody has to tell Coffer: it finds \
         out when it refreshes, and the agent is told what to ask you for.</p>\n"
        [ask] "" [revocation.map(|revocation| revoked(view, revocation))]
    );
    step(5, state(view.begun().is_some(), revocation.is_some_and(is_gone)), "Revoke at the provider", body)
}

/// Whether the exchange afterwards came to the end that it must come to.
fn is_gone(revocation: &Revocation) -> bool {
    let problem = revocation.after.as_ref().and_then(|told| told.outcome.as_ref().err());
    problem.is_some_and(|problem| problem.mend == Mend::SignIn)
}

fn revoked(view: &View<'_>, revocation: &Revocation) -> Markup {
    let result = match revocation.ended {
        0 => "There was nothing to take back any more.",
        _ => "The provider ended what you had allowed. The token at hand is worth nothing now:",
    };
    let after = revocation.after.as_ref().map(|told| {
        html!(
            "<h3>The exchange after the token's end</h3>\n"
                [view.told(5, told, |held| token(held, held.lives))]
        )
    });
    let end = match view.begun().filter(|_| !is_gone(revocation)) {
        Some((_, held)) => html!(
            "<p>The vault does not know yet: it hands out the token that it has until that one's end. Then it must \
             refresh.</p>\n"
            [life(held, view.now)] "" [button("/retry", &again(view, held), view.next == 5)]
        ),
        None => html!(
            "<p class=\"hint\">In the <a href=\"" {view.console} "\">dashboard</a>, Users shows that this account needs \
             consent, and Logs shows every exchange and why this one was refused.</p>\n"
        ),
    };
    html!(
        "<p class=\"result\">" {result} "</p>\n" [view.told(5, &revocation.call, |notes| list(notes))]
        "" [after] "" [end]
    )
}

/// What the button says that asks the vault after a token's end.
fn again(view: &View<'_>, held: &Held) -> String {
    match held.left(view.now) {
        0 => "Exchange again".to_owned(),
        left => format!("Wait {}, then exchange again", seconds(left)),
    }
}
