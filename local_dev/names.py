"""What the template's tables and queues are called in the emulator: known before it runs, so that all start at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_dev.template import Template
from local_dev.wiring import Wiring

ACCOUNT = "000000000000"


def table_name(logical: str, properties: Mapping[str, Any]) -> str:
    return properties.get("TableName", logical)


def queue_name(logical: str, properties: Mapping[str, Any]) -> str:
    return properties.get("QueueName", logical + (".fifo" if properties.get("FifoQueue") else ""))


def name_resources(template: Template, endpoint: str) -> None:
    """Afterwards `!Ref` of a table is its name, of a queue its URL."""
    wiring = Wiring(template)
    for logical, properties in wiring.tables().items():
        template.refs[logical] = table_name(logical, properties)
    for logical, properties in wiring.queues().items():
        name = queue_name(logical, properties)
        template.refs[logical] = f"{endpoint}/{ACCOUNT}/{name}"
        template.attributes[f"{logical}.QueueName"] = name
        template.attributes[f"{logical}.Arn"] = f"arn:aws:sqs:{template.refs['AWS::Region']}:{ACCOUNT}:{name}"
