"""The JSON-RPC envelope of an answer, as strict nodes and lenient gateways write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from worker.ethereum.node.error_parsing import NodeFault, read_fault
from worker.json_text import read_json


@dataclass(frozen=True, slots=True)
class Envelope:
    """Either a result, which may be null, or a fault."""

    result: Any = None
    """The result, which may be null; None if there is a fault."""
    fault: NodeFault | None = None
    """The error; None if there is a result."""


def read_envelope(body: bytes) -> Envelope | None:
    """Return None if the body is not a JSON object. An object without `result` and `error` is an unusual form of
    an error.
    """
    fields = _object(body)
    if not fields:
        return None
    error = fields.get("error")
    if fields.get("result") is not None and not error:
        return Envelope(result=fields["result"])
    if error is not None and error is not False:
        return Envelope(fault=read_fault(_with_result(fields)))
    return Envelope() if "result" in fields else Envelope(fault=read_fault(fields))


def _with_result(fields: dict[str, Any]) -> Any:
    """Ganache returns the hash and an error for a reverted transaction; the hash must not be lost."""
    error, result = fields["error"], fields.get("result")
    if not isinstance(result, str):
        return error
    beside = cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": str(error)}
    return {**beside, "transactionHash": result}


def _object(body: bytes) -> dict[str, Any] | None:
    """A list counts as its first element, because some gateways answer a single request as a batch; a text counts
    as an error.
    """
    try:
        answer = read_json(body)
    except ValueError:
        return None
    if isinstance(answer, list):
        found = cast("list[Any]", answer)
        objects = (cast("dict[str, Any]", each) for each in found if isinstance(each, dict))
        return next(objects, {"error": found})
    if isinstance(answer, str):
        return {"error": answer}
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else None
