"""Keys of the only table. All items of a session share its partition; the keys of its children contain their
generation.
"""

from __future__ import annotations

import hashlib
import zlib

from forge.dynamodb.codec import Key
from forge.models.session_key import ANONYMOUS, PARTITION_PREFIX, SessionKey

OWNED_INDEX = "owned"
"""The index of signed-in owners' sessions, by owner and by the time at which the session began."""
HOT = "session"
CONTROL = "control"
COPY = "copy"
SHARDS = 8
"""Number of partitions of the index of sessions with work; readers query each of them."""

_LAST = "~"
"""This character sorts after every character of our sort keys."""


def partition(key: SessionKey) -> str:
    return key.partition


def session_of_partition(text: str) -> SessionKey:
    return SessionKey.parse(text.removeprefix(PARTITION_PREFIX))


def hot(key: SessionKey) -> Key:
    return {"pk": partition(key), "sk": HOT}


def control(key: SessionKey) -> Key:
    return {"pk": partition(key), "sk": CONTROL}


def copy(key: SessionKey) -> Key:
    """The key of an item that marks an unfinished copy of a session. Until the copy is done, no hot item has its
    owner.
    """
    return {"pk": partition(key), "sk": COPY}


def message(key: SessionKey, generation: int, seq: int) -> Key:
    return {"pk": partition(key), "sk": f"message#{generation:015d}#{seq:08d}"}


def message_part(key: SessionKey, generation: int, seq: int, part: int) -> Key:
    return {"pk": partition(key), "sk": f"message#{generation:015d}#{seq:08d}#{part:05d}"}


def message_range(generation: int, start: int, stop: int) -> tuple[str, str]:
    """Return the first and last sort key of the messages `start … stop-1` and their parts."""
    prefix = f"message#{generation:015d}#"
    return f"{prefix}{start:08d}", f"{prefix}{stop - 1:08d}{_LAST}"


def part_range(generation: int, seq: int) -> tuple[str, str]:
    prefix = f"message#{generation:015d}#{seq:08d}#"
    return prefix, prefix + _LAST


def entry(key: SessionKey, generation: int, index: int, chunk: int) -> Key:
    return {"pk": partition(key), "sk": f"entry#{generation:015d}#{index:08d}#{chunk:03d}"}


def entry_range(generation: int, start: int, stop: int) -> tuple[str, str]:
    prefix = f"entry#{generation:015d}#"
    return f"{prefix}{start:08d}", f"{prefix}{stop - 1:08d}{_LAST}"


def text(key: SessionKey, generation: int) -> Key:
    """The key of the end of the streaming text."""
    return {"pk": partition(key), "sk": f"text#{generation:015d}"}


def call(key: SessionKey, generation: int, run_id: str, call_key: str) -> Key:
    """A call key that is too long is replaced by its digest, because an LLM provider may invent keys of any length."""
    short = call_key if len(call_key.encode()) <= 256 else hashlib.sha256(call_key.encode()).hexdigest()
    return {"pk": partition(key), "sk": f"call#{generation:015d}#{run_id}#{short}"}


def call_range(generation: int, run_id: str) -> tuple[str, str]:
    prefix = f"call#{generation:015d}#{run_id}#"
    return prefix, prefix + _LAST


def children_range(kind: str, generation: int) -> tuple[str, str]:
    """Return the range of all children of a kind (`message`, `entry`, `call`, `text`) of this generation and of older
    ones.
    """
    return f"{kind}#", f"{kind}#{generation:015d}#{_LAST}"


def single(kind: str, name: str) -> Key:
    """The key of an item that has a partition of its own."""
    return {"pk": f"{kind}#{name}", "sk": kind}


def owned(key: SessionKey) -> dict[str, str]:
    """The attribute that puts a hot item into the index of its owner's sessions. Anonymous sessions are in no index."""
    return {} if key.owner == ANONYMOUS else {"owned_by": key.owner}


def work_shard(key: SessionKey) -> str:
    return f"work#{zlib.crc32(partition(key).encode()) % SHARDS}"
