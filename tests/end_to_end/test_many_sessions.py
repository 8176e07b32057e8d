"""Twenty people at once: nobody reads another person's messages, and every transfer arrives exactly once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from forge_client import ForgeClient
from local_dev.stack_process import RunningStack
from tests.end_to_end.chain import balance_of
from tests.end_to_end.conversing import say, tokens, tokens_text
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END

PEOPLE = 20
SENDERS = ("Charlie", "Dave", "Eve", "Frank", "Heidi")
SECONDS = 2 * PATIENCE_SECONDS


def account_of(person: int) -> str:
    """An address that nobody else uses."""
    return f"0x{person + 0xABC000:040x}"


async def clients(stack: RunningStack, exits: AsyncExitStack) -> list[ForgeClient]:
    made = [await exits.enter_async_context(ForgeClient(stack.base_url)) for _ in range(PEOPLE)]
    await asyncio.gather(*(client.connect() for client in made))
    return made


async def test_twenty_people_send_ether_at_once_and_every_balance_is_right(
    operator_stack: RunningStack,
) -> None:
    rpc = operator_stack.environment["TESTNET_RPC_URL"]
    accounts = [account_of(person) for person in range(PEOPLE)]

    async def use(client: ForgeClient, person: int) -> str:
        sender, amount = SENDERS[person % len(SENDERS)], person + 1
        await client.ask(f"send {amount} gwei from {sender} to {accounts[person]}", timeout=SECONDS)
        return await client.ask(f"balance of {accounts[person]}", timeout=SECONDS)

    async with AsyncExitStack() as exits:
        people = await clients(operator_stack, exits)
        answers = await asyncio.gather(*(use(client, person) for person, client in enumerate(people)))
        texts = ["\n".join(message.content for message in client.conversation.messages) for client in people]
    for person, answer in enumerate(answers):
        assert await balance_of(rpc, accounts[person]) == (person + 1) * 10**9
        assert accounts[person] in answer
        others = [account for account in accounts if account != accounts[person]]
        assert not any(account in texts[person].lower() for account in others)


async def test_twenty_answers_that_stream_at_once_never_mix(stack: RunningStack) -> None:
    async def use(client: ForgeClient, person: int) -> None:
        words = "".join(f"p{person:02d}w{number:03d} " for number in range(60))
        assert await client.ask(tokens(person + 10, per_second=100), timeout=SECONDS) == tokens_text(
            person + 10
        )
        assert await client.ask(say(words), timeout=SECONDS) == words
        assert [message.sender for message in client.conversation.messages] == ["user", "agent"] * 2

    async with AsyncExitStack() as exits:
        people = await clients(stack, exits)
        await asyncio.gather(*(use(client, person) for person, client in enumerate(people)))
