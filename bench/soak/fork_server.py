"""`python -m bench.soak.fork_server SOCKET`: a process that has imported the worker and forks one for each connection.

A rig that kills a worker every few seconds would otherwise spend most of the machine's time on imports. Each forked
process runs the worker's own program. A connection sends one JSON line, `{"environment", "log", "clock"}`, gets the
process id as a line, and ends when the worker has ended, for whatever reason.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sys

gc.disable()
from bench.soak.wall_clock import follow  # noqa: E402
from worker.program import run  # noqa: E402

gc.freeze()
gc.enable()


def main(path: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                order = json.loads(connection.makefile().readline())
                if not (pid := os.fork()):
                    listener.close()
                    _work(order["environment"], order["log"], order["clock"])
                connection.sendall(b"%d\n" % pid)


def _work(environment: dict[str, str], log: str, clock: str) -> None:
    follow(clock)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    try:
        asyncio.run(run(os.environ))
    finally:
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
