"""`python -m bench.soak.gateway ENDPOINT`: one gateway with the functions, as a process of its own.

ENDPOINT is its address for AWS and `@connections` (the proxy). On SIGHUP it imports the functions again.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import uvloop

from bench.soak.wires import wiring_of
from forge.api.entry.origin_check import digest_of
from local_dev.aws.credential import Credential
from local_dev.cloud import Cloud
from local_dev.options import Options
from local_dev.processes.background import Background
from local_dev.repository import ROOT
from local_dev.template.aws_variables import aws_variables

RELOADED = "functions imported again"


def report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def import_again(cloud: Cloud) -> None:
    await asyncio.to_thread(cloud.reload_functions)
    report(RELOADED)


async def main(endpoint: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = Options.from_environment(os.environ)
    credential = Credential(os.environ["AWS_ACCESS_KEY_ID"])
    aws = aws_variables(os.environ, endpoint, endpoint, credential.access_key)
    secret = secrets.token_urlsafe(32)
    os.environ.update(aws, EDGE_DIGESTS=digest_of(secret))
    cloud = Cloud(options, wiring_of(endpoint, dict(os.environ)), aws, report)
    cloud.load_functions()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = cloud.serve(listener, Path(ROOT / "frontend"), credential, secret)
    background = Background(report)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGHUP,
        lambda: background.start(import_again(cloud), "import again", essential=False),
    )
    background.start(server.run_until_stopped(), "server")
    cloud.start_upkeep(background)
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", file=sys.__stdout__, flush=True)
    await stop.wait()
    background.expect_the_end()
    server.should_exit = True
    await background.stop("server", seconds=1.0)
    cloud.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
    os._exit(0)
