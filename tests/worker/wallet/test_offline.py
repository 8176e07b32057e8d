"""The offline operator and the wallet: the whole flow in plain English, without an LLM."""

from __future__ import annotations

from tests.worker.wallet.conftest import Payer, last_notice
from worker.agent.llm.offline.model import OfflineModel


async def test_plain_words_ask_the_wallet_and_the_answer_is_told(payer: Payer) -> None:
    await payer.stage.stop()
    payer.stage.llm = OfflineModel(pace=0)
    payer.stage.start()
    seen = await payer.say("send 0.1 ETH to Bob with my wallet")
    (approval,) = await payer.approvals()
    assert approval.transaction.value == str(10**17)
    assert seen.messages[1].content.startswith("Asking your wallet to send 0.1 ETH to Bob")
    seen = await payer.answer("sent", await payer.sign(approval))
    assert last_notice(seen).startswith("Done: ")
    assert seen.messages[-1].content == last_notice(seen)
    await payer.say("send 1 wei to Charlie using my wallet")
    seen = await payer.answer("rejected", reason="no")
    assert "Rejected in the wallet" in seen.messages[-1].content
