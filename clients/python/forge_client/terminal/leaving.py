"""What is on its way in a conversation reaches the server although another one is opened."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from textual.worker import Worker, WorkerCancelled

from forge_client.client import ForgeClient

ACTING = frozenset({"send", "stop", "dialog"})
"""The groups of the workers that tell the server something."""


async def leave(client: ForgeClient, workers: Iterable[Worker[object]]) -> None:
    """Close `client` when those of `workers` that tell the server something have ended."""
    try:
        for each in [each for each in workers if each.group in ACTING and not each.is_finished]:
            with suppress(WorkerCancelled):
                await each.wait()
    finally:
        await client.aclose()
