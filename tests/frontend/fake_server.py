"""A small server that speaks the protocol to the page, and can drop, repeat, delay and cut what it sends."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable

from aiohttp import ClientSession, WSMsgType, web
from pydantic import ValidationError

from forge.models.frame import SERVER_FRAME
from tests.frontend.fake_answers import NETWORKS, preferred, problem, summary
from tests.frontend.fake_approvals import Refused
from tests.frontend.fake_page import FakePage
from tests.frontend.fake_session import FakeSession, Frame, Say, Step


class FakeServer:
    """`replies` by message; any other message is repeated. `faults` is the share of text frames that suffer;
    `silent`: sockets stay open and nothing comes out of them any more (half-open).
    """

    def __init__(self) -> None:
        self.url = ""
        self.sessions: dict[str, FakeSession] = {}
        self.sockets: dict[str, set[web.WebSocketResponse]] = {}
        self._page = FakePage(lambda: self.page_config)
        self._outgoing: dict[web.WebSocketResponse, asyncio.Queue[Frame]] = {}
        self._begin()

    def _begin(self) -> None:
        self.replies: dict[str, list[Step]] = {}
        self.networks: list[Frame] = [*NETWORKS]
        self.faults = 0.0
        self.random = random.Random(7)
        self.refused_chats = 0
        self.lost_answers = 0
        self.blocks_sockets = False
        self.received: list[Frame] = []
        self.system: list[Frame] = []
        self.chain_url = ""
        self.page_config = '{"local_node": true}'
        self.other_page = ""
        self.chain_calls = 0
        self.silent = False
        self.is_ours = True
        """False for a server of a later version or a hostile one, whose frames may be any."""
        self.foreign: list[str] = []
        """Frames that are none of the protocol."""

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.add_routes(
            [
                web.get("/ws", self._socket),
                web.get("/other-page", self._other_page),
                web.post("/api/chat", self._chat),
                web.get("/api/state", self._state),
                web.get("/api/chat/stream", self._stream),
                web.post("/api/interrupt", self._interrupt),
                web.post("/api/system", self._system),
                web.post("/api/approvals/claim", self._claim),
                web.post("/api/mcp-command", self._command),
                web.get("/api/sessions", self._list),
                web.patch("/api/sessions/{id}", self._rename),
                web.delete("/api/sessions/{id}", self._delete),
                web.post("/rpc/testnet", self._rpc),
                *self._page.routes(),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        return runner

    async def reset(self) -> None:
        """As new, for the next test; the port stays."""
        for session in self.sessions.values():
            if session.runs:
                session.runs.cancel()
        self.sessions.clear()
        await self.cut_sockets()
        self._begin()

    def session(self, session_id: str) -> FakeSession:
        if session_id not in self.sessions:
            self.sessions[session_id] = FakeSession(session_id, self._answer, self._pusher(session_id))
        return self.sessions[session_id]

    async def end(self, session_id: str) -> None:
        """As when nobody has used a session for half an hour: it is gone, and who follows it hears so."""
        session = self.sessions.pop(session_id)
        session.push({"type": "session_expired", "session_id": session_id, "generation": session.generation})

    async def cut_sockets(self) -> None:
        for sockets in list(self.sockets.values()):
            for socket in list(sockets):
                await socket.close()

    def _answer(self, message: str) -> list[Step]:
        return self.replies.get(message) or [Say(f"You said: {message}")]

    def _pusher(self, session_id: str) -> Callable[[Frame], None]:
        def push(frame: Frame) -> None:
            for socket in self.sockets.get(session_id, set()):
                for _ in range(0 if self.silent else self._copies(frame)):
                    self._outgoing[socket].put_nowait(frame)

        return push

    def _copies(self, frame: Frame) -> int:
        if frame["type"] != "text" or self.random.random() >= self.faults:
            return 1
        return self.random.choice([0, 2])

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.blocks_sockets:
            raise web.HTTPForbidden
        session_id = request.query["session_id"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.setdefault(session_id, set()).add(socket)
        queue = self._outgoing[socket] = asyncio.Queue()
        sender = asyncio.create_task(self._send(socket, queue))
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self._answer_frame(session_id, json.loads(message.data), queue)
        sender.cancel()
        self.sockets[session_id].discard(socket)
        return socket

    def _answer_frame(self, session_id: str, frame: Frame, queue: asyncio.Queue[Frame]) -> None:
        self.received.append(frame)
        if self.silent:
            return
        if frame["type"] == "ping":
            queue.put_nowait({"type": "pong", "rev": self.session(session_id).rev})
            return
        for answer in self.session(session_id).sync(frame["have"], frame["newest"]):
            queue.put_nowait(answer)

    async def _send(self, socket: web.WebSocketResponse, queue: asyncio.Queue[Frame]) -> None:
        while not socket.closed:
            frame = await queue.get()
            self._check(frame)
            if self.faults and self.random.random() < self.faults:
                await asyncio.sleep(0.03)
            try:
                await socket.send_json(frame)
            except ConnectionError:
                return

    def _check(self, frame: Frame) -> None:
        """What the real server could not send teaches the page another protocol; the fixture `server` reports it."""
        if not self.is_ours:
            return
        try:
            SERVER_FRAME.validate_python(frame)
        except ValidationError as error:
            self.foreign.append(f"{frame['type']}: {error}")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        session = self.session(request.query["session_id"])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        told = -1
        try:
            while True:
                if (session.rev, len(session.text)) != told:
                    told = (session.rev, len(session.text))
                    await response.write(
                        f"id: {session.rev}\ndata: {json.dumps(self._whole(session))}\n\n".encode()
                    )
                await asyncio.sleep(0.05)
        except ConnectionError:
            return response

    def _whole(self, session: FakeSession) -> Frame:
        state = session.state()
        if not session.text:
            return state
        text = {"seq": len(session.log), "sender": "agent", "kind": "text", "content": session.text}
        text |= {"length": len(session.text), "timestamp": "", "created_at": "", "is_streaming": True}
        return {**state, "messages": [*state["messages"], text]}

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.refused_chats:
            self.refused_chats -= 1
            return problem(503, "Overloaded", "The storage is overloaded; nothing was lost.")
        session = self.session(body["session_id"])
        session.accept(request.headers["Idempotency-Key"], "user", body["message"])
        if self.lost_answers:
            self.lost_answers -= 1
            assert request.transport is not None
            request.transport.close()
        return web.json_response(preferred(request, session.state()))

    async def _system(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.system.append(body)
        session = self.session(body["session_id"])
        session.accept(request.headers["Idempotency-Key"], "system", body["message"], body.get("approval"))
        return web.json_response(preferred(request, session.state()))

    async def _state(self, request: web.Request) -> web.Response:
        session, query = self.session(request.query["session_id"]), request.query
        if "before" in query:
            return web.json_response(session.page(int(query["before"]), int(query["limit"])))
        return web.json_response(session.state())

    async def _interrupt(self, request: web.Request) -> web.Response:
        body = await request.json()
        session = self.session(body["session_id"])
        session.interrupt(body.get("run_id"))
        return web.json_response(preferred(request, session.state()))

    async def _command(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["command"] == "list_networks":
            return web.json_response({"success": True, "message": "", "data": self.networks})
        session = self.session(body["session_id"])
        refusal = self._carry_out(session, body["command"], body["args"])
        session.changed()
        return web.json_response({"success": not refusal, "message": refusal or "Done", "data": None})

    def _carry_out(self, session: FakeSession, command: str, args: Frame) -> str:
        match command:
            case "set_network":
                session.network = args["network"]
            case "set_wallet":
                session.account = args["address"]
            case "bind_wallet":
                return session.wallet.bind(args["approval_id"], args["address"])
            case _:
                return f"Unknown command: {command}"
        return ""

    async def _claim(self, request: web.Request) -> web.Response:
        body = await request.json()
        session = self.session(body["session_id"])
        try:
            session.wallet.claim(body)
        except Refused as refused:
            return problem(409, "Conflict", str(refused))
        except LookupError:
            return problem(404, "Not Found", "There is no such resource.")
        session.changed()
        return web.json_response(session.state())

    async def _list(self, request: web.Request) -> web.Response:
        ids = request.query.get("ids", "").split(",")
        known = [self.sessions[one] for one in ids if one in self.sessions and self.sessions[one].log]
        return web.json_response({"sessions": [summary(session) for session in known]})

    async def _rename(self, request: web.Request) -> web.Response:
        session = self.session(request.match_info["id"])
        session.title = (await request.json())["title"]
        session.changed()
        return web.json_response(summary(session))

    async def _delete(self, request: web.Request) -> web.Response:
        del self.sessions[request.match_info["id"]]
        return web.Response(status=204)

    async def _rpc(self, request: web.Request) -> web.Response:
        if not self.chain_url:
            raise web.HTTPNotFound
        self.chain_calls += 1
        async with (
            ClientSession() as node,
            node.post(self.chain_url, json=await request.json()) as answer,
        ):
            return web.json_response(await answer.json())

    async def _other_page(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.other_page, content_type="text/html")
