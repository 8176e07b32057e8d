"""The offline operator's reply when it does not act."""

from __future__ import annotations


class Refusal(Exception):
    """The command cannot be carried out; the message is the answer to the user."""
