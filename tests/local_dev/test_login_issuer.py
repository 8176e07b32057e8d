"""The development issuer sends a browser back to its own server only, whatever the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from local_dev.login.issuer import LoginIssuer
from local_dev.login.variables import CLIENT_ID

OURS = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def issuer() -> LoginIssuer:
    return LoginIssuer(f"{OURS}/dev-issuer", ec.generate_private_key(ec.SECP256R1()), 300)


def client(issuer: LoginIssuer) -> httpx.AsyncClient:
    app: Any = issuer.handle
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{OURS}/dev-issuer")


@pytest.mark.parametrize(
    "back",
    [
        f"{OURS}/\r\nX-Header: told",
        f"{OURS}\t/x",
        f"\t{OURS}/",
        f"{OURS}/€",
        f"{OURS}@evil.example/",
        f"{OURS}\\@evil.example/",
        "//evil.example/",
        "http://[",
        "http://127.0.0.1:99999999/",
        "javascript:alert(1)",
        "",
    ],
)
async def test_no_other_address_gets_the_browser(issuer: LoginIssuer, back: str) -> None:
    logout = {"post_logout_redirect_uri": back}
    login = {"client_id": CLIENT_ID, "redirect_uri": back, "person": "Alice", "response_type": "code"}
    async with client(issuer) as asking:
        for path, asked in (("logout", logout), ("authorize", login)):
            answer = await asking.get(f"{asking.base_url}{path}?{urlencode(asked)}")
            assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_codes_that_have_expired_are_not_remembered(issuer: LoginIssuer) -> None:
    issuer._use_up("old", 0.0)
    issuer._use_up("new", 1e12)
    issuer._use_up("newest", 1e12)
    assert list(issuer._used) == ["new", "newest"]
