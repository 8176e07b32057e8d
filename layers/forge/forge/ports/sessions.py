"""Ports of sessions: their state and messages, their owners' accounts, their wallet requests, and their end."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # keeps models that only a port names out of a function's cold start
    from forge.models.account import Adopted, Erased, ErasedAlone, Erasure, OwnedPage
    from forge.models.approval import Approval, Claim
    from forge.models.message import Message
    from forge.models.session import Session
    from forge.models.session_key import SessionKey


class Sessions(Protocol):
    """Sessions as the functions see them. An absent, expired or deleted session is `None`."""

    def get(self, key: SessionKey) -> Session | None: ...

    def messages(self, session: Session, start: int = 0, stop: int | None = None) -> builtins.list[Message]:
        """Return the log's messages `start … stop-1` of the session's generation, with the parts of long messages
        joined.
        """
        ...

    def streaming_text(self, session: Session) -> str:
        """Return the active run's streaming text so far, including its parts; it is empty without an active run."""
        ...

    def list(self, keys: Sequence[SessionKey]) -> builtins.list[Session]: ...

    def rename(self, key: SessionKey, title: str) -> Session:
        """Raises `NotFound`."""
        ...

    def set_network(self, key: SessionKey, network: str, payer: str = "") -> Session:
        """Set the session's network. Creates the session if it does not exist; it counts in the payer's share."""
        ...

    def set_wallet(self, key: SessionKey, account: str | None, payer: str = "") -> Session:
        """Store the account of the person's wallet; None when they disconnect it. Creates the session if it does not
        exist.
        """
        ...

    def touch(self, key: SessionKey) -> Session | None:
        """Extend the session's life, because a connected client counts as activity. Never creates a session."""
        ...

    def delete(self, key: SessionKey, name: str | None = None) -> ErasedAlone:
        """End the generation and tell its run to stop. `Accounts.end_erasure` then marks the deletion as complete.

        Repeated within a day, it returns the same receipt unless a message has begun the session anew; under the same
        `name` it returns the receipt in that case too. Raises `NotFound`.
        """
        ...


class Accounts(Protocol):
    """The sessions of a person who has logged in. No method here is for anonymous callers."""

    def sessions(self, owner: str, most: int, after: str | None) -> OwnedPage:
        """Return the owner's sessions in the order of the index, newest first. A session that began within about the
        last second may be missing.

        Raises `InvalidRequest` if `after` does not come from an earlier page.
        """
        ...

    def adopt(self, session_id: str, owner: str) -> Adopted:
        """Give the anonymous session to `owner` under a new id, once. If the same owner asks again, the adoption
        continues.

        Raises `NotFound`, also if another owner has adopted the session, and `SessionBusy` while it has work.
        """
        ...

    def keys(self, owner: str) -> Iterable[SessionKey]:
        """Yield the keys of all sessions in the index, including those that an interrupted deletion has left
        incomplete.
        """
        ...

    def begin_erasure(self, owner: str, name: str) -> Erasure:
        """Return the deletion with that name; begin it if it does not exist."""
        ...

    def erase(self, key: SessionKey, name: str) -> Erased:
        """End a session, count it in the receipt once, and delete everything that it has left."""
        ...

    def forget(self, key: SessionKey, name: str) -> None:
        """Remove the session from the index after its connections are closed, so that no later call needs to find
        it.
        """
        ...

    def end_erasure(self, owner: str, name: str, *, is_finished: bool) -> Erasure:
        """Store and return the state of the deletion at the end of a call."""
        ...


class Approvals(Protocol):
    """Records which client has a wallet request in a wallet; at most one client at a time."""

    def claim(
        self, key: SessionKey, approval_id: str, wanted: Claim, digest: str, *, again: bool = False
    ) -> Session:
        """Claim the request in one write; `wanted.account` is to sign it. The same claim id renews its own claim.

        `again`: claim it although it may have been sent already. Raises `NotFound`, `ApprovalHeld`.
        """
        ...

    def release(self, key: SessionKey, approval_id: str, claim_id: str) -> Session:
        """Release the claim, because the wallet has certainly refused. A claim with another id stays. Raises
        `NotFound`.
        """
        ...

    def bind(self, key: SessionKey, digest: str, bound: Approval) -> Session:
        """Replace the request that has the id of `bound` and the digest `digest`. It gets what is reported of earlier
        requests for the same transaction. Raises `NotFound`.

        Raises `ApprovalHeld` if the request has changed, is in a wallet, or may have been sent, or if another open
        request is for the same transaction.
        """
        ...


class Expiry(Protocol):
    def expire(self, key: SessionKey, generation: int) -> frozenset[str]:
        """Clean up after the hot item of `generation` was removed: delete that generation's children and tell its run
        to stop.

        Returns the connections to close; there are none if a newer generation lives. Repeating it changes nothing.
        """
        ...
