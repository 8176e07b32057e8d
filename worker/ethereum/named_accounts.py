"""The names of the test network's accounts, in the order in which its node lists them."""

from __future__ import annotations

ACCOUNT_NAMES = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy")
