"""CORS by the HTTP API's configuration: the gateway answers preflights and ignores a function's own CORS headers."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from local_dev.http_server.answer import Answer
from local_dev.template.declarations import Cors


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(cors: Cors, headers: Mapping[str, str]) -> Answer:
    if not (allowed := _origin(cors, headers)):
        return Answer(204)
    answer = [
        ("access-control-allow-origin", allowed),
        ("access-control-allow-methods", ",".join(cors.methods)),
        ("access-control-allow-headers", ",".join(cors.headers)),
    ]
    if cors.max_age is not None:
        answer.append(("access-control-max-age", str(cors.max_age)))
    return Answer(204, headers=answer + _credentials(cors))


def with_cors(answer: Answer, cors: Cors, headers: Mapping[str, str]) -> Answer:
    kept = [pair for pair in answer.headers if not pair[0].startswith("access-control-")]
    if allowed := _origin(cors, headers):
        kept.append(("access-control-allow-origin", allowed))
        if cors.expose:
            kept.append(("access-control-expose-headers", ",".join(cors.expose)))
        kept += _credentials(cors)
    return Answer(answer.status, answer.body, kept)


def _origin(cors: Cors, headers: Mapping[str, str]) -> str:
    """Return the value of `access-control-allow-origin`; empty if the origin may not read the answer."""
    origin = headers.get("origin", "")
    if not origin:
        return ""
    if "*" in cors.origins:
        return "*"
    return origin if any(fnmatchcase(origin, allowed.strip()) for allowed in cors.origins) else ""


def _credentials(cors: Cors) -> list[tuple[str, str]]:
    return [("access-control-allow-credentials", "true")] if cors.credentials else []
