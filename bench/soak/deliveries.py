"""The proxy's memory of queue messages: whose a receipt is, and what may or must be delivered again."""

from __future__ import annotations

import json
import re
from typing import Any

from bench.soak.answers import Answer, refs_in
from bench.soak.crossings import Call

_ATTEMPT = re.compile(rb'"ReceiveRequestAttemptId": ?"([^"]+)"')
_RECEIPT = re.compile(rb'"ReceiptHandle": ?"([^"]+)"')
_REMEMBERED = 20


class Deliveries:
    def __init__(self) -> None:
        self._sessions: dict[str, frozenset[str]] = {}
        self._earlier: list[Answer] = []
        self._unheard: dict[str, Answer] = {}

    def refs(self, call: Call) -> frozenset[str]:
        """Return whose messages a call to the queue concerns; the receipt itself does not say."""
        if call.service == "sqs" and (receipts := _RECEIPT.findall(call.body)):
            known = (self._sessions.get(each.decode(), frozenset[str]()) for each in receipts)
            return frozenset(ref for refs in known for ref in refs)
        return refs_in(call.body)

    def remember(self, answer: Answer) -> frozenset[str]:
        for message in (messages := _messages(answer)):
            self._sessions[message["ReceiptHandle"]] = refs_in(message["Body"].encode())
        if messages:
            self._earlier = [*self._earlier, answer][-_REMEMBERED:]
        return refs_in(answer.body)

    def keep_unheard(self, call: Call, answer: Answer) -> None:
        """SQS returns the same messages to a receive that is repeated with the same attempt id."""
        self._unheard[_attempt(call)] = answer

    def take_unheard(self, call: Call) -> Answer | None:
        return self._unheard.pop(_attempt(call), None) if call.crossing == "queue.receive" else None

    def repeated(self, answer: Answer) -> Answer:
        """Deliver an earlier message again, before the regular ones."""
        if not self._earlier:
            return answer
        messages = [*_messages(self._earlier[0]), *_messages(answer)]
        return Answer(answer.status, answer.headers, json.dumps({"Messages": messages}).encode())


def _messages(answer: Answer) -> list[dict[str, Any]]:
    return json.loads(answer.body or b"{}").get("Messages", [])


def _attempt(call: Call) -> str:
    found = _ATTEMPT.search(call.body)
    return found[1].decode() if found else ""
