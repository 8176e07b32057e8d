"""A server over HTTP may compress what it sends although it is asked not to. That changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mcp_servers.external.test_answers import ended
from tests.mcp_servers.external.test_servers import opened
from tests.mcp_servers.external.web_stranger import Reply, said, web_stranger
from tests.properties import sampled
from tests.unlisted import tried
from worker.agent.tools.external.largest_answer import LARGEST_ANSWER

KINDS = ["application/json", "text/event-stream"]
CODINGS = [("gzip",), ("deflate",), ("GZIP",), ("gzip", "gzip"), ("deflate", "identity", "gzip")]


@pytest.mark.parametrize("codings", CODINGS, ids=" ".join)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_compressed_answer_is_read_and_repaired(
    tmp_path: Path, kind: str, codings: tuple[str, ...]
) -> None:
    odd = {**said("paid"), "jsonrpc": "1.0"}
    async with (
        web_stranger(call=Reply(body=odd, kind=kind, codings=codings)) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        assert await ended(external) == (None, "paid")


@pytest.mark.slow
@pytest.mark.parametrize("codings", CODINGS, ids=" ".join)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_size_of_what_is_read_is_limited(
    tmp_path: Path, kind: str, codings: tuple[str, ...]
) -> None:
    """A few kilobytes may become any number of bytes, and another person's run needs the worker's memory, too."""
    huge = said("0" * (LARGEST_ANSWER + 1))
    async with (
        web_stranger(call=Reply(body=huge, kind=kind, codings=codings)) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        outcome, text = await ended(external)
        assert (outcome, "larger than 32 MiB" in text) == ("unknown", True), text
        web.call = Reply(body=said("paid"))
        assert (await ended(external))[1] == "paid"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_a_compressed_answer_that_is_cut_ends_its_call(tmp_path: Path, kind: str) -> None:
    """Whatever is left of it, the call does not wait until its time limit."""
    async with (
        web_stranger() as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        for codings in sampled(CODINGS, 2):
            for share in (0.0, 0.2, 0.4, 0.6):
                tried("compressed answers that are cut", (kind, codings, share))
                web.call = Reply(body=said("paid"), kind=kind, codings=codings, share=share)
                outcome, text = await ended(external)
                assert outcome == "unknown", (codings, share, text)
