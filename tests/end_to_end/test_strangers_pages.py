"""What a page of another site can do to a laptop that runs the application, in a real browser: it can read, send or
reset nothing.

The page comes once from its own host, and once after its host name was rebound to this computer, when the browser
takes each of our ports for the page's own server. Chromium resolves the name to 127.0.0.1 from the beginning; the
page itself is put in its place, as it would come from the attacker's server before the rebinding.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright

from bench.browser import launched
from local_dev.stack_process import RunningStack
from tests.end_to_end.chain import balance_of, rpc
from tests.end_to_end.conversing import table_items
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_MS, PATIENCE_SECONDS

pytestmark = END_TO_END

EVIL = "evil.example"
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
MALLORY = "0x" + "6d" * 20
SESSION = "a-session-that-a-page-knows-of"

SENDING = {"from": ALICE, "to": MALLORY, "value": "0xde0b6b3a7640000"}
CALLS = [
    {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [SENDING]},
    {"jsonrpc": "2.0", "id": 2, "method": "anvil_setBalance", "params": [MALLORY, "0xffffffffff"]},
    {"jsonrpc": "2.0", "id": 3, "method": "anvil_reset", "params": []},
]
CHAT = {"message": "send 1 ETH from Alice to Bob", "session_id": SESSION}

ATTACK = """async ({ base, paths, bodies, wait }) => {
  const log = [];
  const limited = (promise) => Promise.race([promise, new Promise((done) => setTimeout(() => done('late'), wait))]);
  const note = async (how, promise) => {
    let said;
    try { said = await limited(promise); } catch (error) { said = `failed: ${error.name}`; }
    log.push([how, said]);
  };
  const read = async (answer) => (answer.type === 'opaque' ? 'opaque' : `${answer.status} ${await answer.text()}`);
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/json', 'application/x-amz-json-1.0'];
  for (const path of paths) {
    for (const mode of ['cors', 'no-cors', 'same-origin']) {
      await note(`GET ${mode} ${path}`, fetch(base + path, { mode }).then(read));
      for (const body of bodies) for (const type of types)
        await note(`POST ${mode} ${path} ${type}`,
          fetch(base + path, { method: 'POST', mode, body, headers: { 'content-type': type } }).then(read));
    }
    await note(`signed ${path}`, fetch(base + path, { method: 'POST', body: '{}', headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=LOCALDEVELOPMENT/20261126/us-east-1/dynamodb/aws4_request',
      'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' } }).then(read));
    for (const body of bodies) for (const told of ['x-forwarded-host', 'x-forge-viewer', 'x-forge-edge', 'forwarded'])
      await note(`as CloudFront by ${told} ${path}`, fetch(base + path, { method: 'POST', body, headers: {
        'content-type': 'application/json', 'x-forge-edge': 'a guess', [told]: new URL(base).host } }).then(read));
    await note(`DELETE ${path}`, fetch(base + path, { method: 'DELETE' }).then(read));
    await note(`beacon ${path}`, Promise.resolve(String(navigator.sendBeacon(base + path, bodies[0]))));
    await note(`events ${path}`, new Promise((done) => {
      const source = new EventSource(base + path);
      source.onmessage = ({ data }) => done(`read ${data}`);
      source.onopen = () => done('read: open');
      source.onerror = () => { source.close(); done('failed'); };
    }));
    await note(`image ${path}`, new Promise((done) => {
      const image = new Image();
      image.onload = () => done('read: image');
      image.onerror = () => done('failed');
      image.src = base + path;
    }));
    await note(`socket ${path}`, new Promise((done) => {
      const socket = new WebSocket(base.replace('http', 'ws') + path);
      socket.onopen = () => done('read: open');
      socket.onmessage = () => done('read: message');
      socket.onerror = () => done('failed');
    }));
    for (const body of bodies) await note(`form ${path}`, new Promise((done) => {
      const frame = document.createElement('iframe');
      frame.name = `frame${Math.random()}`;
      document.body.append(frame);
      const form = Object.assign(document.createElement('form'), {
        method: 'POST', action: base + path, target: frame.name, enctype: 'text/plain' });
      const field = Object.assign(document.createElement('input'), { name: body, value: '' });
      form.append(field);
      document.body.append(form);
      frame.onload = () => {
        let text = 'opaque';
        try { text = `form ${frame.contentDocument.body.textContent}`; } catch { text = 'opaque'; }
        if (frame.contentWindow) done(text);
      };
      form.submit();
    }));
  }
  return log;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stranger() -> AsyncIterator[Browser]:
    """A browser for which the stranger's name leads to this computer.

    Without its own checks, which not every browser has and people can allow: it is our guards that are tried.
    """
    async with async_playwright() as playwright:
        checks = "LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"
        arguments = [f"--host-resolver-rules=MAP {EVIL} 127.0.0.1", f"--disable-features={checks}"]
        async with launched(playwright, arguments) as browser:
            yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def conversation(operator_stack: RunningStack) -> None:
    async with httpx.AsyncClient(
        base_url=operator_stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        said = await client.post("/api/chat", json={"message": "balance of Bob", "session_id": SESSION})
        said.raise_for_status()
        while (await client.get("/api/state", params={"session_id": SESSION})).json()["is_processing"]:
            pass


async def opened(browser: Browser, origin: str) -> Page:
    """The stranger's page, as if `origin` had served it."""

    async def served(route: Route) -> None:
        await route.fulfill(content_type="text/html", body="<!doctype html><body>Free kittens</body>")

    page = await (await browser.new_context(service_workers="block")).new_page()
    await page.route(f"{origin}/kittens", served)
    await page.goto(f"{origin}/kittens")
    return page


async def state(stack: RunningStack) -> dict[str, Any]:
    """What must not change: conversations, money, the chain."""
    url = stack.environment["TESTNET_RPC_URL"]
    kept = [item for item in table_items(stack) if "message" in str(item["sk"]) or SESSION in str(item["pk"])]
    return {
        "messages": sorted((item["pk"], item["sk"]) for item in kept),
        "money": [await balance_of(url, address) for address in (ALICE, MALLORY)],
        "block": await rpc(url, "eth_blockNumber"),
        "processes": stack.processes(),
    }


def ports(stack: RunningStack) -> dict[str, str]:
    """Each address as a page would guess it: the numbers are right, and the host is the one that everybody has."""
    environment = stack.environment
    addresses = {
        "gateway": stack.base_url,
        "table": environment["AWS_ENDPOINT_URL_DYNAMODB"],
        "queues": environment["AWS_ENDPOINT_URL_SQS"],
        "anvil": environment["TESTNET_RPC_URL"],
        "emulator": emulator(stack).geturl(),
    }
    return {name: f"http://127.0.0.1:{urlsplit(address).port}" for name, address in addresses.items()}


def emulator(stack: RunningStack) -> SplitResult:
    """Where it really listens; a page cannot know."""
    command = Path(f"/proc/{stack.processes()['emulator']}/cmdline").read_text().split("\0")
    host, port = (command[command.index(option) + 1] for option in ("--host", "--port"))
    return urlsplit(f"http://{host}:{port}")


PATHS = {
    "gateway": [
        "/api/chat",
        f"/api/state?session_id={SESSION}",
        f"/api/chat/stream?session_id={SESSION}",
        f"/ws?session_id={SESSION}",
        "/rpc/testnet",
        "/icon.svg",
    ],
    "table": ["/", "/_ministack/reset"],
    "queues": ["/"],
    "anvil": ["/"],
    "emulator": ["/", "/_ministack/reset"],
}


@pytest.mark.parametrize("rebound", [False, True], ids=["foreign", "rebound"])
@pytest.mark.parametrize("name", PATHS)
async def test_a_strangers_page_reads_sends_and_resets_nothing(
    operator_stack: RunningStack, stranger: Browser, conversation: None, name: str, rebound: bool
) -> None:
    base = ports(operator_stack)[name]
    target = base.replace("127.0.0.1", EVIL) if rebound else base
    before = await state(operator_stack)
    page = await opened(stranger, target if rebound else f"http://{EVIL}:1")
    bodies = [json.dumps(CHAT), json.dumps(CALLS)] if name in ("gateway", "anvil") else ["{}"]
    log = await attacked(page, target, PATHS[name], bodies)
    await page.context.close()
    assert len(log) >= 24 * len(PATHS[name])
    assert [(how, said[:200]) for how, said in log if leaks(said)] == []
    assert await state(operator_stack) == before


async def test_the_same_page_reads_what_nothing_guards(
    operator_stack: RunningStack, stranger: Browser
) -> None:
    """The emulator answers everybody, so only an address that cannot be guessed keeps the page from it."""
    page = await opened(stranger, f"http://{EVIL}:1")
    log = await attacked(page, emulator(operator_stack).geturl(), ["/"], ["{}"])
    await page.context.close()
    assert any(leaks(said) for _, said in log), log


async def attacked(page: Page, base: str, paths: list[str], bodies: list[str]) -> list[tuple[str, str]]:
    """What was tried, and what the page got to know."""
    return await page.evaluate(ATTACK, {"base": base, "paths": paths, "bodies": bodies, "wait": PATIENCE_MS})


def leaks(said: str) -> bool:
    """Whether a page got to know anything but that it is refused."""
    return not (said in ("opaque", "true", "late") or said.startswith(("failed", "403 ", "421 ", "form {")))
