"""Generated answers of a node: any field dropped, null, retyped, renamed or wrapped; errors; garbage."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.mcp_servers.fake_node import GOOD
from worker.ethereum.node.error_dialects import BY_CODE, BY_WORDS

LISTED_CODES = {row.code for row in BY_CODE}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutation:
    """`kind`: `field` (in the result), `error` (an error that no row knows), `body` (no JSON-RPC at all).

    `path`: the field that is another now; `value`: what it was given, for one that was retyped.
    """

    method: str
    kind: str
    detail: str
    apply: Callable[[dict[str, Any]], Any]
    path: Path = ()
    value: Any = None

    def __repr__(self) -> str:
        return f"{self.method} {self.kind} {self.detail}"


def _paths(value: Any, at: Path = ()) -> list[Path]:
    found = [at]
    if isinstance(value, dict):
        for key, item in value.items():
            found += _paths(item, (*at, key))
    if isinstance(value, list):
        for index, item in enumerate(value[:3]):
            found += _paths(item, (*at, index))
    return found


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**260),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=12),
    st.sampled_from(
        ["", "0x", "0X1F", "0xzz", "12", "latest", "\ud83d", "0x" + "f" * 70, "null", "-0x1", "1e3"]
    ),
)
odd_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def _changed(result: Any, path: Path, change: Callable[[Any, str | int], None], new: Any) -> Any:
    """`change` gets the container and the key; the whole result has none, and becomes `new`."""
    if not path:
        return new
    whole = copy.deepcopy(result)
    container = whole
    for step in path[:-1]:
        container = container[step]
    change(container, path[-1])
    return whole


def _renamed(container: Any, key: str | int) -> None:
    if isinstance(key, str):
        container[key.upper() + "_"] = container.pop(key)
    else:
        del container[key]


_ODD = object()
"""Stands for the value that a strategy draws."""


def _field_mutation(method: str, path: Path, how: str, odd: Any = _ODD) -> Mutation:
    good = GOOD[method]
    changes: dict[str, tuple[Callable[[Any, str | int], None], Any]] = {
        "drop": (lambda box, key: box.pop(key), {}),
        "null": (lambda box, key: box.__setitem__(key, None), None),
        "retype": (lambda box, key: box.__setitem__(key, odd), odd),
        "rename": (_renamed, {"renamed": good}),
        "wrap": (lambda box, key: box.__setitem__(key, [{"value": box[key]}]), [good]),
    }
    change, whole = changes[how]
    result = _changed(good, path, change, whole)
    value = odd if how == "retype" else None
    detail = f"{how} {path} {odd!r}" if how == "retype" else f"{how} {path}"
    return Mutation(method, "field", detail, lambda envelope: {**envelope, "result": result}, path, value)


def every_field(method: str) -> list[Mutation]:
    """Each field dropped, null, under another name and wrapped, once."""
    hows = ("drop", "null", "rename", "wrap")
    return [_field_mutation(method, path, how) for path in _paths(GOOD[method]) for how in hows]


@st.composite
def field_mutations(draw: st.DrawFn, method: str) -> Mutation:
    path = draw(st.sampled_from(_paths(GOOD[method])))
    return _field_mutation(method, path, "retype", draw(odd_values))


def _is_unlisted(error: Any) -> bool:
    text = json.dumps(error, ensure_ascii=False)
    return not any(row.pattern and row.pattern.search(text) for row in BY_WORDS)


words = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["computation abandoned", "no.", "Fehler beim Ausführen", "节点忙", "E_BUSY", "half \ud83d of it"]
)
codes = st.one_of(
    st.integers(-(2**40), 2**40).filter(lambda code: code not in LISTED_CODES), st.none(), words
)


@st.composite
def error_mutations(draw: st.DrawFn, method: str) -> Mutation:
    fields = draw(
        st.fixed_dictionaries(
            {}, optional={"code": codes, "message": words | scalars, "data": odd_values, "detail": odd_values}
        ).filter(_is_unlisted)
    )
    text = draw(words.filter(_is_unlisted).filter(bool))
    form = draw(st.sampled_from(["object", "text", "list", "batch", "message alone", "status"]))
    bodies: dict[str, Any] = {
        "object": {"error": fields or {"code": None}},
        "text": {"error": text},
        "list": {"error": [fields, text]},
        "batch": [{"error": {**fields, "message": text}}],
        "message alone": {"message": text},
        "status": {"error": {**fields, "message": text}},
    }
    status = draw(st.sampled_from([200, 400, 403, 429, 500, 503])) if form == "status" else 200
    body = json.dumps(bodies[form]).encode()
    return Mutation(method, "error", f"{form} {status} {bodies[form]!r}", lambda _envelope: (status, body))


@st.composite
def body_mutations(draw: st.DrawFn, method: str) -> Mutation:
    body = draw(
        st.binary(max_size=40) | st.sampled_from([b"<html>busy</html>", b"[]", b"null", b"7", b"[" * 5000])
    )
    status = draw(st.sampled_from([200, 204, 400, 403, 429, 502]))
    reply = None if draw(st.booleans()) else (status, b"" if status == 204 else body)
    return Mutation(method, "body", repr(reply), lambda _envelope: reply)


def mutations(method: str) -> st.SearchStrategy[Mutation]:
    return st.one_of(field_mutations(method), error_mutations(method), body_mutations(method))
