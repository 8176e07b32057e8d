"""`POST /api/approvals/claim` reserves a wallet request for one wallet, so that no other wallet has it at the same
time.
"""

from __future__ import annotations

import logging

from forge.api import dependencies
from forge.api.conversations import state_of
from forge.api.push import push_state
from forge.models.approval import CLAIM_MS, Claim
from forge.models.http import State
from forge.models.request_bodies import ClaimRequest
from forge.models.session_key import SessionKey

logger = logging.getLogger(__name__)


def claim_approval(key: SessionKey, request: ClaimRequest) -> State:
    """Claim the request. Raises `NotFound` if it is unknown, has ended or belongs to another owner, `ApprovalHeld` if
    another client holds it.
    """
    approvals = dependencies.store().approvals
    if request.release:
        session = approvals.release(key, request.approval_id, request.claim_id)
    else:
        claim = Claim(claim_id=request.claim_id, account=request.account, until=dependencies.now() + CLAIM_MS)
        session = approvals.claim(key, request.approval_id, claim, request.digest, again=request.again)
    logger.info("approval claimed", extra={"key_digest": key.digest, "release": request.release})
    push_state(session)
    return state_of(key, session)
