"""Parser for the texts with which older clients answer a wallet request."""

from __future__ import annotations

import re

from forge.models.approval_reply import ApprovalReply

_SENT = re.compile(r"Transaction sent: (0x[0-9a-fA-F]{64})\s*")
_REJECTED = re.compile(r"Transaction rejected by user(?::\s*(.*))?", re.DOTALL)


def legacy_reply(text: str) -> ApprovalReply | None:
    """`Transaction sent: <hash>` or `Transaction rejected by user[: why]` answers the oldest pending approval."""
    if sent := _SENT.fullmatch(text):
        return ApprovalReply(outcome="sent", transaction_hash=sent[1])
    if rejected := _REJECTED.fullmatch(text):
        return ApprovalReply(outcome="rejected", reason=rejected[1])
    return None
