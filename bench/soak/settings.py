"""The environment of the application under test."""

from __future__ import annotations

OURS = ("AWS_", "BACKEND_", "FORGE_", "OPENAI_", "TESTNET_RPC_URL", "RATE_LIMIT", "OWNER_RATE")
"""Variables with these beginnings are not inherited from the environment of the test."""

SETTINGS = {
    "RATE_LIMIT_PER_MINUTE": "100000",
    "RATE_LIMIT_BURST": "1000",
    "OWNER_RATE_LIMIT_PER_MINUTE": "1000000",
    "FORGE_LLM": "openai:scripted",
    "FORGE_SCHEDULE_SECONDS": "2",
    "FORGE_EXPIRY_SECONDS": "1",
    "FORGE_ALLOW_PRIVATE_EGRESS": "1",
    "WORKER_METRICS": "false",
    "WORKER_STOP_SECONDS": "1",
    "WORKER_HEARTBEAT": "",
}

QUIET = {"FORGE_EXPIRY_SECONDS": "3600", "FORGE_SCHEDULE_SECONDS": "10"}
"""For long runs: searching for expired sessions reads the whole table, which grows."""
