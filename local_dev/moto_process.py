"""The moto emulator in a process of its own: `python -m local_dev.moto_process FILE` (a listening socket).

Prints one line, `ready`. moto's own server is made for tests; four things are mended here for a program that
runs all day with many clients at once (the numbers are in docs/decisions/2026-11-22-emulator.md):

- requests are carried out one at a time, because moto's check-then-write is not atomic between threads;
- a long poll of a queue wakes up at once, where moto's spins at full speed while a message group is busy;
- a transaction saves the items it touches for the case that it fails, not a copy of the whole table;
- connections are kept open between requests.
"""

from __future__ import annotations

import copy
import logging
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sqs.models import SQSBackend
from werkzeug.serving import make_server

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

VISIBILITY_CHECK_SECONDS = 0.2
"""How late a long poll may notice that a message's visibility timeout has run out."""

_changed = threading.Condition(threading.RLock())
_touched: set[str] | None = None


class KeepAliveHandler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a line a request costs more than the request."""


def one_at_a_time(app: WsgiApp) -> WsgiApp:
    def locked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        with _changed:
            response = app(environ, start_response)
            if target.startswith("AmazonSQS.") and not target.endswith(".ReceiveMessage"):
                _changed.notify_all()
            return response

    return locked


def mend_long_polls() -> None:
    receive = SQSBackend.receive_message

    def receive_message(
        self: SQSBackend, queue_name: str, count: int, wait_seconds_timeout: int, *rest: Any, **named: Any
    ) -> list[Any]:
        deadline = time.monotonic() + wait_seconds_timeout
        while True:
            messages = receive(self, queue_name, count, 0, *rest, **named)
            left = deadline - time.monotonic()
            if messages or left <= 0:
                return messages
            _changed.wait(min(left, VISIBILITY_CHECK_SECONDS))

    SQSBackend.receive_message = receive_message


def mend_transactions() -> None:
    transact = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        global _touched
        _touched = {_partition(self, operation) for item in transact_items for operation in item.values()}
        try:
            transact(self, transact_items)
        finally:
            _touched = None

    DynamoDBBackend.transact_write_items = transact_write_items
    Table.__deepcopy__ = _backup  # pyright: ignore[reportAttributeAccessIssue]


def _partition(backend: DynamoDBBackend, operation: Mapping[str, Any]) -> str:
    table = backend.get_table(operation["TableName"])
    attributes = operation.get("Key") or operation["Item"]
    return _value(attributes[table.hash_key_attr])


def _value(attribute: Mapping[str, Any]) -> str:
    return repr(next(iter(attribute.values())))


def _backup(table: Any, memo: dict[int, Any]) -> Any:
    """A copy of a table in which only the partitions that the transaction touches are copies."""
    backup = copy.copy(table)
    backup.items = defaultdict[Any, Any](dict)
    for key, items in table.items.items():
        touched = _touched is None or repr(key.value) in _touched
        backup.items[key] = copy.deepcopy(items, memo) if touched else items
    return backup


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    mend_long_polls()
    mend_transactions()
    app = one_at_a_time(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=KeepAliveHandler, fd=int(sys.argv[1])
    )
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
