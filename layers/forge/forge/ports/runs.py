"""Ports of runs: accepted, claimed, written by the holder of the lease, and found when no worker holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # keeps models that only a port names out of a function's cold start
    from forge.models.idempotency import Accepted, Once
    from forge.models.run import ChainWait, Ending, IfBusy, Progress, RunMessage, Submission
    from forge.models.session import Session
    from forge.models.session_key import SessionKey
    from forge.models.spending_caps import SendingCaps, Spending
    from forge.models.work import CallRecord, CallStatus, Finished, Lease


class Inbox(Protocol):
    def accept(self, key: SessionKey, submission: Submission, if_busy: IfBusy = "enqueue") -> Session:
        """Accept a message in one write: create or revive the session, charge the rate limit, queue the message, bump
        `rev`.

        Accepting a run id again changes nothing. Raises `RateLimited`, `InboxFull`, `SessionBusy` (`if_busy` reject).
        """
        ...

    def accept_once(
        self, key: SessionKey, submission: Submission, if_busy: IfBusy, once: Once | None
    ) -> Accepted:
        """Do the same, and store in the same transaction the record of an `Idempotency-Key` (for 24 hours).

        A repeat changes nothing and returns the session and the run of the first request. Raises `KeyReused` as well.
        """
        ...

    def withdraw(self, key: SessionKey, run_ids: Iterable[str]) -> Session | None:
        """Remove queued runs from the inbox, leaving a visible note if no run is active. Other runs are not changed."""
        ...


class Runs(Protocol):
    """The worker's half of the store. Each method except `claim` raises `LeaseLost` if another attempt has moved the
    fence.
    """

    def claim(self, message: RunMessage, worker: str) -> Lease:
        """Claim the next run of the session: the abandoned active run, else the head of the inbox.

        This may be an earlier run than the message names. Raises `LeaseHeld`, `SuspectHeld`, `ClaimContended`,
        `RunGone`.
        """
        ...

    def renew(self, lease: Lease) -> Lease: ...

    def set_network(self, lease: Lease, network: str) -> Lease:
        """Set the session's network, fenced, because a worker that has lost the run must not change what the calls of
        others mean.
        """
        ...

    def clear(self, lease: Lease) -> None:
        """Delete what the run has written after its session was deleted, whatever this worker's clock says. A session
        that lives keeps everything. Does not raise `LeaseLost`.
        """
        ...

    def flush(self, lease: Lease, text: str) -> Lease:
        """Renew the lease and store the whole streaming text so far, in two small writes."""
        ...

    def append(self, lease: Lease, progress: Progress) -> Lease:
        """Move what has ended to the logs, the run's input first if it is not there yet, and clear the streaming
        text. The lease that it returns has the messages as they are numbered in the log.
        """
        ...

    def finish(self, lease: Lease, ending: Ending) -> Finished:
        """Make the last `append` and clear the active run."""
        ...

    def limits_tokens(self) -> bool:
        """Return whether the deployment has a daily limit of LLM tokens. Does not block."""
        ...

    def tokens_left(self, lease: Lease) -> int | None:
        """Return the LLM tokens that the session's owner may still use on this UTC day; None: there is no limit.

        `append` and `finish` count what they store. This method does not raise `LeaseLost`. Raises `DayUsedUp` if the
        deployment's tokens of the day are used up.
        """
        ...

    def release(self, lease: Lease) -> None:
        """End the lease now, so that another worker may take over the run at once."""
        ...

    def put_back(self, lease: Lease, wait: ChainWait | None = None) -> None:
        """Do the same for a worker that lacks what the run needs. It does not count as an attempt, and the run
        records since when.

        `wait`: no worker lacks anything; the run waits for the chain.
        """
        ...


class Journal(Protocol):
    """What a run has done, for its next attempt (the store's `call#` and `entry#` items)."""

    def history(self, lease: Lease, first: int | None = None) -> list[bytes]:
        """Return the session's LLM history, one serialized LLM message for each entry, from its `history_start` on, or
        from the entry `first` on.

        An entry that cannot be read is empty. No entry that the session counts ever changes.
        """
        ...

    def begin_call(
        self, lease: Lease, call_key: str, meta: dict[str, str], mark: str = ""
    ) -> tuple[CallStatus, CallRecord | None]:
        """Record the intent of a call, fenced. `done` stores its outcome in the same record. Raises `LeaseLost`.

        Repeating it with the same `mark`, because the answer was lost, returns what the first time would have.
        """
        ...

    def call_record(self, lease: Lease, call_key: str) -> CallRecord | None:
        """How the call ended; None for one that has not begun, or whose outcome nobody has recorded."""
        ...

    def finish_call(
        self, lease: Lease, call_key: str, record: CallRecord, reading: dict[str, str] | None = None
    ) -> CallRecord:
        """Record the outcome, unfenced: the first writer wins, and its record is returned.

        `reading` is given for a call that only reads and has no recorded intent: it is what the intent would hold.
        """
        ...


class Spendings(Protocol):
    """Counts the value that the agent's own transactions move, before they are sent."""

    def begin(self, wei: int, caps: SendingCaps, payer: str = "") -> Spending:
        """Count one transaction against the deployment's day, and against the payer's share of it.

        Raises `DayUsedUp` if no more transactions are allowed, `SpendingCapReached` if no more value may be moved.
        """
        ...

    def cancel(self, spending: Spending) -> None:
        """Subtract the transaction from the deployment's day, because nothing was sent."""
        ...

    def charge(self, lease: Lease, spending: Spending, mark: str) -> Lease:
        """Count it against the session and its owner, in one write. Repeating a `mark` counts once.

        Raises `LeaseLost`, `SpendingCapReached`; then nothing is counted.
        """
        ...

    def give_back(self, lease: Lease, spending: Spending, mark: str) -> Lease:
        """Subtract it from the session and its owner, because nothing was sent. Raises `LeaseLost`."""
        ...


class Recovery(Protocol):
    """Handles runs that no worker will finish, or that no worker may finish."""

    def interrupt_abandoned(self, key: SessionKey, run_id: str) -> Session | None:
        """Finish the active run as interrupted if its lease has expired; else change nothing."""
        ...

    def stop_unreadable(self, key: SessionKey) -> None:
        """End all work of a session whose item cannot be read. Uses no attribute that may be damaged."""
        ...

    def stranded(self, limit: int = 100, *, everything: bool = False) -> list[RunMessage]:
        """Return runs that should be in the queue but may not be: accepted long ago, or abandoned by a dead worker.

        One run for each session is enough, because its worker continues with the messages behind it. `everything`:
        the queue has lost all of its messages.
        """
        ...
