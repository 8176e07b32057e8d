"""The checks around every HTTP endpoint, inside the middleware of headers and CORS: who calls, the limits of the body,
unexpected errors.
"""

from __future__ import annotations

import asyncio
import logging

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forge.api.authentication.token_or_ticket import AccessRule
from forge.api.entry.origin_check import check_distribution
from forge.api.entry.problems import problem_of, problem_response
from forge.api.entry.request_payer import charge_bytes, charge_request, with_payer
from forge.api.entry.statuses import UNEXPECTED
from forge.errors import ForgeError, InvalidRequest, RateLimited, TooLarge, UnsupportedMediaType
from forge.models.caller import Caller
from forge.models.request_prices import FREE, Price, price_of_bytes
from forge.observability import NAMESPACE, configure_logging, error_fields, record

logger = logging.getLogger(__name__)

BODY_BYTES_LIMIT = 256_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class EntryChecks:
    """Refuse a request that did not come through the distribution or may not enter, then a body that is too large or
    not JSON.

    An unexpected error is answered with 500, without details.
    """

    def __init__(self, app: ASGIApp, access: AccessRule, price: Price, *, shares_loop: bool) -> None:
        self._app, self._access, self._price, self._shares_loop = app, access, price, shares_loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        configure_logging(NAMESPACE)
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, size = False, 0

        async def watched(message: Message) -> None:
            nonlocal started, size
            if message["type"] == "http.response.start":
                started, size = True, int(Headers(raw=message["headers"]).get("content-length", 0))
            await send(message)

        try:
            check_distribution(Headers(scope=scope))
            source = (scope.get("client") or ("", 0))[0]
            caller = with_payer(await self._access(scope), Headers(scope=scope), source)
            scope.setdefault("state", {})["caller"] = caller
            await self._charge(caller)
            await self._app(scope, await _checked(scope, receive), watched)
            await self._charge_answer(caller, size)
        except ForgeError as error:
            await problem_of(error)(scope, receive, send)
        except Exception as error:  # the error's text may hold contents, so it is not logged
            logger.error("unexpected error", extra=error_fields(error))
            record("UnexpectedErrors")
            if started:
                raise
            await problem_response(500, UNEXPECTED)(scope, receive, send)

    async def _charge(self, caller: Caller) -> None:
        """Charge in a thread where requests share the event loop, as event streams do. Raises `RateLimited`."""
        if self._price == FREE:
            return
        if self._shares_loop:
            await asyncio.to_thread(charge_request, caller, self._price)
        else:
            charge_request(caller, self._price)

    async def _charge_answer(self, caller: Caller, size: int) -> None:
        """Charge for an answer after sending it, so that a refusal affects the next request. Streams are charged
        while they run.
        """
        if price_of_bytes(size) == FREE:
            return
        try:
            await asyncio.to_thread(charge_bytes, caller.payer, size)
        except RateLimited:
            return
        except Exception as error:  # noqa: BLE001  a failed charge must not turn an accepted message into an error
            logger.warning("answer not charged", extra=error_fields(error))


async def _checked(scope: Scope, receive: Receive) -> Receive:
    """Read and check the body, and return a `receive` that replays it. Raises `TooLarge`, `UnsupportedMediaType`."""
    if scope["method"] not in _WITH_BODY:
        return receive
    body = await _body(receive)
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if (
        body
        and kind != "application/json"
        and not (kind.startswith("application/") and kind.endswith("+json"))
    ):
        raise UnsupportedMediaType
    if body and not _is_readable(body):
        raise InvalidRequest("The request's body is not valid JSON in UTF-8, or is nested too deeply.")
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _is_readable(body: bytes) -> bool:
    """Return whether the parser that later reads what is stored of the body can read it, too. It refuses bytes that are
    not UTF-8, half a surrogate pair and nesting that is too deep, of which FastAPI's parser accepts some.
    """
    try:
        from_json(body.removeprefix(_BYTE_ORDER_MARK), allow_inf_nan=False)
    except ValueError:
        return False
    return True


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidRequest("The request ended before its body did.")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_LIMIT:
            raise TooLarge(f"The request's body is larger than {BODY_BYTES_LIMIT} bytes.")
        if not message.get("more_body", False):
            return body
