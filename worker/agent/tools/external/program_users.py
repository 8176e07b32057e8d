"""Starts each program as a user of its own, if the deployment has users for that, as the container does.

The launcher is a copy of `setpriv` whose file has the capability to change users, and which only the worker may
execute. It gives up every capability before it executes the program, so a program gains nothing by calling it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from worker.agent.tools.external.config import ServerConfig

LAUNCHER, USERS = "FORGE_MCP_LAUNCHER", "FORGE_MCP_USERS"
_RANGE = re.compile(r"(?P<first>[1-9]\d{0,8})-(?P<last>[1-9]\d{0,8})")


def with_users(
    configs: Mapping[str, ServerConfig], environment: Mapping[str, str]
) -> tuple[dict[str, ServerConfig], list[str]]:
    """Return the servers with the command that starts each as its user, and a notice for each server without a user.

    Raises `ValueError` for a range that cannot be read, because two programs would share a user without it.
    """
    launcher, users = environment.get(LAUNCHER), environment.get(USERS)
    if not launcher or not users:
        return dict(configs), []
    if (match := _RANGE.fullmatch(users)) is None:
        raise ValueError(f"{USERS} is written first-last, as in 20001-20064.")
    free = iter(range(int(match["first"]), int(match["last"]) + 1))
    kept: dict[str, ServerConfig] = {}
    notices: list[str] = []
    for name, config in configs.items():
        if config.command is None:
            kept[name] = config
        elif (user := next(free, None)) is None:
            notices.append(f"External server {name} is left out: {USERS} has no user left for it.")
        else:
            kept[name] = config.model_copy(update={"runs_as": _as(launcher, user)})
    return kept, notices


def _as(launcher: str, user: int) -> tuple[str, ...]:
    rights = ("--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs")
    return (launcher, f"--reuid={user}", f"--regid={user}", *rights, "--")
