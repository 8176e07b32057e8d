"""Generated streams: calls numbered and cut in any way, thoughts cut in any way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import examples
from tests.unlisted import tried
from worker.agent.llm import streamed_tool_calls
from worker.agent.llm.hidden_thoughts import CLOSE, OPEN, ThoughtSplitter
from worker.agent.llm.streamed_tool_calls import CallJoiner, StreamedCall

ACCOUNTS = st.sampled_from(["Alice", "Bob", "Eve"])


def pieces(draw: Any, text: str, most: int = 5) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=most)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def streamed_calls(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[str]]:
    """The deltas of whole calls, numbered and named in one of the ways that servers have, and what was meant.

    The same call without any id or number of its own is the same call told again.
    """
    numbering = draw(st.sampled_from(["proper", "all 0", "none", "from 1"]))
    can_interleave = numbering in ("proper", "from 1")
    named = draw(st.sampled_from(["first", "each", "last"] if can_interleave else ["first", "each"]))
    has_ids = draw(st.booleans())
    meant = draw(st.lists(ACCOUNTS, min_size=1, max_size=4, unique=not (has_ids or can_interleave)))
    calls: list[list[dict[str, Any]]] = []
    for number, who in enumerate(meant):
        index = {"proper": number, "all 0": 0, "none": None, "from 1": number + 1}[numbering]
        cut = pieces(draw, json.dumps({"who": who}))
        cut = cut if named == "first" else [piece for piece in cut if piece]
        called = {"id": f"id{number}" if has_ids else None, "name": "balance"}
        nameless = {"id": None, "name": None}
        calls.append(
            [
                {"index": index, "arguments": piece, **(called if is_named else nameless)}
                for piece, is_named in zip(cut, _named(named, len(cut)), strict=True)
            ]
        )
    if can_interleave and draw(st.booleans()):
        return draw(interleaved(calls)), meant
    return [delta for call in calls for delta in call], meant


def _named(named: str, count: int) -> list[bool]:
    """Which of the pieces of a call have its id and name."""
    at = {"first": [0], "last": [count - 1], "each": range(count)}[named]
    return [number in at for number in range(count)]


@st.composite
def interleaved(draw: st.DrawFn, calls: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    left = [list(call) for call in calls]
    mixed = [call.pop(0) for call in left]
    while rest := [call for call in left if call]:
        mixed.append(draw(st.sampled_from(rest)).pop(0))
    return mixed


def join(deltas: list[dict[str, Any]]) -> list[StreamedCall]:
    joiner = CallJoiner()
    for delta in deltas:
        joiner.join(delta["index"], delta["id"] or "", delta["name"] or "", delta["arguments"])
    return joiner.calls


@pytest.mark.slow
@examples(500)
@given(streamed=streamed_calls())
def test_calls_are_joined_however_they_are_numbered_and_cut(
    streamed: tuple[list[dict[str, Any]], list[str]],
) -> None:
    deltas, meant = streamed
    tried("streams of tool calls", deltas)
    joined = join(deltas)
    assert [json.loads(call.arguments)["who"] for call in joined] == meant
    assert {call.name for call in joined} == {"balance"}


JSON = st.recursive(
    st.text(st.sampled_from(list('{}"\\\\ aé')), max_size=6) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(['a"', "{", "}", "\\"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@examples(300)
@given(value=st.dictionaries(st.sampled_from(["a", "}"]), JSON, max_size=3), data=st.data())
def test_arguments_are_whole_exactly_when_they_are_an_object(
    value: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    call, added = StreamedCall(0, 0, "a", "balance"), ""
    for piece in pieces(data.draw, text, most=8):
        call.add(piece)
        added += piece
        assert call.is_whole == (added == text), added
    tried("arguments in pieces", text)


def test_long_arguments_are_not_parsed_for_each_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    monkeypatch.setattr(
        streamed_tool_calls, "read_json", lambda text: parsed.append(len(text)) or json.loads(text)
    )
    text = json.dumps({"calls": [{"to": "Bob"}] * 500})
    cut = [f"{piece}}}" for piece in text.split("}")[:-1]]
    joined = join([{"index": 0, "id": "a", "name": "balance", "arguments": piece} for piece in cut])
    assert [call.arguments for call in joined] == [text]
    assert len(parsed) <= 3


def test_a_named_call_is_kept_apart_from_one_without_a_name() -> None:
    deltas = [
        {"index": 0, "id": None, "name": None, "arguments": '{"who": "Alice"}'},
        {"index": 0, "id": "b", "name": "balance", "arguments": '{"who": "Bob"}'},
    ]
    assert [(call.name, json.loads(call.arguments)["who"]) for call in join(deltas)] == [
        ("", "Alice"),
        ("balance", "Bob"),
    ]


SAID = st.text(st.characters(codec="utf-8", exclude_characters="<>`'\"“‘"), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)


@st.composite
def thinking(draw: st.DrawFn) -> tuple[list[str], str]:
    """An answer with a thought before it, cut anywhere."""
    thought, said = draw(SAID), draw(SAID).strip()
    opening = draw(st.sampled_from([OPEN, f"\n{OPEN}", f"{OPEN}\n", ""]))
    closing = draw(st.sampled_from([CLOSE, f"\n{CLOSE}\n\n"]))
    return pieces(draw, f"{opening}{thought}{closing}{said}", most=8), said


@examples(500)
@given(answer=thinking(), is_opened=st.booleans())
def test_a_thought_is_never_the_answer(answer: tuple[list[str], str], is_opened: bool) -> None:
    cut, said = answer
    tried("answers with a thought", (cut, is_opened))
    splitter = ThoughtSplitter(is_opened=is_opened)
    segments = [segment for piece in cut for segment in splitter.feed(piece)] + splitter.end()
    shown = ""
    for kind, text in segments:
        shown = "" if kind == "all was thought" else shown + (text if kind == "text" else "")
    assert shown.strip() == said


@examples(300)
@given(text=st.text(st.sampled_from(list("<think/> `\na"))), data=st.data(), is_opened=st.booleans())
def test_a_text_without_tags_is_shown_as_it_is(text: str, data: st.DataObject, is_opened: bool) -> None:
    text = text.replace(OPEN, "").replace(CLOSE, "")
    cut = pieces(data.draw, text)
    splitter = ThoughtSplitter(is_opened=is_opened)
    segments = [segment for piece in cut for segment in splitter.feed(piece)] + splitter.end()
    if OPEN not in text and CLOSE not in text:
        assert "".join(part for _, part in segments) == text
