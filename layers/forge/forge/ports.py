"""All ports on one page. Adapters: `forge.store` (DynamoDB), `forge.queue` (SQS), `forge.connections`, `worker.push`.

A method that names a session raises `SessionUnreadable` if its stored item cannot be read; a method that reads many
sessions leaves such a session out. The store's methods block; the worker calls them in threads. Unless said otherwise
they raise `StorageUnavailable` when the storage is throttled or unreachable, and no error of botocore's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from forge.models.work import CallRecord, CallStatus, Delivery, Lease

if TYPE_CHECKING:  # keeps models that only a port names out of a function's cold start
    from forge.models.account import Adopted, Erased, ErasedAlone, Erasure, OwnedPage
    from forge.models.approval import Approval, Claim
    from forge.models.caller import Grant
    from forge.models.idempotency import Accepted, Once
    from forge.models.ids import SessionKey
    from forge.models.message import Message
    from forge.models.request_prices import Price
    from forge.models.run import (
        ChainWait,
        CommandMessage,
        Ending,
        IfBusy,
        Progress,
        RunMessage,
        Submission,
        ToolCommand,
    )
    from forge.models.session import Catalog, Connection, Control, Session
    from forge.models.spending_caps import SendingCaps, Spending

Clock = Callable[[], int]
"""Epoch milliseconds."""


class Admission(Protocol):
    """Charges the price list. If a method raises `RateLimited`, it has charged nothing."""

    def admit(self, caller: str | None, price: Price) -> None:
        """Charge a request of `caller` in blocks. `caller` is an owner or an address prefix; None charges the
        deployment only.
        """
        ...

    def command(self, key: SessionKey, units: int) -> None:
        """Charge a session exactly, at the rate of its messages. The session need not exist."""
        ...


class Sessions(Protocol):
    """Sessions as the functions see them. An absent, expired or deleted session is `None`."""

    def get(self, key: SessionKey) -> Session | None: ...

    def messages(self, session: Session, start: int = 0, stop: int | None = None) -> list[Message]:
        """Return the log's messages `start … stop-1` of the session's generation, with the parts of long messages
        joined.
        """
        ...

    def streaming_text(self, session: Session) -> str:
        """Return the active run's streaming text so far, including its parts; it is empty without an active run."""
        ...

    def list(self, keys: Sequence[SessionKey]) -> list[Session]: ...

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


class Expiry(Protocol):
    def expire(self, key: SessionKey, generation: int) -> frozenset[str]:
        """Clean up after the hot item of `generation` was removed: delete that generation's children and tell its run
        to stop.

        Returns the connections to close; there are none if a newer generation lives. Repeating it changes nothing.
        """
        ...


class Tickets(Protocol):
    """Single-use tickets that open a WebSocket; stored as digests."""

    def issue(self, ticket: str, grant: Grant, until: int) -> None:
        """Store a ticket that opens what `grant` says, once, until `until` (epoch milliseconds)."""
        ...

    def redeem(self, ticket: str, now: int) -> Grant | None:
        """Use the ticket up and return what it opens; None for an unknown, used or expired ticket."""
        ...


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
        """Replace the request that has the id of `bound` and the digest `digest`. Raises `NotFound`.

        Raises `ApprovalHeld` if the request has changed, is in a wallet, or may have been sent.
        """
        ...


class OpenStreams(Protocol):
    """The sockets and event streams that a caller has open. A stream is counted until `until` (epoch milliseconds) at
    most.
    """

    def open(self, holder: str, name: str, until: int) -> None:
        """Count the stream. The count is exact even when streams open concurrently. Raises `TooManyStreams`."""
        ...

    def stay(self, holder: str, name: str, until: int) -> None: ...

    def close(self, holder: str, name: str) -> None: ...


class Waits(Protocol):
    """Requests that occupy a function while they wait for a worker. A request is counted until `until` (epoch
    milliseconds) at most.
    """

    def open(self, payer: str, name: str, until: int) -> None:
        """Count the request. The count is exact even when requests come concurrently. Raises `TooManyWaits`."""
        ...

    def close(self, payer: str, name: str) -> None: ...


class Controls(Protocol):
    def connect(self, connection: Connection) -> None:
        """List the connection. The count is exact even when connections open concurrently. Raises
        `TooManyConnections`.
        """
        ...

    def disconnect(self, connection_id: str, key: SessionKey | None = None) -> None:
        """Forget a connection. If `key` is known, the connection is removed from the session even if its own item has
        gone.
        """
        ...

    def connection(self, connection_id: str) -> Connection | None: ...

    def heard(self, connection_id: str, cost: int) -> Connection | None:
        """Return the connection and charge it for a frame that costs so many milliseconds. Raises `RateLimited`."""
        ...

    def extend(self, connection: Connection, until: int) -> None:
        """Keep the connection open until then (epoch milliseconds), because its owner has presented a newer token."""
        ...

    def request_interrupt(self, key: SessionKey, run_id: str) -> None: ...

    def watch(self, key: SessionKey, until: int) -> None:
        """Record that a client follows by SSE until `until` (epoch milliseconds)."""
        ...

    def read(self, keys: Sequence[SessionKey], *, consistent: bool = True) -> dict[SessionKey, Control]:
        """Return the control items of `keys`, by one BatchGetItem for each 100; absent items are left out.

        Without `consistent` the reads cost half the price and may return slightly older items.
        """
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

    def flush(self, lease: Lease, text: str) -> Lease:
        """Renew the lease and store the whole streaming text so far, in two small writes."""
        ...

    def append(self, lease: Lease, progress: Progress) -> Lease:
        """Move what has ended to the logs, the run's input first if it is not there yet, and clear the streaming
        text.
        """
        ...

    def finish(self, lease: Lease, ending: Ending) -> Session:
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


class Journal(Protocol):
    """What a run has done, for its next attempt (the store's `call#` and `entry#` items)."""

    def history(self, lease: Lease) -> list[bytes]:
        """Return the session's LLM history from its `history_start` on, one serialized LLM message for each entry.

        An entry that cannot be read is empty.
        """
        ...

    def begin_call(
        self, lease: Lease, call_key: str, meta: dict[str, str]
    ) -> tuple[CallStatus, CallRecord | None]:
        """Record the intent of a call, fenced. `done` stores its outcome in the same record. Raises `LeaseLost`."""
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


class Commands(Protocol):
    def put(self, command: ToolCommand) -> None: ...

    def get(self, command_id: str) -> ToolCommand | None: ...

    def begin(self, command_id: str) -> tuple[ToolCommand, bool] | None:
        """Return the command, and whether this call is the first to begin it; None if there is no such command."""
        ...

    def publish(self, catalog: Catalog) -> None: ...

    def catalog(self) -> Catalog | None: ...


class Proposal(NamedTuple):
    """A tool's definition that waits until an operator accepts it."""

    fingerprint: str
    """SHA-256 of the definition."""
    shown: str
    """The whole definition, for the operator to read."""


class Pins(Protocol):
    """Fingerprints of the tools of third-party servers, by server and tool."""

    def read(self, server: str) -> dict[str, str]:
        """Return the pinned fingerprints; they are empty for a server that nobody has used yet."""
        ...

    def add(self, server: str, fingerprints: Mapping[str, str]) -> dict[str, str]:
        """Store the fingerprints of new tools and return all that are stored then, because another worker may have
        been first.
        """
        ...

    def propose(self, server: str, proposals: Mapping[str, Proposal]) -> None:
        """Replace the definitions of `server` that wait for the operator's agreement."""
        ...


class OperatorPins(Pins, Protocol):
    """Pins whose proposals an operator can read and accept."""

    def waiting(self, server: str) -> dict[str, Proposal]: ...

    def servers(self) -> list[str]: ...

    def agree(self, server: str, tool: str, fingerprint: str) -> None:
        """Accept the definition. Raises `NotFound` unless exactly this definition waits."""
        ...


class DeliveryFailures(Protocol):
    def count(self, name: str) -> int:
        """Count one more exception in handling `name`, and return the new count."""
        ...


class RunQueue(Protocol):
    def send(self, message: RunMessage | CommandMessage, *, resend: bool = False) -> None:
        """SQS FIFO; the message group is the session. Deduplicates by run id + attempt, unless the message is a
        deliberate `resend`.
        """
        ...

    def receive(self, most: int, wait_seconds: int) -> list[Delivery]: ...

    def extend(self, receipt: str, seconds: int) -> None: ...

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        """Extend the visibility of at most ten messages in one call. Messages that are no longer held are skipped."""
        ...

    def delete(self, receipt: str) -> None: ...

    def dead_letter(self, delivery: Delivery) -> None:
        """Move a message whose run has failed permanently to the dead-letter queue, where an operator sees it."""
        ...


class Connections(Protocol):
    """`@connections` of API Gateway, blocking (for functions)."""

    def post(self, connection_id: str, frame: str) -> None:
        """Raises `ConnectionGone` on 410, `StorageUnavailable` when throttled."""
        ...

    def close(self, connection_id: str) -> None: ...


class AsyncConnections(Protocol):
    """`@connections` of API Gateway for the worker: signed POST requests over persistent connections."""

    async def post(self, connection_id: str, frame: bytes) -> None: ...
