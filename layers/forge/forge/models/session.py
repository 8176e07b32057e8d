"""A session as the store returns it: the hot item, its control item, and the workers' public catalog."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Approval, ForeignApproval
from forge.models.approval_reply import ApprovalReply
from forge.models.ask import Ask
from forge.models.doubt import Doubt
from forge.models.llm_history_start import first_entry
from forge.models.message import Message
from forge.models.run import ActiveRun, Outcome, RunMessage, Submission
from forge.models.session_key import SessionKey

INBOX_LIMIT = 10
"""The most messages that wait. Nothing more is accepted during a run once as many were withdrawn: they stay in the hot
item, which must stay below 400 KB, until the run has ended.
"""
MESSAGE_BYTES_LIMIT = 16_000
TITLE_LIMIT = 80


class Session(BaseModel):
    """The hot item, which holds everything of a session that changes. Times are epoch milliseconds."""

    model_config = ConfigDict(frozen=True)

    key: SessionKey
    """The session's owner and id."""
    generation: int
    """The generation, which changes when an expired or deleted session begins anew."""
    rev: int
    """A number that grows with each write. It never repeats within a session, even over generations."""
    network: str
    """The network that the chain tools use."""
    title: str | None = None
    """The title; None until the session has a message."""
    inbox: list[Submission] = []
    """Accepted messages that wait for their run, in order."""
    active: ActiveRun | None = None
    """The run in progress."""
    withdrawn: list[Submission] = []
    """Withdrawn messages, which enter the log when the active run ends."""
    approvals: list[Approval] = []
    """Wallet requests that wait for the person."""
    foreign_approvals: list[ForeignApproval] = []
    """Wallet requests that another version wrote in its own form."""
    asks: list[Ask] = []
    """Tool calls that wait for the person's decision."""
    strangers: list[str] = []
    """The tools whose results have brought text from strangers into the conversation."""
    used_hashes: list[str] = []
    """Transactions that have settled an approval."""
    doubts: list[Doubt] = []
    """Transactions that may have been sent although their wallet requests are used up."""
    spent: int = 0
    """The wei that the agent's own transactions have moved."""
    wallet: str | None = None
    """The account of the person's connected wallet, as reported by their client."""
    recent: dict[str, Outcome] = {}
    """The outcomes of the latest runs, by run id."""
    logged: int = 0
    """The number of messages in the log; their numbers are 0 … logged-1."""
    history: int = 0
    """The number of entries of the LLM history."""
    tokens: int = 0
    """The LLM tokens that the session's runs have used."""
    created_at: int
    """The time at which the generation began."""
    last_activity_at: int
    """The time of the last activity."""
    expires_at: int
    """The end of the session's life, in epoch seconds."""

    @property
    def message_count(self) -> int:
        """The number of finished messages: those of the log, and the active run's input while it is not in the log
        yet.
        """
        return self.logged + (self.active is not None and not self.active.input_logged)

    @property
    def text_seq(self) -> int:
        """The sequence number of the text that is streaming, or of the next message."""
        return self.message_count

    @property
    def replaced(self) -> list[str]:
        """The runs that must stop, because a message that waits behind them replaces them."""
        waiting = [each.run_id for each in self.inbox]
        ends = [number for number, each in enumerate(self.inbox) if each.replaces_earlier]
        if not ends:
            return []
        return [*([self.active.run_id] if self.active else []), *waiting[: ends[-1]]]

    @property
    def unchecked_answers(self) -> list[ApprovalReply]:
        """The answers to wallet requests that no worker has checked yet. The run's first write stores the result."""
        active = [self.active.submission] if self.active and not self.active.input_logged else []
        return [each.approval for each in (*active, *self.inbox) if each.approval]

    @property
    def history_start(self) -> int:
        """The first entry of the LLM history that a run gets."""
        return first_entry(self.history)

    def run_message(self, run_id: str, *, attempt: int = 1, payer: str = "", sent_at: int = 0) -> RunMessage:
        """Return the queue message of one of the session's runs."""
        return RunMessage(
            owner=self.key.owner,
            session_id=self.key.session_id,
            generation=self.generation,
            run_id=run_id,
            attempt=attempt,
            payer=payer,
            sent_at=sent_at,
        )

    def input_message(self) -> Message | None:
        """Return the active run's input while it is not in the log yet."""
        if self.active is None or self.active.input_logged:
            return None
        return self.active.submission.draft().at(self.logged)


class Control(BaseModel):
    """The control item: what other processes request from a session's run without writing the hot item."""

    model_config = ConfigDict(frozen=True)

    key: SessionKey
    """The session's owner and id."""
    connections: frozenset[str] = frozenset()
    """Connections that receive the session's frames."""
    over: frozenset[str] = frozenset()
    """Connections whose token has expired; they only have to be closed."""
    interrupt: str | None = None
    """The id of the run that must stop."""
    watched_until: int = 0
    """A client follows by SSE until this time, in epoch milliseconds."""
    deleted: int = 0
    """The last generation that was deleted or has expired; its run must stop."""


OPENING_MILLISECONDS = 10_000


class Connection(BaseModel):
    """An open WebSocket and the session that it follows."""

    model_config = ConfigDict(frozen=True)

    connection_id: str
    """API Gateway's id of the connection."""
    key: SessionKey
    """The session that the connection follows."""
    connected_at: int
    """The time at which the connection was opened, in epoch milliseconds."""
    until: int | None = None
    """The end of the token that opened the connection, in epoch milliseconds; None: no end."""
    origin: str = ""
    """The origin of the page that opened the connection."""
    payer: str = ""
    """The digest of the payer whose open streams count the connection."""

    def is_over(self, now: int) -> bool:
        return self.until is not None and self.until <= now

    def may_be_opening(self, now: int) -> bool:
        """Whether a 410 may be temporary: `$connect` lists a connection before API Gateway has opened it."""
        return now - self.connected_at < OPENING_MILLISECONDS


class NetworkInfo(BaseModel):
    """A chain that this deployment can reach."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The name that identifies the network."""
    chain_id: int
    """The chain's id."""
    title: str
    """The name that a person reads."""
    currency: str = "ETH"
    """The symbol of the native currency."""
    explorer: str | None = None
    """The base URL of the chain's block explorer."""
    sends: bool = False
    """Whether the agent can send transactions of its own on this network."""
    wallet_rpc_urls: list[str] = []
    """Public nodes for a wallet that does not know the chain; never a node of this deployment."""


class ToolInfo(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    """The tool's name."""
    description: str
    """The tool's description."""
    parameters: dict[str, Any]
    """The JSON schema of the arguments."""
    server: str
    """The MCP server that offers the tool."""
    read_only: bool
    """Whether the tool has no effects."""


class Catalog(BaseModel):
    """What the workers offer. They publish it for the functions."""

    model_config = ConfigDict(frozen=True)

    llm: str = ""
    """The name of the LLM."""
    missing_api_key: bool = False
    """Whether the LLM's API key is not set."""
    tools: list[ToolInfo] = []
    """The tools of all servers."""
    networks: list[NetworkInfo] = []
    """The chains that the deployment can reach."""
    notices: list[str] = []
    """Notices for the operator."""
    published_at: int = 0
    """The time of publication, in epoch milliseconds."""
    started_at: int = 0
    """The time at which the publishing worker was started, in epoch milliseconds; 0 if nobody has told it."""
