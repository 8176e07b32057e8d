"""The conversation under a network that drops, doubles, delays and swaps frames."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from forge.models.frame import Have as ServerHave
from forge_client.conversation import Conversation
from forge_client.frames import SERVER_FRAME, Have, PongFrame, State
from forge_client.reduce import apply
from tests.forge_client.simulated_session import SimulatedSession

TEXTS = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("e\u0301👩‍🚀שלום\U0001f600")
    ),
    max_size=40,
) | st.builds(lambda letter, count: letter * count, st.sampled_from("ab\u20ac😀"), st.integers(0, 20_000))

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["accept", "claim", "write", "write", "write", "flush", "tool", "take_over", "finish", "expire"]
        ),
        TEXTS,
    ),
    min_size=1,
    max_size=30,
)


def take_step(server: SimulatedSession, name: str, text: str) -> None:
    """A step that the server's present state allows; else nothing."""
    active = server.hot.active if server.hot else None
    match name:
        case "accept":
            # Longer ones are shown as a preview while they wait.
            server.accept(text[:50] or "hi")
        case "claim" if server.hot and server.hot.inbox and not active:
            server.claim()
        case "write" if active and text:
            server.write(text)
        case "flush" if active:
            server.flush()
        case "tool" if active:
            server.end_message(server.draft("system", text, "tool_call"))
        case "take_over" if active:
            server.take_over()
        case "finish" if active:
            server.finish()
        case "expire" if server.hot and not active:
            server.expire()
        case _:
            pass


class LossyChannel:
    """Frames in flight. What becomes of each is drawn by hypothesis."""

    def __init__(self, draw: Callable[[st.SearchStrategy], object]) -> None:
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
            assert isinstance(index, int)
            self.receive(self.in_flight.pop(index))

    def receive(self, frame: str) -> None:
        self.arrived = apply(self.arrived, SERVER_FRAME.validate_json(frame))


def texts(conversation: Conversation) -> list[tuple[int | None, str, str]]:
    return [(message.seq, message.sender, message.content) for message in conversation.messages]


def server_texts(server: SimulatedSession) -> list[tuple[int | None, str, str]]:
    return [(message.seq, message.sender, message.content) for message in server.state().messages]


def ask_sync(server: SimulatedSession, have: Have) -> list[str]:
    return server.sync(ServerHave(**have.model_dump()))


@given(steps=STEPS, data=st.data())
@settings(max_examples=150, deadline=None)
def test_texts_end_equal_whatever_the_channel_does(steps: list[tuple[str, str]], data: st.DataObject) -> None:
    channel = LossyChannel(data.draw)
    server = SimulatedSession(push=channel.push)
    for name, text in steps:
        take_step(server, name, text)
        if channel.arrived.needs_sync and data.draw(st.booleans()):
            for frame in ask_sync(server, channel.arrived.have):
                channel.push(frame)
    if server.hot and server.hot.active:
        server.flush()
    channel.in_flight = []
    # A ping tells a client that it missed something; when nothing is left of the session, so does the sync on redial.
    channel.arrived = apply(channel.arrived, PongFrame(rev=server.rev))
    for _ in range(3):
        for frame in ask_sync(server, channel.arrived.have):
            channel.receive(frame)
    if server.hot is None:
        assert channel.arrived.expired or not channel.arrived.messages
    else:
        assert texts(channel.arrived) == server_texts(server)
        assert not channel.arrived.needs_sync


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_a_client_that_follows_by_whole_states_ends_equal(steps: list[tuple[str, str]]) -> None:
    server, followed = SimulatedSession(), Conversation()
    for name, text in steps:
        take_step(server, name, text)
        followed = apply(followed, State.model_validate_json(server.state().model_dump_json()))
    if server.hot is not None:
        assert texts(followed) == server_texts(server)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_frames_in_order_need_no_sync_and_show_every_character_at_once(steps: list[tuple[str, str]]) -> None:
    channel = LossyChannel(lambda strategy: None)
    server = SimulatedSession(push=channel.receive)
    for name, text in steps:
        take_step(server, name, text)
        if server.hot and server.hot.active:
            streaming = channel.arrived.streams.get(server.hot.text_seq)
            assert (streaming.text if streaming else "") == server.text
        assert not channel.arrived.needs_sync
