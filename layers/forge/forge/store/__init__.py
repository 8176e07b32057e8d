"""The store ports on one DynamoDB table."""

from forge.store.expire import stream_key, unanswered_of
from forge.store.open import Store, open_store, system_clock

__all__ = ["Store", "open_store", "stream_key", "system_clock", "unanswered_of"]
