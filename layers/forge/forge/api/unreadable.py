"""What a client sees of a session whose stored item cannot be read."""

from __future__ import annotations

from forge.api import dependencies
from forge.errors import SessionUnreadable
from forge.models import public
from forge.models.http import State
from forge.models.ids import SessionKey


def unreadable_state(key: SessionKey, unreadable: SessionUnreadable) -> State:
    network = dependencies.settings().default_network
    return public.unreadable_state(key.session_id, network, dependencies.catalog(), unreadable.detail)
