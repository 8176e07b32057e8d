"""`python -m worker.mcp_servers.brave_search [--http] [--host 127.0.0.1] [--port 8000]`."""

from worker.mcp_servers.brave_search import build
from worker.mcp_servers.run_alone import run_alone

if __name__ == "__main__":
    run_alone(build)
