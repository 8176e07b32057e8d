"""The messages of the gateway's process to its parent."""

from __future__ import annotations

import socket

import pytest

from local_dev.gateway_messages import Control, listen


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}"])
async def test_what_is_said_after_a_very_long_text_is_heard_too(letter: str) -> None:
    ours, theirs = socket.socketpair()
    control, heard = Control(theirs.detach()), list[str]()
    control.say(letter * 70_000)
    control.send("restart workers")
    control.close()
    await listen(ours, {"say": heard.append, "restart workers": heard.append})
    assert [text[:1] for text in heard] == [letter, ""]
