"""Tells of environment variables that are probably misspelt: nothing reads them, so they would have no effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from local_dev.laptop_defaults import WORKER_HERE

READ_WITHOUT_THE_TEMPLATE = frozenset(
    {
        "ANTHROPIC_BASE_URL",
        "AUTH_ORIGINS",
        "AUTH_SCOPE",
        "BACKEND_HOST",
        "BACKEND_PORT",
        "BEDROCK_REGION",
        "BRAVE_SEARCH_URL",
        "ETHERSCAN_URL",
        "FORGE_ALLOW_PRIVATE_EGRESS",
        "FORGE_DEV_TOKEN_SECONDS",
        "FORGE_DYNOXIDE",
        "FORGE_EDGE_SECRET",
        "FORGE_EMULATOR",
        "FORGE_EXPIRY_SECONDS",
        "FORGE_HOSTS",
        "FORGE_KEEP_STATE",
        "FORGE_LLM_FIRST_SECONDS",
        "FORGE_LLM_MEDIA",
        "FORGE_LLM_RETRIES",
        "FORGE_LLM_SECONDS",
        "FORGE_LLM_SILENCE_SECONDS",
        "FORGE_LOCAL_FOLDER",
        "FORGE_MCP_CONFIG",
        "FORGE_MCP_LAUNCHER",
        "FORGE_MCP_START_SECONDS",
        "FORGE_MCP_USERS",
        "FORGE_OFFLINE_PACE",
        "FORGE_RELOAD",
        "FORGE_SCHEDULE_SECONDS",
        "FORGE_SCRIPT_JOURNAL",
        "FORGE_SOCKET_IDLE_SECONDS",
        "FORGE_SOCKET_LIFETIME_SECONDS",
        "FORGE_STACK_FILE",
        "FORGE_TOKEN",
        "FORGE_URL",
        "FORGE_WORKERS",
        "UNISWAP_DOCS_FOLDER",
        "ZEROX_URL",
    }
)
"""Variables that a part of the application, or a client of it, reads although `template.yaml` does not name them."""

OURS = ("FORGE_", "BACKEND_", "POLICY_")
"""Beginnings of names that other programs do not use, so an unknown one is told even if no known one is like it."""

OF_OTHERS = ("AWS_", "OTEL_", "POWERTOOLS_", "FASTMCP_", "XDG_")
"""Beginnings of names that belong to other programs, which read many that look like the few that are known here."""

LIKENESS = 0.88
"""`FORGE_LMM` and `FORGE_LLM` are that alike, by difflib's ratio."""


def known_names(of_template: Iterable[str]) -> frozenset[str]:
    """Return every variable that has an effect."""
    return READ_WITHOUT_THE_TEMPLATE.union(of_template, WORKER_HERE)


def misspelt(names: Iterable[str], known: frozenset[str]) -> Iterator[str]:
    """Yield a sentence for each name that is probably a misspelt one."""
    for name in sorted(names):
        if name in known or name.startswith(OF_OTHERS):
            continue
        if like := get_close_matches(name, known, n=1, cutoff=LIKENESS):
            yield f"{name} has no effect; {like[0]} has"
        elif name.startswith(OURS):
            yield f"{name} has no effect: there is no such variable"


def report_misspelt(names: Iterable[str], of_template: Iterable[str], report: Callable[[str], None]) -> None:
    for sentence in misspelt(names, known_names(of_template)):
        report(sentence)
