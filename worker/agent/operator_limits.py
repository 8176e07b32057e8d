"""What the agent may do, independently of the LLM: limits from the configuration, checked in code before a tool
runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from forge.errors import DayUsedUp, InvalidRequest, SpendingCapReached
from forge.models.spending_caps import CapScope, SendingCaps
from worker.agent.deps import RunDeps
from worker.ethereum.amounts import format_units, parse_amount
from worker.ethereum.known_networks import KNOWN_NETWORKS
from worker.tool_outcomes import ToolEnded, ToolRefused

EVERYWHERE = "*"
_NETWORKS = (EVERYWHERE, *(info.name for info in KNOWN_NETWORKS))
_TARGET = re.compile(r"(?P<to>\*|0x[0-9a-fA-F]{40})(?:\.(?P<method>\*|0x[0-9a-fA-F]{8}))?")

SEND = "send"
TELL = "Tell the user."
PLAIN = "0x00000000"
_LARGEST_CAP = 10**37
"""A number in the table has at most 38 digits."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of what the agent may do."""

    denied: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The tools that are not offered on a network, by the network's name; `*` stands for every network."""
    most_per_send: int | None = None
    """The most wei that one call of `send` may move; None for no limit."""
    caps: SendingCaps = field(default_factory=SendingCaps)
    """The most wei that `send` may move in a session, in an owner's day and in the deployment's day."""
    targets: frozenset[tuple[str, str]] = frozenset()
    """The contracts and methods that a wallet request may name, `*` for any; an empty set allows all."""

    @classmethod
    def of(
        cls,
        *,
        denied_tools: str = "",
        send_limit: str = "",
        session_send_limit: str = "",
        owner_send_limit_per_day: str = "",
        deployment_send_limit_per_day: str = "",
        wallet_targets: str = "",
    ) -> Policy:
        """Parse the settings' texts. Raises `InvalidRequest`, because a policy that cannot be read must not be
        ignored.
        """
        return cls(
            denied=_denied(denied_tools),
            most_per_send=_cap(send_limit),
            caps=SendingCaps(
                session=_cap(session_send_limit),
                owner=_cap(owner_send_limit_per_day),
                deployment=_cap(deployment_send_limit_per_day),
            ),
            targets=frozenset(map(_target, _words(wallet_targets))),
        )

    def allows(self, tool: str, network: str) -> bool:
        nowhere: frozenset[str] = frozenset()
        return tool not in self.denied.get(EVERYWHERE, nowhere) | self.denied.get(network, nowhere)

    @property
    def denied_tools(self) -> frozenset[str]:
        """The names of all tools that are denied somewhere."""
        return frozenset(name for names in self.denied.values() for name in names)

    def allows_target(self, to: str, data: str) -> bool:
        """In the list `0x00000000` stands for a plain transfer. A call with that selector, or a part of one, is
        not a plain transfer.
        """
        method = PLAIN if data == "0x" else data[:10].lower()
        methods = {EVERYWHERE, method} if data == "0x" or method != PLAIN else {EVERYWHERE}
        wanted = {(a, m) for a in (to.lower(), EVERYWHERE) for m in methods}
        return not self.targets or bool(self.targets & wanted)

    def check_amount(self, wei: int, currency: str) -> None:
        if self.most_per_send is not None and wei > self.most_per_send:
            raise ToolRefused(
                f"Nothing was sent: this deployment lets the agent send at most {format_units(self.most_per_send)} "
                f"{currency} in one transaction.",
                TELL,
            )


@dataclass
class PolicyToolset(WrapperToolset[RunDeps]):
    """This layer is inside the ledger, so that each call is counted once over all attempts."""

    policy: Policy
    """The limits that each call is checked against."""

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        if not self.policy.allows(name, ctx.deps.network):
            raise ToolRefused(
                f"The tool {name} is not allowed on {ctx.deps.network} by this deployment's policy."
            )
        if name != SEND:
            return await super().call_tool(name, tool_args, ctx, tool)
        return await self._send(tool_args, ctx, tool)

    async def _send(
        self, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        """An amount that may have been sent stays counted. Only a refusal, after which nothing was done, returns it."""
        currency = next((n.currency for n in ctx.deps.networks if n.name == ctx.deps.network), "ETH")
        wei = _value(tool_args.get("value", 0), currency)
        self.policy.check_amount(wei, currency)
        try:
            spending = await ctx.deps.record.spend(wei, self.policy.caps)
        except DayUsedUp as error:
            raise ToolRefused(f"Nothing was sent: {error.detail}", TELL) from None
        except SpendingCapReached as reached:
            raise _over(self.policy.caps, reached.scope, currency) from None
        try:
            return await super().call_tool(SEND, tool_args, ctx, tool)
        except ToolEnded as error:
            if error.kind == "refused":
                await ctx.deps.record.give_back(spending)
            raise


_WHOSE: Mapping[CapScope, str] = {
    "session": "in one conversation",
    "owner": "for one user on one day, in all conversations together",
    "deployment": "for all users together on one day",
}
_TOMORROW = " A new day begins at 00:00 UTC."


def _over(caps: SendingCaps, scope: CapScope, currency: str) -> ToolRefused:
    most = {"session": caps.session, "owner": caps.owner, "deployment": caps.deployment}[scope]
    return ToolRefused(
        f"Nothing was sent: this deployment lets the agent send at most {format_units(most or 0)} {currency} "
        f"{_WHOSE[scope]}, and this would be more.{'' if scope == 'session' else _TOMORROW}",
        TELL,
    )


def _value(value: Any, currency: str) -> int:
    """Return the amount exactly as the tool itself will read it."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ToolRefused("Nothing was sent: the value must be an exact amount such as '0.1 ether'.")
    try:
        return parse_amount(value, currency)
    except ToolRefused as refused:
        raise refused.within("Nothing was sent") from None


def _cap(text: str) -> int | None:
    try:
        most = parse_amount(text) if text.strip() else None
    except ToolRefused as refused:
        raise InvalidRequest(f"A sending limit cannot be read: {refused}") from None
    if most is not None and most > _LARGEST_CAP:
        raise InvalidRequest(f"A sending limit cannot be more than {format_units(_LARGEST_CAP)} ether.")
    return most


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _denied(text: str) -> dict[str, frozenset[str]]:
    """`mainnet:get_swap_quote, *:brave_search`."""
    denied: dict[str, frozenset[str]] = {}
    for word in _words(text):
        network, colon, tool = word.partition(":")
        if not (network and colon and tool):
            raise InvalidRequest(f"A denied tool is written network:tool or *:tool, not {word!r}.")
        if network not in _NETWORKS:
            raise InvalidRequest(
                f"{word!r} denies a tool on no network; the networks are {', '.join(_NETWORKS)}."
            )
        denied[network] = denied.get(network, frozenset()) | {tool}
    return denied


def _target(word: str) -> tuple[str, str]:
    """`0x<contract>.0x<selector>`, with `*` for any contract or method."""
    if (match := _TARGET.fullmatch(word)) is None:
        raise InvalidRequest(
            f"A wallet target is written 0x<contract>.0x<selector>, or * for either: {word!r}."
        )
    return match["to"].lower(), (match["method"] or EVERYWHERE).lower()
