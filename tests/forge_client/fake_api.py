"""The HTTP half of the fake server, and the agent behind it."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from forge.models import public
from tests.forge_client.simulated_session import SimulatedSession

JSON = "application/json"


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


def echo(session: SimulatedSession, message: str) -> None:
    """An agent that answers at once with what it was told."""
    if session.now.active is None:
        session.claim()
        session.write(f"You said: {message}")
        session.finish()


class FakeApi:
    """`canned`: answers to give instead of the true one, by path, each once.

    `lost`: this many messages are accepted, but the answer gets lost. `agent` does the work of an accepted message.
    """

    def __init__(self, session: Callable[[str], SimulatedSession]) -> None:
        self.requests: list[Asked] = []
        self.canned: dict[str, list[Response]] = defaultdict(list)
        self.lost = 0
        self.names_runs = True
        self.opens_for: int | None = None
        self.agent: Callable[[SimulatedSession, str], None] = echo
        self._session = session

    def routes(self) -> list[Route]:
        return [
            self._route("/api/chat", self._submit, "POST"),
            self._route("/api/system", self._submit, "POST"),
            self._route("/api/interrupt", self._interrupt, "POST"),
            self._route("/api/state", self._state, "GET"),
            self._route("/api/mcp-command", self._command, "POST"),
            self._route("/api/ticket", self._ticket, "POST"),
            self._route("/api/sessions", self._list, "GET"),
            self._route("/api/sessions/{session_id}", self._rename, "PATCH"),
            self._route("/api/sessions/{session_id}", self._delete, "DELETE"),
        ]

    def asked(self, path: str) -> list[Asked]:
        return [asked for asked in self.requests if asked.path == path]

    def _route(self, path: str, answer: Callable[[Request, dict[str, Any]], Response], method: str) -> Route:
        async def answered(request: Request) -> Response:
            body = json.loads(await request.body() or b"{}")
            self.requests.append(Asked(method, request.url.path, dict(request.headers), body))
            canned = self.canned[request.url.path]
            return canned.pop(0) if canned else answer(request, body)

        return Route(path, answered, methods=[method])

    def _submit(self, request: Request, body: dict[str, Any]) -> Response:
        session = self._session(body["session_id"])
        run_id = _run_id_of(f"{session.key}#{request.headers['idempotency-key']}")
        is_known = session.hot is not None and run_id in session.hot.recent
        if not is_known:
            session.accept(body["message"], run_id)
        answer = self._answer(session)
        if not is_known:
            self.agent(session, body["message"])
        if self.lost:
            self.lost -= 1
            return problem(503, "Service Unavailable", "The answer got lost.")
        if self.names_runs:
            answer.headers["x-run-id"] = run_id
        return answer

    def _interrupt(self, request: Request, body: dict[str, Any]) -> Response:
        session = self._session(body["session_id"])
        if session.hot and session.hot.active:
            session.finish("interrupted", "Interrupted by user")
        return self._answer(session)

    def _state(self, request: Request, body: dict[str, Any]) -> Response:
        return self._answer(self._session(request.query_params["session_id"]))

    def _command(self, request: Request, body: dict[str, Any]) -> Response:
        match body:
            case {"command": "set_network", "args": {"network": "testnet" | "base" as network}}:
                self._session(body["session_id"]).change(network=network)
                answer = {"success": True, "message": f"The network is {network} now."}
            case {"command": "list_networks"}:
                networks = [
                    {"name": "testnet", "title": "Local test network", "chain_id": 31337},
                    {"name": "base", "title": "Base", "chain_id": 8453},
                ]
                answer = {"success": True, "message": "2 networks", "data": {"networks": networks}}
            case {"command": command}:
                answer = {"success": False, "message": f"Unknown command: {command}"}
            case _:
                return problem(422, "Unprocessable", "command is missing")
        return JSONResponse({"data": None, **answer})

    def _ticket(self, request: Request, body: dict[str, Any]) -> Response:
        return JSONResponse({"ticket": "t1cket", "expires_in": 30, "opens_for": self.opens_for})

    def _list(self, request: Request, body: dict[str, Any]) -> Response:
        wanted = [self._session(name) for name in request.query_params["ids"].split(",")]
        listed = [public.summary(session.hot) for session in wanted if session.hot]
        return JSONResponse({"sessions": [entry.model_dump() for entry in listed]})

    def _rename(self, request: Request, body: dict[str, Any]) -> Response:
        session = self._session(request.path_params["session_id"])
        if session.hot is None:
            return problem(404, "Not Found", "There is no such resource.")
        session.change(title=body["title"])
        return self._answer(session)

    def _delete(self, request: Request, body: dict[str, Any]) -> Response:
        session = self._session(request.path_params["session_id"])
        if session.hot is None:
            return problem(404, "Not Found", "There is no such resource.")
        session.expire()
        return Response(status_code=204)

    @staticmethod
    def _answer(session: SimulatedSession) -> Response:
        return Response(session.state().model_dump_json(), media_type=JSON)


def _run_id_of(name: str) -> str:
    """The same key in the same session names the same run."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name).hex
