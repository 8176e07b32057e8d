"""A session as the store hands it out: the hot item, its control item, and the worker's public catalog."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Approval, ForeignApproval
from forge.models.asking import Ask
from forge.models.ids import SessionKey
from forge.models.message import Message
from forge.models.run import ActiveRun, Outcome, Submission

INBOX_LIMIT = 10
HISTORY_LEAST = 400
"""Entries of the LLM history that a run gets at least, if there are so many: more than one run can add."""
HISTORY_STEP = 200
"""The beginning of what a run gets moves by this: a provider's prompt cache stays warm in between."""
MESSAGE_BYTES_LIMIT = 16_000
TITLE_LIMIT = 80


class Session(BaseModel):
    """The hot item: all of a session that changes. Times are epoch milliseconds, `expires_at` epoch seconds.

    `logged` messages (0 … logged-1) are in the log; `history` entries are in the LLM history. `rev` grows with
    each write; it never repeats within a session, not even over generations. `used_hashes`: transactions that have
    settled an approval. `withdrawn` messages are shown once the active run has ended. `spent`: wei that the agent's own
    transactions have moved. `asks`: tool calls that wait for the person's word; `strangers`: the tools whose results
    have brought words of strangers into the conversation. `wallet`: the account of the person's connected wallet, as
    far as their client has told it.
    """

    model_config = ConfigDict(frozen=True)

    key: SessionKey
    generation: int
    rev: int
    network: str
    title: str | None = None
    inbox: list[Submission] = []
    active: ActiveRun | None = None
    withdrawn: list[Submission] = []
    approvals: list[Approval] = []
    foreign_approvals: list[ForeignApproval] = []
    asks: list[Ask] = []
    strangers: list[str] = []
    used_hashes: list[str] = []
    spent: int = 0
    wallet: str | None = None
    recent: dict[str, Outcome] = {}
    logged: int = 0
    history: int = 0
    tokens: int = 0
    created_at: int
    last_activity_at: int
    expires_at: int

    @property
    def message_count(self) -> int:
        """Messages that have ended: those of the log, and the active run's input while it waits for the log."""
        return self.logged + (self.active is not None and not self.active.input_logged)

    @property
    def text_seq(self) -> int:
        """The sequence number of the text that streams now, or of the message that comes next."""
        return self.message_count

    @property
    def history_start(self) -> int:
        """The first entry of the LLM history that a run gets. What one costs must not grow with the conversation."""
        return max(0, self.history - HISTORY_LEAST) // HISTORY_STEP * HISTORY_STEP

    def input_message(self) -> Message | None:
        """The active run's input while it is not in the log yet."""
        if self.active is None or self.active.input_logged:
            return None
        return self.active.submission.draft().at(self.logged)


class Control(BaseModel):
    """The control item: what others ask of a session's run without touching the hot item.

    `connections` are open to be told; those that are `over` have outlived their token, and only wait to be closed.
    `interrupt` names the run to stop. `watched_until` (epoch milliseconds): somebody follows by SSE until then.
    `deleted` (a generation): that generation was deleted or expired; its run must stop.
    """

    model_config = ConfigDict(frozen=True)

    key: SessionKey
    connections: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()
    interrupt: str | None = None
    watched_until: int = 0
    deleted: int = 0


OPENING_MILLISECONDS = 10_000


class Connection(BaseModel):
    """An open WebSocket and the session it follows. `connected_at`: epoch milliseconds. `payer`: whose stream it is.

    `until` (epoch milliseconds): when the token ends by which it was opened; None: never. `origin`: of its page.
    """

    model_config = ConfigDict(frozen=True)

    connection_id: str
    key: SessionKey
    connected_at: int
    until: int | None = None
    origin: str = ""
    payer: str = ""

    def is_over(self, now: int) -> bool:
        return self.until is not None and self.until <= now

    def may_be_opening(self, now: int) -> bool:
        """Whether a 410 proves nothing yet: a connection is listed by `$connect`, which ends before it is open."""
        return now - self.connected_at < OPENING_MILLISECONDS


class NetworkInfo(BaseModel):
    """A chain that this deployment can reach; `explorer` is the base URL of its block explorer.

    `wallet_rpc_urls`: public nodes that a wallet which lacks the chain may be given; never a node of this deployment.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    chain_id: int
    title: str
    currency: str = "ETH"
    explorer: str | None = None
    sends: bool = False
    wallet_rpc_urls: list[str] = []


class ToolInfo(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    parameters: dict[str, Any]
    server: str
    read_only: bool


class Catalog(BaseModel):
    """What the workers offer, published by them for the functions. `published_at`: epoch milliseconds."""

    model_config = ConfigDict(frozen=True)

    llm: str = ""
    missing_api_key: bool = False
    tools: list[ToolInfo] = []
    networks: list[NetworkInfo] = []
    notices: list[str] = []
    published_at: int = 0
