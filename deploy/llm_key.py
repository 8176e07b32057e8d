"""The key of the LLM's provider: which providers need one, and how it gets into the account, as an encrypted SSM
parameter. No file here contains it.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping

from deploy import secrets
from deploy.programs import DeployFailed, Programs
from deploy.questions import Answers

PARAMETERS = {
    "anthropic": "AnthropicApiKeyArn",
    "openai": "OpenaiApiKeyArn",
    "openai-responses": "OpenaiApiKeyArn",
}
"""Providers that need a key, and the template's parameter for the place of the key."""


def key_parameter(llm: str) -> str | None:
    """Return the template's parameter for the LLM's key; None if it needs none."""
    return PARAMETERS.get(llm.partition(":")[0])


def keep_key(
    programs: Programs, stack: str, answers: Answers, environment: Mapping[str, str], *, is_new: bool
) -> bool:
    """Copy the LLM's key from the environment or the keyboard to SSM, if it is not there yet or `is_new`, and say
    whether. Raises `DeployFailed`.
    """
    parameter = key_parameter(answers.llm)
    if not parameter or answers.parameters.get(parameter):
        return False
    name = secrets.name_of(stack, parameter)
    if secrets.exists(programs, name) and not is_new:
        return False
    secrets.keep(programs, name, _asked(answers.llm, environment))
    return True


def _asked(llm: str, environment: Mapping[str, str]) -> str:
    variable = f"{llm.partition('-')[0].partition(':')[0].upper()}_API_KEY"
    key = environment.get(variable) or (getpass.getpass(f"Key ({variable}): ") if sys.stdin.isatty() else "")
    key = key.strip()
    if not key:
        raise DeployFailed(f"{llm} needs a key: set {variable}, or start this at a terminal.")
    if not (key.isascii() and key.isprintable()):
        raise DeployFailed(
            f"{variable} has a line break or a letter outside of ASCII, so it is no key. Paste it again."
        )
    return key
