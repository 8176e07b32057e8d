"""Each function's policy in `template.yaml` matches exactly its handler's calls to AWS."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import botocore.client
import pytest

from forge.api import dependencies, mcp_commands
from forge.api.authentication.tickets import caller_of_ticket
from forge.api.state_stream import Follower
from forge.aws.connections_client import ConnectionsClient
from forge.aws.json_client import JsonClient
from forge.models.message import Draft
from forge.models.run import Progress, RunMessage
from forge.models.session import Catalog, Connection
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.store import keys
from functions.expire_session.handler import handler as expire_session
from functions.recover_runs.handler import handler as recover_runs
from tests.api.conftest import Environment
from tests.api.gateway import Context, Gateway
from tests.api.issuers import Issuer, bearer, issuer, running_issuer, signed_in
from tests.api.test_claims import leave_request
from tests.store.scenes import submission
from tests.template import folder_of, functions

__all__ = ["issuer", "running_issuer", "signed_in"]

Permissions = dict[str, set[str]]

IN_NEED_OF_NOTHING = {"health"}
"""Functions that call nothing of AWS, so no scene calls them."""


@pytest.fixture
def needed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Permissions:
    """By folder: what is asked of AWS while that function runs, as `action resource`."""
    seen: Permissions = defaultdict(set)

    def recording(call: Any, name_of: Callable[[Any], str]) -> Any:
        def recorded(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if gateway.running:
                seen[gateway.running].update(_permissions(name_of(self), operation, parameters))
            return call(self, operation, parameters)

        return recorded

    theirs: Any = botocore.client.BaseClient
    ours = recording(JsonClient.call, lambda client: client.service.name)
    monkeypatch.setattr(JsonClient, "call", ours)
    posts = recording(ConnectionsClient.call, lambda _: "apigatewaymanagementapi")
    monkeypatch.setattr(ConnectionsClient, "call", posts)
    general = recording(theirs._make_api_call, lambda client: client.meta.service_model.service_name)
    monkeypatch.setattr(theirs, "_make_api_call", general)
    return seen


def _permissions(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[str]:
    match service, operation:
        case "apigatewaymanagementapi", _:
            yield "execute-api:ManageConnections connections"
        case "dynamodb", "TransactWriteItems":
            for item in parameters["TransactItems"]:
                (kind,) = item
                yield f"dynamodb:{kind}Item table"
        case "dynamodb", _:
            index = parameters.get("IndexName")
            yield f"dynamodb:{operation} {f'index {index}' if index else 'table'}"
        case _:
            yield f"{service}:{operation} queue"


MARKS = {
    "@connections": "connections",
    "/index/work": "index work",
    "/index/owned": "index owned",
    '"Queue"': "queue",
    '"Table"': "table",
}


def statements() -> dict[str, list[set[str]]]:
    """By folder: what each statement of the function's policies allows."""
    found: dict[str, list[set[str]]] = {}
    for name, properties in functions().items():
        of_function = [each for policy in properties.get("Policies", []) for each in policy["Statement"]]
        found[folder_of(name)] = [
            {f"{action} {kind_of(each['Resource'])}" for action in each["Action"]} for each in of_function
        ]
    return found


def kind_of(resource: Any) -> str:
    return next(kind for mark, kind in MARKS.items() if mark in json.dumps(resource))


def allowed() -> Permissions:
    return {folder: set[str]().union(*each) for folder, each in statements().items()}


def spared(needed: Permissions) -> list[tuple[str, set[str]]]:
    """Statements without which nothing that was needed would be denied."""
    return [
        (folder, each)
        for folder, of_function in statements().items()
        for number, each in enumerate(of_function)
        if needed[folder] <= set[str]().union(*of_function[:number], *of_function[number + 1 :])
    ]


class Stage:
    """Signed-in people, each with a session of their name, in every situation that a function can meet."""

    def __init__(self, gateway: Gateway, issuer: Issuer) -> None:
        self.gateway = gateway
        self._issuer = issuer

    def post(self, who: str, path: str, **body: Any) -> Any:
        return self.gateway.post(path, {"session_id": who} | body, **bearer(self._issuer.token(who)))

    def call(self, who: str, method: str, url: str, **body: Any) -> Any:
        text = json.dumps(body) if body else None
        return self.gateway.call(method, url, text, bearer(self._issuer.token(who)))

    def running(self, who: str) -> Lease:
        """A run with long messages behind it and a long one in the making."""
        run_id = self.post(who, "/api/chat", message="hello").headers["x-run-id"]
        session = dependencies.store().sessions.get(SessionKey(who, who))
        assert session
        message = RunMessage(owner=who, session_id=who, generation=session.generation, run_id=run_id)
        lease = dependencies.store().runs.claim(message, "w")
        long = Draft(sender="agent", content="x" * 40_000, created_at=1)
        lease = dependencies.store().runs.append(lease, Progress(drafts=[long]))
        return dependencies.store().runs.flush(lease, "y" * 70_000)

    def abandoned(self, who: str) -> None:
        dependencies.store().runs.release(self.running(who))

    def connected(self, who: str) -> str:
        ticket = self.post(who, "/api/ticket").json["ticket"]
        return self.gateway.connect(session_id=who, ticket=ticket)[1]

    def said(self, who: str, **frame: Any) -> None:
        """On an open connection, and on one that has gone."""
        self.gateway.say(self.connected(who), frame)
        gone = Connection(connection_id="gone=", key=SessionKey(who, who), connected_at=0)
        dependencies.store().controls.connect(gone)
        self.gateway.say("gone=", frame)


def _http(stage: Stage) -> None:
    stage.running("ann")
    stage.connected("ann")
    stage.post("ann", "/api/chat", message="next", if_busy="interrupt")
    stage.post("ann", "/api/system", message="hello")
    stage.call("ann", "GET", "/api/state?session_id=ann")
    stage.call("ann", "GET", "/api/sessions?ids=ann")
    stage.call("ann", "PATCH", "/api/sessions/ann", title="new")
    stage.post("ann", "/api/interrupt")
    stage.call("ann", "DELETE", "/api/sessions/ann")
    for path, body in (("/api/chat", {"message": "x", "if_busy": "interrupt"}), ("/api/interrupt", {})):
        stage.abandoned("bob")
        stage.connected("bob")
        stage.post("bob", path, **body)
        stage.post("bob", "/api/interrupt")
    stage.post("new", "/api/system", message="hello")
    _claims(stage)
    stage.connected("cid")
    for network in ("base", "testnet"):
        stage.post("cid", "/api/mcp-command", command="set_network", args={"network": network})
    stage.post("cid", "/api/mcp-command", command="call_tool", args={"name": "balance"})


def _claims(stage: Stage) -> None:
    """Told to an open connection, and to one that has gone."""
    stage.post("pia", "/api/chat", message="pay")
    asked = leave_request(SessionKey("pia", "pia"))
    stage.connected("pia")
    gone = Connection(connection_id="gone=", key=SessionKey("pia", "pia"), connected_at=0)
    dependencies.store().controls.connect(gone)
    body = {"approval_id": asked.approval_id, "digest": asked.digest, "account": "0x" + "2" * 40}
    stage.post("pia", "/api/approvals/claim", claim_id="tab-one-1", **body)


def _accounts(stage: Stage) -> None:
    """A session with a connection that is open and one that has gone is taken over, then deleted with another."""
    left = SessionKey(ANONYMOUS, "ida")
    store = dependencies.store()
    opened = store.inbox.accept(left, submission("x" * 9_000))
    store.inbox.withdraw(left, [each.run_id for each in opened.inbox])
    stage.call("ida", "GET", "/api/sessions")
    stage.gateway.frames["left="] = []
    for connection_id in ("left=", "gone="):
        store.controls.connect(Connection(connection_id=connection_id, key=left, connected_at=0))
    assert stage.post("ida", "/api/sessions/adopt", session_id="ida").status == 200
    assert stage.post("ida", "/api/sessions/adopt", session_id="ida").status == 200
    stage.running("ida")
    stage.connected("ida")
    store.controls.connect(Connection(connection_id="gone=", key=SessionKey("ida", "ida"), connected_at=0))
    assert stage.call("ida", "DELETE", "/api/account").json["deleted"]["sessions"] == 2


def _gone(stage: Stage) -> None:
    """Connections that have gone are forgotten by whoever finds out."""

    def gone() -> None:
        connection_id = stage.connected("dan")
        stage.gateway.frames.pop(connection_id)
        long_open = Connection(connection_id=connection_id, key=SessionKey("dan", "dan"), connected_at=0)
        dependencies.store().controls.connect(long_open)

    stage.post("dan", "/api/chat", message="hello")
    for method, url, body in (
        ("PATCH", "/api/sessions/dan", {"title": "new"}),
        (
            "POST",
            "/api/mcp-command",
            {"command": "set_network", "args": {"network": "base"}, "session_id": "dan"},
        ),
        ("POST", "/api/interrupt", {"session_id": "dan"}),
        ("DELETE", "/api/sessions/dan", {}),
    ):
        gone()
        stage.call("dan", method, url, **body)
    stage.abandoned("dan")
    gone()
    stage.post("dan", "/api/chat", message="x", if_busy="interrupt")


def _sockets(stage: Stage, dynamodb: Any) -> None:
    stage.running("eve")
    stage.said("eve", type="sync")
    key = {name: {"S": value} for name, value in keys.hot(SessionKey("eve", "eve")).items()}
    values = {":long_ago": {"N": "0"}}
    table = dependencies.settings().forge_table
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET last_activity_at = :long_ago",
        ExpressionAttributeValues=values,
    )
    stage.said("eve", type="ping")
    stage.said("eve", type="auth", ticket=stage.post("eve", "/api/ticket").json["ticket"])
    stage.said("eve", type="nothing")
    stage.gateway.leave(stage.connected("eve"))
    for number in range(50):
        key_ = SessionKey("fay", "fay")
        connection = Connection(connection_id=f"c{number}", key=key_, connected_at=dependencies.now())
        dependencies.store().controls.connect(connection)
    dependencies.store().controls.disconnect("c1", SessionKey("fay", "other"))
    stage.connected("fay")


def _others(stage: Stage, dynamodb: Any) -> None:
    stage.running("gus")
    ticket = stage.post("gus", "/api/ticket").json["ticket"]
    with stage.gateway.inside("chat_stream"):
        Follower(SessionKey(caller_of_ticket(ticket, "gus", None).owner, "gus"), None).next_event()
    stage.connected("gus")
    stage.gateway.frames.pop(stage.connected("gus"))
    key = {name: {"S": value} for name, value in keys.hot(SessionKey("gus", "gus")).items()}
    table = dependencies.settings().forge_table
    image = dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    record = {"eventName": "REMOVE", "dynamodb": {"OldImage": image, "SequenceNumber": "1"}}
    with stage.gateway.inside("expire_session"):
        assert expire_session({"Records": [record]}, Context("ExpireSession")) == {"batchItemFailures": []}
    stage.running("hal")
    long_ago = {":long_ago": {"N": "1"}}
    key = {name: {"S": value} for name, value in keys.hot(SessionKey("hal", "hal")).items()}
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET lease_until = :long_ago, work_due = :long_ago",
        ExpressionAttributeValues=long_ago,
    )
    dead = {name: {"S": value} for name, value in keys.hot(SessionKey("ivy", "ivy")).items()}
    stage.post("ivy", "/api/chat", message="x")
    dynamodb.update_item(
        TableName=table,
        Key=dead,
        UpdateExpression="SET expires_at = :long_ago, work_due = :long_ago",
        ExpressionAttributeValues=long_ago,
    )
    with stage.gateway.inside("recover_runs"):
        assert (
            recover_runs({}, Context("RecoverRuns"))["recovered"] >= 1
        )  # what waits from before, after 15 s


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("still_clock")
def test_a_function_may_do_what_it_does_and_nothing_else(
    needed: Permissions,
    gateway: Gateway,
    signed_in: Issuer,
    environment: Environment,
    catalog: Catalog,
    dynamodb: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mcp_commands, "PATIENCE_SECONDS", 0.05)
    environment.set(OWNER_RATE_LIMIT_PER_MINUTE="6000", DEPLOYMENT_UNITS_PER_MINUTE="1200")
    stage = Stage(gateway, signed_in)
    _http(stage)
    _accounts(stage)
    _gone(stage)
    _sockets(stage, dynamodb)
    _others(stage, dynamodb)
    assert_all_ran(gateway)
    for folder, actions in allowed().items():
        denied, unused = sorted(needed[folder] - actions), sorted(actions - needed[folder])
        assert not denied, f"template.yaml: allow the function of {folder} in its Policies: {denied}"
        assert not unused, f"template.yaml: the function of {folder} never needs {unused}: remove that"
    assert spared(needed) == []


def assert_all_ran(gateway: Gateway) -> None:
    """A function that this scene never calls would need nothing, whatever it asks of AWS."""
    idle = set(allowed()) - gateway.ran - IN_NEED_OF_NOTHING
    assert not idle, f"call {idle} in one of the scenes of this file, so that its permissions are compared"
