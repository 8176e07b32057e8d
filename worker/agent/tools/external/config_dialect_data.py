"""Data of `forms`: where the fields of other programs were read, which fields restrict nothing, and names of
transports.
"""

from __future__ import annotations

SOURCES: dict[str, str] = {
    # Each row: a program, and where its fields were read on 2026-11-26 (a repository's file at the commit that was
    # read).
    "Cherry Studio": "CherryHQ/cherry-studio src/renderer/src/types/mcp.ts at 12f35a9",
    "Cline": "cline/cline src/services/mcp/schemas.ts at 1a19637",
    "Codex": "openai/codex codex-rs/config/src/mcp_types.rs at 00b17c2",
    "FastMCP": "fastmcp 4.1.2, mcp_config.py",
    "Gemini CLI": "google-gemini/gemini-cli docs/tools/mcp-server.md at 009b0d8",
    "GitHub Copilot": "docs.github.com, Using MCP servers with the GitHub Copilot SDK",
    "Goose": "block/goose crates/goose/src/agents/extension.rs at 01cad15; `enabled`: "
    "mintlify.com/block/goose/api/extensions/overview",
    "LibreChat": "danny-avila/LibreChat packages/data-provider/src/mcp.ts at 042c46c",
    "opencode": "opencode.ai/docs/mcp-servers",
    "Roo": "RooCodeInc/Roo-Code src/services/mcp/McpHub.ts at 022b3b0",
    "VS Code": "code.visualstudio.com/docs/copilot/reference/mcp-configuration",
    "Windsurf": "newtalaria/docs agents/mcp/windsurf.md (2026-10-29): `serverUrl`",
}

SHELLS = frozenset(
    {"sh", "bash", "dash", "zsh", "ksh", "fish", "busybox", "cmd", "cmd.exe", "pwsh", "powershell"}
)

HARMLESS = frozenset(
    {
        *("name", "displayname", "title", "description", "icon", "iconurl", "logourl", "homepage", "version"),
        *(
            "author",
            "provider",
            "providerurl",
            "repository",
            "license",
            "tags",
            "category",
            "gallery",
            "schema",
        ),
        *("comment", "comments", "note", "notes", "metadata", "reference", "installsource"),
        # These fields let another program skip a question to its user, so they restrict nothing.
        *("alwaysallow", "autoapprove", "trust", "bundled"),
    }
)
"""Fields that only inform people, or that would only allow a server more. All other fields could be restrictions."""

TRANSPORTS = {
    # Each row: the name as written (without case, - and _), and the transport.
    "stdio": "stdio",
    "local": "stdio",
    "http": "http",
    "https": "http",
    "streamablehttp": "http",
    "streamable": "http",
    "remote": "http",
    "sse": "sse",
}
