"""The offline operator's help: the commands that work in this set-up, on the session's network."""

from __future__ import annotations

from typing import Literal, NamedTuple

from worker.agent.llm.offline.tool_calls import ToolCalls

COMMAND = "command"
"""The info string of a code block whose lines are commands. A client may let people choose one of them."""

OPENING = (
    "I am the offline operator: not an LLM, but a small program that understands a few commands and runs the real "
    "tools. On this network you can say:"
)
CLOSING = (
    "Accounts are names or addresses, amounts ETH, gwei or wei. Several commands may follow each other, with `then` or "
    "on lines of their own. To talk to a real LLM, set `FORGE_LLM` to `anthropic:<model>`, `openai:<model>` or "
    "`bedrock:<model>`, with the provider's key, and restart the worker."
)


class Example(NamedTuple):
    """A command that the help may show."""

    say: str
    """The command as a person writes it."""
    needs: str = ""
    """The tool that the command calls; empty if it calls none."""
    where: Literal["sends", "elsewhere", "anywhere"] = "anywhere"
    """`sends`: the networks on which the agent sends; `elsewhere`: all others."""


EXAMPLES = (
    Example("balance of Alice", "balance", "sends"),
    Example("balance of 0x…", "balance", "elsewhere"),
    Example("balances", "balance", "sends"),
    Example("balance of Alice in token 0x…", "erc20_balance", "sends"),
    Example("balance of 0x… in token 0x…", "erc20_balance", "elsewhere"),
    Example("send 1 ETH from Alice to Bob", "send", "sends"),
    Example("send 0.1 ETH to 0x… with my wallet", "send_transaction_to_wallet"),
    Example("block", "block"),
    Example("transaction 0x…", "tx"),
    Example("code at 0x…", "code"),
    Example("contract abi of 0x…", "get_contract_abi"),
    Example("transactions of 0x…", "get_account_transactions"),
    Example("search uniswap docs for ticks", "search_uniswap_docs"),
    Example("search the web for gas prices", "brave_search"),
    Example("list networks", "list_networks"),
    Example("time", "get_current_time"),
    Example("tools"),
    Example('call tool balance with {"who": "Alice"}', "balance", "sends"),
)


def help_text(box: ToolCalls) -> str:
    examples = [each.say for each in EXAMPLES if _works(each, box)]
    switching = [f"switch to {name}" for name in box.others if box.has("set_network")]
    block = "\n".join([f"```{COMMAND}", *examples, *switching[:1], "```"])
    missing = box.missing
    more = (
        [f"There is more where the operator sets {', '.join(f'`{name}`' for name in missing)}."]
        if missing
        else []
    )
    return "\n\n".join([OPENING, block, " ".join([CLOSING, *more])])


def _works(example: Example, box: ToolCalls) -> bool:
    if example.where != "anywhere" and (example.where == "sends") != box.sends:
        return False
    return not example.needs or box.works(example.needs)
