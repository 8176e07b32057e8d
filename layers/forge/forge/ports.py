"""All seams on one page. Adapters: `forge.store` (DynamoDB), `forge.queue` (SQS), `forge.connections`, `worker.push`.

A session whose stored item cannot be read raises `SessionUnreadable` where it is named, and is left out where many are
read.
The store's methods block; the worker calls them in threads. Unless said otherwise they raise
`StorageUnavailable` when the storage is throttled or out of reach, and nothing else of the vendor's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from forge.models.work import CallRecord, CallStatus, Delivery, Lease

if TYPE_CHECKING:  # a function's cold start pays for no model that only a port names
    from forge.models.account import Adopted, Erased, ErasedAlone, Erasure, OwnedPage
    from forge.models.approval import Approval, Claim
    from forge.models.caller import Grant
    from forge.models.ids import SessionKey
    from forge.models.message import Message
    from forge.models.once import Accepted, Once
    from forge.models.prices import Price
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
    from forge.models.spending import SendingCaps, Spending

Clock = Callable[[], int]
"""Epoch milliseconds."""


class Admission(Protocol):
    """Charges the price list. All raise `RateLimited`, and then nothing was charged."""

    def admit(self, caller: str | None, price: Price) -> None:
        """A request of `caller` (an owner, or an address prefix; None: only the deployment pays), in blocks."""
        ...

    def command(self, key: SessionKey, units: int) -> None:
        """Charge a session, exactly, at the rate of its messages. The session need not exist."""
        ...


class Sessions(Protocol):
    """Sessions as the functions see them. An absent, expired or deleted session is `None`."""

    def get(self, key: SessionKey) -> Session | None: ...

    def messages(self, session: Session, start: int = 0, stop: int | None = None) -> list[Message]:
        """The log's messages `start … stop-1` of the session's generation, long ones joined."""
        ...

    def streaming_text(self, session: Session) -> str:
        """The active run's streaming text so far, parts included; empty without one."""
        ...

    def list(self, keys: Sequence[SessionKey]) -> list[Session]: ...

    def rename(self, key: SessionKey, title: str) -> Session:
        """Raises `NotFound`."""
        ...

    def set_network(self, key: SessionKey, network: str) -> Session:
        """Creates the session when it does not exist."""
        ...

    def set_wallet(self, key: SessionKey, account: str | None) -> Session:
        """The account of the person's wallet, or None when they disconnect. Creates the session as well."""
        ...

    def touch(self, key: SessionKey) -> Session | None:
        """A connected client is activity: the session lives on. Never creates one."""
        ...

    def delete(self, key: SessionKey, name: str | None = None) -> ErasedAlone:
        """End the generation and tell its run to stop; `Accounts.end_erasure` then says that this was all.

        Called again within a day it tells the same, as long as no message has begun the session anew; under the same
        `name` also then. Raises `NotFound`.
        """
        ...


class Accounts(Protocol):
    """What belongs to a person who has logged in. None of this is for anonymous callers."""

    def sessions(self, owner: str, most: int, after: str | None) -> OwnedPage:
        """Newest first, as the index knows them: one that began within the last second or so may be missing.

        Raises `InvalidRequest` when `after` is not what an earlier page said.
        """
        ...

    def adopt(self, session_id: str, owner: str) -> Adopted:
        """The anonymous session becomes `owner`'s, under a new id, once; for the same owner asking again goes on.

        Raises `NotFound`, also when it has become somebody else's, and `SessionBusy` while it has work.
        """
        ...

    def keys(self, owner: str) -> Iterable[SessionKey]:
        """All sessions of the index: also those of which an erasure that was cut off has left something."""
        ...

    def begin_erasure(self, owner: str, name: str) -> Erasure:
        """The deletion of that name as it stands, begun now if it is not known."""
        ...

    def erase(self, key: SessionKey, name: str) -> Erased:
        """End a session, count it for the receipt once, and delete all that it has left."""
        ...

    def forget(self, key: SessionKey, name: str) -> None:
        """Its connections are closed, too: nothing has to be found again."""
        ...

    def end_erasure(self, owner: str, name: str, *, is_finished: bool) -> Erasure:
        """The deletion as it stands at the end of a call."""
        ...


class Expiry(Protocol):
    def expire(self, key: SessionKey, generation: int) -> frozenset[str]:
        """The hot item of `generation` is gone: delete what that generation left and tell its run to stop.

        Returns the connections to close: none, if a newer generation lives. Repeating it changes nothing.
        """
        ...


class Tickets(Protocol):
    """Single-use tickets that open a WebSocket; stored as digests."""

    def issue(self, ticket: str, grant: Grant, until: int) -> None:
        """`ticket` opens once what `grant` says, until `until` (epoch milliseconds)."""
        ...

    def redeem(self, ticket: str, now: int) -> Grant | None:
        """What the ticket opens, once; None for an unknown, used or expired ticket."""
        ...


class Inbox(Protocol):
    def accept(self, key: SessionKey, submission: Submission, if_busy: IfBusy = "enqueue") -> Session:
        """One write: creates or revives the session, charges the rate limit, queues the message, bumps `rev`.

        Accepting a run id again changes nothing. Raises `RateLimited`, `InboxFull`, `SessionBusy` (`if_busy` reject).
        """
        ...

    def accept_once(
        self, key: SessionKey, submission: Submission, if_busy: IfBusy, once: Once | None
    ) -> Accepted:
        """The same, and in the same transaction the record of an `Idempotency-Key` (for 24 hours).

        A repeat changes nothing: it is told the session and the run of the first one. Raises `KeyReused` as well.
        """
        ...

    def withdraw(self, key: SessionKey, run_ids: Iterable[str]) -> Session | None:
        """Take queued runs out of the inbox, with a visible note when no run is active; others are left alone."""
        ...


class Recovery(Protocol):
    """What is done for runs that no worker will bring to an end, or may not."""

    def interrupt_abandoned(self, key: SessionKey, run_id: str) -> Session | None:
        """Finish the active run as interrupted if its lease has run out; else change nothing."""
        ...

    def stop_unreadable(self, key: SessionKey) -> None:
        """End all work of a session whose item cannot be read. Needs nothing of it that may be damaged."""
        ...

    def stranded(self, limit: int = 100, *, everything: bool = False) -> list[RunMessage]:
        """Runs that ought to be in the queue but may not be: accepted long ago, or abandoned by a dead worker.

        One of each session: its worker goes on with what waits behind it. `everything`: the queue has lost all.
        """
        ...


class Approvals(Protocol):
    """Which client has a wallet request in a wallet: at most one at a time."""

    def claim(
        self, key: SessionKey, approval_id: str, wanted: Claim, digest: str, *, again: bool = False
    ) -> Session:
        """One write: `wanted.account` is to sign the request. The same claim id renews its own claim.

        `again`: although it may have been sent already. Raises `NotFound`, `ApprovalHeld`.
        """
        ...

    def release(self, key: SessionKey, approval_id: str, claim_id: str) -> Session:
        """The wallet has refused for certain. A claim that is not this one stays. Raises `NotFound`."""
        ...

    def bind(self, key: SessionKey, digest: str, bound: Approval) -> Session:
        """`bound` takes the place of the request of its id that has `digest`. Raises `NotFound`.

        Raises `ApprovalHeld` when that has changed, is in a wallet, or may have been sent.
        """
        ...


class OpenStreams(Protocol):
    """The sockets and event streams that a caller has open. `until` (epoch milliseconds): then one counts no more."""

    def open(self, payer: str, name: str, until: int) -> None:
        """Exactly counted, whatever opens at once. Raises `TooManyStreams`."""
        ...

    def stay(self, payer: str, name: str, until: int) -> None: ...

    def close(self, payer: str, name: str) -> None: ...


class Controls(Protocol):
    def connect(self, connection: Connection) -> None:
        """Exactly counted, whatever connects at once. Raises `TooManyConnections`."""
        ...

    def disconnect(self, connection_id: str, key: SessionKey | None = None) -> None:
        """Forget a connection. `key`, when known, finds it even when its own item has gone."""
        ...

    def connection(self, connection_id: str) -> Connection | None: ...

    def heard(self, connection_id: str, cost: int) -> Connection | None:
        """The same, and a frame that costs so many milliseconds is charged to it. Raises `RateLimited`."""
        ...

    def extend(self, connection: Connection, until: int) -> None:
        """The connection may stay open until then (epoch milliseconds): its owner has shown a newer token."""
        ...

    def request_interrupt(self, key: SessionKey, run_id: str) -> None: ...

    def watch(self, key: SessionKey, until: int) -> None:
        """Somebody follows by SSE until `until` (epoch milliseconds)."""
        ...

    def read(self, keys: Sequence[SessionKey], *, consistent: bool = True) -> dict[SessionKey, Control]:
        """The control items of `keys` by one BatchGetItem per 100; absent ones are left out.

        Not `consistent`: at half the price, perhaps as they were a moment ago.
        """
        ...


class Runs(Protocol):
    """The worker's half of the store. Each method but `claim` raises `LeaseLost` when the fence has moved."""

    def claim(self, message: RunMessage, worker: str) -> Lease:
        """Claim the run that is next in the session: the abandoned active one, else the head of the inbox.

        That may be an earlier run than the message names. Raises `LeaseHeld`, `SuspectHeld`,
        `ClaimContended`, `RunGone`.
        """
        ...

    def renew(self, lease: Lease) -> Lease: ...

    def flush(self, lease: Lease, text: str) -> Lease:
        """Renew the lease and store the streaming text so far (whole): two small writes."""
        ...

    def append(self, lease: Lease, progress: Progress) -> Lease:
        """Move what has ended to the logs, the input first if it is not there yet; clears the streaming text."""
        ...

    def finish(self, lease: Lease, ending: Ending) -> Session:
        """The last `append`, and the active run is cleared."""
        ...

    def limits_tokens(self) -> bool:
        """Whether the deployment has a roof for LLM tokens. It asks nobody and does not block."""
        ...

    def tokens_left(self, lease: Lease) -> int | None:
        """LLM tokens that the session's owner may still use on this UTC day; None: there is no limit.

        `append` and `finish` count what they store. A lost lease is no reason to raise. Raises `DayUsedUp` when the
        deployment's tokens of the day are used up.
        """
        ...

    def release(self, lease: Lease) -> None:
        """End the lease now, so that another worker may take the run over at once."""
        ...

    def put_back(self, lease: Lease, wait: ChainWait | None = None) -> None:
        """The same for a worker that lacks what the run needs: it was no attempt, and the run remembers since when.

        `wait`: nobody lacks anything, the run waits for the chain.
        """
        ...


class Spendings(Protocol):
    """What the agent's own transactions move, counted before they are sent."""

    def begin(self, wei: int, caps: SendingCaps) -> Spending:
        """Count one transaction against the deployment's day.

        Raises `DayUsedUp` when there may be no more of them, `SpendingCapReached` when they may move no more.
        """
        ...

    def cancel(self, spending: Spending) -> None:
        """Nothing was sent: take it off the deployment's day."""
        ...

    def charge(self, lease: Lease, spending: Spending, mark: str) -> Lease:
        """Count it against the session and its owner, in one write. Repeating a `mark` counts once.

        Raises `LeaseLost`, `SpendingCapReached`; then nothing is counted.
        """
        ...

    def give_back(self, lease: Lease, spending: Spending, mark: str) -> Lease:
        """Nothing was sent: the same, taken off. Raises `LeaseLost`."""
        ...


class Journal(Protocol):
    """What a run has done, for its next attempt (see the store's `call#` and `entry#` items)."""

    def history(self, lease: Lease) -> list[bytes]:
        """The session's LLM history from its `history_start` on, one serialized LLM message an entry.

        One that cannot be read is empty.
        """
        ...

    def begin_call(
        self, lease: Lease, call_key: str, meta: dict[str, str]
    ) -> tuple[CallStatus, CallRecord | None]:
        """Record the intent, fenced. `done` comes with the record. Raises `LeaseLost`."""
        ...

    def finish_call(self, lease: Lease, call_key: str, record: CallRecord) -> CallRecord:
        """Record the result, unfenced: the first writer wins, and its record is returned."""
        ...


class Commands(Protocol):
    def put(self, command: ToolCommand) -> None: ...

    def get(self, command_id: str) -> ToolCommand | None: ...

    def begin(self, command_id: str) -> tuple[ToolCommand, bool] | None:
        """The command, and whether nobody has begun it before; None when there is none."""
        ...

    def publish(self, catalog: Catalog) -> None: ...

    def catalog(self) -> Catalog | None: ...


class Proposal(NamedTuple):
    """A tool's definition that waits until somebody agrees. `shown`: its beginning, for the operator to read."""

    fingerprint: str
    shown: str


class Pins(Protocol):
    """Fingerprints of the tools that servers of others offer, by server and tool."""

    def read(self, server: str) -> dict[str, str]:
        """Empty for a server that nobody has used yet."""
        ...

    def add(self, server: str, fingerprints: Mapping[str, str]) -> dict[str, str]:
        """Keep those that are new, and return what is kept then: another worker may have been first."""
        ...

    def propose(self, server: str, proposals: Mapping[str, Proposal]) -> None:
        """The definitions of `server` that wait until somebody agrees, and no others."""
        ...

    def waiting(self, server: str) -> dict[str, Proposal]: ...

    def servers(self) -> list[str]: ...

    def agree(self, server: str, tool: str, fingerprint: str) -> None:
        """Raises `NotFound` unless exactly this definition waits."""
        ...


class Faults(Protocol):
    def count(self, name: str) -> int:
        """Count one more exception while `name` was handled, and return how many there are."""
        ...


class RunQueue(Protocol):
    def send(self, message: RunMessage | CommandMessage, *, resend: bool = False) -> None:
        """FIFO, group = session; deduplicated by run id + attempt, unless it is a deliberate `resend`."""
        ...

    def receive(self, most: int, wait_seconds: int) -> list[Delivery]: ...

    def extend(self, receipt: str, seconds: int) -> None: ...

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        """At most ten in one call. What is not held any more is passed over."""
        ...

    def delete(self, receipt: str) -> None: ...

    def dead_letter(self, delivery: Delivery) -> None:
        """Move a message whose run has failed for good to the dead-letter queue, where an operator sees it."""
        ...


class Connections(Protocol):
    """`@connections`, blocking (functions)."""

    def post(self, connection_id: str, frame: str) -> None:
        """Raises `ConnectionGone` on 410, `StorageUnavailable` when throttled."""
        ...

    def close(self, connection_id: str) -> None: ...


class AsyncConnections(Protocol):
    """`@connections` for the worker: signed POSTs over kept connections."""

    async def post(self, connection_id: str, frame: bytes) -> None: ...
