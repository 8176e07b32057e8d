"""`POST /api/mcp-command`: run a command about networks or tools, without the agent."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.dependencies import queue, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import CallerOf, key_of, reply
from forge.api.mcp_commands import run_command
from forge.models.request_bodies import McpCommandRequest
from forge.models.run import CommandResult

router = APIRouter()


@router.post("/api/mcp-command", response_model=CommandResult)
def post_mcp_command(request: McpCommandRequest, caller: CallerOf) -> Response:
    key = key_of(caller.owner, request.session_id)
    return reply(key, run_command(key, request, caller.payer))


app = create_app(router)
handler = lambda_handler(app, stored("admission", "commands", "controls", "sessions"), queue)
