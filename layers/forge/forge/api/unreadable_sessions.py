"""What a client sees of a session whose stored item cannot be read or whose state cannot be shown."""

from __future__ import annotations

from forge.api import dependencies
from forge.errors import SessionUnreadable
from forge.models import public
from forge.models.http import State
from forge.models.session_key import SessionKey

NOT_SHOWN = "Your message was accepted. The conversation cannot be shown at the moment; reload it in a while."


def unreadable_state(key: SessionKey, unreadable: SessionUnreadable) -> State:
    network = dependencies.settings().default_network
    return public.unreadable_state(key.session_id, network, dependencies.catalog(), unreadable.detail)


def not_shown_state(key: SessionKey) -> State:
    """Build the state from the id alone, without the table and without what is stored."""
    network = dependencies.settings().default_network
    return public.unreadable_state(key.session_id, network, None, NOT_SHOWN)
