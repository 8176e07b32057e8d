"""Times and limits that the documents name are those of the code."""

from __future__ import annotations

import pytest

from forge.api.accounts import ERASURE_SECONDS
from forge.api.entry.middleware import BODY_BYTES_LIMIT
from forge.api.entry.prefer_header import WAIT_LIMIT_SECONDS
from forge.api.mcp_commands import PATIENCE_SECONDS
from forge.api.message_pages import BYTES_LIMIT, MESSAGES_LIMIT
from forge.api.sessions import IDS_LIMIT
from forge.api.state_stream import HEARTBEAT_SECONDS, LIFE_SECONDS, QUIET_SECONDS
from forge.models.approval import CLAIM_MS
from forge.models.approval_reply import REASON_LIMIT
from forge.models.frame import FRAME_BYTES_LIMIT
from forge.models.message import TOOL_DISPLAY_LIMIT
from forge.models.request_prices import FRAMES, FRAMES_AHEAD_MS
from forge.models.session import INBOX_LIMIT, MESSAGE_BYTES_LIMIT, TITLE_LIMIT
from forge.models.timing import EXTEND_SECONDS, LEASE_MS, LOOK_SECONDS, RENEW_MS, VISIBILITY_SECONDS
from forge.store.config import CONNECTIONS_LIMIT
from forge.store.idempotency_keys import KEPT_SECONDS
from local_dev.repository import ROOT
from worker.push.frame_pace import PACES
from worker.runs.lease_renewal import WATCHED_FLUSH_SECONDS
from worker.runs.leased_record import TEXT_SECONDS

WORDS = {2: "two", 3: "three", 4: "four", 10: "ten"}
"""Numbers that the documents write as words."""
SENTENCES = [
    ("architecture", f"with a lease of {LEASE_MS / 1_000:g} s"),
    ("architecture", f"The queue message is invisible for {VISIBILITY_SECONDS} s"),
    ("architecture", f"extends this every {EXTEND_SECONDS:g} to {EXTEND_SECONDS + LOOK_SECONDS:g} s"),
    ("architecture", f"at the first text and then every {TEXT_SECONDS:g} s"),
    ("architecture", f"the lease is renewed every {RENEW_MS / 1_000:g} s"),
    ("architecture", f"they are at most {PACES['economic'].longest:g} s apart"),
    (
        "decisions/2026-11-26-text-beside-the-hot-item",
        f"every {WATCHED_FLUSH_SECONDS:g} s while somebody reads",
    ),
    ("protocol", f"as it was last stored, up to {TEXT_SECONDS:g} seconds old"),
    ("protocol", f"For {KEPT_SECONDS // 3_600} hours a repeat returns"),
    ("protocol", f"A message has at most {MESSAGE_BYTES_LIMIT:,} bytes; {WORDS[INBOX_LIMIT]} may be queued"),
    ("protocol", f"Once {WORDS[INBOX_LIMIT]} have been withdrawn while one run is in progress"),
    ("protocol", f"the body has more than {BODY_BYTES_LIMIT:,} bytes"),
    ("protocol", f"(seconds, at most {WAIT_LIMIT_SECONDS}; not at `/api/interrupt`)"),
    ("protocol", f"the newest {MESSAGES_LIMIT} finished ones, and at most {BYTES_LIMIT // 1_000_000} MB"),
    ("protocol", f"is cut to {TOOL_DISPLAY_LIMIT:,} characters for display"),
    ("protocol", f"a claim lasts {WORDS[CLAIM_MS // 60_000]} minutes"),
    ("protocol", f"on one line of at most {REASON_LIMIT} characters"),
    ("protocol", f"tools that only read; up to {PATIENCE_SECONDS:g} seconds"),
    ("protocol", f"the ids that the caller names, at most {IDS_LIMIT}"),
    ("protocol", f"then of 1–{TITLE_LIMIT} characters"),
    ("protocol", f"One request works for at most {ERASURE_SECONDS} seconds"),
    ("protocol", f"one `sync` or {WORDS[FRAMES['sync'] // FRAMES['ping']]} `ping` frames a second"),
    ("protocol", f"and {WORDS[FRAMES_AHEAD_MS // 1_000]} seconds' worth at once"),
    ("protocol", f"A session has at most {CONNECTIONS_LIMIT} connections"),
    ("protocol", f"a frame from the server has at most {FRAME_BYTES_LIMIT:,} bytes"),
    ("protocol", f"A comment is sent every {HEARTBEAT_SECONDS:g} seconds"),
    ("protocol", f"ends after {QUIET_SECONDS:g} seconds without a change"),
    ("protocol", f"every stream ends after {LIFE_SECONDS:g} seconds"),
]


@pytest.mark.parametrize(("document", "sentence"), SENTENCES)
def test_a_number_in_a_document_is_the_codes(document: str, sentence: str) -> None:
    assert sentence in " ".join((ROOT / "docs" / f"{document}.md").read_text().split())
