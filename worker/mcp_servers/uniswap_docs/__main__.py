"""`python -m worker.mcp_servers.uniswap_docs [--http] [--host 127.0.0.1] [--port 8000]`."""

from worker.mcp_servers.run_alone import run_alone
from worker.mcp_servers.uniswap_docs import build

if __name__ == "__main__":
    run_alone(build)
