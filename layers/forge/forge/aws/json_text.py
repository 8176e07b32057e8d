"""Convert parameters to the JSON of AWS's protocols, and results back; bytes are base64 text in JSON."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from http import HTTPStatus
from typing import Any, cast

from botocore.exceptions import ClientError

from forge.aws.http_answer import Answer

_BYTES = re.compile(rb'"BS?"\s*:')
"""A member with the name of one of DynamoDB's types of binary values. Most items have none, and are read by the
decoder alone.
"""


def encoded(parameters: dict[str, Any]) -> bytes:
    return json.dumps(parameters, default=_base64).encode()


def decoded(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    return json.loads(body, object_hook=_with_bytes if _BYTES.search(body) else None)


def error_of(operation: str, answer: Answer) -> ClientError:
    """Build the error as botocore does: the code comes from the body, or from the older protocol's field; the error's
    other members are kept.
    """
    body = _error_body(answer)
    own = {name: value for name, value in body.items() if name not in {"__type", "message", "Message"}}
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.fields.items()}
    code = str(body.get("__type") or answer.status).partition(":")[0].rpartition("#")[2]
    older = fields.get("x-amzn-query-error", "").split(";")
    if len(older) == 2 and older[0]:
        code = older[0]
    message = body.get("message", body.get("Message", ""))
    response: Any = {
        **own,
        "Error": {"Message": message, "Code": code},
        "ResponseMetadata": {
            "RequestId": fields.get("x-amzn-requestid", ""),
            "HTTPStatusCode": answer.status,
            "HTTPHeaders": fields,
        },
    }
    return ClientError(response, operation)


def _error_body(answer: Answer) -> dict[str, Any]:
    """A proxy between us and the service may answer with a body of its own."""
    try:
        body: Any = decoded(answer.body)
    except ValueError:
        body = None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {"message": _phrase(answer.status)}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"cannot be sent: {type(value).__name__}")
    return b64encode(value).decode()


def _with_bytes(found: dict[str, Any]) -> dict[str, Any]:
    """An object whose only member is a string named B is a binary value, because the members of a map are objects."""
    if len(found) == 1:
        match found:
            case {"B": str() as text}:
                return {"B": b64decode(text)}
            case {"BS": [*texts]} if all(isinstance(each, str) for each in texts):
                return {"BS": [b64decode(text) for text in texts]}
            case _:
                pass
    return found
