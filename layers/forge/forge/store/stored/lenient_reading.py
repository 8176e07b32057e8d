"""Reading a stored model that another version wrote: fields of another form are left out, the rest is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


def lenient(model: type[M], text: str | bytes, *, whole: frozenset[str] = frozenset()) -> M | None:
    """Return `None` if the remaining fields do not make a model. Unknown fields are ignored.

    `whole`: fields of which nothing may be left out, because a missing part would be taken for a fact.
    """
    try:
        data: Any = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    while isinstance(data, dict):
        try:
            return model.model_validate_json(json.dumps(data))
        except ValidationError as error:
            places = [each["loc"] for each in error.errors(include_url=False, include_input=False)]
            if not whole.isdisjoint(place[0] for place in places if place):
                return None
            if not _leave_out(cast("dict[str, Any]", data), places):
                return None
    return None


def _leave_out(data: dict[str, Any], places: Sequence[tuple[int | str, ...]]) -> bool:
    """Remove the list members, or else the fields, at `places`. Return False if nothing could be removed."""
    members = {(place[0], place[1] if len(place) > 1 else None) for place in places if place}
    removed = False
    for field, index in sorted(members, key=lambda member: str(member[1]).zfill(9), reverse=True):
        value: Any = data.get(str(field))
        if isinstance(value, list) and isinstance(index, int) and index < len(cast("list[Any]", value)):
            value.pop(index)
            removed = True
        elif str(field) in data:
            del data[str(field)]
            removed = True
    return removed


def plain(value: Any, kind: type[Any], default: Any) -> Any:
    """Return `value`, or `default` if its type differs."""
    return value if type(value) is kind else default


def text_map(value: Any) -> Mapping[str, str]:
    """Return the members of a stored map that are texts."""
    if not isinstance(value, dict):
        return {}
    found = cast("dict[str, Any]", value)
    return {name: text for name, text in found.items() if isinstance(text, str)}
