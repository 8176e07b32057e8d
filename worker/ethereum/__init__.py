"""Knowledge of Ethereum: chains, transactions and contracts. It belongs to no single MCP server."""
