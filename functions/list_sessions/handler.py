"""`GET /api/sessions?ids=`: those of the named sessions that are the caller's own."""

from __future__ import annotations

from fastapi import APIRouter

from forge.api.application import create_app
from forge.api.dependencies import store
from forge.api.entry import lambda_handler
from forge.api.replies import Owner
from forge.api.sessions import Ids, list_sessions
from forge.models.http import SessionList

router = APIRouter()


@router.get("/api/sessions")
def get_sessions(owner: Owner, ids: Ids = "") -> SessionList:
    return list_sessions(owner, ids)


app = create_app(router)
handler = lambda_handler(app, store)
