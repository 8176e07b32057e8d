"""What a node answers, parsed at one place: what cannot be read is unknown (None), and nothing here raises."""

from __future__ import annotations

from worker.mcp_servers.node.answers import Block, Log, Receipt, SimulatedCall, Transaction, simulated_call
from worker.mcp_servers.node.faults import NodeFault, read_fault
from worker.mcp_servers.node.fields import address, hex_data, quantity, transaction_hash

__all__ = [
    "Block",
    "Log",
    "NodeFault",
    "Receipt",
    "SimulatedCall",
    "Transaction",
    "address",
    "hex_data",
    "quantity",
    "read_fault",
    "simulated_call",
    "transaction_hash",
]
