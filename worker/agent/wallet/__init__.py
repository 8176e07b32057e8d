"""The user's wallet: asking it for a transaction, and checking on the chain what became of it."""

from __future__ import annotations

from worker.agent.wallet.ask_wallet import (
    TOOL_NAME,
    Wallet,
    WalletTerms,
    asked_text,
    waiting_text,
    wallet_tools,
)

__all__ = ["TOOL_NAME", "Wallet", "WalletTerms", "asked_text", "waiting_text", "wallet_tools"]
