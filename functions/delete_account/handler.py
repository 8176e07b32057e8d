"""`DELETE /api/account`: delete everything of the person who is logged in."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.accounts import delete_account
from forge.api.dependencies import connections, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import AccountOwner, IdempotencyKey, reply
from forge.models.http import Receipt

router = APIRouter()


@router.delete("/api/account", response_model=Receipt)
def delete(owner: AccountOwner, idempotency_key: IdempotencyKey = None) -> Response:
    return reply(None, delete_account(owner, idempotency_key))


app = create_app(router)
handler = lambda_handler(app, stored("accounts", "admission", "controls"), connections)
