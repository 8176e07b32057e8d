"""A node's answers are parsed here only. A value that cannot be read is unknown (None), and no parser raises an
error.
"""

from __future__ import annotations

from worker.ethereum.node.answers import Block, Log, Receipt, SimulatedCall, Transaction
from worker.ethereum.node.error_parsing import NodeFault, read_fault
from worker.ethereum.node.fields import address, hex_data, quantity, transaction_hash

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
    "transaction_hash",
]
