"""PyPI auth0-python's authentication half: code, refresh, pushed requests, the vault."""

import os
import unittest
from urllib.parse import parse_qs, urlencode, urlparse

import requests
from auth0.authentication import GetToken, RevokeToken, Users
from auth0.authentication.exceptions import Auth0Error
from auth0.authentication.pushed_authorization_requests import PushedAuthorizationRequests
from auth0.authentication.token_verifier import AsymmetricSignatureVerifier, TokenVerifier

from person import CALLBACK, CLIENT_ID, CLIENT_SECRET, DOMAIN, ISSUER, SCOPE, main, open_in_browser

NOTES = os.environ["NOTES"]


class Authentication(unittest.TestCase):
    def setUp(self):
        self.tokens = GetToken(DOMAIN, CLIENT_ID, client_secret=CLIENT_SECRET)

    def signed_in(self, push=False):
        # No PKCE: the SDK knows it for public clients alone.
        wanted = {"scope": SCOPE, "connection": "notes", "nonce": "n-0S6"}
        if push:
            requests_ = PushedAuthorizationRequests(DOMAIN, CLIENT_ID, client_secret=CLIENT_SECRET)
            pushed = requests_.pushed_authorization_request("code", CALLBACK, **wanted)
            wanted = {"request_uri": pushed["request_uri"]}
        else:
            wanted |= {"response_type": "code", "redirect_uri": CALLBACK}
        back = open_in_browser(f"{ISSUER}authorize?{urlencode({'client_id': CLIENT_ID, **wanted})}")
        code = parse_qs(urlparse(back).query)["code"][0]
        return self.tokens.authorization_code(code, CALLBACK)

    def test_signs_in_and_verifies_the_id_token(self):
        for push in (False, True):
            token = self.signed_in(push)
            signature = AsymmetricSignatureVerifier(f"{ISSUER}.well-known/jwks.json")
            verifier = TokenVerifier(signature_verifier=signature, issuer=ISSUER, audience=CLIENT_ID)
            claims = verifier.verify(token["id_token"], nonce="n-0S6")
            info = Users(DOMAIN).userinfo(token["access_token"])
            self.assertEqual(info["sub"], claims["sub"])
            self.assertRegex(info["email"], "^ada@")

    def test_refreshes_and_revokes(self):
        token = self.signed_in()
        newer = self.tokens.refresh_token(token["refresh_token"])
        self.assertTrue(newer["access_token"])
        RevokeToken(DOMAIN, CLIENT_ID, client_secret=CLIENT_SECRET).revoke_refresh_token(newer["refresh_token"])
        with self.assertRaises(Auth0Error) as refused:
            self.tokens.refresh_token(newer["refresh_token"])
        self.assertEqual(refused.exception.error_code, "invalid_grant")

    def for_connection(self, subject, connection="notes"):
        return self.tokens.access_token_for_connection(
            subject_token_type="urn:ietf:params:oauth:token-type:refresh_token",
            subject_token=subject,
            requested_token_type="http://auth0.com/oauth/token-type/federated-connection-access-token",
            connection=connection,
        )

    def test_gets_a_token_for_a_connection(self):
        token = self.signed_in()
        exchanged = self.for_connection(token["refresh_token"])
        headers = {"authorization": f"Bearer {exchanged['access_token']}"}
        self.assertEqual(requests.get(NOTES, headers=headers, timeout=10).status_code, 200)
        for subject, connection, status, code in (
            (token["refresh_token"], "elsewhere", 400, "invalid_request"),
            ("cfr_nobodys", "notes", 401, "invalid_grant"),
        ):
            with self.assertRaises(Auth0Error) as refused:
                self.for_connection(subject, connection)
            self.assertEqual((refused.exception.status_code, refused.exception.error_code), (status, code))

    def test_a_wrong_secret_is_named(self):
        wrong = GetToken(DOMAIN, CLIENT_ID, client_secret="not-the-secret")
        with self.assertRaises(Auth0Error) as refused:
            wrong.refresh_token("cfr_any")
        self.assertEqual((refused.exception.status_code, refused.exception.error_code), (401, "invalid_client"))


if __name__ == "__main__":
    main()
