"""Third-party MCP servers: their file, their connections, and what is checked and repaired of what they say."""
