"""The boundary for text from strangers: tool results, web pages, token names, contracts' words, servers'
descriptions.

Such a text always stays data: the LLM gets it between marks that its author cannot know, and the chat shows it
without Markdown and without invisible characters. `listening` records whether a tool has read any.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from forge.models.text_cleaning import BLANK, one_line

_MARKDOWN = re.compile(
    r"[\\`*\[\]<~|&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=[A-Za-z]):(?=//)|(?<=www)\.", re.IGNORECASE
)
"""Characters with a meaning within a line, and those that make a link of an address."""
_SELECTORS = re.compile(r"[\ufe00-\ufe0f]{2,}|[\U000e0100-\U000e01ef]")
"""One variation selector after a sign chooses its form. Several of them, or rare ones, can carry a hidden text."""
_LAYOUT = "\n\t"
_CODE_CHARACTERS = 24
_TICKS = re.compile(r"`+")

_heard: ContextVar[list[str] | None] = ContextVar(
    "texts of strangers that the tool call has read", default=None
)


@contextmanager
def listening() -> Generator[list[str]]:
    """The list gets each text that `from_outside` accepts inside the block, also in tasks that are started in it."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def from_outside(text: str, limit: int | None = None) -> str:
    """Put a stranger's text on one line and record it for `listening`. Every such text of our own tools passes
    through this.
    """
    line = one_line(text, limit)
    if line and (heard := _heard.get()) is not None:
        heard.append(line)
    return line


def visible(text: str) -> str:
    """Replace characters that are invisible or change the text direction by their names."""
    shown = "".join(c if _is_visible(c) else _named(c) for c in text)
    return _SELECTORS.sub(lambda run: "".join(map(_named, run[0])), shown)


def _is_visible(character: str) -> bool:
    if character in _LAYOUT or character == " ":
        return True
    return character.isprintable() and character not in BLANK


def _named(character: str) -> str:
    return (
        " "
        if character.isspace() and character not in "\u2028\u2029\x1c\x1d\x1e\x85\v\f\r"
        else f"⟨U+{ord(character):04X}⟩"
    )


def in_chat(text: object) -> str:
    """Return the text for one line of the chat, with any Markdown in it made inactive: no link, no emphasis, no
    code.
    """
    return _MARKDOWN.sub(r"\\\g<0>", one_line(str(text)))


def in_code(text: object) -> str:
    """Return the text as inline code for the chat, which the text itself cannot end."""
    return f"`{one_line(str(text)).replace('`', '′') or ' '}`"


def code_block(text: str) -> str:
    """Return the text as a code block for the chat, which the text itself cannot end."""
    longest = max((len(run[0]) for run in _TICKS.finditer(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{visible(text)}\n{fence}"


def fenced(source: str, text: str, salt: str) -> str:
    """Return the text for the LLM: data of `source`, between marks with a code that is computed from the whole text.

    So no text can contain its own code, and the same result always gets the same marks, which providers can cache.
    `salt`: the call's id.
    """
    body = visible(text)
    code = hashlib.sha256(f"{salt}\0{source}\0{body}".encode(errors="replace")).hexdigest()[:_CODE_CHARACTERS]
    return f'<data {code} from="{in_name(source)}">\n{body}\n</data {code}>'


def in_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_. -]", "", text)[:64]


def described(server: str, text: str | None) -> str | None:
    """A description that the external server `server` has written about its tool or a part of it."""
    return f"(In the words of the external server {in_name(server)}:) {visible(text)}" if text else text
