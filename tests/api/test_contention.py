"""A caller whose own requests contend gets 429, as for any rate; only a failure of the storage is a 503."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from forge.aws.json_client import JsonClient
from forge.dynamodb import table as table_module
from forge.models.session import Catalog
from forge.models.session_key import PARTITION_PREFIX
from tests.api.gateway import Gateway
from tests.api.issuers import Issuer, bearer, issuer, running_issuer, signed_in
from tests.api.test_ownership import IDS, ROUTES, anns, call
from tests.template import HttpRoute

__all__ = ["anns", "issuer", "running_issuer", "signed_in"]

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
WRITTEN_LATER = {"POST /api/ticket"}
"""Writes nothing of a session."""
ROUTES_THAT_WRITE = {
    name: route
    for name, route in zip(IDS, ROUTES, strict=True)
    if route.method != "GET" and name not in WRITTEN_LATER
}


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Once it holds a word, each write to a session meets another one, however often it is tried."""
    real, begun = JsonClient.call, list[str]()

    def met(self: JsonClient, operation: str, parameters: dict[str, Any]) -> Any:
        if begun and operation in WRITES and f'"{PARTITION_PREFIX}' in json.dumps(parameters, default=str):
            begun.append(operation)
            raise _conflict(operation, parameters)
        return real(self, operation, parameters)

    monkeypatch.setattr(JsonClient, "call", met)
    monkeypatch.setattr(table_module, "_FIRST_PAUSE_SECONDS", 0)
    return begun


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTES_THAT_WRITE)
def test_a_crowd_of_ones_own_is_no_failure_of_the_storage(
    gateway: Gateway, anns: Issuer, catalog: Catalog, crowd: list[str], name: str
) -> None:
    route: HttpRoute = ROUTES_THAT_WRITE[name]
    gateway.post("/api/chat", {"message": "waits", "session_id": "s"}, **bearer(anns.token("ann")))
    crowd.append("begun")
    answer = call(gateway, route, anns.token("ann"))
    assert len(crowd) > 1, "nothing of a session was written"
    assert (answer.status, answer.headers["content-type"]) == (429, "application/problem+json")
    assert int(answer.headers["retry-after"]) >= 1


def _conflict(operation: str, parameters: dict[str, Any]) -> ClientError:
    if operation != "TransactWriteItems":
        return ClientError({"Error": {"Code": "TransactionConflictException"}}, operation)
    reasons = [{"Code": "TransactionConflict"} for _ in parameters["TransactItems"]]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(response, operation)
