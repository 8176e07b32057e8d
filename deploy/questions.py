"""The three questions, and the file that keeps their answers, which never contains a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.programs import DeployFailed

EVERYBODY = "everybody"

Ask = Callable[[str, str], str]
"""(question, default) → answer. Raises `DeployFailed` if nobody can be asked."""


Deployed = Callable[[str], Mapping[str, Any]]
"""Region → the answers with which the stack there was deployed; none if there is none."""


class Answers(BaseModel):
    """The answers, and the values that the last deployment used."""

    model_config = ConfigDict(extra="allow")
    """A newer version's answers stay in the file while an older version is deployed."""

    region: str
    """The AWS region, such as `eu-central-1`."""
    llm: str
    """`offline`, or a provider and its LLM, such as `anthropic:<model>`."""
    who: str
    """`everybody`, or issuer and audience of the required tokens, separated by a space."""
    parameters: dict[str, str] = Field(default_factory=dict)
    """Parameters of the template that `--set` has set; they are kept from one deployment to the next."""
    with_node: bool = False
    """True if the worker's image has Node.js, for MCP servers (`--with-node`)."""
    images: list[str] = Field(default_factory=list)
    """Tags of the worker's images, the newest last."""

    def login(self) -> dict[str, str]:
        """Return the parameters for who may use the installation. Raises `DeployFailed`."""
        if self.who == EVERYBODY:
            return {"AuthIssuer": "", "AuthAudience": ""}
        issuer, _, audience = self.who.partition(" ")
        if not issuer.startswith("https://") or not audience.strip():
            raise DeployFailed(
                "Who may enter is `everybody`, or the https URL of an issuer, a space and the audience of its tokens."
            )
        return {"AuthIssuer": issuer, "AuthAudience": audience.strip()}


def read(file: Path) -> Answers | None:
    if not file.exists():
        return None
    try:
        return Answers.model_validate_json(file.read_text())
    except (ValidationError, ValueError) as error:
        raise DeployFailed(f"{file} cannot be read; remove it to be asked again. {error}") from error


def write(file: Path, answers: Answers) -> None:
    """Write the file completely or not at all."""
    file.parent.mkdir(exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(answers.model_dump_json(indent=2) + "\n")
    new.replace(file)


def refuse_other_region(file: Path, known: Answers | None, region: str) -> None:
    """An installation never moves: in another region there would be two of one name, of which one is forgotten.

    Raises `DeployFailed`.
    """
    if known and region and region != known.region:
        raise DeployFailed(
            f"{file} says that this installation is in {known.region}, and not in {region}. Leave the region out, or "
            "name another installation (STACK=name)."
        )


def asked(
    known: Answers | None, given: Mapping[str, str], ask: Ask, region: str, deployed: Deployed
) -> Answers:
    """Options in `given` have priority, then `known` answers, then what is `deployed`; only the rest is asked.

    `region`: the default of the first question.
    """
    kept = known.model_dump() if known else {}
    values = kept | {name: value for name, value in given.items() if value}
    if "region" not in values:
        values["region"] = ask("AWS region", region)
    if known is None:
        values = {**deployed(values["region"]), **values}
    questions = (
        ("llm", "LLM (offline, anthropic:<model>, openai:<model> or bedrock:<model>)", "offline"),
        ("who", "Who may enter (everybody, or `<issuer URL> <audience>` of a login)", EVERYBODY),
    )
    for name, question, default in questions:
        if name not in values:
            values[name] = ask(question, default)
    answers = Answers.model_validate(values)
    answers.login()
    return answers
