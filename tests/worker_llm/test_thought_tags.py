"""Thoughts between the tags of every dialect are never the answer; an answer about such tags is shown as it is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties import examples
from tests.unlisted import tried
from worker.agent.llm.hidden_thoughts import MARKS, TAGS, Tags, ThoughtSplitter

WORDS = st.text(st.sampled_from(list("ab .,\n/[]<>|")), max_size=20)


def shown(pieces: Sequence[str]) -> str:
    splitter, text = ThoughtSplitter(), ""
    for kind, part in [s for piece in pieces for s in splitter.feed(piece)] + splitter.end():
        text = "" if kind == "all was thought" else text + (part if kind == "text" else "")
    return text


def cut(whole: str, places: Sequence[int]) -> list[str]:
    at = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
    return [whole[a:b] for a, b in itertools.pairwise(at)]


@pytest.mark.slow
@examples(200)
@given(st.sampled_from(TAGS), WORDS, WORDS.map(str.strip), st.lists(st.integers(0, 200), max_size=8))
def test_a_thought_in_any_dialect_is_hidden_wherever_the_stream_is_cut(
    tags: Tags, thought: str, said: str, places: list[int]
) -> None:
    pieces = cut(f"{tags.opening}\n{thought}\n{tags.closing}\n\n{said}", places)
    tried("thoughts in dialects", pieces)
    assert shown(pieces).strip() == said


@pytest.mark.parametrize("tags", TAGS, ids=lambda tags: tags.opening)
def test_what_is_only_about_a_tag_is_shown(tags: Tags) -> None:
    for text in (
        f"Write `{tags.opening}` and `{tags.closing}`.",
        f"It ends in {tags.opening[:-1]}",
        tags.opening[:3],
    ):
        assert shown(list(text)) == text


@pytest.mark.parametrize("tags", [tags for tags in TAGS if tags.is_plain], ids=lambda tags: tags.opening)
def test_a_plain_tag_within_an_answer_is_the_answers(tags: Tags) -> None:
    text = f"As XML:\n{tags.opening}a{tags.closing}\n"
    assert shown([text]) == text
    assert shown([f"So {tags.closing}"]) == f"So {tags.closing}"


ALONE = [tags for tags in TAGS if not (tags.is_plain or tags.ends_more)]


@pytest.mark.parametrize("tags", ALONE, ids=lambda tags: tags.opening)
def test_a_closing_tag_alone_says_that_all_before_it_was_thought(tags: Tags) -> None:
    assert shown(["I look it up.", tags.closing, "Five."]).strip() == "Five."


@examples(200)
@given(st.sampled_from(MARKS), WORDS.map(str.strip), st.lists(st.integers(0, 200), max_size=8), st.booleans())
def test_a_control_token_is_no_part_of_the_answer(
    mark: str, said: str, places: list[int], is_last: bool
) -> None:
    pieces = cut(f"{said}{mark}" if is_last else f"{mark}{said}", places)
    tried("control tokens in an answer", pieces)
    assert shown(pieces).strip() == said


@pytest.mark.parametrize("mark", MARKS)
def test_an_answer_about_a_control_token_shows_it(mark: str) -> None:
    assert shown(list(f"It ends in `{mark}`.")) == f"It ends in `{mark}`."


HARMONY = (
    "<|channel|>analysis<|message|>I look.<|end|><|start|>assistant<|channel|>final<|message|>Five.<|return|>"
)


@examples(200)
@given(st.lists(st.integers(0, 200), max_size=12))
def test_the_final_channel_of_harmony_is_the_answer(places: list[int]) -> None:
    pieces = cut(HARMONY, places)
    tried("harmony's channels", pieces)
    assert shown(pieces) == "Five."


def test_an_answer_that_ends_in_the_token_that_also_ends_thoughts_stays() -> None:
    assert shown(["Five.", "<|end|>"]) == "Five."


@pytest.mark.parametrize("piece", ["I look. ", "`</think>` ", "a` ", "</thin "])
def test_a_long_thought_costs_time_in_proportion_to_its_length(piece: str) -> None:
    """The longest text that is held is a piece and a tag; so each piece is searched and copied once."""
    splitter = ThoughtSplitter(is_opened=True)
    for _ in range(5_000):
        splitter.feed(piece)
        assert len(splitter._held) <= 2 * len(piece) + len("</think>") + 1
    assert splitter.feed("</think>Five.") == [("thought", piece * 5_000), ("text", "Five.")]
