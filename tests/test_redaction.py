"""What looks like a secret is in no log line, whatever stands around it."""

from __future__ import annotations

import pytest

from forge.redaction import MASK, redact


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("key Ab3dEf_" + "Zm9v" * 9 + "== refused", f"key {MASK} refused"),
        ("key Ab3dEf-" + "Zm9v" * 9 + "==", f"key {MASK}"),
        ("hash_" + "deadbeef" * 8 + "_" + "Zm9v" * 9 + "=", MASK),
        ("of " + "aB3+" * 9 + "=", f"of {MASK}"),
        ("postgres://me:pa55@host/db", f"postgres://{MASK}@host/db"),
        (r"{\"password\": \"hunter2x\", \"n\": 1}", rf"{{\"password\": \"{MASK}\", \"n\": 1}}"),
        (r"{\\\"apiKey\\\":\\\"a.b\\\"}", rf"{{\\\"apiKey\\\":\\\"{MASK}\\\"}}"),
        (r"password=ab\cd refused", f"password={MASK} refused"),
        ("the_largest_number_of_queued_messages=5", "the_largest_number_of_queued_messages=5"),
    ],
)
def test_a_line_has_no_secret_and_keeps_its_other_words(words: str, written: str) -> None:
    assert redact(words) == written
