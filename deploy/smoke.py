"""A check of the deployment through its URL: the page, the health, and an answer, or a refusal if it needs a login."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from deploy.programs import DeployFailed

PATIENCE_SECONDS = 300.0
"""Time limit, because a first worker may have to be started, and CloudFront's name may not be known yet."""
PAUSE_SECONDS = 3.0
_TIMEOUT = 30


class NotYet(Exception):
    """A check fails at the moment. The message says which."""


def check(
    url: str,
    *,
    has_login: bool,
    say: Callable[[str], object],
    patience: float = PATIENCE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> None:
    """Raises `DeployFailed` if the deployment does not work within `patience` seconds."""
    until = time.monotonic() + patience
    session = str(uuid.uuid4())
    steps = [_health, _page, _closed_door if has_login else _answer]
    for step in steps:
        while True:
            try:
                step(url, session)
                break
            except NotYet as problem:
                if time.monotonic() > until:
                    raise DeployFailed(f"{url} was deployed and does not work: {problem}") from problem
            time.sleep(pause)
    say("It was tried and works.")


def _health(url: str, _session: str) -> None:
    if _get(f"{url}/health") != (HTTPStatus.OK, b"OK"):
        raise NotYet("/health does not say OK")


def _page(url: str, _session: str) -> None:
    status, body = _get(f"{url}/")
    if status != HTTPStatus.OK or b"<html" not in body:
        raise NotYet(f"the page answers {status}")


def _closed_door(url: str, session: str) -> None:
    status, _ = _get(f"{url}/api/state?session_id={session}")
    if status != HTTPStatus.UNAUTHORIZED:
        raise NotYet(f"without a login the API answers {status}")


def _answer(url: str, session: str) -> None:
    """Because of the idempotency key this is one message, however often it is sent."""
    status, body = _get(f"{url}/api/state?session_id={session}")
    state: Any = json.loads(body) if status == HTTPStatus.OK else {}
    messages: list[dict[str, Any]] = state.get("messages", [])
    if any(each["sender"] == "agent" and not each["is_streaming"] for each in messages):
        _get(f"{url}/api/sessions/{session}", method="DELETE")
        return
    _get(f"{url}/api/chat", {"message": "help", "session_id": session}, key=session)
    raise NotYet(f"no answer came to a message (state: {status})")


def _get(
    url: str, body: dict[str, str] | None = None, *, key: str = "", method: str = ""
) -> tuple[int, bytes]:
    data = json.dumps(body).encode() if body else None
    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    request = Request(url, data, headers, method=method or ("POST" if data else "GET"))
    try:
        with urlopen(request, timeout=_TIMEOUT) as response:
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()
    except (URLError, TimeoutError, ConnectionError) as error:
        raise NotYet(f"{url} cannot be reached ({type(error).__name__})") from error
