"""Every minute: send runs again that should be in the queue but may not be."""

from __future__ import annotations

from forge.api.dependencies import queue, stored
from forge.api.entry.event_handler import event_handler
from forge.api.upkeep import recover_runs

handler = event_handler(recover_runs, stored("recovery"), queue)
