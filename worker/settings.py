"""What a deployer configures for the worker, in addition to the shared settings."""

from __future__ import annotations

from pydantic import Field

from forge.settings import Settings
from worker.agent.agent import Limits
from worker.agent.policy import Policy
from worker.agent.wallet import WalletTerms
from worker.push.frame_pace import FramePace


class WorkerSettings(Settings):
    """`run_*`: limits of one run, all its attempts. `worker_stop_seconds`: how long runs may go on after SIGTERM.
    `worker_heartbeat`: the file that the event loop touches while it runs (`worker.operation.heartbeat`); empty: no
    file.

    `frame_pace`: how often text is pushed (`worker.push.frame_pace`).

    `log_error_texts`: only for a developer's own computer, because the texts may contain users' words.

    `trace_ratio`: the share of runs whose spans are recorded. `trace_contents`: the spans include what people, the
    LLM and tools say.

    `testnet_chain_id`: a further id that the test network's node may have, besides the usual ids of development
    nodes.

    `policy_*`: what the agent may do, independently of the LLM (`worker.agent.policy`). Denied tools: `network:tool`
    or `*:tool`. Limits: amounts such as `5 ether`. Wallet targets: `0x<contract>.0x<selector>`, `*` for any; empty:
    all.
    """

    forge_llm: str = "offline"
    worker_concurrency: int = Field(default=100, ge=1)
    worker_stop_seconds: float = Field(default=3, ge=0)
    worker_heartbeat: str = ""
    worker_metrics: bool = True
    frame_pace: FramePace = "smooth"
    log_error_texts: bool = False
    trace_ratio: float = Field(default=1, ge=0, le=1)
    trace_contents: bool = False
    run_seconds: float = Field(default=900, gt=0)
    run_llm_requests: int = Field(default=40, ge=1)
    run_tool_calls: int = Field(default=80, ge=1)
    run_tokens: int = Field(default=400_000, ge=1)
    history_tokens: int = Field(default=100_000, ge=1_000)
    approval_minutes: float = Field(default=15, gt=0)
    wallet_receipt_seconds: float = Field(default=120, gt=0)
    testnet_chain_id: int = Field(default=31337, ge=1)
    policy_denied_tools: str = ""
    policy_send_limit: str = ""
    policy_session_send_limit: str = ""
    policy_owner_send_limit_per_day: str = ""
    policy_deployment_send_limit_per_day: str = ""
    policy_wallet_targets: str = ""

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
