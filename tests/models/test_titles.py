"""The title of a conversation before its person renames it: words, never raw JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forge.models.request_bodies import RenameRequest
from forge.models.titles import AUTOMATIC_TITLE_LIMIT, automatic_title
from tests.unlisted import tried

TITLES = {
    "  send 1 ETH\nto Bob": "send 1 ETH",
    '{"steps": [{"say": "x"}], "tag": 1}': "JSON with steps, tag",
    '[{"to": "0x"}, 2]': "JSON of 2 entries",
    "{}": "JSON of 0 entries",
    '{"a": 1}\nWhat is this?': "What is this?",
    'Decode {"a": 1}': 'Decode {"a": 1}',
    '```json\n{"inputs": []}\n```': "JSON with inputs",
    "```js\nlet x = 1\n```\nexplain": "let x = 1",
    "```": "```",
    "{ not json": "{ not json",
    "[wallet] hm": "[wallet] hm",
    '{"a\\nb": 1}': "JSON with a b",
    "[" * 9_000: "[" * 59 + "…",
    "é" * 200: "é" * 59 + "…",
    "12": "12",
    "a\0b\u202ec\u200b\td": "a b c d",
    "\u2066\u200b\x1b": "",
}
"""A first message and the conversation's title."""

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(("text", "title"), TITLES.items())
def test_a_first_message_names_the_conversation(text: str, title: str) -> None:
    assert automatic_title(text) == title


@pytest.mark.slow
@given(value=st.lists(VALUES) | st.dictionaries(st.text(), VALUES), indent=st.sampled_from([None, 2]))
def test_json_is_named_in_words(value: object, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    tried("first messages that are JSON", text)
    title = automatic_title(text)
    assert title.startswith("JSON ")
    assert "\n" not in title
    assert len(title) <= AUTOMATIC_TITLE_LIMIT


@pytest.mark.slow
@given(text=st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "L", "Nd"])))
def test_no_title_holds_what_cannot_be_seen_or_moves_the_text_beside_it(text: str) -> None:
    tried("titles with invisible characters", text)
    assert automatic_title(text).isprintable()
    try:
        renamed = RenameRequest.model_validate({"title": text})
    except ValidationError as error:
        (fault,) = error.errors()
        assert fault["type"] in {"string_too_short", "string_too_long"}
    else:
        assert renamed.title.isprintable()
        assert renamed.title
