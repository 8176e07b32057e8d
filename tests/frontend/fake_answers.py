"""What the fake server answers besides conversations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.frontend.fake_session import FakeSession, Frame

NETWORKS: list[dict[str, Any]] = [
    {"name": "testnet", "chain_id": 31337, "title": "Test network", "currency": "ETH", "sends": True},
    {
        "name": "mainnet",
        "chain_id": 1,
        "title": "Ethereum",
        "currency": "ETH",
        "explorer": "https://etherscan.io",
        "wallet_rpc_urls": ["https://rpc.example"],
        "sends": False,
    },
    {
        "name": "base",
        "chain_id": 8453,
        "title": "Base",
        "currency": "ETH",
        "explorer": "https://basescan.org",
        "sends": False,
    },
]


def summary(session: FakeSession) -> dict[str, Any]:
    """The server ends a session 30 minutes after its last activity; one at work it keeps longer."""
    last = session.log[-1]["created_at"] if session.log else "2026-01-01T00:00:00Z"
    ends = datetime.fromisoformat(last) + timedelta(minutes=session.minutes_left)
    is_processing = session.active is not None or session.flags.get("is_processing", False)
    active = ends - timedelta(minutes=session.minutes_left if is_processing else 30)
    return {
        "session_id": session.session_id,
        "title": session.title,
        "network": session.network,
        "is_processing": is_processing,
        "message_count": len(session.log),
        "approvals": len(session.approvals),
        "created_at": last,
        "last_activity_at": active.isoformat(),
        "expires_at": ends.isoformat(),
    }


def problem(status: int, title: str, detail: str) -> web.Response:
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


def preferred(request: web.Request, state: Frame) -> Frame:
    if request.headers.get("Prefer") != "return=minimal":
        return state
    return {name: value for name, value in state.items() if name not in ("messages", "first_seq")}
