"""The tables of the local queues' file, and what is done to their times when the clock is set back."""

from __future__ import annotations

DEDUPLICATION_MS = 300_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT, message_id TEXT, family TEXT, deduplication TEXT, body TEXT,
    sent INTEGER, visible INTEGER, receives INTEGER DEFAULT 0, first INTEGER, receipt TEXT
);
CREATE INDEX IF NOT EXISTS by_queue ON message (queue, family, id);
CREATE INDEX IF NOT EXISTS by_receipt ON message (receipt);
CREATE TABLE IF NOT EXISTS sent (
    queue TEXT, scope TEXT, deduplication TEXT, message_id TEXT, sequence INTEGER, until INTEGER,
    PRIMARY KEY (queue, scope, deduplication)
);
CREATE INDEX IF NOT EXISTS by_end ON sent (until);
"""
LATEST = """
SELECT max(
    coalesce((SELECT max(sent) FROM message), 0),
    coalesce((SELECT max(first) FROM message), 0),
    coalesce((SELECT max(until) FROM sent), 0) - ?
)
"""
"""The latest time at which this file was surely used."""
SET_BACK = (
    "UPDATE message SET visible = visible - :back WHERE visible > :now",
    "UPDATE message SET sent = :now WHERE sent > :now",
    "UPDATE message SET first = :now WHERE first > :now",
    "UPDATE sent SET until = until - :back WHERE until > :now + :kept",
)
"""Moves what is later than `:now` by `:back` milliseconds. `:kept`: how long a deduplication id is remembered."""
