"""PyPI authlib: discovery, code with PKCE, the ID token's signature, refresh, introspection, revocation."""

import unittest

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from person import CALLBACK, CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE, main, open_in_browser


class Authlib(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.metadata = requests.get(f"{ISSUER}.well-known/openid-configuration", timeout=10).json()

    def session(self, secret=CLIENT_SECRET, **more):
        return OAuth2Session(
            CLIENT_ID,
            secret,
            scope=SCOPE,
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            token_endpoint=self.metadata["token_endpoint"],
            **more,
        )

    def signed_in(self, **more):
        session = self.session(**more)
        verifier = generate_token(48)
        address, state = session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, connection="notes", nonce="n-0S6"
        )
        back = open_in_browser(address)
        token = session.fetch_token(authorization_response=back, code_verifier=verifier, state=state)
        return session, token

    def test_signs_in_and_reads_the_id_token(self):
        session, token = self.signed_in()
        keys = KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=10).json())
        claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
        self.assertEqual(claims["iss"], ISSUER)
        self.assertEqual(claims["aud"], CLIENT_ID)
        self.assertEqual(claims["nonce"], "n-0S6")
        info = session.get(self.metadata["userinfo_endpoint"]).json()
        self.assertEqual(info["sub"], claims["sub"])

    def test_authenticates_either_way(self):
        for method in ("client_secret_basic", "client_secret_post"):
            _, token = self.signed_in(token_endpoint_auth_method=method)
            self.assertTrue(token["access_token"], method)

    def test_refreshes_and_revokes(self):
        session, token = self.signed_in()
        newer = session.refresh_token(self.metadata["token_endpoint"])
        self.assertNotEqual(newer["refresh_token"], token["refresh_token"])
        answer = session.introspect_token(self.metadata["introspection_endpoint"], token=newer["access_token"])
        self.assertTrue(answer.json()["active"])
        answer = session.revoke_token(self.metadata["revocation_endpoint"], token=newer["refresh_token"])
        self.assertEqual(answer.status_code, 200)
        with self.assertRaises(OAuthError) as refused:
            session.refresh_token(self.metadata["token_endpoint"], refresh_token=newer["refresh_token"])
        self.assertEqual(refused.exception.error, "invalid_grant")

    def test_a_wrong_secret_is_named(self):
        session = self.session(secret="not-the-secret", token_endpoint_auth_method="client_secret_post")
        with self.assertRaises(OAuthError) as refused:
            session.refresh_token(self.metadata["token_endpoint"], refresh_token="cfr_any")
        self.assertEqual(refused.exception.error, "invalid_client")


if __name__ == "__main__":
    main()
