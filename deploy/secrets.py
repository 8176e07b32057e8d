"""Secrets of a stack: encrypted SSM parameters below `/<stack>/`, which cost nothing. No file here contains them."""

from __future__ import annotations

import hashlib
import secrets

from deploy.programs import Programs, private_file

EDGE = "edge-secret"


def name_of(stack: str, secret: str) -> str:
    return f"/{stack}/{secret}"


def exists(programs: Programs, name: str) -> bool:
    return programs.found("ssm", "get-parameter", "--name", name) is not None


def keep(programs: Programs, name: str, value: str) -> None:
    content = {"Name": name, "Value": value, "Type": "SecureString", "Overwrite": True}
    with private_file(content) as file:
        programs.aws("ssm", "put-parameter", "--cli-input-json", file)


def edge_steps(programs: Programs, stack: str, *, renew: bool) -> list[dict[str, str]]:
    """Return the parameters of successive deployments that renew CloudFront's secret while it is always accepted.

    First accept both secrets, then send the new one, then remove the old one. CloudFormation waits for CloudFront in
    between.
    """
    name = name_of(stack, EDGE)
    if not exists(programs, name):
        new = _new()
        keep(programs, name, new)
        return [_step(new, new)]
    old = _shown(programs, name)
    if not renew:
        return [_step(old, old)]
    new = _new()
    keep(programs, name, new)
    return [_step(old, new, old), _step(new, new, old), _step(new, new)]


def remove_all(programs: Programs, stack: str) -> bool:
    """Return whether there were any."""
    found: list[str] | None = programs.aws(
        "ssm", "get-parameters-by-path", "--path", f"/{stack}/", "--query", "Parameters[].Name"
    )
    for name in found or []:
        programs.aws("ssm", "delete-parameter", "--name", name)
    return bool(found)


def _new() -> str:
    return secrets.token_urlsafe(48)


def _shown(programs: Programs, name: str) -> str:
    found = programs.aws("ssm", "get-parameter", "--name", name, "--with-decryption")
    return found["Parameter"]["Value"]


def _step(shown: str, *accepted: str) -> dict[str, str]:
    digests = [hashlib.sha256(each.encode()).hexdigest() for each in accepted]
    return {"EdgeSecret": shown, "EdgeDigests": ",".join(digests)}
