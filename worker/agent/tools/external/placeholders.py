"""Fills in the parts of a configuration that come from the environment, and finds those that another program would
fill in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_VARIABLE = re.compile(r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
"""`${NAME}` and `${NAME:-default}`; Cursor (userjot.com/docs/mcp-cursor, read 2026-11-26) and VS Code write
`${env:NAME}`.
"""

FOREIGN_FORMS: tuple[tuple[str, str, str], ...] = (
    # Each row: example, pattern, where it is used. Rows with an address were read on 2026-11-26, the others are from
    # memory.
    (
        "${input:token}",
        r"\$\{",
        "VS Code (code.visualstudio.com/docs/copilot/reference/mcp-configuration), shells",
    ),
    ("$(command)", r"\$[(\[]", "shells, Azure Pipelines"),
    ("$TOKEN", r"\$[A-Za-z_]", "shells, Gemini CLI (docs/tools/mcp-server.md at 009b0d8)"),
    ("%TOKEN%", r"%(?![0-9A-Fa-f]{2}%)[A-Za-z_]\w*(?:\(\w+\))?%", "cmd.exe, Symfony"),
    ("%(TOKEN)s", r"%\([A-Za-z_]\w*\)", "supervisord, Python"),
    ("%{TOKEN}", r"[%#@]\{", "Octopus, Ruby, Terraform"),
    ("{{token}}", r"\{\{", "LibreChat (librechat.ai/docs, mcp_servers), Jinja"),
    ("{env:TOKEN}", r"\{[A-Za-z_][\w.-]*(?::[^{}\"]*)?\}", "opencode, URL templates of the MCP registry"),
    ("<token>", r"<[%A-Za-z][^<>]*>", "documentation, ERB"),
    ("@@token@@", r"@@\w+@@|(?<!\w)__[A-Z][A-Z0-9_]*__(?!\w)", "build tools"),
    ("`command`", r"`[^`]+`", "shells"),
    ("!secret token", r"(?<!\S)![A-Za-z]+\s", "YAML tags"),
    ("!TOKEN!", r"(?<![^\s=:\"'])![A-Za-z_]\w*!", "cmd.exe with delayed expansion"),
    (
        "YOUR_API_KEY",
        r"(?i)(?<![a-z0-9])(?:your|insert|enter|replace|paste)[-_ ](?:[a-z0-9]+[-_ ])*"
        r"(?:token|key|secret|password|pat|credentials?)(?![a-z0-9])|(?<![a-z0-9])change[-_ ]?me(?![a-z0-9])|"
        r"(?<![^\s=:\"'])(?:x{4,}|\.{3,}|\u2026|\*{3,})(?![^\s\"'])",
        "documentation",
    ),
    ("@env:TOKEN", r"(?<![\w.+-])@(?:env|secret|vault|input|ref|file):", "hand-written files"),
    (
        "vault:path#key",
        r"(?<![^\s=\"'])(?:vault|ssm|secretref|secretsmanager|keyvault|sops|secret|doppler):(?!//)\S",
        "Bank-Vaults, Azure Container Apps",
    ),
    ("@Reference(…)", r"@[A-Za-z][\w.]*\(", "Azure App Service"),
    (
        "process.env.TOKEN",
        r"(?<![^\s=\"'])(?:process\.env|os\.environ|env)[.:\[(]\s*[\"']?[A-Za-z_]",
        "code, nushell",
    ),
    (
        "op://vault/item",
        r"(?<![\w+.-])(?:op|secret|secrets|vault|keyring|keychain|doppler|infisical|bws|akv|awssm|gcpsm|"
        r"ref\+[a-z0-9]+)://",
        "1Password, vals, keyrings",
    ),
)
"""Forms of other programs that are not filled in here. Sent unchanged, they would be wrong secrets."""

SHELL_FORMS = frozenset({"$(command)", "$TOKEN", "`command`", "${input:token}", "<token>"})
"""Arguments of a shell, which fills in such parts itself."""

_FOREIGN = [(example, re.compile(pattern)) for example, pattern, _ in FOREIGN_FORMS]


class Unfilled(Exception):
    """A part cannot be filled in. The message says which, and never contains the value of a variable."""


@dataclass(slots=True)
class Filling:
    """Fills in placeholders and records the values that it used."""

    environment: Mapping[str, str]
    """The variables that a placeholder may name."""
    taken: set[str] = field(default_factory=set[str])
    """The values that came from the environment, because they may be secrets."""

    def text(self, raw: str, allowed: frozenset[str] = frozenset()) -> str:
        """Raises `Unfilled`. Only the file's own text is searched for placeholders, never the value of a variable."""
        rest = _VARIABLE.sub(lambda match: f" {match[2] or ''} ", raw)
        for example, pattern in _FOREIGN:
            if example not in allowed and pattern.search(rest):
                raise Unfilled(
                    f"it holds a placeholder like {example}, which is not filled in here; write ${{NAME}} for the "
                    "environment variable NAME (a value that really has such characters can come from one)"
                )
        return _VARIABLE.sub(self._value, raw)

    def _value(self, match: re.Match[str]) -> str:
        if value := self.environment.get(match[1]):
            self.taken.add(value)
            return value
        if match[2] is None:
            raise Unfilled(f"the environment variable {match[1]} is not set")
        return match[2]
