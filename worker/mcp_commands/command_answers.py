"""One command of `/api/mcp-command`. It is begun at most once, and always gets a result that can be stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pydantic_core import to_json

from forge.errors import StorageUnavailable
from forge.models.run import CommandMessage, CommandResult, ToolCommand
from forge.models.session_key import SessionKey
from forge.observability import error_fields
from forge.ports.controls import Commands
from worker.agent.tools.toolbox import Toolbox
from worker.blocking_calls import Blocking
from worker.mcp_commands.bind_wallet import WalletBinding
from worker.tool_outcomes import broke_off

logger = logging.getLogger(__name__)

Show = Callable[[SessionKey], Awaitable[None]]

RESULT_BYTES = 200_000
"""Maximum bytes of a result as JSON. With it the item stays below DynamoDB's 400 KB, even if it does not compress."""
_SECONDS = 24.0
"""The function that waits for the result waits slightly longer than this."""
LOST = CommandResult(
    success=False,
    message="The worker was lost while it ran this command. It is not run again by itself: repeat it.",
)


class CommandAnswers:
    """`show` pushes the current state of a session to its connections."""

    def __init__(
        self, commands: Commands, toolbox: Toolbox, binding: WalletBinding, show: Show, blocking: Blocking
    ) -> None:
        self._commands, self._toolbox, self._binding = commands, toolbox, binding
        self._show, self._blocking = show, blocking

    async def answer(self, message: CommandMessage) -> None:
        """A command that was begun before is not begun again, because the command may be what made its worker fail."""
        begun = await self._blocking(self._commands.begin, message.command_id)
        if begun is None:
            return
        command, is_first = begun
        if command.result is not None:
            return
        result = await self._result(command) if is_first else LOST
        await self._store(command, result)

    async def _result(self, command: ToolCommand) -> CommandResult:
        try:
            async with asyncio.timeout(_SECONDS):
                if command.binding is None:
                    return await self._toolbox.run(command)
                result = await self._binding.bind(command.binding)
                await self._show(command.binding.key)
                return result
        except TimeoutError:
            return CommandResult(success=False, message=f"The tool {command.name!r} took too long.")
        except BaseException as error:
            if not broke_off(error):
                raise
            logger.warning("command broke off", extra={"tool": command.name, **error_fields(error)})
            return _broken(error)

    async def _store(self, command: ToolCommand, result: CommandResult) -> None:
        """The arguments are no longer needed, so the result may use all of the item's size."""
        done = command.model_copy(update={"arguments": {}})
        try:
            result = await asyncio.to_thread(cut, result)
            stored = done.model_copy(update={"result": result})
            await self._blocking(self._commands.put, stored)
        except StorageUnavailable:
            await self._blocking.retry(self._commands.put, done.model_copy(update={"result": LOST}))
        except Exception as error:  # noqa: BLE001  the result cannot be written as JSON, or the table refuses it
            logger.warning("result not stored", extra={"tool": command.name, **error_fields(error)})
            broken = done.model_copy(update={"result": _broken(error)})
            await self._blocking.retry(self._commands.put, broken)


def cut(result: CommandResult) -> CommandResult:
    """Return at most `RESULT_BYTES` as JSON; longer data is cut and becomes text. This may take long, so call it
    in a thread.
    """
    message = _beginning(result.message.encode(errors="replace"), RESULT_BYTES // 10)
    data = to_json(result.data)
    if len(data) <= RESULT_BYTES - RESULT_BYTES // 10:
        return result.model_copy(update={"message": message})
    said = f"The result has {len(data)} bytes, more than a command answers; here is its beginning."
    beginning = {"truncated": True, "beginning": _beginning(data, RESULT_BYTES // 8)}
    return CommandResult(success=result.success, message=f"{said} {message}", data=beginning)


def _beginning(text: bytes, most: int) -> str:
    return text[:most].decode(errors="ignore")


def _broken(error: BaseException) -> CommandResult:
    return CommandResult(success=False, message=f"The tool broke off ({type(error).__name__}).")
