"""`forge-chat` or `python -m forge_client` opens a chat in the terminal; with a message it asks once and prints
the answer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Sequence
from math import isfinite, nan
from pathlib import Path
from typing import Any, TextIO

from forge_client.client import DEFAULT_URL
from forge_client.http_requests import host_of
from forge_client.one_shot import NOT_COMPLETED, REFUSED, Printer, Question, ask_once
from forge_client.version import __version__

_SESSION_ID_WORDS = "use 1 to 128 letters (a to z), digits, or . _ ~ -"
_SESSION_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,128}")


def parser() -> argparse.ArgumentParser:
    reading = argparse.ArgumentParser(
        prog=_program(sys.argv[0]),
        description="Talk to a forge-mcp server: full-screen without a message, else one answer on standard output.",
        epilog="Exit status with a message: 0 answered, 1 failed or interrupted, 2 wrong use or no server, "
        "3 the run waits for your wallet. FORGE_TOKEN: a bearer token, where the server wants one.",
    )
    reading.add_argument("message", nargs="*", help="what to ask; - reads standard input")
    reading.add_argument(
        "--url", default=os.environ.get("FORGE_URL") or DEFAULT_URL, help="the server [%(default)s]"
    )
    reading.add_argument(
        "--session",
        metavar="ID",
        type=session_id,
        action=_OneSession,
        help="the session to continue (else a new one is made)",
    )
    reading.add_argument("--json", action="store_true", help="print the whole outcome as one JSON object")
    reading.add_argument("--timeout", type=seconds, metavar="SECONDS", help="how long to wait for the answer")
    reading.add_argument("--version", action="version", version=f"forge-mcp-client {__version__}")
    return reading


class _OneSession(argparse.Action):
    """argparse turns `--session=--` into an empty list, but `--` is a valid id."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values if isinstance(values, str) else "--")


def session_id(text: str) -> str:
    if not _SESSION_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no session id: {_SESSION_ID_WORDS}")
    return text


def seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = nan
    if not (isfinite(found) and found > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return found


def _program(started: str) -> str:
    """Return how the person started the program, for the usage lines."""
    name = Path(started).stem
    return "python -m forge_client" if name == "__main__" else name


def main(arguments: Sequence[str] | None = None) -> int:
    reading = parser()
    options = reading.parse_args(arguments)
    try:
        host_of(options.url)
    except ValueError as error:
        reading.error(f"--url: {error}")
    token = os.environ.get("FORGE_TOKEN") or None
    if token and not (token.isascii() and token.isprintable()):
        reading.error("FORGE_TOKEN: a token consists of printable ASCII characters")
    _check_streams(reading, reads=options.message == ["-"], prints=bool(options.message))
    if not options.message:
        if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
            reading.error("this is no terminal: give a message, or - to read one from standard input")
        return _chat(options.url, options.session, token)
    message = _readable(_standard_input() if options.message == ["-"] else " ".join(options.message))
    if not message.strip():
        reading.error("the message is empty")
    question = Question(message, options.url, options.session, token, options.json, options.timeout)
    try:
        status = asyncio.run(ask_once(question, Printer()))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return NOT_COMPLETED
    except OSError as error:  # the network's errors are ForgeClientErrors
        return _not_printed(error)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _check_streams(reading: argparse.ArgumentParser, *, reads: bool, prints: bool) -> None:
    """Python has no stream for a descriptor that was closed. Characters outside of an output's encoding become `?`."""
    streams: dict[str, TextIO | None] = {"standard input": sys.stdin, "standard output": sys.stdout}
    needed = {"standard input": reads, "standard output": prints}
    for name, stream in streams.items():
        if needed[name] and stream is None:
            reading.error(f"{name} is closed")
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "replace"), (sys.stderr, "replace")):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors=errors)


def _not_printed(error: OSError) -> int:
    """Report that the answer was not printed; Python would flush the rest at its exit, and fail again."""
    if not isinstance(error, BrokenPipeError):  # its reader has seen enough
        print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return NOT_COMPLETED


def _standard_input() -> str:
    return sys.stdin.read().rstrip("\n")


def _readable(text: str) -> str:
    """Bytes that are no UTF-8, which Python keeps as surrogates, become U+FFFD: they cannot be sent."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _chat(url: str, session_id: str | None, token: str | None) -> int:
    try:
        from forge_client.terminal.app import ChatApp
    except ModuleNotFoundError as error:
        print(f"The full-screen chat needs {error.name}: pip install {error.name}", file=sys.stderr)
        return REFUSED
    app = ChatApp(url, session_id, token)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    raise SystemExit(main())
