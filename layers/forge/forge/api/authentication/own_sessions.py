"""Which sessions a caller may use: only their own, because the owner is part of a session's key
(`forge.models.session_key`), and without a login only those whose ids nobody can guess.
"""

from __future__ import annotations

import re

from forge.api import dependencies
from forge.errors import InvalidRequest
from forge.models.session_key import ANONYMOUS, SessionKey

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


def checked(key: SessionKey) -> SessionKey:
    """Raises `InvalidRequest` for the id of an anonymous session that could be guessed (`anonymous_ids`)."""
    must_be_random = key.owner == ANONYMOUS and dependencies.settings().anonymous_ids == "uuid4"
    if must_be_random and not _UUID4.fullmatch(key.session_id):
        raise InvalidRequest(
            "Without a login the session id is the session's only secret, so session_id must be a random UUID (version "
            "4) here. Leave it out to be given one."
        )
    return key
