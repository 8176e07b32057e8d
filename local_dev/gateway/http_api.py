"""A stand-in for the HTTP API: a request becomes an event for its route's function, whose result becomes the
response.
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from local_dev.aws.lambda_runtime import FunctionFailed, FunctionTimedOut, LambdaRuntime, PayloadTooLarge
from local_dev.gateway.conversation_turns import ConversationTurns
from local_dev.gateway.cors import is_preflight, preflight, with_cors
from local_dev.gateway.http_event import http_event
from local_dev.gateway.routing import Match, Routes
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import BodyTooLarge, joined_headers, read_body, respond
from local_dev.http_server.limits import Limits
from local_dev.template.declarations import Cors


class HttpApi:
    def __init__(self, routes: Routes, runtime: LambdaRuntime, cors: Cors | None, limits: Limits) -> None:
        self._routes = routes
        self._runtime = runtime
        self._cors = cors
        self._limits = limits
        self._turns = ConversationTurns()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer the request if it matches a route. Otherwise nothing was read or sent."""
        path = scope["raw_path"].decode("latin-1")
        match = self._routes.match(scope["method"], path)
        if match and match.route.streams:
            await self._runtime.app(match.route.function)(scope, receive, send)
            return True
        headers = joined_headers(scope)
        if match is None:
            if self._cors and is_preflight(scope["method"], headers):
                await respond(scope, send, preflight(self._cors, headers))
                return True
            return False
        answer = await self._call(scope, receive, match)
        if self._cors:
            answer = with_cors(answer, self._cors, headers)
        await respond(scope, send, answer)
        return True

    async def _call(self, scope: Scope, receive: Receive, match: Match) -> Answer:
        try:
            body = await read_body(receive, self._limits.http_body)
            event = http_event(scope, match.route.key, match.parameters, body)
            async with self._turns.turn(event):
                result = await self._runtime.invoke(match.route.function, event, self._limits.integration)
            return Answer.of_handler(result)
        except (BodyTooLarge, PayloadTooLarge):
            return Answer.message(413, "Request Entity Too Large")
        except FunctionTimedOut:
            return Answer.message(503, "Service Unavailable")
        except (FunctionFailed, ValueError, TypeError):
            return Answer.message(500, "Internal Server Error")
