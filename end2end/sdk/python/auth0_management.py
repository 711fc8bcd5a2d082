"""PyPI auth0-python's management half: create, read, page, change, delete, and errors."""

import os
import unittest

from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.errors import BadRequestError, ConflictError, NotFoundError, UnauthorizedError

from person import DOMAIN, main

MANAGER_ID = os.environ["MANAGER_ID"]
MANAGER_SECRET = os.environ["MANAGER_SECRET"]
PROVIDER = os.environ["PROVIDER"]


class Management(unittest.TestCase):
    def setUp(self):
        self.api = ManagementClient(domain=DOMAIN, client_id=MANAGER_ID, client_secret=MANAGER_SECRET)

    def test_applications(self):
        made = self.api.clients.create(name="From Python", app_type="regular_web", callbacks=["https://app.example/"])
        self.assertTrue(made.client_secret)
        self.assertEqual(self.api.clients.get(made.client_id).name, "From Python")
        self.assertEqual(self.api.clients.update(made.client_id, name="Changed").name, "Changed")
        rotated = self.api.clients.rotate_secret(made.client_id)
        self.assertNotEqual(rotated.client_secret, made.client_secret)
        self.api.clients.delete(made.client_id)
        with self.assertRaises(NotFoundError):
            self.api.clients.get(made.client_id)

    def test_pages(self):
        made = [self.api.clients.create(name=f"Python {number}", app_type="native") for number in range(5)]
        found = {client.client_id for client in self.api.clients.list(per_page=2)}
        self.assertTrue({client.client_id for client in made} <= found)

    def test_connections(self):
        made = self.api.connections.create(
            name="from-python",
            strategy="oidc",
            options={
                "client_id": "coffer-at-the-provider",
                "client_secret": "provider-secret",
                "discovery_url": PROVIDER,
                "scope": "openid profile",
                "federated_connections_access_tokens": {"active": True},
            },
        )
        client = self.api.clients.create(name="Uses it", app_type="regular_web")
        self.api.connections.clients.update(made.id, request=[{"client_id": client.client_id, "status": True}])
        users = [one.client_id for one in self.api.connections.clients.get(made.id)]
        self.assertEqual(users, [client.client_id])
        self.assertIn("from-python", [one.name for one in self.api.connections.list(take=1)])
        self.api.connections.update(made.id, display_name="Changed")
        self.assertEqual(self.api.connections.get(made.id).display_name, "Changed")
        with self.assertRaises(ConflictError):
            options = {"client_id": "a", "client_secret": "b", "discovery_url": PROVIDER}
            self.api.connections.create(name="from-python", strategy="oidc", options=options)
        self.api.connections.delete(made.id)

    def test_apis_and_grants(self):
        scopes = [{"value": "read:things"}]
        api = self.api.resource_servers.create(identifier="https://things.example/", name="Things", scopes=scopes)
        client = self.api.clients.create(name="Machine", app_type="non_interactive")
        grant = self.api.client_grants.create(
            client_id=client.client_id, audience=api.identifier, scope=["read:things"]
        )
        self.assertIn(grant.id, [one.id for one in self.api.client_grants.list(client_id=client.client_id)])
        self.api.client_grants.delete(grant.id)
        self.api.resource_servers.delete(api.id)

    def test_users_grants_and_logs(self):
        self.assertEqual(list(self.api.users.list(q="email:nobody@nowhere.example")), [])
        self.assertEqual(list(self.api.user_grants.list(user_id="oidc|notes|nobody")), [])
        logs = list(self.api.logs.list(per_page=100))
        self.assertTrue(logs)
        self.assertEqual(self.api.logs.get(logs[0].log_id).type, logs[0].type)

    def test_refusals(self):
        with self.assertRaises(UnauthorizedError):
            ManagementClient(domain=DOMAIN, token="nobodys").clients.list()
        with self.assertRaises(BadRequestError) as refused:
            self.api.clients.create(name="")
        self.assertEqual(refused.exception.body["statusCode"], 400)
        with self.assertRaises(ApiError):
            self.api.users.get("oidc|notes|nobody")


if __name__ == "__main__":
    main()
