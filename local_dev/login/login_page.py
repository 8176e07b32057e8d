"""The development issuer's only page, which asks under which name to log in."""

from __future__ import annotations

import html
from collections.abc import Mapping
from urllib.parse import urlencode

NAMES = ("Alice", "Bob", "Charlie")
PAGE_HEADERS = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'"),
]


def choosing_page(asked: Mapping[str, str]) -> bytes:
    """`asked`: the authorization request, which is repeated with the chosen name."""
    passed_on = {name: value for name, value in asked.items() if name not in ("person", "prompt")}
    links = "".join(
        f'<li><a href="?{html.escape(urlencode({**passed_on, "person": name}))}">{name}</a></li>'
        for name in NAMES
    )
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in passed_on.items()
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Development login</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<h1>Who are you?</h1>
<p>This login exists on this computer only, for development. Anybody may be anybody.</p>
<ul>{links}</ul>
<form>{fields}<label>Another name <input name="person" required maxlength="80" autocomplete="username"></label>
<button>Log in</button></form></html>
""".encode()
