"""Frames that functions send: answers to a client's frame, and changes that no worker announces."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from forge.api import dependencies
from forge.api.entry.statuses import title_of
from forge.connections.gone_connections import forget_unless_opening
from forge.errors import ConnectionGone, StorageUnavailable
from forge.models import public
from forge.models.frame import ErrorFrame, SessionExpiredFrame
from forge.models.framing import state_frames
from forge.models.message import Message
from forge.models.session import Session
from forge.models.session_key import SessionKey

logger = logging.getLogger(__name__)


def post_all(connection_id: str, frames: Iterable[str], key: SessionKey | None = None) -> bool:
    """Post the frames one after the other. Returns False if the connection cannot receive them, and forgets it if
    it has gone.
    """
    try:
        for frame in frames:
            dependencies.connections().post(connection_id, frame)
    except ConnectionGone:
        controls = dependencies.store().controls
        if forget_unless_opening(controls, connection_id, key, now=dependencies.now()):
            logger.info("connection gone", extra={"connection_id": connection_id})
        return False
    return True


def push_state(session: Session, added: Sequence[Message] = ()) -> None:
    """Tell the session's connections of a change; `added` messages are new to them.

    A connection that cannot be reached now learns of the change from the `rev` in the answer to its next ping.
    """
    control = dependencies.store().controls.read([session.key]).get(session.key)
    if control is None:
        return
    close_over(session.key, control.over)
    if not control.connections:
        return
    hot = public.hot(session, dependencies.catalog())
    frames = state_frames(hot, [public.public_message(message) for message in added])
    for connection_id in sorted(control.connections):
        try:
            post_all(connection_id, frames, session.key)
        except StorageUnavailable:
            logger.warning("state not pushed", extra={"connection_id": connection_id})


def close_over(key: SessionKey, connection_ids: Iterable[str]) -> None:
    """Close connections whose token has expired. The client reconnects with a new token and catches up."""
    frame = ErrorFrame(status=401, title=title_of(401), detail="The token has expired.").model_dump_json()
    for connection_id in sorted(connection_ids):
        try:
            if post_all(connection_id, [frame], key):
                dependencies.connections().close(connection_id)
                dependencies.store().controls.disconnect(connection_id, key)
        except StorageUnavailable:
            logger.warning("connection not closed", extra={"connection_id": connection_id})


def end_connections(key: SessionKey, generation: int, connection_ids: Iterable[str]) -> None:
    """Tell connections that their session has ended, then close them. Raises `StorageUnavailable`."""
    frame = SessionExpiredFrame(session_id=key.session_id, generation=generation).model_dump_json()
    for connection_id in sorted(connection_ids):
        if post_all(connection_id, [frame], key):
            dependencies.connections().close(connection_id)
            dependencies.store().controls.disconnect(connection_id, key)


def try_to_end_connections(key: SessionKey, generation: int, connection_ids: Iterable[str]) -> None:
    """Do the same without raising. A connection that cannot be reached now learns of the end from the answer to its
    next frame.
    """
    try:
        end_connections(key, generation, connection_ids)
    except StorageUnavailable:
        logger.warning("connections not closed", extra={"key_digest": key.digest})
