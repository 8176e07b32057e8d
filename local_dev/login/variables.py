"""The login of the local application: the meaning of `AUTH_ISSUER=dev`, and the page's login configuration."""

from __future__ import annotations

from collections.abc import Mapping

DEV = "dev"
ISSUER_PATH = "/dev-issuer"
AUDIENCE = "forge-dev"
CLIENT_ID = "forge-page"
PARAMETERS = {
    "AUTH_ISSUER": "AuthIssuer",
    "AUTH_AUDIENCE": "AuthAudience",
    "AUTH_CLIENT_ID": "AuthClientId",
    "AUTH_SCOPE": "AuthScope",
    "AUTH_ORIGINS": "AuthOrigins",
}
"""The variables of a login and the template's parameters."""


class LoginUnusable(ValueError):
    """The login's variables do not fit together; the message says how."""


def with_login(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """Return `environment` with the development issuer of the server at `url` in place of `dev`.

    Raises `LoginUnusable`.
    """
    completed = dict(environment)
    if environment.get("AUTH_ISSUER") == DEV:
        completed |= {
            "AUTH_ISSUER": url + ISSUER_PATH,
            "AUTH_AUDIENCE": AUDIENCE,
            "AUTH_CLIENT_ID": CLIENT_ID,
            "AUTH_SCOPE": "openid",
        }
    named = {name: completed.get(name, "") for name in ("AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_CLIENT_ID")}
    if any(named.values()):
        _check(named)
    return completed


def _check(named: Mapping[str, str]) -> None:
    """The settings' library is imported only if there is a login, because it is a third of a small process."""
    from pydantic import ValidationError

    from forge.setting_errors import said
    from forge.settings import Settings

    try:
        Settings.from_environment({"FORGE_TABLE": "any", **named})
    except ValidationError as error:
        raise LoginUnusable(said(error)) from None


def is_development(environment: Mapping[str, str], url: str) -> bool:
    return environment.get("AUTH_ISSUER") == url + ISSUER_PATH
