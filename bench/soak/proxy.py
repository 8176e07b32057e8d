"""Stands between the processes and everything that they call; it records each crossing and injects faults there.

Each process has a port of its own, which identifies the sender of a request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import aiohttp
from aiohttp import web

from bench.soak import world
from bench.soak.answers import (
    CUT,
    Answer,
    detail_of,
    failure_of,
    has_left,
    refs_in,
    response_of,
    sessions_of,
    throttle_of,
)
from bench.soak.crossings import Call, named
from bench.soak.deliveries import Deliveries
from bench.soak.events import Event
from bench.soak.faults import Fault, Moment, RequestFaults
from bench.soak.worker_processes import WorkerProcesses

_CALM = frozenset({"tools.connect"})
_TAKING = frozenset({"queue.receive", "runs.claim", "runs.take_over"})
"""What a dead or frozen process takes away from the others."""
_DROPPED = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


class Proxy(WorkerProcesses):
    def __init__(self, table: str, queue: str, tools: str) -> None:
        super().__init__()
        self.gateways: list[str] = []
        self.ports: dict[str, int] = {}
        self.history: list[Event] = []
        self.faults: list[Fault] = []
        self.request_faults: RequestFaults | None = None
        self.recorded = asyncio.Condition()
        self._services = {"dynamodb": table, "sqs": queue, "tools": tools}
        self._homes: dict[str, str] = {}
        """Return the gateway that has a connection, by the request's path."""
        self._forgotten: set[str] = set()
        self._deliveries = Deliveries()
        self._http = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=60),
            connector=aiohttp.TCPConnector(limit=0),
        )
        self._runners: list[web.AppRunner] = []

    async def open_port(self, client: str) -> str:
        """Return the address by which `client` reaches everything; it is always the same."""
        if client in self.ports:
            return f"http://127.0.0.1:{self.ports[client]}"
        app = web.Application(client_max_size=64 * 2**20)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(client, request)

        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=300, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runners.append(runner)
        self.ports[client] = runner.addresses[0][1]
        return f"http://127.0.0.1:{self.ports[client]}"

    async def close(self) -> None:
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        await self._http.close()

    def arm(self, fault: Fault) -> Fault:
        self.faults.append(fault)
        return fault

    def forget(self, ref: str) -> None:
        """A long soak drops events that have been checked. A receive may return messages of several sessions."""
        self._forgotten.add(ref)
        done = self._forgotten
        self.history = [e for e in self.history if ref not in e.refs or not sessions_of(e.refs) <= done]

    async def note(
        self, client: str, crossing: str, what: str, refs: frozenset[str], detail: str = ""
    ) -> None:
        if (crossing, what) == ("catalog.put", "applied"):
            self.published.add(self.pids.get(client, 0))
        async with self.recorded:
            self.history.append(Event(time.monotonic(), client, crossing, what, refs, detail))
            self.recorded.notify_all()

    def events(self, what: str, ref: str = "") -> list[Event]:
        return [e for e in self.history if e.what == what and (not ref or ref in e.refs)]

    async def _handle(self, client: str, request: web.Request) -> web.StreamResponse:
        pid = self.pids.get(client)
        try:
            body = await request.read()
        except ConnectionError:  # the sender is dead
            return web.Response(status=499)
        call = named(client, request.method, request.path_qs, request.headers, body)
        refs = self._deliveries.refs(call)
        fault = self._fault(call, "before", refs)
        if fault and (refusal := await self._carry_out(fault, call, refs)):
            return self._end(request, refusal)
        if call.service == "llm":
            return await self._llm(request, call)
        try:
            answer = self._deliveries.take_unheard(call) or await self._forward(call, request)
        except (aiohttp.ClientError, TimeoutError):
            return self._end(request, CUT)
        is_heard = self.pids.get(client) == pid and client not in self.frozen
        return self._end(request, await self._answer(call, answer, refs, is_heard=is_heard))

    async def _answer(self, call: Call, answer: Answer, refs: frozenset[str], *, is_heard: bool) -> Answer:
        """Handle an answer on its way back."""
        is_receive = call.crossing == "queue.receive"
        if is_receive:
            refs = self._deliveries.remember(answer)
        if answer.status < 400:
            what = "applied" if is_heard or call.crossing not in _TAKING else "unheard"
            await self.note(call.client, call.crossing, what, refs, detail_of(call))
        fault = self._fault(call, "after", refs)
        if fault and fault.kind == "duplicate":
            return self._deliveries.repeated(answer) if is_receive else answer
        if fault and (refusal := await self._carry_out(fault, call, refs)):
            if is_receive:
                self._deliveries.keep_unheard(call, answer)
            return refusal
        return answer

    def _fault(self, call: Call, moment: Moment, refs: frozenset[str]) -> Fault | None:
        for fault in self.faults:
            if fault.meets(call, moment, refs):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.left -= 1
                fault.fired.set()
                return fault
        if self.request_faults and call.client.startswith("worker") and call.crossing not in _CALM:
            return self.request_faults.fault(call, moment)
        return None

    async def _carry_out(self, fault: Fault, call: Call, refs: frozenset[str]) -> Answer | None:
        """None: the request continues. An answer without a status: the connection is cut."""
        await self.note(call.client, call.crossing, fault.kind, refs, fault.moment)
        if fault.deed:
            return await asyncio.to_thread(fault.deed, call)
        match fault.kind:
            case "kill":
                await self.kill(call.client)
                return CUT
            case "freeze":
                await self.freeze(call.client)
                return None
            case "delay":
                await asyncio.sleep(fault.seconds)
                return None
            case "error" if fault.moment == "before":
                return failure_of(call)
            case "throttle":
                return throttle_of(call)
            case _:
                return CUT

    async def _llm(self, request: web.Request, call: Call) -> web.StreamResponse:
        """The provider itself. Its answer streams, and a fault may occur in the middle of it."""
        asked = world.asked(call.body)
        refs = refs_in(asked.ref.encode())
        if has_left(request):  # its run was stopped, and may have ended, while a delay held the request
            await self.note(call.client, call.crossing, "left", refs)
            return web.Response(status=499)
        await self.note(call.client, call.crossing, "asked", refs, str(asked.answers))
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        leaving = asyncio.create_task(self._note_leaving(request, call, refs), name="leaving")
        try:
            await response.prepare(request)
            return await self._answer_llm(request, response, call, asked, refs)
        except ConnectionError:  # the sender was stopped, or is dead
            return response
        finally:
            leaving.cancel()

    async def _note_leaving(self, request: web.Request, call: Call, refs: frozenset[str]) -> None:
        """Wait until the sender has closed the connection, because the agent was stopped."""
        while not has_left(request):  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.05)
        await self.note(call.client, call.crossing, "left", refs)

    async def _answer_llm(
        self,
        request: web.Request,
        response: web.StreamResponse,
        call: Call,
        asked: world.Asked,
        refs: frozenset[str],
    ) -> web.StreamResponse:
        number = 0
        async for chunk in world.answer(asked):
            await response.write(chunk)
            number += 1
            fault = self._fault(call, "during", refs) if number == 3 else None  # in the middle of the text
            if fault and await self._carry_out(fault, call, refs):
                return self._end(request, CUT)
        await self.note(call.client, call.crossing, "applied", refs, str(asked.answers))
        if (fault := self._fault(call, "after", refs)) and await self._carry_out(fault, call, refs):
            return self._end(request, CUT)
        await response.write_eof()
        return response

    async def _forward(self, call: Call, request: web.Request) -> Answer:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _DROPPED}
        targets = self._targets(call)
        answer = Answer(410, {}, b"")
        for target in targets:
            async with self._http.request(
                call.method, target + call.path, data=call.body, headers=headers
            ) as response:
                kept = {k: v for k, v in response.headers.items() if k.lower() not in _DROPPED}
                answer = Answer(response.status, kept, await response.read())
            if answer.status != 410:
                self._homes[call.path] = target
                break
        return answer

    def _targets(self, call: Call) -> Sequence[str]:
        match call.service:
            case "connections":
                home = self._homes.get(call.path)
                return sorted(self.gateways, key=lambda url: url != home)
            case service:
                return [self._services[service]]

    def _end(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.status:
            return response_of(answer)
        if request.transport:
            request.transport.abort()
        return web.Response(status=500)
