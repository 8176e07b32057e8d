"""The store ports, implemented on one DynamoDB table."""

from forge.store.dynamodb_store import Store, StorePart, open_store, system_clock

__all__ = ["Store", "StorePart", "open_store", "system_clock"]
