"""PyPI auth0-server-python: sign-in (by PAR too), tokens for APIs and connections, connected accounts, logout."""

import unittest
from urllib.parse import parse_qs, urlparse

from auth0_server_python.auth_server.server_client import ServerClient
from auth0_server_python.auth_types import ConnectAccountOptions, LogoutOptions, StartInteractiveLoginOptions
from auth0_server_python.error import AccessTokenForConnectionError

from person import CALLBACK, CLIENT_ID, CLIENT_SECRET, DOMAIN, ISSUER, SCOPE, main, open_in_browser


class Store:
    """One person's session, in memory."""

    def __init__(self):
        self.kept = {}

    async def set(self, identifier, state, remove_if_expires=False, options=None):
        self.kept[identifier] = state

    async def get(self, identifier, options=None):
        return self.kept.get(identifier)

    async def delete(self, identifier, options=None):
        self.kept.pop(identifier, None)


class ServerPython(unittest.IsolatedAsyncioTestCase):
    def client(self, **more):
        return ServerClient(
            domain=DOMAIN,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            redirect_uri=CALLBACK,
            secret="a secret of the application's own, for its cookies",
            transaction_store=Store(),
            state_store=Store(),
            authorization_params={"scope": SCOPE, "connection": "notes"},
            **more,
        )

    async def signed_in(self, **more):
        client = self.client(**more)
        address = await client.start_interactive_login(StartInteractiveLoginOptions())
        await client.complete_interactive_login(open_in_browser(address))
        return client

    async def test_signs_in(self):
        client = await self.signed_in()
        user = await client.get_user()
        self.assertTrue(user["sub"])
        self.assertIn("@", user["email"])

    async def test_signs_in_by_pushed_request(self):
        client = self.client(pushed_authorization_requests=True)
        address = await client.start_interactive_login(StartInteractiveLoginOptions())
        self.assertIn("request_uri", parse_qs(urlparse(address).query))
        await client.complete_interactive_login(open_in_browser(address))
        self.assertTrue((await client.get_user())["sub"])

    async def test_gets_the_providers_token(self):
        client = await self.signed_in()
        token = await client.get_access_token_for_connection({"connection": "notes"})
        self.assertTrue(token.startswith("sandbox_at_"), token[:12])
        with self.assertRaises(AccessTokenForConnectionError):
            await client.get_access_token_for_connection({"connection": "nowhere"})

    async def test_connects_an_account(self):
        client = await self.signed_in()
        address = await client.start_connect_account(
            ConnectAccountOptions(connection="notes", scopes=["notes.read"], app_state={"back": "/settings"})
        )
        done = await client.complete_connect_account(open_in_browser(address))
        self.assertEqual(done.connection, "notes")
        self.assertEqual(done.app_state, {"back": "/settings"})
        accounts = (await client.list_connected_accounts()).accounts
        self.assertIn(done.id, [account.id for account in accounts])
        offered = await client.list_connected_account_connections()
        self.assertIn("notes", [connection.name for connection in offered.connections])
        await client.delete_connected_account(done.id)
        left = (await client.list_connected_accounts()).accounts
        self.assertNotIn(done.id, [account.id for account in left])

    async def test_signs_out(self):
        client = await self.signed_in()
        address = await client.logout(LogoutOptions(return_to="https://app.example/"))
        self.assertTrue(address.startswith(ISSUER), address)
        self.assertIsNone(await client.get_user())


if __name__ == "__main__":
    main()
