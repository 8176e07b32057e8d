"""A conversation as the client knows it: an immutable value that `forge_client.reduce.apply` builds from frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forge_client.frames import Hot, Message, TextFrame
from forge_client.sent_frames import Have


@dataclass(frozen=True, slots=True)
class Stream:
    """The text of a message that has not ended, as far as it has arrived."""

    attempt: int
    """The run's attempt that writes the text; a larger attempt replaces the text."""
    text: str
    """The text from its beginning, without a gap."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The client's state of a conversation. Build it with `apply`; read `messages` and `hot`."""

    hot: Hot | None = None
    """The newest hot state; None until the first one arrives."""
    generation: int = 0
    """The session's generation to which everything here belongs; 0 before the first state."""
    finished: Mapping[int, Message] = field(default_factory=dict[int, Message])
    """The finished messages, by their number in the conversation."""
    streams: Mapping[int, Stream] = field(default_factory=dict[int, Stream])
    """The texts that are still being written, by the number that each message will have."""
    pending: tuple[TextFrame, ...] = ()
    """Text frames that do not continue the text here; they are applied once the gap is filled."""
    whole: int = 0
    """Messages `first` … `whole` − 1 are complete here."""
    first: int = 0
    """Only the server has the messages before this number; `SessionCalls.load_older` adds them."""
    server_rev: int = 0
    """The newest `rev` that the server has sent."""
    expired: bool = False
    """True if the generation shown has ended on the server; the next message starts a new one."""
    doubted: bool = False
    """True if the server said that there is no such session; its answer may be older than this state."""

    @property
    def rev(self) -> int:
        return self.hot.rev if self.hot else 0

    @property
    def has_gap(self) -> bool:
        """A text frame came that does not continue the text here."""
        return bool(self.pending)

    @property
    def needs_sync(self) -> bool:
        """Something that the server announced has not arrived. It may still be on its way, so wait briefly before
        asking.
        """
        announced = self.hot.message_count if self.hot else 0
        if self.expired:
            return self.has_gap
        return self.doubted or self.has_gap or self.whole < announced or self.rev < self.server_rev

    @property
    def have(self) -> Have:
        """The contents of a `sync` frame."""
        seq = max(self.streams, default=None)
        if seq is None:
            return Have(generation=self.generation, messages=self.whole)
        stream = self.streams[seq]
        return Have(
            generation=self.generation,
            messages=self.whole,
            seq=seq,
            attempt=stream.attempt,
            length=len(stream.text),
        )

    @property
    def messages(self) -> list[Message]:
        """Return in reading order: finished messages, the streaming text, then queued messages (`seq` None)."""
        shown = [self.finished[seq] for seq in sorted(self.finished)]
        shown += [self._streaming(seq) for seq in sorted(self.streams) if self.streams[seq].text]
        return shown + self._queued()

    def of_run(self, run_id: str) -> list[Message]:
        """Return the finished messages of one run, its input first."""
        return [self.finished[seq] for seq in sorted(self.finished) if self.finished[seq].run_id == run_id]

    def _streaming(self, seq: int) -> Message:
        run = self.hot.active_run if self.hot else None
        text = self.streams[seq].text
        return Message(
            seq=seq,
            sender="agent",
            kind="text",
            content=text,
            length=len(text),
            timestamp="",
            created_at=run.started_at if run else "",
            is_streaming=True,
            run_id=run.run_id if run else None,
        )

    def _queued(self) -> list[Message]:
        return [
            Message(
                seq=None,
                sender=waiting.sender,
                kind="text",
                content=waiting.content,
                length=len(waiting.content),
                timestamp="",
                created_at=waiting.created_at,
                run_id=waiting.run_id,
            )
            for waiting in (self.hot.queued if self.hot else [])
        ]
