"""The functions' composition root: it reads the settings and makes each adapter when it is first used.

An adapter is imported on its first use, so that a function's cold start loads only what the function needs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from forge.settings import Settings

if TYPE_CHECKING:
    from forge.api.tokens.token_signature import Verifier
    from forge.models.session import Catalog
    from forge.ports.connections import Connections
    from forge.ports.queue import RunQueue
    from forge.store import Store, StorePart

Made = TypeVar("Made")
Need = Callable[[], object]
READ_SECONDS = 2.0
"""How long a function waits for an answer of the table or the queue. Three tries and their pauses fit into the
function's own timeout, so that the caller still gets an answer with `Retry-After`.
"""
_CATALOG_SECONDS = 5.0
_catalog: tuple[float, Catalog] | None = None


class _Once(Generic[Made]):
    """A value that the first call makes. Calls from other threads wait until it is made."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._making = Lock()
        self._made: Made | None = None

    def __call__(self) -> Made:
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._make()
        return self._made

    @property
    def is_made(self) -> bool:
        return self._made is not None

    def forget(self) -> None:
        self._made = None


@_Once
def settings() -> Settings:
    return Settings.from_environment(os.environ)


@_Once
def store() -> Store:
    from forge import aws
    from forge.store import open_store

    return open_store(settings(), client=aws.client("dynamodb", read_timeout=READ_SECONDS))


@_Once
def queue() -> RunQueue:
    from forge import aws
    from forge.queue import open_queue

    return open_queue(settings(), aws.client("sqs", read_timeout=READ_SECONDS))


@_Once
def connections() -> Connections:
    from forge.connections import open_connections

    return open_connections(settings())


@_Once
def verifier() -> Verifier:
    from forge.api.tokens.token_signature import Verifier

    return Verifier(settings().auth_issuer, now)


def stored(*parts: StorePart) -> Need:
    """Parts of the store that the function's usual requests need. Any other part is imported by the first request
    that uses it.
    """
    return lambda: [getattr(store(), part) for part in parts]


def prepare(needs: tuple[Need, ...]) -> None:
    """Make what the function needs during its initialisation, because Lambda gives it a full vCPU then.

    Outside Lambda nothing is made at import; each adapter is made on its first use.
    """
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        for need in needs:
            need()


def now() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def catalog() -> Catalog | None:
    """Return what the workers offer, at most a few seconds old; None until the first worker has started."""
    global _catalog
    if _catalog and time.monotonic() - _catalog[0] < _CATALOG_SECONDS:
        return _catalog[1]
    read = store().commands.catalog()
    _catalog = (time.monotonic(), read) if read else None
    return read


def forget_catalog() -> None:
    global _catalog
    _catalog = None


def forget() -> None:
    """Discard the adapters, so that the next use reads the environment again."""
    forget_catalog()
    for made in (settings, store, queue, connections, verifier):
        made.forget()
