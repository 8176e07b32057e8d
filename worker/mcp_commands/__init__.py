"""Commands of `/api/mcp-command`, which a person gives without the agent."""
