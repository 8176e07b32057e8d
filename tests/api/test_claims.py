"""`POST /api/approvals/claim` and the command `set_wallet`."""

from __future__ import annotations

from typing import Any

import pytest

from forge.api import dependencies
from forge.models.approval import Approval
from forge.models.run import Ending, RunMessage
from forge.models.session import Catalog
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import Store
from tests.api.gateway import Answer, Gateway
from tests.store.scenes import approval

KEY = SessionKey(ANONYMOUS, "s")
ID = "a" * 32
ACCOUNT = "0x" + "2" * 40
RIGHT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def leave_request(key: SessionKey) -> Approval:
    """The session's first run ends with a wallet request."""
    store = dependencies.store()
    session = store.sessions.get(key)
    assert session
    run_id = session.inbox[0].run_id
    message = RunMessage(
        owner=key.owner, session_id=key.session_id, generation=session.generation, run_id=run_id
    )
    until = dependencies.now() + 600_000
    asked = approval(ID, run_id).model_copy(update={"expires_at": until})
    store.runs.finish(store.runs.claim(message, "w"), Ending(outcome="waiting", approvals=[asked]))
    return asked


@pytest.fixture
def asked(gateway: Gateway, real_store: Store, catalog: Catalog) -> Approval:
    gateway.post("/api/chat", {"message": "pay", "session_id": "s"})
    return leave_request(KEY)


def claim(gateway: Gateway, asked: Approval, by: str, /, **values: Any) -> Answer:
    body = {"session_id": "s", "approval_id": asked.approval_id, "digest": asked.digest, "account": ACCOUNT}
    return gateway.post("/api/approvals/claim", {**body, "claim_id": by, **values})


@pytest.mark.slow
def test_one_tab_gets_the_request_and_every_other_hears_of_it(gateway: Gateway, asked: Approval) -> None:
    _, connection = gateway.connect(session_id="s")
    answer = claim(gateway, asked, "tab-one-1")
    (shown,) = answer.json["approvals"]
    assert (answer.status, shown["claim"]["account"]) == (200, ACCOUNT)
    assert gateway.frames[connection][-1]["approvals"][0]["claim"] == shown["claim"]
    refused = claim(gateway, asked, "tab-two-2")
    assert refused.status == 409
    assert "Another tab or device" in refused.json["detail"]
    foreign = claim(gateway, asked, "tab-two-2", release=True)
    assert (foreign.status, foreign.json["title"]) == (409, refused.json["title"])
    for _ in range(2):  # an answer that was lost is asked for again
        assert claim(gateway, asked, "tab-one-1", release=True).json["approvals"][0]["claim"] is None
    assert claim(gateway, asked, "tab-two-2").status == 200


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"approval_id": "f" * 32}, 404),
        ({"session_id": "other"}, 404),
        ({"session_id": None}, 404),
        ({"digest": "0" * 64}, 409),
        ({"digest": "0"}, 422),
        ({"account": "Alice"}, 422),
        ({"claim_id": "x"}, 422),
        ({"again": "perhaps"}, 422),
    ],
)
def test_what_does_not_fit_is_refused(
    gateway: Gateway, asked: Approval, values: dict[str, Any], status: int
) -> None:
    answer = claim(gateway, asked, "tab-one-1", **values)
    assert (answer.status, answer.json["status"]) == (status, status)
    session = dependencies.store().sessions.get(KEY)
    assert session
    assert session.approvals[0].claim is None


def test_the_page_tells_which_wallet_is_connected(gateway: Gateway, catalog: Catalog) -> None:
    def told(address: Any) -> Answer:
        body = {"command": "set_wallet", "args": {"address": address}, "session_id": "s"}
        return gateway.post("/api/mcp-command", body)

    assert told(ACCOUNT).json["success"]
    session = dependencies.store().sessions.get(KEY)
    assert session
    assert session.wallet == ACCOUNT
    assert told("Alice").status == 422
    assert told(RIGHT.upper().replace("X", "x")).json["success"]
    assert told(RIGHT).json["success"]
    mistyped = told(RIGHT.replace("A", "a", 1))
    assert mistyped.status == 422
    assert "wrong checksum" in mistyped.json["detail"]
    assert told(None).json["success"]
    session = dependencies.store().sessions.get(KEY)
    assert session
    assert session.wallet is None
