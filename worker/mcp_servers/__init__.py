"""The MCP servers that come with forge-mcp."""
