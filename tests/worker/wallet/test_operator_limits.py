"""The policy is code, outside the LLM: what it forbids does not happen, whatever the LLM requests."""

from __future__ import annotations

import pytest

from forge.errors import InvalidRequest
from forge.models.run import ToolCommand
from forge.models.session_key import SessionKey
from tests.mcp_servers.conftest import rpc
from tests.template import resources
from tests.worker.stage import KEY
from tests.worker.wallet.conftest import Payer
from tests.worker.wallet.talk import ASK, asking, calling
from worker.agent.operator_limits import Policy
from worker.agent.wallet import Wallet
from worker.settings import WorkerSettings

GRACE, HEIDI = 6, 7
TARGET = "0x00000000000000000000000000000000000000aa"
APPROVE = "0x095ea7b3"


def policy(**texts: str) -> Policy:
    return Policy.of(**texts)


async def under(payer: Payer, chosen: Policy) -> Payer:
    await payer.stage.stop()
    payer.stage.policy = chosen
    assert payer.stage.wallet is not None
    payer.stage.wallet = Wallet(payer.stage.wallet.chains, chosen, payer.stage.wallet.terms)
    payer.stage.start()
    return payer


def sending(value: str) -> str:
    return calling(("send", {"from": "Grace", "to": "Heidi", "value": value}))


def held(payer: Payer, number: int) -> int:
    return int(rpc(payer.url, "eth_getBalance", payer.account(number), "latest"), 16)


async def test_a_tool_that_is_denied_on_a_network_is_neither_offered_nor_carried_out(payer: Payer) -> None:
    await under(payer, policy(denied_tools="testnet:send, *:call"))
    before = held(payer, HEIDI)
    seen = await payer.say(sending("1"))
    assert held(payer, HEIDI) == before
    assert all(message.tool is None or message.tool.outcome != "success" for message in seen.messages)
    switch = ("set_network", {"network": "testnet"})
    payer.stage.store.sessions.set_network(KEY, "base")
    await payer.say(calling(switch, ("send", {"from": "Grace", "to": "Heidi", "value": "1"})))
    assert held(payer, HEIDI) == before
    assert "is not allowed on testnet" in payer.talk.said_to


async def test_a_denied_tool_is_no_command_either(payer: Payer) -> None:
    chosen = policy(denied_tools="base:balance")
    payer.stage.policy = chosen
    toolbox = payer.stage.parts().toolbox
    await toolbox.refresh()
    command = ToolCommand(command_id="a" * 32, network="base", name="balance", arguments={"who": TARGET})
    refused = await toolbox.run(command)
    allowed = await toolbox.run(command.model_copy(update={"network": "testnet"}))
    await toolbox.close()
    assert (refused.success, allowed.success) == (False, True)


async def test_a_denied_tool_that_does_not_exist_is_told(payer: Payer) -> None:
    payer.stage.policy = policy(denied_tools="*:sned, testnet:send, *:set_network, *:burn")
    toolbox = payer.stage.parts().toolbox
    await toolbox.refresh()
    (notice,) = toolbox.notices
    await toolbox.close()
    assert notice.startswith("POLICY_DENIED_TOOLS forbids burn, sned, but no server here has")


async def test_one_transaction_may_not_move_more_than_its_cap(payer: Payer) -> None:
    await under(payer, policy(send_limit="0.5 ether"))
    before = held(payer, HEIDI)
    await payer.say(sending("0.500000000000000001 ether"))
    assert "at most 0.5 ETH in one transaction" in payer.talk.said_to
    assert held(payer, HEIDI) == before
    await payer.say(sending("0.5 ether"))
    assert held(payer, HEIDI) == before + 5 * 10**17


async def test_a_sessions_cap_counts_over_runs_and_restarts_and_not_over_sessions(payer: Payer) -> None:
    await under(payer, policy(session_send_limit="1 ether"))
    before = held(payer, HEIDI)
    await payer.say(sending("0.6 ether"))
    await payer.stage.stop()
    payer.stage.start()
    await payer.say(sending("0.6 ether"))
    assert "in one conversation" in payer.talk.said_to
    await payer.say(sending("0.4 ether"))
    assert held(payer, HEIDI) == before + 10**18
    assert (await payer.stage.session()).spent == 10**18
    other = KEY._replace(session_id="s2")
    page = await payer.stage.open_page("c2=", other)
    await page.ended(await payer.stage.say(sending("1 ether"), other))
    assert held(payer, HEIDI) == before + 2 * 10**18


async def test_an_owners_cap_counts_over_sessions_and_another_owner_has_its_own(payer: Payer) -> None:
    await under(payer, policy(owner_send_limit_per_day="1 ether"))
    before = held(payer, HEIDI)
    for number, owner in enumerate(["alice", "alice", "bob"]):
        key = SessionKey(owner, f"s{number}")
        page = await payer.stage.open_page(f"{owner}-{number}=", key)
        await page.ended(await payer.stage.say(sending("0.6 ether"), key))
        is_over = "at most 1 ETH for one user on one day" in payer.talk.said_to
        assert is_over is (number == 1)
    assert held(payer, HEIDI) == before + 12 * 10**17


async def test_the_deployments_cap_counts_over_anonymous_conversations(payer: Payer) -> None:
    await under(payer, policy(deployment_send_limit_per_day="1 ether", session_send_limit="1 ether"))
    before = held(payer, HEIDI)
    for number in range(2):
        key = KEY._replace(session_id=f"s{number}")
        page = await payer.stage.open_page(f"c{number}=", key)
        await page.ended(await payer.stage.say(sending("0.5 ether"), key))
    seen = await payer.say(sending("0.5 ether"))
    assert held(payer, HEIDI) == before + 10**18
    assert "at most 1 ETH for all users together on one day" in payer.talk.said_to
    assert "00:00 UTC" in payer.talk.said_to
    shown = next(message for message in seen.messages if message.kind == "tool_result")
    assert "Nothing was sent: this deployment lets the agent send at most 1 ETH" in shown.content
    assert (await payer.stage.session()).spent == 0


async def test_many_conversations_at_once_pass_no_cap(payer: Payer) -> None:
    caps = policy(owner_send_limit_per_day="3 ether", deployment_send_limit_per_day="5 ether")
    await under(payer, caps)
    before = held(payer, HEIDI)
    keys = [SessionKey(owner, f"s{number}") for owner in ("alice", "bob", "carol") for number in range(4)]
    pages = [await payer.stage.open_page(f"{number}=", key) for number, key in enumerate(keys)]
    runs = [await payer.stage.say(sending("1 ether"), key) for key in keys]
    for page, run_id in zip(pages, runs, strict=True):
        await page.ended(run_id)
    assert held(payer, HEIDI) == before + 5 * 10**18
    spent = [(await payer.stage.session(key)).spent for key in keys]
    assert sum(spent) == 5 * 10**18
    assert max(sum(spent[start : start + 4]) for start in (0, 4, 8)) <= 3 * 10**18


async def test_calls_of_one_response_share_the_sessions_cap(payer: Payer) -> None:
    await under(payer, policy(session_send_limit="1 ether"))
    before = held(payer, HEIDI)
    each = ("send", {"from": "Grace", "to": "Heidi", "value": "0.4 ether"})
    await payer.say(calling(each, each, each))
    assert held(payer, HEIDI) == before + 8 * 10**17


async def test_what_was_definitely_not_sent_is_not_counted(payer: Payer) -> None:
    most = "1000000 ether"
    caps = {f"{name}_send_limit_per_day": most for name in ("owner", "deployment")}
    await under(payer, policy(session_send_limit=most, **caps))
    for _ in range(2):  # the second would be over the deployment's day, if the first were counted
        await payer.say(sending("999999 ether"))
        assert "insufficient funds" in payer.talk.said_to
        assert (await payer.stage.session()).spent == 0


async def test_wallet_requests_go_only_to_allowed_contracts_and_methods(payer: Payer) -> None:
    await under(payer, policy(wallet_targets=f"{TARGET}.{APPROVE}, *.0x00000000"))
    arguments = "0" * 128
    await payer.say(asking(TARGET, "0", data=f"0xa9059cbb{arguments}"))
    assert "policy does not allow" in payer.talk.said_to
    assert await payer.approvals() == []
    await payer.say(asking(TARGET, "0", data=APPROVE + arguments))
    await payer.say(calling((ASK, {"to": "Bob", "value": "1", "description": "plain"})))
    assert len(await payer.approvals()) == 2


@pytest.mark.parametrize(
    "texts",
    [
        {"denied_tools": "send"},
        {"denied_tools": "mars:send"},
        {"denied_tools": "Testnet:send"},
        {"send_limit": "much"},
        {"owner_send_limit_per_day": "much"},
        {"deployment_send_limit_per_day": "100000000000000000000 ether"},
        {"wallet_targets": "0x12.0x34"},
    ],
    ids=["tools", "network", "letter case", "limit", "owner", "too large", "targets"],
)
def test_a_policy_that_cannot_be_read_stops_the_worker(texts: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        policy(**texts)


def test_every_policy_setting_is_a_parameter_of_the_template() -> None:
    definition = resources("AWS::ECS::TaskDefinition")["TaskDefinition"]["Properties"]
    environment = definition["ContainerDefinitions"][0]["Environment"]
    given = {each["Name"] for each in environment if "Name" in each}  # the others depend on a condition
    own = {
        n.upper() for n in WorkerSettings.model_fields if n.startswith(("policy_", "approval_", "wallet_"))
    }
    assert len(own) == 8
    assert own <= given
