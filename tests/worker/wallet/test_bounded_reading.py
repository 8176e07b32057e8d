"""Reading a request takes bounded time, however many of its calls point to the same bytes."""

from __future__ import annotations

from worker.agent.wallet.review import decode_calls as module
from worker.agent.wallet.review.call_nodes import Node, Right
from worker.agent.wallet.review.decode_calls import CallDecoder
from worker.ethereum.lenient_decoding import Allotment

CONTRACT = "0x" + "11" * 20
MULTICALL = bytes.fromhex("ac9650d8")
RENOUNCE_OWNERSHIP = bytes.fromhex("715018a6")
TRANSFER_OWNERSHIP = bytes.fromhex("f2fde38b")
CALLS = 190


class Counting(CallDecoder):
    reads = 0

    def _rights_at(self, content: bytes, allotment: Allotment) -> list[Right]:
        self.reads += 1
        return super()._rights_at(content, allotment)


def all_of_the_same(content: bytes) -> bytes:
    """A `multicall` of as many calls as are read, each of which points to the same bytes."""
    words = [32, CALLS, *[32 * CALLS] * CALLS, len(content)]
    return MULTICALL + b"".join(word.to_bytes(32) for word in words) + content


def test_calls_that_share_their_bytes_share_what_is_read_of_them() -> None:
    for selector in (RENOUNCE_OWNERSHIP, TRANSFER_OWNERSHIP):
        decoder = Counting()
        decoder.read(Node(CONTRACT, 0, all_of_the_same(b"\xde\xad\xbe\xef" + selector * 400), CONTRACT), 0)
        assert decoder.reads <= module.MOST_HINT_WORDS_IN_ALL
        assert ("too_large", "danger") in {(each.code, each.severity) for each in decoder.reading.warnings}
        assert any(right.kind == "control" for right in decoder.reading.rights)
