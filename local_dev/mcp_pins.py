"""`make mcp-pins` lists the external tools that wait for the operator, in a stack by its name or in the
application here.
"""

from __future__ import annotations

from local_dev.operator_tool import Tool
from worker.operator_commands import accept_tools

TOOL = Tool("mcp-pins", accept_tools.HELP, "list | agree SERVER TOOL FINGERPRINT", accept_tools.main)

if __name__ == "__main__":
    TOOL.start()
