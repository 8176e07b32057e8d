"""Names the requests that cross a process's boundary: each request of a worker, by its purpose.

The names are those of `forge.ports` (`runs.claim`), so the tests can compare them with the worker's source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forge.models.timing import VISIBILITY_SECONDS

CONNECTIONS_PATH = "/_aws/ws/@connections/"
LLM_PATH = "/llm/"
TOOLS_PATH = "/tools/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a process."""

    client: str
    """The process that sends it."""
    crossing: str
    """The request's purpose; `?` until it is named."""
    method: str
    """The HTTP method."""
    path: str
    """The path with the query."""
    headers: Mapping[str, str]
    """The header fields, with names in lower case."""
    body: bytes
    """The body, which is searched for its session."""

    @property
    def service(self) -> str:
        if self.path.startswith(LLM_PATH):
            return "llm"
        if self.path.startswith(TOOLS_PATH):
            return "tools"
        if self.path.startswith(CONNECTIONS_PATH):
            return "connections"
        return "sqs" if "AmazonSQS" in self.headers.get("X-Amz-Target", "") else "dynamodb"


_PUTS = {
    "session": "inbox.accept",
    "call": "journal.finish_call",
    "text": "runs.flush",
    "message": "runs.put_ahead",
    "entry": "runs.put_ahead",
}

_GETS = {"session": "sessions.get", "control": "controls.read", "call": "journal.call_record"}


def named(client: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    return Call(client, _name(method, path, headers, body), method, path, headers, body)


def _name(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    if path.startswith(LLM_PATH):
        return "llm.request"
    if path.startswith(CONNECTIONS_PATH):
        return "connections.post" if method == "POST" else "connections.close"
    parameters: dict[str, Any] = json.loads(body) if body.startswith(b"{") else {}
    if path.startswith(TOOLS_PATH):
        is_call = parameters.get("method") == "tools/call"
        return f"tool.{parameters['params']['name']}" if is_call else "tools.connect"
    service, _, operation = headers.get("X-Amz-Target", "").partition(".")
    return _queue(operation, parameters) if service == "AmazonSQS" else _table(operation, parameters)


def _queue(operation: str, parameters: Mapping[str, Any]) -> str:
    match operation:
        case "SendMessage":
            is_dead = "Dead" in parameters["QueueUrl"]
            return "queue.dead_letter" if is_dead else "queue.send"
        case "ReceiveMessage":
            return "queue.receive"
        case "DeleteMessage":
            return "queue.delete"
        case "ChangeMessageVisibilityBatch":
            return "queue.extend"
        case "ChangeMessageVisibility":
            is_held = parameters["VisibilityTimeout"] == VISIBILITY_SECONDS
            return "queue.extend" if is_held else "queue.release"
        case _:
            return "?"


def _table(operation: str, parameters: dict[str, Any]) -> str:
    match operation:
        case "UpdateItem":
            return _update(parameters["Key"]["sk"]["S"], parameters["UpdateExpression"])
        case "TransactWriteItems":
            return _transaction(parameters["TransactItems"])
        case "BatchGetItem":
            return "controls.read" if '"control"' in json.dumps(parameters) else "recovery.stranded"
        case "GetItem":
            kind = parameters["Key"]["sk"]["S"]
            return _GETS.get(kind.partition("#")[0], f"{kind}.get")
        case "PutItem":
            kind = parameters["Item"]["sk"]["S"].partition("#")[0]
            return _PUTS.get(kind, f"{kind}.put")
        case "Query":
            return "journal.history" if '"entry#' in json.dumps(parameters) else "sessions.messages"
        case "DeleteItem":
            return f"{parameters['Key']['sk']['S']}.delete"
        case _:
            return "?"


def _update(sort_key: str, expression: str) -> str:
    if sort_key.startswith("call#"):
        return "journal.finish_call"
    if sort_key != "session":
        return f"{sort_key.partition('#')[0]}.update"
    purposes = {
        "recent = :recent": "runs.finish",
        "active = inbox.#run": "runs.claim",
        "attempt = attempt + :one": "runs.take_over",
        "strangers = :strangers": "runs.hear",
        "history_count = :history_count": "runs.append",
        "inbox.#run = :entry": "inbox.accept",
        "work_due = :work_due": "runs.release",
        "network = :network": "sessions.set_network",
        "lease_until = :lease_until": "runs.renew",
    }
    return next((name for sign, name in purposes.items() if sign in expression), "session.update")


def _transaction(items: list[dict[str, Any]]) -> str:
    text = json.dumps(items)
    if '"call#' in text:
        return "journal.begin_call"
    if '"once#' in text:
        return "inbox.accept"
    if "recent = :recent" in text:
        return "runs.finish"
    return "runs.append" if "input_logged = :input_logged" in text else "runs.flush"
