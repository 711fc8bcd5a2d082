"""The person in front of a browser, who is played by the test that started this program."""

import json
import os
import sys
import unittest

ISSUER = os.environ["ISSUER"]
DOMAIN = os.environ["DOMAIN"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
CALLBACK = os.environ["CALLBACK"]
SCOPE = "openid profile email offline_access"


def open_in_browser(address, end=CALLBACK):
    """Where the browser ends, once the person did what the pages ask."""
    print(json.dumps({"open": address, "end": end}), flush=True)
    return sys.stdin.readline().strip()


def main():
    """Runs the tests of the program that is started; standard output belongs to the browser."""
    runner = unittest.TextTestRunner(stream=sys.stderr, verbosity=2)
    unittest.main(module="__main__", testRunner=runner)
