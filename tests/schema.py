"""The table and the queue as `template.yaml` declares them."""

from __future__ import annotations

from typing import Any

TABLE_NAME = "forge"
TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "work_shard", "AttributeType": "S"},
        {"AttributeName": "work_due", "AttributeType": "N"},
        {"AttributeName": "owned_by", "AttributeType": "S"},
        {"AttributeName": "created_at", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "work",
            "KeySchema": [
                {"AttributeName": "work_shard", "KeyType": "HASH"},
                {"AttributeName": "work_due", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "owned",
            "KeySchema": [
                {"AttributeName": "owned_by", "KeyType": "HASH"},
                {"AttributeName": "created_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
QUEUE_ATTRIBUTES = {"FifoQueue": "true", "VisibilityTimeout": "3"}


def create_table(client: Any, name: str = TABLE_NAME) -> None:
    client.create_table(TableName=name, **TABLE)
