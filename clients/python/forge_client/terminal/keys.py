"""What each key does, in words. The help shows this table, and docs/clients.md repeats it."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding


class Row(NamedTuple):
    """What one group of keys does."""

    keys: tuple[str, ...]
    """Textual's names of the keys."""
    shown: str
    """The names of the keys for people."""
    does: str
    """The effect of the keys, in words."""


KEYS = (
    Row(
        ("enter", "ctrl+j"),
        "Enter, Ctrl+J",
        "send; a new line (Shift+Enter too, where the terminal can tell it)",
    ),
    Row(("up",), "Up", "bring the last message back into an empty line"),
    Row(("escape",), "Esc", "stop the run"),
    Row(("shift+tab", "delete", "backspace"), "Shift+Tab, Delete", "go to a message that waits; withdraw it"),
    Row(("tab", "enter", "space"), "Tab, Enter", "go to a tool call or an approval; open it"),
    Row(("ctrl+n", "ctrl+b"), "Ctrl+N, Ctrl+B", "new conversation; show or hide the list of conversations"),
    Row(("ctrl+t",), "Ctrl+T", "switch the network"),
    Row(("f2", "f8"), "F2, F8", "rename, delete the conversation"),
    Row(("pageup", "pagedown", "ctrl+up"), "Page Up, Page Down, Ctrl+Up", "scroll; show earlier messages"),
    Row(("f1", "ctrl+underscore"), "F1, Ctrl+/", "show this list"),
    Row(("ctrl+q",), "Ctrl+Q", "leave; what is running goes on"),
)
BINDINGS = (
    Binding("f1,ctrl+underscore", "help", "Help", key_display="F1"),
    Binding("escape", "stop", "Stop"),
    Binding("ctrl+n", "new", "New"),
    Binding("ctrl+b", "sessions", "Conversations"),
    Binding("ctrl+t", "network", "Network"),
    Binding("f2", "rename", "Rename"),
    Binding("f8", "delete", "Delete"),
    Binding("ctrl+up", "earlier", "Earlier", show=False),
    Binding("pageup", "page(-1)", "Back", show=False, priority=True),
    Binding("pagedown", "page(1)", "Forth", show=False, priority=True),
)
"""The keys of the chat's screen, each with its action."""
COMMANDS = "Say “help” to the agent to hear what it can do."
