"""Removes secrets from other programs' texts before they are logged: an LLM provider's error, a tool server's
stderr.
"""

from __future__ import annotations

import re

MASK = "[redacted]"
WORDS_LIMIT = 600
"""Maximum characters of another program's text in one log line."""

_KEEP_HEAD = r"\g<1>" + MASK
# A match begins only where its run of characters begins, or is bounded, so that the time is linear: another program may
# write anything.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A URL's user and password, and a query parameter or field whose name says that it is secret.
    (re.compile(r"(://)[^\s/@]+@"), _KEEP_HEAD + "@"),
    (re.compile(r"(\b(?:bearer|basic)\s+)[^\s\"',;]+", re.IGNORECASE), _KEEP_HEAD),
    (
        re.compile(
            r"((?:api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|mnemonic|token|secret|passw(?:or)?d|passphrase|"
            r"credentials?|signature|authorization|cookie)[A-Za-z_-]{0,40}"
            # JSON within JSON has backslashes before its quotes.
            r"(?:\s+provided)?\\{0,7}[\"']?\s*(?:[:=]|\bis\b)\s*\\{0,7}[\"'`]?)(?!\[redacted\])"
            r"(?:[^\s\"'`,;&}\\]|\\(?!\\{0,7}[\"']))+",
            re.IGNORECASE,
        ),
        _KEEP_HEAD,
    ),
    # Prefixes of known API keys (GitHub's list of secret scanning patterns, 2026-11).
    (
        re.compile(
            r"\b(?:sk|pk|rk|gsk|xai|nvapi|hf|ghp|gho|ghu|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|ya29|"
            r"r8|pplx|fw|tvly|BSA)[-_A-Za-z0-9.*]{8,}"
        ),
        MASK,
    ),
    (re.compile(r"\beyJ(?:[A-Za-z0-9_-]{8,}|[A-Za-z0-9_-]+\.)[A-Za-z0-9_.-]*"), MASK),
    # A private key and a transaction hash have the same form, so both are removed.
    (re.compile(r"\b(?:0x)?[0-9a-fA-F]{64}\b"), MASK),
    # Base64 with its padding, whichever of its two alphabets, and a word that is longer than any that people write.
    (re.compile(r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z+/_-]*+[0-9])[A-Za-z0-9+/_-]{32,}+={1,2}"), MASK),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32,}+={1,2}|\b[A-Za-z]{40,}+\b"), MASK),
    # A long word that mixes letters and digits is more likely a key than anything that a reader needs.
    (
        re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*+[0-9])(?=[0-9_-]*+[A-Za-z])[A-Za-z0-9_-]{32,}"),
        MASK,
    ),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def redact(words: str, limit: int = WORDS_LIMIT) -> str:
    """Return `words` on one line, without anything that looks like a secret, at most `limit` characters long."""
    line = _CONTROL.sub(" ", words[: limit * 20])
    for form, replacement in _FORMS:
        line = form.sub(replacement, line)
    line = " ".join(line.split())
    return line if len(line) <= limit else f"{line[: limit - 2]} …"
