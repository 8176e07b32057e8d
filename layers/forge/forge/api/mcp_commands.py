"""`POST /api/mcp-command` runs what a person may ask of the tools without the agent."""

from __future__ import annotations

import time
from typing import Annotated, Any, TypeVar, cast

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from forge.api import dependencies
from forge.api.push import push_state
from forge.api.waiting_for_workers import command_places, waiting
from forge.models.approval import Address
from forge.models.checksum import has_right_checksum
from forge.models.counted_words import counted
from forge.models.ids import ApprovalId, new_run_id
from forge.models.request_bodies import McpCommandRequest
from forge.models.request_prices import COMMANDS
from forge.models.run import Binding, CommandMessage, CommandResult, ToolCommand
from forge.models.session import Catalog, ToolInfo
from forge.models.session_key import SessionKey

PATIENCE_SECONDS = 25.0
"""Time limit below the 30 s that an HTTP API waits for its function."""
_POLL_SECONDS = (0.05, 0.4)
Arguments = TypeVar("Arguments", bound=BaseModel)
_STARTING = CommandResult(success=False, message="No worker has started yet; try again in a moment.")


class NetworkArguments(BaseModel):
    network: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """The name of the network."""


def _without_typing_error(address: str) -> str:
    if not has_right_checksum(address):
        raise ValueError(
            "has a wrong checksum (EIP-55), so a digit or a letter's case may be mistyped; in small letters it has none"
        )
    return address


class WalletArguments(BaseModel):
    address: Annotated[Address, AfterValidator(_without_typing_error)] | None
    """The account of the wallet; null when the wallet is disconnected."""


class BindArguments(BaseModel):
    approval_id: ApprovalId
    """The wallet request's id."""
    address: Address
    """The account that is to sign."""


class CallArguments(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    """The tool's name."""
    arguments: dict[str, Any] = Field(default_factory=lambda: cast(dict[str, Any], {}))
    """The arguments of the call."""


def run_command(key: SessionKey, request: McpCommandRequest, payer: str = "") -> CommandResult:
    """Raises `RequestValidationError` for arguments that do not fit the command, `RateLimited`.

    `payer` identifies whose share of the worker's places, and of the deployment's day, the command uses.
    """
    dependencies.store().admission.command(key, COMMANDS.get(request.command, 0))
    match request.command:
        case "set_network":
            return _set_network(key, _arguments(NetworkArguments, request).network, payer)
        case "bind_wallet":
            return _bind_wallet(key, _arguments(BindArguments, request), payer)
        case "set_wallet":
            return _set_wallet(key, _arguments(WalletArguments, request).address, payer)
        case "list_networks":
            return _list_networks(key)
        case "list_tools":
            return _list_tools()
        case "call_tool":
            return _call_tool(key, _arguments(CallArguments, request), payer)
        case unknown:
            return CommandResult(success=False, message=f"Unknown command: {unknown}")


def _arguments(kind: type[Arguments], request: McpCommandRequest) -> Arguments:
    try:
        return kind.model_validate(request.args)
    except ValidationError as error:
        errors = ({**each, "loc": ("body", "args", *each["loc"])} for each in error.errors())
        raise RequestValidationError(list(errors)) from None


def _set_network(key: SessionKey, network: str, payer: str) -> CommandResult:
    if (catalog := dependencies.catalog()) is None:
        return _STARTING
    names = [each.name for each in catalog.networks]
    if network not in names:
        return CommandResult(success=False, message=f"Unknown network. There are: {', '.join(names)}")
    session = dependencies.store().sessions.set_network(key, network, payer)
    push_state(session)
    data = {"network": network, "session_id": key.session_id}
    return CommandResult(success=True, message=f"Network set to {network}", data=data)


def _set_wallet(key: SessionKey, address: str | None, payer: str) -> CommandResult:
    session = dependencies.store().sessions.set_wallet(key, address, payer)
    push_state(session)
    data = {"address": address, "session_id": key.session_id}
    return CommandResult(
        success=True, message="Wallet connected" if address else "Wallet disconnected", data=data
    )


def _bind_wallet(key: SessionKey, wanted: BindArguments, payer: str) -> CommandResult:
    """A worker simulates the request. The session is pushed before the answer, so that the card shows the new request
    first.
    """
    if dependencies.catalog() is None:
        return _STARTING
    binding = Binding(key=key, approval_id=wanted.approval_id, account=wanted.address)
    result = _commanded(
        ToolCommand(command_id=new_run_id(), network="", name="bind_wallet", arguments={}, binding=binding),
        payer,
    )
    if result.success and (session := dependencies.store().sessions.get(key)):
        push_state(session)
    return result


def _list_networks(key: SessionKey) -> CommandResult:
    if (catalog := dependencies.catalog()) is None:
        return _STARTING
    networks = [each.model_dump() for each in catalog.networks]
    data = {"networks": networks, "current": _network_of(key)}
    return CommandResult(success=True, message=f"{len(networks)} networks", data=data)


def _list_tools() -> CommandResult:
    if (catalog := dependencies.catalog()) is None:
        return _STARTING
    tools = [each.model_dump() for each in catalog.tools]
    return CommandResult(success=True, message=counted(len(tools), "tool"), data={"tools": tools})


def _call_tool(key: SessionKey, call: CallArguments, payer: str) -> CommandResult:
    if (catalog := dependencies.catalog()) is None:
        return _STARTING
    tool = _tool(catalog, call.name)
    if tool is None:
        return CommandResult(success=False, message="Unknown tool")
    if not tool.read_only:
        return CommandResult(success=False, message=f"{tool.name} is not read-only: ask the agent to use it.")
    command = ToolCommand(
        command_id=new_run_id(), network=_network_of(key), name=tool.name, arguments=call.arguments
    )
    return _commanded(command, payer)


def _commanded(command: ToolCommand, payer: str) -> CommandResult:
    dependencies.store().commands.put(command)
    dependencies.queue().send(CommandMessage(command_id=command.command_id, payer=payer))
    return _result_of(command.command_id, PATIENCE_SECONDS, payer)


def _result_of(command_id: str, patience: float, payer: str) -> CommandResult:
    """Wait for a worker's result, looking less often as time passes; `patience` in seconds, after which it looks a last
    time. Raises `TooManyWaits`.
    """
    end, pause = time.monotonic() + patience, _POLL_SECONDS[0]
    with waiting(payer, command_places) as wait:
        while True:
            is_last = time.monotonic() >= end
            command = dependencies.store().commands.get(command_id)
            if command and command.result:
                return command.result
            if is_last:
                break
            wait.pause(pause)
            pause = min(pause * 1.5, _POLL_SECONDS[1])
    return CommandResult(
        success=False, message=f"The tool did not answer within {counted(f'{patience:g}', 'second')}."
    )


def _tool(catalog: Catalog, name: str) -> ToolInfo | None:
    return next((each for each in catalog.tools if each.name == name), None)


def _network_of(key: SessionKey) -> str:
    session = dependencies.store().sessions.get(key)
    return session.network if session else dependencies.settings().default_network
