"""The version of the client, from pyproject.toml by way of the installed package."""

from __future__ import annotations

from importlib import metadata

DISTRIBUTION = "forge-mcp-client"
CHECKOUT = "0+checkout"
"""The version of a checkout that was not installed."""


def installed_version() -> str:
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return CHECKOUT


__version__ = installed_version()
