"""The kinds of answers, with generated members: who may enter, and parameters with any text as their value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import parameters
from deploy import questions as questions
from deploy.programs import DeployFailed
from deploy.questions import Answers
from tests.properties import examples
from tests.template import ROOT, refused
from tests.unlisted import tried

KNOWN = parameters.defaults(ROOT)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(who=st.one_of(TEXTS, TEXTS.map("https://{} forge".format), TEXTS.map("http://{} forge".format)))
@examples(60)
def test_whoever_is_named_the_login_is_whole_or_refused(who: str) -> None:
    """No answer opens the door by half: a login has issuer and audience, and only one word means everybody."""
    tried("answer to who may enter", who)
    answer = Answers(region="r", llm="offline", who=who)
    try:
        login = answer.login()
    except DeployFailed:
        return
    assert bool(login["AuthIssuer"]) == bool(login["AuthAudience"]) == (who != questions.EVERYBODY)


@given(
    deployed=st.dictionaries(st.sampled_from(sorted(KNOWN)), TEXTS, min_size=1),
    chosen=st.dictionaries(st.sampled_from(sorted(KNOWN)), TEXTS),
)
@examples(60)
def test_an_update_changes_only_what_was_answered(deployed: dict[str, str], chosen: dict[str, str]) -> None:
    tried("parameters of a deployed stack", sorted(deployed.items()))
    answer = Answers(region="r", llm="offline", who="everybody", parameters=chosen)
    values = parameters.chosen(KNOWN, deployed, answer, "arn:")
    answered = {"ForgeLlm", "AuthIssuer", "AuthAudience", "AllowAnonymous", *chosen, *parameters.MADE}
    assert {name: values[name] for name in deployed if name not in answered} == {
        name: value for name, value in deployed.items() if name not in answered
    }
    assert set(values) <= set(deployed) | answered


@given(llm=TEXTS.map("anthropic:{}".format), audience=TEXTS.filter(bool))
@examples(30)
def test_what_is_deployed_first_breaks_no_rule(llm: str, audience: str) -> None:
    tried("first answers", (llm, audience))
    for who in (questions.EVERYBODY, f"https://issuer.example {audience}"):
        answer = Answers(region="r", llm=llm, who=who)
        try:
            values = parameters.chosen(KNOWN, {}, answer, "arn:")
        except DeployFailed:
            continue
        assert refused(**{name: value for name, value in values.items() if name in KNOWN}) == []


OURS = {"ForgeLlm": "offline"}
LOGIN = {"AuthIssuer": "https://issuer.example", "AuthAudience": "forge"}


@pytest.mark.parametrize(
    ("deployed", "who"),
    [
        (OURS | {"AuthIssuer": "", "AllowAnonymous": "true"}, questions.EVERYBODY),
        (OURS | LOGIN | {"AllowAnonymous": "false"}, "https://issuer.example forge"),
        (OURS | {"AuthIssuer": "", "AllowAnonymous": "false"}, None),
        (OURS, None),
    ],
)
def test_a_stack_that_lets_nobody_in_is_not_taken_for_an_open_one(
    deployed: dict[str, str], who: str | None
) -> None:
    assert parameters.deployed_answers(deployed, "forge-mcp").get("who") == who


def test_a_key_in_a_place_of_the_operators_stays_there_if_everything_is_named() -> None:
    there: dict[str, Any] = {"llm": "offline", "who": "x", "parameters": {"OpenaiApiKeyArn": "arn:mine"}}
    named = {"region": "r", "llm": "openai:gpt", "who": questions.EVERYBODY}
    answers = questions.asked(None, named, lambda *_: "", "", lambda _: there)
    assert answers == Answers(**named, parameters=there["parameters"])


def test_a_stack_of_something_else_is_refused() -> None:
    with pytest.raises(DeployFailed, match="The stack shop is no installation"):
        parameters.deployed_answers({"Size": "3"}, "shop")


def test_answers_are_read_as_they_were_written(tmp_path: Path) -> None:
    answer = Answers(region="r", llm="offline", who="everybody", parameters={"LogLevel": "DEBUG"})
    file = tmp_path / "kept" / "stack.json"
    questions.write(file, answer)
    assert questions.read(file) == answer
