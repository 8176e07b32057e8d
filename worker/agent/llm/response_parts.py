"""What a stream of the Responses API has told so far of its texts and calls, so that each is taken once.

A part is recognised by its id, else by what it says and by its place: proxies give a part another id, or another
place, in each of the events that tell it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, TypeVar

from worker.agent.llm.streamed_tool_calls import is_object, is_placeholder, plain_arguments

Part = TypeVar("Part")


@dataclass(eq=False)
class ToldText:
    id: Any
    """The id of its item, under which the library knows it."""
    index: Any
    """The place of its item in the response; None if the server gave none."""
    number: Any
    """Its place in its item, under which the library knows it."""
    said: str = ""
    """The text as far as it has been told."""

    def agrees(self, text: str) -> bool:
        return text.strip().startswith(self.said.strip())


@dataclass(frozen=True, slots=True)
class Rest:
    """What has to be added to a text."""

    id: Any
    """The id of its item, under which the library knows it."""
    number: Any
    """Its place in its item."""
    added: str
    """The end of the text, which has not been told before."""


class ToldTexts:
    def __init__(self) -> None:
        self._texts: list[ToldText] = []
        self._told: defaultdict[str, list[ToldText]] = defaultdict(list)
        """By the kind of event, the texts that it has told whole."""

    def add(self, item_id: Any, index: Any, number: Any, delta: str) -> None:
        """The library joins what has the same id and number."""
        known = _first(self._texts, lambda text: (text.id, text.number) == (item_id, number))
        known = known or self._new(item_id, index, number)
        known.said += delta

    def tell(self, told_by: str, item_id: Any, index: Any, number: Any, whole: str) -> Rest | None:
        """Return what has not been told of a whole text."""
        told = self._told[told_by]
        own, place = (item_id, number), (index, number)
        known = (
            _first(
                self._texts,
                lambda text: text not in told and bool(item_id) and (text.id, text.number) == own,
            )
            or _first(self._texts, lambda text: (text.index, text.number) == place and text.agrees(whole))
            or _first(self._texts, lambda text: text not in told and text.said == whole)
            or self._new(item_id, index, number)
        )
        told.append(known)
        if len(whole) <= len(known.said) or not whole.startswith(known.said):
            return None
        added, known.said = whole[len(known.said) :], whole
        return Rest(known.id, known.number, added)

    def _new(self, item_id: Any, index: Any, number: Any) -> ToldText:
        new = ToldText(item_id, index, number)
        self._texts.append(new)
        return new


@dataclass(eq=False)
class ToldCall:
    id: str
    """The id under which the library knows it. No other call has it."""
    item_id: Any
    """The id that the server gave its item."""
    call_id: Any
    """The id that the server gave the call itself."""
    name: Any
    """The tool's name."""
    index: Any
    """The place of its item in the response; None if the server gave none."""
    said: str
    """The arguments as far as they have been told."""
    is_whole: bool
    """Whether they were told as a whole, so that pieces only repeat them."""

    def agrees(self, name: Any, arguments: str) -> bool:
        return name == self.name and (arguments.startswith(self.said) or self.equals(name, arguments))

    def equals(self, name: Any, arguments: str) -> bool:
        if name != self.name or not is_object(arguments) or not is_object(self.said):
            return name == self.name and arguments == self.said
        return plain_arguments(arguments) == plain_arguments(self.said)


class ToldCalls:
    def __init__(self) -> None:
        self._calls: list[ToldCall] = []
        self._told: defaultdict[str, list[ToldCall]] = defaultdict(list)
        """By the kind of event, the calls that it has told whole."""

    def begin(self, item: Any, index: Any) -> bool:
        """Return whether the item is a new call, to which this gives an id of its own."""
        _read_arguments(item)
        if item.call_id and any(
            (call.item_id, call.call_id) == (item.id, item.call_id) for call in self._calls
        ):
            return False
        self._new(item, index)
        return True

    def find(self, item_id: Any, index: Any) -> ToldCall | None:
        """Return the call that a piece continues; the last one if the piece tells neither id nor place."""
        latest = self._calls[::-1]
        return (
            _first(latest, lambda call: bool(item_id) and call.item_id == item_id)
            or _first(latest, lambda call: index is not None and call.index == index)
            or _first(latest, lambda _: not item_id and index is None)
        )

    def add(self, item_id: Any, index: Any, delta: str) -> ToldCall | None:
        """Return the call to which the piece was added; None if it only repeats what has been told."""
        call = self.find(item_id, index)
        if call is None or call.is_whole:
            return None
        call.said += delta
        return call

    def end(self, call: ToldCall, arguments: str) -> bool:
        """Return whether the whole arguments add something to those that have been told."""
        if is_placeholder(arguments):
            return False
        adds = len(arguments) > len(call.said) and arguments.startswith(call.said)
        call.said = arguments if adds else call.said
        call.is_whole = call.is_whole or bool(arguments)
        return adds

    def tell(self, told_by: str, item: Any, index: Any) -> bool:
        """Return whether the whole item adds something to what has been told, under the id that it then has."""
        _read_arguments(item)
        told = self._told[told_by]
        call = self._known(told, item, index)
        adds = call is None or self.end(call, item.arguments)
        if call is None:
            call = self._new(item, index)
        told.append(call)
        item.id = call.id
        return adds

    def _known(self, told: Iterable[ToldCall], item: Any, index: Any) -> ToldCall | None:
        rest = [call for call in self._calls if call not in told]
        name, arguments = item.name, item.arguments
        same_id = [call for call in self._calls if item.call_id and call.call_id == item.call_id]
        return (
            _first(same_id, lambda call: call.item_id == item.id or call.agrees(name, arguments))
            or _first(rest, lambda call: bool(item.id) and call.item_id == item.id)
            or _first(rest, lambda call: call.equals(name, arguments))
            or _first(rest, lambda call: call.index == index is not None and call.agrees(name, arguments))
        )

    def _new(self, item: Any, index: Any) -> ToldCall:
        used = {call.id for call in self._calls}
        own = next(
            each for each in chain([item.id], map("fc_{}".format, count())) if each and each not in used
        )
        arguments = item.arguments
        call = ToldCall(own, item.id, item.call_id, item.name, index, arguments, is_object(arguments))
        item.id = own
        self._calls.append(call)
        return call


def as_text(value: Any) -> str:
    """The SDK passes on whatever JSON a field holds."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value)


def _read_arguments(item: Any) -> None:
    item.arguments = as_text(item.arguments)
    if is_placeholder(item.arguments):
        item.arguments = ""


def _first(parts: Sequence[Part], is_it: Callable[[Part], bool]) -> Part | None:
    return next((part for part in parts if is_it(part)), None)
