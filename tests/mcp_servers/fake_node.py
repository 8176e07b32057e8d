"""A node that returns given answers, over HTTP from a thread of its own, so that no test's event loop waits for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

HASH, BLOCK_HASH = "0x" + "cd" * 32, "0x" + "be" * 32
ACCOUNTS = [f"0x{number:040x}" for number in range(0xA11CE, 0xA11CE + 10)]
TOKEN = "0x" + "70" * 20
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
WORD = "0x" + f"{6:064x}"
BALANCE = 10**18

GOOD: dict[str, Any] = {
    "eth_chainId": "0x7a69",
    "eth_accounts": ACCOUNTS,
    "eth_getBalance": hex(BALANCE),
    "eth_getCode": "0x6001",
    "eth_call": WORD,
    "eth_estimateGas": "0x5208",
    "eth_gasPrice": "0x3b9aca00",
    "eth_blockNumber": "0x10",
    "eth_sendTransaction": HASH,
    "eth_getBlockByNumber": {
        "number": "0x10",
        "hash": BLOCK_HASH,
        "parentHash": HASH,
        "timestamp": "0x65000000",
        "miner": ACCOUNTS[0],
        "gasUsed": "0x5208",
        "gasLimit": "0x1c9c380",
        "baseFeePerGas": "0x7",
        "transactions": [HASH],
    },
    "eth_getTransactionByHash": {
        "hash": HASH,
        "from": ACCOUNTS[0],
        "to": ACCOUNTS[1],
        "value": "0x1",
        "input": "0x",
        "nonce": "0x1",
        "gas": "0x5208",
        "gasPrice": "0x3b9aca00",
        "chainId": "0x7a69",
        "blockNumber": "0x10",
        "type": "0x2",
    },
    "eth_getTransactionReceipt": {
        "transactionHash": HASH,
        "blockNumber": "0x10",
        "blockHash": BLOCK_HASH,
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0x3b9aca00",
        "contractAddress": None,
        "logs": [],
    },
    "eth_simulateV1": [
        {
            "calls": [
                {
                    "status": "0x1",
                    "returnData": "0x",
                    "logs": [
                        {
                            "address": TOKEN,
                            "data": WORD,
                            "topics": [TRANSFER, *("0x" + a[2:].rjust(64, "0") for a in ACCOUNTS[:2])],
                        }
                    ],
                }
            ]
        }
    ],
}


class FakeNode:
    """`answer(method, envelope)` may change a good envelope, or give bytes with a status, or None: it hangs up."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.answer: Callable[[str, dict[str, Any]], Any] = lambda _method, envelope: envelope

    def reply(self, body: bytes) -> tuple[int, bytes] | None:
        request = json.loads(body)
        method = request["method"]
        self.asked.append(method)
        good = {"jsonrpc": "2.0", "id": request["id"], "result": copy.deepcopy(GOOD.get(method))}
        answer = self.answer(method, good)
        if answer is None or isinstance(answer, tuple):
            return answer
        return 200, json.dumps(answer).encode()


def _handler(node: FakeNode) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = (
            65536  # head and body in one packet: the second would wait 40 ms for the first one's receipt
        )

        def do_POST(self) -> None:
            reply = node.reply(self.rfile.read(int(self.headers["Content-Length"])))
            if reply is None:
                self.close_connection = True
                return
            status, content = reply
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the library's
            pass

    return Handler


@contextmanager
def fake_node(node: FakeNode | None = None) -> Generator[FakeNode]:
    node = node or FakeNode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(node))
    server.daemon_threads = True
    node.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, name="fake node", daemon=True)
    thread.start()
    yield node
    server.shutdown()
    server.server_close()
    thread.join()
