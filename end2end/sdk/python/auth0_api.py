"""PyPI auth0-api-python, the server of an API: checks callers' tokens, and calls others on their behalf."""

import os
import unittest
from urllib.parse import parse_qs, urlencode, urlparse

import requests
from auth0_api_python import ApiClient, ApiClientOptions
from auth0_api_python.errors import ApiError, VerifyAccessTokenError

from person import CALLBACK, CLIENT_ID, CLIENT_SECRET, DOMAIN, ISSUER, main, open_in_browser

API = os.environ["API"]
OTHER_API = os.environ["OTHER_API"]
NOTES = os.environ["NOTES"]


class Api(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.api = ApiClient(
            ApiClientOptions(
                domain=DOMAIN,
                audience=API,
                client_id=os.environ["API_CLIENT_ID"],
                client_secret=os.environ["API_CLIENT_SECRET"],
            )
        )

    def caller(self, **more):
        """The access token of an application whose user signed in."""
        wanted = {"client_id": CLIENT_ID, "redirect_uri": CALLBACK, "response_type": "code", "connection": "notes"}
        back = open_in_browser(f"{ISSUER}authorize?{urlencode({**wanted, 'scope': 'openid', **more})}")
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlparse(back).query)["code"][0],
            "redirect_uri": CALLBACK,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        answer = requests.post(f"{ISSUER}oauth/token", data=form, timeout=10)
        answer.raise_for_status()
        return answer.json()["access_token"]

    async def test_checks_the_callers_token(self):
        token = self.caller(audience=API, scope="openid read:things")
        claims = await self.api.verify_access_token(token)
        self.assertEqual(claims["client_id"], CLIENT_ID)
        self.assertIn("read:things", claims["scope"].split())
        headers = {"authorization": f"Bearer {token}"}
        self.assertEqual((await self.api.verify_request(headers))["sub"], claims["sub"])
        for wrong in (token[:-8] + "AAAAAAAA", self.caller(audience=OTHER_API)):
            with self.assertRaises(VerifyAccessTokenError):
                await self.api.verify_access_token(wrong)

    async def test_gets_a_token_for_a_connection(self):
        token = self.caller(audience=API)
        found = await self.api.get_access_token_for_connection({"connection": "notes", "access_token": token})
        headers = {"authorization": f"Bearer {found['access_token']}"}
        self.assertEqual(requests.get(NOTES, headers=headers, timeout=10).status_code, 200)
        for options, status, code in (
            ({"connection": "elsewhere", "access_token": token}, 400, "invalid_request"),
            ({"connection": "notes", "access_token": self.caller(audience=OTHER_API)}, 401, "invalid_grant"),
        ):
            with self.assertRaises(ApiError) as refused:
                await self.api.get_access_token_for_connection(options)
            self.assertEqual((refused.exception.status_code, refused.exception.code), (status, code))

    async def test_calls_another_api_on_behalf_of_the_caller(self):
        token = self.caller(audience=API, scope="openid read:things")
        found = await self.api.get_token_on_behalf_of(token, audience=OTHER_API, scope="read:others")
        other = ApiClient(ApiClientOptions(domain=DOMAIN, audience=OTHER_API))
        claims = await other.verify_access_token(found["access_token"])
        self.assertEqual(claims["scope"], "read:others")
        self.assertEqual(claims["sub"], (await self.api.verify_access_token(token))["sub"])
        self.assertEqual(claims["act"]["sub"], os.environ["API_CLIENT_ID"], "who acts for whom is in the token")


if __name__ == "__main__":
    main()
