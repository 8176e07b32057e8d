"""What clients do on a WebSocket: connect, sync, ping, disconnect. Each frame is answered by frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from pydantic import TypeAdapter, ValidationError

from forge.api import dependencies
from forge.api.authentication.own_sessions import checked
from forge.api.authentication.tickets import caller_of_ticket
from forge.api.entry.client_frames import priced_frame
from forge.api.entry.origin_check import check_distribution
from forge.api.entry.request_payer import charge_bytes, charge_request, with_payer
from forge.api.entry.socket_handler import SocketCall
from forge.api.message_pages import following, page
from forge.api.push import close_over, post_all
from forge.api.unreadable_sessions import unreadable_state
from forge.errors import InvalidRequest, NotAuthenticated, NotFound, SessionUnreadable, TooManyConnections
from forge.models import public
from forge.models.caller import Caller
from forge.models.frame import AuthFrame, PingFrame, PongFrame, SyncFrame
from forge.models.framing import state_frames, sync_frames, sync_start
from forge.models.http import State
from forge.models.ids import SessionId
from forge.models.message import Message
from forge.models.request_prices import FRAMES, ROUTES, SYNC
from forge.models.session import Connection, Session
from forge.models.session_key import SessionKey
from forge.models.views import Hot
from forge.observability import record

if TYPE_CHECKING:
    from forge.ports.sessions import Sessions


CONNECTION_MS = 2 * 3_600_000 + 600_000
"""API Gateway closes a connection after two hours."""
_SESSION_ID: TypeAdapter[str] = TypeAdapter(SessionId)


def connect(call: SocketCall) -> None:
    """Raises `InvalidRequest`, `Forbidden`, `NotAuthenticated`, `TooManyConnections`."""
    session_id = _session_id(call)
    caller = caller_of_ticket(call.query.get("ticket"), session_id, call.headers.get("origin", ""))
    caller = with_payer(caller, call.headers, call.source)
    charge_request(caller, ROUTES["$connect"])
    key = checked(SessionKey(caller.owner, session_id))
    connection = Connection(
        connection_id=call.connection_id,
        key=key,
        connected_at=dependencies.now(),
        until=caller.until,
        origin=call.headers.get("origin", ""),
        payer=caller.payer,
    )
    _take_place(connection)
    try:
        _list(connection)
    except BaseException:
        _leave_place(connection)
        raise
    record("ConnectionsOpened")


def _take_place(connection: Connection) -> None:
    """Count the stream, with an end two hours from now, which no connection outlives. Raises `TooManyStreams`."""
    if connection.payer:
        until = connection.connected_at + CONNECTION_MS
        dependencies.store().open_streams.open(connection.payer, connection.connection_id, until)


def _leave_place(connection: Connection) -> None:
    if connection.payer:
        dependencies.store().open_streams.close(connection.payer, connection.connection_id)


def _list(connection: Connection) -> None:
    try:
        dependencies.store().controls.connect(connection)
    except TooManyConnections:
        record("ConnectionsRefused")
        if not _forget_stale(connection.key):
            raise
        dependencies.store().controls.connect(connection)


def disconnect(call: SocketCall) -> None:
    controls = dependencies.store().controls
    connection = controls.connection(call.connection_id)
    controls.disconnect(call.connection_id, connection.key if connection else None)
    if connection:
        _leave_place(connection)


def answer(call: SocketCall) -> None:
    """Handle a `sync`, a `ping` or an `auth`. Raises `InvalidRequest` for any other frame, `NotFound` for a
    connection that the table no longer lists, and `RateLimited` for more frames than the price list allows.
    """
    frame = priced_frame(call)
    connection = dependencies.store().controls.heard(call.connection_id, FRAMES[frame.type])
    if connection is None:
        raise NotFound("This connection is not known any more; connect again.")
    if isinstance(frame, AuthFrame):
        _stay(connection, frame)
    elif connection.is_over(dependencies.now()):
        close_over(connection.key, [connection.connection_id])
        return
    match frame:
        case SyncFrame():
            if frame.session_id not in {None, connection.key.session_id}:
                raise InvalidRequest("session_id is not the one of this connection.")
            _charge_sync(connection)
            frames = _beyond(connection.key, frame)
            charge_bytes(connection.payer, sum(map(len, frames)))
        case PingFrame() | AuthFrame():
            session = dependencies.store().sessions.touch(connection.key)
            frames = [PongFrame(rev=session.rev if session else None).model_dump_json()]
        case _:
            assert_never(frame)
    post_all(call.connection_id, frames, connection.key)


def _charge_sync(connection: Connection) -> None:
    """Check the rate before reading anything, so that a caller who has exceeded it causes no more cost."""
    charge_request(Caller(connection.key.owner, payer=connection.payer), SYNC)


def _session_id(call: SocketCall) -> str:
    check_distribution(call.headers)
    try:
        return _SESSION_ID.validate_python(call.query.get("session_id"))
    except ValidationError:
        raise InvalidRequest("session_id is missing or not valid.") from None


def _stay(connection: Connection, frame: AuthFrame) -> None:
    """Prolong the connection. Raises `NotAuthenticated`; then the connection ends with the token that it has."""
    caller = caller_of_ticket(frame.ticket, connection.key.session_id, connection.origin)
    if caller.owner != connection.key.owner:
        raise NotAuthenticated("The ticket is another owner's.")
    if caller.until is not None:
        dependencies.store().controls.extend(connection, caller.until)


def _beyond(key: SessionKey, frame: SyncFrame) -> list[str]:
    sessions, catalog = dependencies.store().sessions, dependencies.catalog()
    try:
        session = sessions.get(key)
    except SessionUnreadable as unreadable:
        return _frames_of(unreadable_state(key, unreadable))
    if session is None:
        network = dependencies.settings().default_network
        return _frames_of(public.empty_state(key.session_id, network, catalog))
    missing = _missing(sessions, session, frame)
    return sync_frames(session, missing, sessions.streaming_text(session), frame.have, catalog)


def _missing(sessions: Sessions, session: Session, frame: SyncFrame) -> list[Message]:
    start = sync_start(session, frame.have)
    if frame.newest is None:
        return following(sessions, session, start)
    missing = max(0, session.logged - start)
    return page(sessions, session, session.logged, min(missing, frame.newest)) if missing else []


def _frames_of(state: State) -> list[str]:
    hot = Hot(**{name: getattr(state, name) for name in Hot.model_fields})
    return state_frames(hot, state.messages)


def _forget_stale(key: SessionKey) -> bool:
    """Forget connections older than two hours, because API Gateway does not guarantee a `$disconnect`."""
    controls = dependencies.store().controls
    control = controls.read([key]).get(key)
    stale = [
        each for each in sorted(control.connections if control else ()) if controls.connection(each) is None
    ]
    for connection_id in stale:
        controls.disconnect(connection_id, key)
    return bool(stale)
