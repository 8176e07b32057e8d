"""The store ports, implemented on one DynamoDB table."""

from forge.store.open_store import Store, StorePart, open_store, system_clock

__all__ = ["Store", "StorePart", "open_store", "system_clock"]
