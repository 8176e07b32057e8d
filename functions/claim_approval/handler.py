"""`POST /api/approvals/claim`: claim a wallet request for one client, so that no other has it signed."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.approval_claims import claim_approval
from forge.api.dependencies import connections, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import Owner, key_of, reply
from forge.models.http import State
from forge.models.request_bodies import ClaimRequest

router = APIRouter()


@router.post("/api/approvals/claim", response_model=State)
def post_claim(request: ClaimRequest, owner: Owner) -> Response:
    key = key_of(owner, request.session_id)
    return reply(key, claim_approval(key, request))


app = create_app(router)
handler = lambda_handler(
    app, stored("admission", "approvals", "commands", "controls", "sessions"), connections
)
