"""MiniStack with a record of every permission that it checks. Run by its own Python: `python recorder.py NOTES`.

Each line of NOTES is a JSON list: the caller's ARN, the action, the resource's ARN, and whether it was allowed.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

BATCHES = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""The permission that SQS asks for, where MiniStack asks for one that IAM does not have.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html has no batch.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html says that each of them
"also grants permissions for the corresponding batch versions" (both looked at on 2026-11-26).
"""


def note_checks(evaluator: Any, notes: Path) -> None:
    """Every check goes through `evaluator.enforce`, which each caller looks up when it needs it."""
    enforce, resolve = evaluator.enforce, evaluator.resolve_caller_identity
    file = notes.open("a", buffering=1)

    def noted(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        *more: Any,
        **named: Any,
    ) -> Any:
        action = BATCHES.get(action, action)
        denied = enforce(access_key, action, service, region, resource_arn, *more, **named)
        caller = (resolve(access_key) or {}).get("userArn", "") if access_key else ""
        file.write(json.dumps([caller, action, resource_arn, denied is None]) + "\n")
        return denied

    evaluator.enforce = noted


if __name__ == "__main__":
    note_checks(importlib.import_module("ministack.core.iam_evaluator"), Path(sys.argv.pop(1)))
    importlib.import_module("ministack.app").main()
