"""What a client's frame is, and what a wrong one costs. It has few imports, because the function for frames without a
route needs no more.
"""

from __future__ import annotations

from pydantic import ValidationError

from forge.api import dependencies
from forge.api.entry.socket_handler import SocketCall
from forge.errors import InvalidRequest
from forge.models.frame import CLIENT_FRAME, AuthFrame, PingFrame, SyncFrame
from forge.models.request_prices import WRONG_FRAME


def refuse(call: SocketCall) -> None:
    """Refuse a frame whose type has no route. Always raises `InvalidRequest` or `RateLimited`."""
    priced_frame(call)
    _charge_wrong(call)
    raise InvalidRequest("Frames of this type cannot be sent here.")


def priced_frame(call: SocketCall) -> SyncFrame | PingFrame | AuthFrame:
    """Charge for an invalid frame before answering it. Raises `InvalidRequest`, `RateLimited`."""
    try:
        return _frame(call)
    except InvalidRequest:
        _charge_wrong(call)
        raise


def _charge_wrong(call: SocketCall) -> None:
    dependencies.store().controls.heard(call.connection_id, WRONG_FRAME)


def _frame(call: SocketCall) -> SyncFrame | PingFrame | AuthFrame:
    try:
        return CLIENT_FRAME.validate_json(call.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        match first["type"]:
            case "json_invalid":
                raise InvalidRequest("The frame is not valid JSON.") from None
            case "union_tag_invalid" | "union_tag_not_found" | "model_attributes_type" | "dict_type":
                raise InvalidRequest(
                    "The frame must be an object whose type is sync, ping or auth."
                ) from None
            case _:
                place = ".".join(str(part) for part in first["loc"][1:])
                raise InvalidRequest(f"The frame is not valid. {place}: {first['msg']}") from None
