"""What the clients of one session should see now. Senders read it at their own pace, and nothing waits for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forge.models import public
from forge.models.message import Message
from forge.models.session import Catalog, Session
from forge.models.views import Hot, PublicMessage

_KEPT_MESSAGES = 200
"""A connection that is further behind must send `sync`."""


class Feed:
    """The session as last written, the messages that ended since the feed began, and the streaming text."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog
        self._listeners: list[Callable[[bool], None]] = []
        self._pieces: list[str] = []
        self.session: Session | None = None
        self._offered = catalog()
        self._hot: Hot | None = None
        self.version = 0
        self.messages: list[PublicMessage] = []
        self._next_seq = 0
        self.attempt = 0
        self.text_length = 0
        self.text_seq = 0
        """The number of the message whose text streams. Senders look at it at each frame."""

    def start(self, session: Session) -> None:
        """A run begins, or continues in a new attempt."""
        opening = session.input_message()
        self.show(session, [opening] if opening else [], text_ended=True)

    def show(self, session: Session, ended: Sequence[Message], *, text_ended: bool = False) -> None:
        if text_ended:
            self._pieces, self.text_length = [], 0
        new = [public.public_message(message) for message in ended if message.seq >= self._next_seq]
        self.messages = [*self.messages, *new][-_KEPT_MESSAGES:]
        self._next_seq = max([self._next_seq, *(message.seq + 1 for message in ended)])
        self._set(session)
        self._tell(is_state=True)

    def refresh(self, session: Session) -> None:
        """Show what others have changed: a queued message, another network, a title. Most writes only renew a lease."""
        before = self.session
        if before and self._offered is self._catalog() and _is_renewed(before, session):
            self._set(session, announce=False)
            return
        shown = self.hot
        self._set(session, announce=False)
        if shown is None or _shown(shown) != _shown(self.hot):
            self.version += 1
            self._tell(is_state=True)

    @property
    def hot(self) -> Hot | None:
        """The public state, which is made when a sender needs it."""
        if self._hot is None and self.session is not None:
            self._hot = public.hot(self.session, self._offered)
        return self._hot

    def add_text(self, text: str) -> None:
        self._pieces.append(text)
        self.text_length += len(text)
        self._tell(is_state=False)

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def listen(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Call `listener(is_state)` at each change. The returned function ends this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _set(self, session: Session, *, announce: bool = True) -> None:
        self.text_seq = session.text_seq
        self.session, self._offered, self._hot = session, self._catalog(), None
        if session.active is not None:
            self.attempt = session.active.attempt
        self.version += announce

    def _tell(self, *, is_state: bool) -> None:
        for listener in self._listeners:
            listener(is_state)


def _is_renewed(before: Session, session: Session) -> bool:
    """Return whether only the lease has been renewed in between, which clients do not see."""
    if before.active is None or session.active is None:
        return False
    until, renewed = session.active.lease_until, {"rev": session.rev, "active": session.active}
    is_same_run = before.active.model_copy(update={"lease_until": until}) == session.active
    return is_same_run and before.model_copy(update=renewed) == session


def _shown(hot: Hot | None) -> Hot | None:
    """Return the session without the fields that change on every write."""
    return hot and hot.model_copy(update={"rev": 0, "expires_at": None})
