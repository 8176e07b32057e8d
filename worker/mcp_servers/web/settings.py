"""The settings of a web API's server: its key, and another base URL for tests and proxies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.ethereum.known_networks import KNOWN_NETWORKS, TESTNET
from worker.mcp_servers.server_base import LACKS_META, NETWORKS_META
from worker.mcp_servers.web.egress import Egress
from worker.setting_texts import http_url, key
from worker.tool_outcomes import ToolRefused


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How to reach one web API."""

    base_url: str
    """The URL in front of every path: the operator's, or the API's own."""
    egress: Egress
    """The addresses to which the client may connect."""
    variable: str
    """The name of the environment variable that holds the key."""
    key: str = field(repr=False)
    """The API key; empty if the operator has set none."""

    @classmethod
    def read(
        cls, environment: Mapping[str, str], *, url_variable: str, default_url: str, key_variable: str
    ) -> ApiSettings:
        """A URL that the operator has set may have any address; the default URL is checked like any other."""
        configured = http_url(environment, url_variable)
        return cls(
            base_url=configured or default_url,
            egress=Egress.from_environment(environment, [configured] if configured else []),
            variable=key_variable,
            key=key(environment, key_variable),
        )

    def meta(self, chain_ids: frozenset[int] | None = None) -> dict[str, Any]:
        """Return a tool's `_meta` for this API: the missing variable, and the networks on which the tool works."""
        missing = {} if self.key else {LACKS_META: self.variable}
        if chain_ids is None:
            return missing
        return {
            **missing,
            NETWORKS_META: [info.name for info in KNOWN_NETWORKS if info.chain_id in chain_ids],
        }

    def require_key(self, api: str) -> str:
        if not self.key:
            raise ToolRefused(
                f"{api} needs an API key: the operator sets the environment variable {self.variable}."
            )
        return self.key


def public_chain_id(network: str, api: str, supported: frozenset[int]) -> int:
    """Return the chain id under which a public API knows a network. Raises `ToolRefused` for a network that it
    does not serve.
    """
    name = network.strip().lower()
    known = {info.name: info.chain_id for info in KNOWN_NETWORKS if info.chain_id in supported}
    if name not in known:
        reason = "a chain of its own" if name == TESTNET else "not one of its networks"
        raise ToolRefused(
            f"{api} does not know {name[:64]}, which is {reason}. It works on {', '.join(known)}.",
            "Switch the network with set_network first.",
        )
    return known[name]
