"""What a deployer configures for the worker, in addition to the shared settings."""

from __future__ import annotations

from pydantic import Field, field_validator

from forge.settings import LARGEST, TEN_YEARS_MINUTES, Settings
from worker.agent.agent import Limits
from worker.agent.operator_limits import Policy
from worker.agent.wallet import WalletTerms
from worker.ethereum.known_networks import KNOWN_NETWORKS
from worker.push.frame_pace import FramePace
from worker.setting_texts import NO_URL, is_http_url

DAY_SECONDS = 86_400


class WorkerSettings(Settings):
    """Settings of the worker. `run_*` are limits of one run over all of its attempts. `policy_*` limit what the
    agent may do, independently of the LLM (`worker.agent.operator_limits`).
    """

    forge_llm: str = "offline"
    """The LLM, in the form of `worker.agent.llm.build`."""
    worker_concurrency: int = Field(default=100, ge=1, le=10_000)
    """Number of places: runs and commands that one worker handles at once."""
    worker_stop_seconds: float = Field(default=3, ge=0, le=DAY_SECONDS)
    """How long runs may continue after SIGTERM."""
    worker_heartbeat: str = ""
    """The file that the event loop touches while it runs (`worker.operation.heartbeat`); empty: no file."""
    other_workers_since: int = Field(default=0, ge=0)
    """What was published before this time, in epoch milliseconds, is of workers that have gone. Only `make run` knows,
    because it starts all workers.
    """
    worker_started_at: int = Field(default=0, ge=0)
    """The time at which the worker's process was started, in epoch milliseconds; 0: unknown."""
    worker_metrics: bool = True
    """Whether the worker writes metrics."""
    frame_pace: FramePace = "smooth"
    """How often text is pushed (`worker.push.frame_pace`)."""
    log_error_texts: bool = False
    """Only for a developer's own computer, because the texts may contain users' words."""
    trace_ratio: float = Field(default=1, ge=0, le=1)
    """The share of runs whose spans are recorded."""
    trace_contents: bool = False
    """Whether the spans include what people, the LLM and tools say."""
    run_seconds: float = Field(default=900, gt=0, le=DAY_SECONDS)
    """Maximum duration of a run."""
    run_llm_requests: int = Field(default=40, ge=1, le=LARGEST)
    """Maximum LLM requests of a run."""
    run_tool_calls: int = Field(default=80, ge=1, le=LARGEST)
    """Maximum tool calls of a run."""
    run_tokens: int = Field(default=400_000, ge=1, le=LARGEST)
    """Maximum LLM tokens of a run."""
    history_tokens: int = Field(default=100_000, ge=1_000, le=LARGEST)
    """Maximum tokens of the history in one LLM request."""
    approval_minutes: float = Field(default=15, gt=0, le=TEN_YEARS_MINUTES)
    """How long a wallet request waits for its answer."""
    wallet_receipt_seconds: float = Field(default=120, gt=0, le=DAY_SECONDS)
    """How long a run waits for a transaction's receipt."""
    policy_denied_tools: str = ""
    """Tools that are not offered, as `network:tool` or `*:tool`."""
    policy_send_limit: str = ""
    """Maximum amount of one transaction of the agent, such as `5 ether`; empty: no limit."""
    policy_session_send_limit: str = ""
    """Maximum total amount in one session; empty: no limit."""
    policy_owner_send_limit_per_day: str = ""
    """Maximum total amount of one owner on one UTC day; empty: no limit."""
    policy_deployment_send_limit_per_day: str = ""
    """Maximum total amount of the deployment on one UTC day; empty: no limit."""
    policy_wallet_targets: str = ""
    """Contracts and methods that a wallet request may name, as `0x<contract>.0x<selector>`, `*` for any; empty: all."""

    @field_validator("default_network")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = [info.name for info in KNOWN_NETWORKS]
        if name not in known:
            raise ValueError(f"it must be one of {', '.join(known)}")
        return name

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_url(cls, url: str) -> str:
        if not is_http_url(url):
            raise ValueError(NO_URL)
        return url

    @property
    def limits(self) -> Limits:
        return Limits(
            seconds=self.run_seconds,
            llm_requests=self.run_llm_requests,
            tool_calls=self.run_tool_calls,
            tokens=self.run_tokens,
            history_tokens=self.history_tokens,
        )

    @property
    def policy(self) -> Policy:
        return Policy.of(
            denied_tools=self.policy_denied_tools,
            send_limit=self.policy_send_limit,
            session_send_limit=self.policy_session_send_limit,
            owner_send_limit_per_day=self.policy_owner_send_limit_per_day,
            deployment_send_limit_per_day=self.policy_deployment_send_limit_per_day,
            wallet_targets=self.policy_wallet_targets,
        )

    @property
    def wallet_terms(self) -> WalletTerms:
        return WalletTerms(
            approval_ms=round(self.approval_minutes * 60_000), receipt_seconds=self.wallet_receipt_seconds
        )
