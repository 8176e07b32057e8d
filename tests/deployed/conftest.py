"""One installation in one account for all tests of this folder; each test has sessions of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from forge.models.session_key import ANONYMOUS, SessionKey
from forge.settings import Settings
from forge.store import Store, keys, open_store
from local_dev.processes.processes import Processes
from tests.deployed.account import PYTHON, Account, running_account
from tests.deployed.installation import Installation, architecture, build, deploy
from tests.deployed.roles import Service, start_stream
from tests.end_to_end.conversing import Web
from tests.mcp_servers.conftest import start_anvil, stop
from tests.patience import PATIENCE_SECONDS

CHAINS = {"TestnetRpcUrl": (), "BaseRpcUrl": ("--chain-id", "8453")}


@dataclass(frozen=True, slots=True)
class Deployed:
    """`web`: over the HTTP API. `streams`: the same with event streams. `store`: as the operator, past everything."""

    installation: Installation
    service: Service
    web: Web
    streams: Web
    store: Store
    chains: dict[str, str]
    folder: Path

    @property
    def account(self) -> Account:
        return self.installation.account

    def hot_item(self, session_id: str) -> dict[str, Any]:
        """Where the session's hot item is, for requests past everything."""
        key = {name: {"S": value} for name, value in keys.hot(key_of(session_id)).items()}
        return {"TableName": self.installation.outputs["TableName"], "Key": key}


def key_of(session_id: str) -> SessionKey:
    return SessionKey(ANONYMOUS, session_id)


@pytest.fixture(scope="session")
def chains() -> Iterator[dict[str, str]]:
    started = {name: start_anvil(*options) for name, options in CHAINS.items()}
    yield {name: url for name, (_, url) in started.items()}
    for process, _ in started.values():
        stop(process)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def deployed(
    tmp_path_factory: pytest.TempPathFactory, chains: dict[str, str]
) -> AsyncIterator[Deployed]:
    if not PYTHON.exists():
        pytest.skip("make test-deploy installs the account that this needs")
    folder = tmp_path_factory.mktemp("deployed")
    processes = Processes(folder)
    try:
        await build()
        async with running_account(processes, folder) as account:
            installation = await deploy(account, parameters(account, chains))
            streams = await start_stream(processes, installation)
            service = Service(processes, installation)
            async with (
                httpx.AsyncClient(
                    base_url=installation.http_url, timeout=PATIENCE_SECONDS, trust_env=False
                ) as http,
                httpx.AsyncClient(base_url=streams, timeout=PATIENCE_SECONDS, trust_env=False) as sse,
            ):
                store = operators_store(installation)
                yield Deployed(installation, service, Web(http), Web(sse), store, chains, folder)
    finally:
        await processes.close()


def parameters(account: Account, chains: dict[str, str]) -> dict[str, str]:
    """The template's, beside its defaults. RPC URLs are secrets, as they are in AWS."""
    secrets: dict[str, str] = {}
    for name, url in chains.items():
        made = account.client("secretsmanager").create_secret(Name=f"rpc-{name}", SecretString=url)
        secrets[f"{name}Arn"] = made["ARN"]
    return secrets | {
        "WorkerImageUri": "worker:1",
        "Architecture": architecture(),
        "ForgeLlm": "scripted",
        "AllowAnonymous": "true",
        "ConnectionsUrl": f"{account.url}/_aws/execute-api/*/ws",
    }


def operators_store(installation: Installation) -> Store:
    settings = Settings(forge_table=installation.outputs["TableName"])
    return open_store(settings, client=installation.account.client("dynamodb"))
