"""`GET /health`: tell whether the application answers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from forge.api.authentication.token_or_ticket import anybody
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler

router = APIRouter()


@router.get("/health", response_class=PlainTextResponse)
async def get_health() -> PlainTextResponse:
    return PlainTextResponse("OK")


app = create_app(router, anybody)
handler = lambda_handler(app)
