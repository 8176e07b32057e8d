"""`make dead-letters` lists runs that were given up, in a stack by its name or in the application here."""

from __future__ import annotations

from local_dev.operator_tool import Tool
from worker.operator_commands import dead_letters

TOOL = Tool("dead-letters", dead_letters.HELP, dead_letters.USAGE, dead_letters.main)

if __name__ == "__main__":
    TOOL.start()
