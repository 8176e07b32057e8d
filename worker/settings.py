"""What a deployer sets for the worker, beside the shared settings."""

from __future__ import annotations

from pydantic import Field

from forge.settings import Settings
from worker.agent.agent import Limits


class WorkerSettings(Settings):
    """`run_*`: limits of one run, all its attempts. `worker_stop_seconds`: how long runs may go on after SIGTERM."""

    forge_llm: str = "offline"
    worker_concurrency: int = Field(default=100, ge=1)
    worker_stop_seconds: float = Field(default=3, ge=0)
    worker_metrics: bool = True
    run_seconds: float = Field(default=900, gt=0)
    run_llm_requests: int = Field(default=40, ge=1)
    run_tool_calls: int = Field(default=80, ge=1)
    run_tokens: int = Field(default=400_000, ge=1)
    history_tokens: int = Field(default=100_000, ge=1_000)

    @property
    def limits(self) -> Limits:
        return Limits(
            seconds=self.run_seconds,
            llm_requests=self.run_llm_requests,
            tool_calls=self.run_tool_calls,
            tokens=self.run_tokens,
            history_tokens=self.history_tokens,
        )
