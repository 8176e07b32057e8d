"""An answer counts from its acceptance, and only if that time is known."""

from __future__ import annotations

import pytest

from forge.models.approval_reply import ApprovalReply
from forge.models.run import Submission
from forge.models.session import Session
from tests.store.scenes import KEY, approval
from worker.agent.answers_in_time import answered_in_time

ASKED = approval("a" * 32, "0" * 32)


def session() -> Session:
    return Session(
        key=KEY,
        generation=1,
        rev=1,
        network="mainnet",
        approvals=[ASKED],
        created_at=ASKED.created_at,
        last_activity_at=ASKED.created_at,
        expires_at=ASKED.expires_at,
    )


@pytest.mark.parametrize(
    ("accepted_at", "is_in_time"),
    [
        (ASKED.created_at, True),
        (ASKED.expires_at - 1, True),
        (ASKED.expires_at, False),
        (0, False),  # what a damaged time is read as
    ],
)
def test_an_answer_counts_from_its_acceptance(accepted_at: int, is_in_time: bool) -> None:
    reply = ApprovalReply(approval_id=ASKED.approval_id, outcome="allowed")
    answer = Submission(run_id="1" * 32, content="", created_at=accepted_at, approval=reply)
    assert (ASKED.approval_id in answered_in_time(session(), answer)) is is_in_time
