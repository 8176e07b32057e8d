"""docs/protocol.md shows nothing that the models would refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from forge.models.frame import CLIENT_FRAME, SERVER_FRAME
from forge.models.http import Problem, Receipt, SessionList, State
from forge.models.request_bodies import (
    ChatRequest,
    ClaimRequest,
    InterruptRequest,
    McpCommandRequest,
    RenameRequest,
    SystemRequest,
)
from forge.models.run import CommandResult
from forge.models.views import PublicApproval, PublicAsk

DOCUMENT = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
ANSWERS = (State, PublicApproval, PublicAsk, CommandResult, SessionList, Receipt)
"""A `Problem` is none of these: it leaves out what it has no value for."""
MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model for model in (*ANSWERS, ClaimRequest, SystemRequest, Problem)
}
BODIES: dict[str, type[BaseModel]] = {
    "POST /api/chat": ChatRequest,
    "POST /api/interrupt": InterruptRequest,
    "POST /api/mcp-command": McpCommandRequest,
    "PATCH /api/sessions/protocol-example": RenameRequest,
}
REFUSED_ON_PURPOSE = '{"message": ""}'


class Block(NamedTuple):
    language: str
    info: dict[str, str]
    text: str


def blocks() -> list[Block]:
    found = re.findall(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return [
        Block(language, dict(pair.split("=") for pair in info.split()), text)
        for language, info, text in found
    ]


def having(key: str, among: Collection[str] | None = None) -> list[Any]:
    """The blocks with this key; `among`: the values that are meant, all if None."""
    return [
        pytest.param(block, id=f"{block.info[key]}-{n}")
        for n, block in enumerate(blocks())
        if key in block.info and (among is None or block.info[key] in among)
    ]


def fields(value: Any) -> Any:
    """The names of all fields, without their values."""
    if isinstance(value, dict):
        return {name: fields(each) for name, each in value.items()}
    return [fields(each) for each in value] if isinstance(value, list) else None


@pytest.mark.parametrize("block", having("model", {each.__name__ for each in ANSWERS}))
def test_an_answer_is_shown_with_all_of_its_fields(block: Block) -> None:
    model = MODELS[block.info["model"]]
    shown = json.loads(block.text)
    whole = fields(model.model_validate(shown).model_dump(mode="json"))
    assert fields(shown) == whole


@pytest.mark.parametrize("block", having("model"))
def test_shown_body_is_the_models(block: Block) -> None:
    model = MODELS[block.info["model"]]
    shown = json.loads(block.text)
    assert set(shown) <= set(model.model_fields)
    model.model_validate(shown)


@pytest.mark.parametrize("block", having("frame"))
def test_shown_frame_is_one_of_the_union(block: Block) -> None:
    union = CLIENT_FRAME if block.info["from"] == "client" else SERVER_FRAME
    assert union.validate_json(block.text).type == block.info["frame"]


def test_every_frame_type_is_shown() -> None:
    shown = {(block.info["from"], block.info["frame"]) for block in blocks() if "frame" in block.info}
    for sender, union in (("client", CLIENT_FRAME), ("server", SERVER_FRAME)):
        tags = union.json_schema()["discriminator"]["mapping"]
        assert {tag for direction, tag in shown if direction == sender} == set(tags)


def test_shown_event_stream_has_states() -> None:
    streams = [block.text for block in blocks() if block.info.get("stream") == "State"]
    data = [
        line.removeprefix("data: ")
        for text in streams
        for line in text.splitlines()
        if line.startswith("data:")
    ]
    assert [State.model_validate_json(each).rev for each in data] == [1795377798303]


def test_shown_request_bodies_are_accepted() -> None:
    checked = 0
    for block in blocks():
        head, _, body = block.text.partition("\n\n")
        if block.language == "http" and body.strip() not in ("", REFUSED_ON_PURPOSE):
            BODIES[head.splitlines()[0]].model_validate_json(body)
            checked += 1
    assert checked >= len(BODIES)
