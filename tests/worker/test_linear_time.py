"""What another program writes is read in a time that grows as its length does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from forge.api.entry.prefer_header import preferences_of
from forge.redaction import redact
from worker.agent.messages.result_files import without_encoded_data
from worker.agent.tools.external.json_repair import repaired

LENGTH = 100_000
MOST_SECONDS = 2.0
"""Of processor time: work that grows as the text takes a tenth of it, and as the text's square some minutes."""
PIECES = (
    *(
        " ",
        "\t",
        "\n",
        "a ",
        "a.",
        "a-",
        "a_",
        "a/",
        "1-",
        "a1-",
        "-a",
        "=",
        "= ",
        '="',
        "a=",
        ":",
        "://",
        "a://",
        "a://b",
    ),
    *(
        "eyJ",
        "eyJ-",
        "eyJ.",
        "token",
        "token-",
        "token ",
        "token is ",
        "secret=",
        "bearer ",
        "sk-",
        "0x",
        "[redacted]",
    ),
    *(
        "A+/",
        "A" * 31 + " ",
        "A" * 1_999 + ".",
        "data:",
        "event:",
        "event:\n",
        "\0",
        "\ufeff",
        "\\u",
        "\\ud800",
        '"error"',
    ),
)

READERS: dict[str, Callable[[str], object]] = {
    "a log line of another program's words": lambda text: redact(text, LENGTH),
    "a result with encoded data": without_encoded_data,
    "a message of a tool server": lambda text: repaired(f'{text}{{"error"'.encode()[-LENGTH:]),
    "the header Prefer": lambda text: preferences_of([f"a{text}b"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_no_text_takes_longer_than_its_length(name: str) -> None:
    for piece in PIECES:
        text = (piece * LENGTH)[:LENGTH]
        before = time.process_time()
        READERS[name](text)
        assert time.process_time() - before < MOST_SECONDS, f"{piece!r} takes too long"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("at https://me:pw@host/x", "at https://[redacted]@host/x"),
        ("at .https://me:pw@host/x", "at .https://[redacted]@host/x"),
        ("a token eyJhbGciOiJI.eyJzdWIi.c2ln", "a token [redacted]"),
        ("-eyJhbGciOiJI.eyJzdWIi.c2ln", "-[redacted]"),
        ("x-" + "a1" * 20, "[redacted]"),
        ("(" + "Aa/" * 12 + "==)", "([redacted])"),
        ("api_key_of_the_day: abc", "api_key_of_the_day: [redacted]"),
        ("a plain refusal-of-the-usual/kind", "a plain refusal-of-the-usual/kind"),
    ],
)
def test_a_secret_is_found_wherever_it_begins(text: str, line: str) -> None:
    assert redact(text) == line
