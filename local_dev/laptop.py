"""What a laptop sets otherwise than the template's parameters do."""

from __future__ import annotations

HERE = {
    "ANONYMOUS_IDS": "any",
    "OWNER_TOKENS_PER_DAY": "0",
    "DEPLOYMENT_REQUESTS_PER_DAY": "0",
    "DEPLOYMENT_STREAMS_PER_DAY": "0",
    "DEPLOYMENT_SESSIONS_PER_DAY": "0",
    "DEPLOYMENT_TOKENS_PER_DAY": "0",
    "DEPLOYMENT_SENDS_PER_DAY": "0",
    "POLICY_OWNER_SEND_LIMIT_PER_DAY": "",
    "POLICY_DEPLOYMENT_SEND_LIMIT_PER_DAY": "",
}
"""Unless it is exported: its user may call a session by a name, and nothing has a roof for a day."""
