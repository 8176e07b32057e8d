"""The conversation under a network that drops, repeats, delays and reorders frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.models.frame import Have as ServerHave
from forge_client.conversation import Conversation
from forge_client.frames import SERVER_FRAME, PongFrame, State
from forge_client.reduce import apply
from forge_client.sent_frames import Have
from tests.fake_server.session import SimulatedSession
from tests.properties import examples

TEXTS = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("e\u0301👩‍🚀שלום\U0001f600")
    ),
    max_size=40,
) | st.builds(lambda letter, count: letter * count, st.sampled_from("ab\u20ac😀"), st.integers(0, 20_000))

Draw = Callable[[st.SearchStrategy], Any]


def allowed_steps(server: SimulatedSession) -> list[str]:
    """What can happen next, the interesting more often."""
    if server.hot is None:
        return ["accept"]
    if server.hot.active:
        return ["write", "write", "write", "write", "flush", "tool", "take_over", "finish", "accept"]
    return ["claim", "claim", "claim", "accept"] if server.hot.inbox else ["accept", "accept", "expire"]


def take_step(server: SimulatedSession, draw: Draw) -> None:
    match draw(st.sampled_from(allowed_steps(server))):
        case "accept":
            # Longer ones are shown as a preview while they wait.
            server.accept(draw(TEXTS)[:50] or "hi")
        case "write":
            server.write(draw(TEXTS))
        case "tool":
            server.end_message(server.draft("system", draw(TEXTS), "tool_call"))
        case "claim":
            server.claim()
        case "flush":
            server.flush()
        case "take_over":
            server.take_over()
        case "finish":
            server.finish()
        case _:
            server.expire()


class LossyChannel:
    """Frames in flight. What becomes of each is drawn by hypothesis."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self.in_flight: list[str] = []
        self.arrived = Conversation()

    def push(self, frame: str) -> None:
        fate = self._draw(st.sampled_from(["pass", "pass", "pass", "drop", "double", "delay"]))
        if fate != "drop":
            self.in_flight += [frame] * (2 if fate == "double" else 1)
        if fate != "delay":
            self._deliver_some()

    def _deliver_some(self) -> None:
        while self.in_flight and self._draw(st.booleans()):
            index = self._draw(st.integers(0, len(self.in_flight) - 1))
            self.receive(self.in_flight.pop(index))

    def receive(self, frame: str) -> None:
        before, self.arrived = self.arrived, apply(self.arrived, SERVER_FRAME.validate_json(frame))
        assert self.arrived.rev >= before.rev


def texts(conversation: Conversation) -> list[tuple[int | None, str, str]]:
    return [(message.seq, message.sender, message.content) for message in conversation.messages]


def server_texts(server: SimulatedSession) -> list[tuple[int | None, str, str]]:
    return [(message.seq, message.sender, message.content) for message in server.state().messages]


def ask_sync(server: SimulatedSession, have: Have) -> list[str]:
    return server.sync(ServerHave(**have.model_dump()))


@pytest.mark.slow
@given(data=st.data(), length=st.integers(1, 25))
@examples(80)
def test_texts_end_equal_whatever_the_channel_does(data: st.DataObject, length: int) -> None:
    channel = LossyChannel(data.draw)
    server = SimulatedSession(push=channel.push)
    for _ in range(length):
        take_step(server, data.draw)
        if channel.arrived.needs_sync and data.draw(st.booleans()):
            for frame in ask_sync(server, channel.arrived.have):
                channel.push(frame)
    if server.hot and server.hot.active:
        server.flush()
    channel.in_flight = []
    # A ping tells a client that it missed something.
    channel.arrived = apply(channel.arrived, PongFrame(rev=server.rev))
    for _ in range(3):
        for frame in ask_sync(server, channel.arrived.have):
            channel.receive(frame)
    if server.hot is None:
        assert channel.arrived.expired or not channel.arrived.messages
    else:
        assert texts(channel.arrived) == server_texts(server)
        assert not channel.arrived.needs_sync


@given(data=st.data(), length=st.integers(1, 25))
@examples(25)
def test_a_client_that_follows_by_whole_states_ends_equal(data: st.DataObject, length: int) -> None:
    server, followed = SimulatedSession(), Conversation()
    for _ in range(length):
        take_step(server, data.draw)
        followed = apply(followed, State.model_validate_json(server.state().model_dump_json()))
    if server.hot is not None:
        assert texts(followed) == server_texts(server)


@given(data=st.data(), length=st.integers(1, 25))
@examples(25)
def test_frames_in_order_need_no_sync_and_show_every_character_at_once(
    data: st.DataObject, length: int
) -> None:
    channel = LossyChannel(data.draw)
    server = SimulatedSession(push=channel.receive)
    for _ in range(length):
        take_step(server, data.draw)
        if server.hot and server.hot.active:
            streaming = channel.arrived.streams.get(server.hot.text_seq)
            assert (streaming.text if streaming else "") == server.text
            assert not channel.arrived.needs_sync
