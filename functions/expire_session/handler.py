"""The table's stream: DynamoDB has removed an expired session."""

from __future__ import annotations

from forge.api.dependencies import connections, stored
from forge.api.entry.event_handler import event_handler
from forge.api.upkeep import expire_sessions

handler = event_handler(expire_sessions, stored("controls", "expiry"), connections)
