"""The socket on which `make run` answers, and what the developer is told where its port is taken."""

from __future__ import annotations

import errno
import socket

from local_dev.options import Options


def listen(options: Options) -> socket.socket:
    family, *_, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
    # The workers call `::` by its IPv4 address.
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server(address[:2], family=family, backlog=512, dualstack_ipv6=both)


def why_not(options: Options, error: OSError) -> str:
    where = f"{options.host}:{options.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{where} is taken by another program, perhaps by a `make run` that still runs; "
            "choose another port: BACKEND_PORT=8081 make run"
        )
    return f"cannot listen on {where}: {error.strerror or error}; BACKEND_HOST is an address of this computer"
