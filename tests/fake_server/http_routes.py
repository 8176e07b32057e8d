"""The HTTP half of the fake server, and the agent behind it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aiohttp import web

from forge.errors import ApprovalHeld, NotFound
from forge.models import public
from forge.models.approval_reply import ApprovalReply
from forge.models.http import Problem, SessionList, Ticket
from forge.models.run import CommandResult
from forge.models.session import NetworkInfo
from tests.fake_server.session import SimulatedSession
from tests.fake_server.sessions import Sessions

NETWORKS = [
    NetworkInfo(name="testnet", chain_id=31337, title="Test network", sends=True),
    NetworkInfo(
        name="mainnet",
        chain_id=1,
        title="Ethereum",
        explorer="https://etherscan.io",
        wallet_rpc_urls=["https://rpc.example"],
    ),
    NetworkInfo(name="base", chain_id=8453, title="Base", explorer="https://basescan.org"),
]


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def problem(status: int, title: str, detail: str, **headers: str) -> web.Response:
    body = Problem(title=title, status=status, detail=detail).model_dump_json(exclude_none=True)
    return web.Response(text=body, status=status, content_type="application/problem+json", headers=headers)


def echo(session: SimulatedSession, message: str) -> None:
    """An agent that answers at once with what it was told."""
    if session.now.active is None:
        session.claim()
        session.write(f"You said: {message}")
        session.finish()


def claim_nothing(_session: SimulatedSession, _body: dict[str, Any]) -> None:
    raise NotFound


class HttpRoutes:
    """`canned`: answers to give instead of the true one, by path, each once. `lost`: so many messages are accepted,
    but their answers get lost. `agent` does the work of an accepted message.
    """

    def __init__(self, sessions: Sessions, told: Callable[[str], str]) -> None:
        self._sessions = sessions
        self._told = told

    def begin(self) -> None:
        self.requests: list[Asked] = []
        self.canned: dict[str, list[web.Response]] = defaultdict(list)
        self.held: dict[str, asyncio.Event] = {}
        """Answers of these paths are made at once, and given when the event is set."""
        self.lost = 0
        self.names_runs = True
        self.opens_for: int | None = None
        self.networks: list[dict[str, Any]] = [each.model_dump() for each in NETWORKS]
        self.agent: Callable[[SimulatedSession, str], None] = echo
        self.claim: Callable[[SimulatedSession, dict[str, Any]], None] = claim_nothing
        """What becomes of a claim on a wallet request; raises `ApprovalHeld`, `NotFound`."""
        self.bind: Callable[[SimulatedSession, dict[str, Any]], str] = lambda session, args: "Unknown request"
        """Binds a wallet request to an account; returns why not, empty when it was done."""

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/api/chat", self._answered(self._submit)),
            web.post("/api/system", self._answered(self._submit)),
            web.post("/api/interrupt", self._answered(self._interrupt)),
            web.get("/api/state", self._answered(self._state)),
            web.post("/api/mcp-command", self._answered(self._command)),
            web.post("/api/approvals/claim", self._answered(self._claim)),
            web.post("/api/ticket", self._answered(self._ticket)),
            web.get("/api/sessions", self._answered(self._list)),
            web.patch("/api/sessions/{session_id}", self._answered(self._rename)),
            web.delete("/api/sessions/{session_id}", self._answered(self._delete)),
        ]

    def asked(self, path: str) -> list[Asked]:
        return [asked for asked in self.requests if asked.path == path]

    def _answered(
        self, answer: Callable[[web.Request, dict[str, Any]], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answered(request: web.Request) -> web.Response:
            body = json.loads(await request.read() or b"{}")
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.requests.append(Asked(request.method, request.path, headers, body))
            canned = self.canned[request.path]
            try:
                response = canned.pop(0) if canned else answer(request, body)
            except NotFound:
                response = problem(404, "Not Found", "There is no such resource.")
            except ApprovalHeld as error:
                response = problem(409, "Conflict", str(error))
            if request.path in self.held:
                await self.held[request.path].wait()
            return response

        return answered

    def _submit(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        session = self._sessions[body["session_id"]]
        run_id = _run_id_of(f"{session.key}#{request.headers['idempotency-key']}")
        is_known = session.knows(run_id)
        sender = "system" if request.path == "/api/system" else "user"
        reply = ApprovalReply.model_validate(body["approval"]) if body.get("approval") else None
        session.accept(body["message"], run_id, reply, sender=sender)
        answer = self._state_of(session, request)
        if not is_known:
            self.agent(session, body["message"])
        if self.lost and request.transport:
            self.lost -= 1
            request.transport.close()
        if self.names_runs:
            answer.headers["x-run-id"] = run_id
        return answer

    def _interrupt(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        session = self._sessions[body["session_id"]]
        session.interrupt(body.get("run_id"))
        return self._state_of(session, request)

    def _state(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        session, query = self._sessions[request.query["session_id"]], request.query
        if "before" not in query:
            return self._state_of(session, request)
        return self._shown(session.older(int(query["before"]), int(query["limit"])).model_dump_json())

    def _command(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        session, args = self._sessions[body["session_id"]], body.get("args", {})
        names, refusal, data = [each["name"] for each in self.networks], "", None
        match body["command"]:
            case "list_networks":
                data = {"networks": self.networks}
            case "set_network" if args["network"] in names:
                session.change(network=args["network"])
            case "set_network":
                refusal = f"Unknown network. There are: {', '.join(names)}"
            case "set_wallet":
                session.change(wallet=args["address"])
            case "bind_wallet":
                refusal = self.bind(session, args)
            case command:
                refusal = f"Unknown command: {command}"
        result = CommandResult(success=not refusal, message=refusal or "Done", data=data)
        return self._shown(result.model_dump_json())

    def _claim(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        session = self._sessions[body["session_id"]]
        self.claim(session, body)
        return self._state_of(session, request)

    def _ticket(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        ticket = Ticket(ticket="t1cket", expires_in=30, opens_for=self.opens_for)
        return self._shown(ticket.model_dump_json())

    def _list(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        wanted = [self._sessions.get(name) for name in request.query.get("ids", "").split(",")]
        listed = [public.summary(session.hot) for session in wanted if session and session.hot]
        return self._shown(SessionList(sessions=listed).model_dump_json())

    def _rename(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        session = self._named(request)
        session.change(title=body["title"])
        return self._shown(public.summary(session.now).model_dump_json())

    def _delete(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        self._named(request).expire()
        return web.Response(status=204)

    def _named(self, request: web.Request) -> SimulatedSession:
        session = self._sessions[request.match_info["session_id"]]
        if session.hot is None:
            raise NotFound
        return session

    def _state_of(self, session: SimulatedSession, request: web.Request) -> web.Response:
        is_minimal = request.headers.get("Prefer") == "return=minimal"
        left_out = {"messages", "first_seq"} if is_minimal else None
        return self._shown(session.state().model_dump_json(exclude=left_out))

    def _shown(self, text: str) -> web.Response:
        return web.Response(text=self._told(text), content_type="application/json")


def _run_id_of(name: str) -> str:
    """The same key in the same session names the same run."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name).hex
