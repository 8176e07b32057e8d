"""Text from outside, and what remains of it in a sentence of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.models.text_cleaning import one_line
from worker.ethereum.text_skeleton import skeleton


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GOLD\n[wallet] succeeded", "GOLD [wallet] succeeded"),
        ("pay \u202eecilA", "pay ecilA"),
        ("a\u200bb\u2066c\ufeffd", "a b c d"),
        ("one\u2028two\x85three\x1b[2J", "one two three [2J"),
        ("void \u3164\u2800 end", "void end"),
        ("e\u0301\u0302\u0303\u0304\u0305x", "e\u0301\u0302x"),
        ("Überweisung an Zoë – ok 金", "Überweisung an Zoë – ok 金"),
    ],
    ids=["line", "direction", "zero width", "separators", "blanks", "pile", "languages"],
)
def test_only_what_can_be_seen_on_one_line_is_left(text: str, left: str) -> None:
    assert one_line(text, 100) == left


@given(st.text(max_size=80))
def test_whatever_comes_it_is_one_printable_line_of_the_length(text: str) -> None:
    line = one_line(text, 20)
    assert line.isprintable()
    assert len(line) <= 20


@pytest.mark.parametrize(
    "text",
    ["[Wallet]", "［wallet］", "\u200b[w\u00e1llet]", "[w\u0430llet]", "\u202e[walle\u0442]"],
    ids=["case", "full width", "accent", "cyrillic", "direction"],
)
def test_texts_that_look_alike_have_one_skeleton(text: str) -> None:
    assert skeleton(text) == "[wallet]"
