"""Which version of the client this is: pyproject.toml says it, and the installed package knows it."""

from __future__ import annotations

from importlib import metadata

DISTRIBUTION = "forge-mcp-client"
CHECKOUT = "0+checkout"
"""What a checkout that was not installed calls itself."""


def installed_version() -> str:
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return CHECKOUT


__version__ = installed_version()
