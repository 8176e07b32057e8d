"""`python -m bench.floor`: a bare FastAPI handler that streams, and one that keeps a socket open: the least that a
server can do for the same answer.

It has no store and no queue, so it gives none of the guarantees. The application's cost is stated as a multiple of
this one's, so that figures of different computers can be compared. `python -m bench.floor alone USERS TOKENS RATE`
runs the scripted LLM without any server, and prints the seconds of processor time that it takes.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator

import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel

from worker.agent.llm.paced_words import paced

PAGE = """<!doctype html><title>floor</title>
<main><div class=from-agent><div class=markdown></div></div></main>
<script>
async function ask(asked) {
  const answer = await fetch('/chat', {method: 'POST', body: asked, headers: {'content-type': 'application/json'}});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let read; !(read = await reader.read()).done;)
    for (const [, word] of read.value.matchAll(/data: (".*")/g))
      document.querySelector('.markdown').append(JSON.parse(word));
}
</script>"""

app = FastAPI()


class Asked(BaseModel):
    """The request has the scripted LLM's form: see `worker/agent/llm/scripted.py`."""

    f: float = 0
    """The time before the first token, in milliseconds."""
    t: int
    """The number of tokens."""
    r: float = 0
    """Tokens per second; 0 for no limit."""


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


@app.post("/chat")
async def chat(asked: Asked) -> StreamingResponse:
    async def events() -> AsyncGenerator[str]:
        async for word in paced(asked.f, asked.t, asked.r):
            yield f"data: {json.dumps(word)}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@app.websocket("/idle")
async def idle(websocket: WebSocket) -> None:
    """An open socket that nothing is sent to."""
    await websocket.accept()
    async for _ in websocket.iter_text():
        pass


async def serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).serve([listener])


async def alone(users: int, tokens: int, per_second: float) -> None:
    async def listens() -> None:
        async for _ in paced(0, tokens, per_second):
            pass

    await asyncio.gather(*(listens() for _ in range(users)))


def main(arguments: list[str]) -> None:
    if not arguments:
        uvloop.run(serve())
        return
    began = time.process_time()
    uvloop.run(alone(int(arguments[1]), int(arguments[2]), float(arguments[3])))
    print(time.process_time() - began)


if __name__ == "__main__":
    main(sys.argv[1:])
