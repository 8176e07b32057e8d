"""`python -m deploy [up|down]`: the program of `make deploy` and `make undeploy`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy import (
    constraints,
    deploy_log,
    image,
    monthly_costs,
    parameters,
    questions,
    secrets,
    smoke,
    stack,
)
from deploy.llm_key import keep_key
from deploy.programs import DeployFailed, Programs
from deploy.questions import Answers
from local_dev.exit_statuses import INTERRUPTED

ROOT = Path(__file__).parent.parent
STOPPED = (
    "\nInterrupted. What CloudFormation has begun goes on without this command. Run the same command again after "
    "that."
)


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path = ROOT,
    pause: float = smoke.PAUSE_SECONDS,
) -> int:
    """Return the exit status. `pause`: seconds between two checks of something that does not work yet."""
    options = _options(arguments)
    try:
        stack.refuse_name(options.stack)
        if options.command == "up":
            _up(options, environment, folder, pause)
        else:
            _down(options, environment, folder)
    except DeployFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print(STOPPED, file=sys.stderr)
        return INTERRUPTED
    return 0


def _options(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser("make deploy", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    parser.add_argument("--stack", default="forge-mcp", help="name of the CloudFormation stack")
    parser.add_argument("--region", default="")
    parser.add_argument(
        "--llm", default="", help="offline, anthropic:<model>, openai:<model>, bedrock:<model>"
    )
    parser.add_argument("--who", default="", help="everybody, or '<issuer URL> <audience>'")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a template parameter"
    )
    parser.add_argument("--new-key", action="store_true", help="ask for the LLM's key again")
    parser.add_argument(
        "--with-node", action="store_true", help="Node.js in the worker's image, for MCP servers"
    )
    parser.add_argument("--new-edge-secret", action="store_true", help="renew what CloudFront shows the APIs")
    parser.add_argument("--costs-only", action="store_true", help="say what it costs and do nothing")
    return parser.parse_args(arguments)


def _up(options: Namespace, environment: Mapping[str, str], folder: Path, pause: float) -> None:
    file = folder / ".deploy" / f"{options.stack}.json"
    given = {"region": options.region, "llm": options.llm, "who": options.who}
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    kept = questions.read(file)
    questions.refuse_other_region(file, kept, options.region)

    def deployed(where: str) -> dict[str, Any]:
        """`--costs-only` needs no account."""
        if options.costs_only:
            return {}
        there = stack.parameters(Programs(environment, folder, where), options.stack)
        return parameters.deployed_answers(there, options.stack)

    answers = questions.asked(kept, given, _ask, region, deployed)
    programs = Programs(environment, folder, answers.region)
    known = parameters.defaults(folder)
    parameters.refuse_unknown(known, given_now := _pairs(options.set))
    before = dict(answers.parameters)
    answers.parameters |= given_now
    if options.costs_only:
        values = known | parameters.chosen(known, {}, answers, "")
    else:
        values = _values(options, answers, programs, known)
    constraints.refuse_invalid(parameters.template(folder), values)
    print("\n".join(monthly_costs.told(known | values)), flush=True)
    if options.costs_only:
        return
    # What `--set` gives is kept once the account has accepted it.
    questions.write(file, answers.model_copy(update={"parameters": before}))
    url = _deployed(options, answers, programs, environment, values)
    questions.write(file, answers)
    _note(file.with_suffix(".log"), programs, answers.images[-1])
    smoke.check(url, has_login=answers.who != questions.EVERYBODY, say=print, pause=pause)
    print(f"ready {url}")


def _note(file: Path, programs: Programs, image_tag: str) -> None:
    before, now = deploy_log.last(file), deploy_log.commit(programs)
    deploy_log.note(file, now, image_tag)
    print(f"deployed commit {now}" + (f"; before it was {before}" if before else ""), flush=True)


def _values(
    options: Namespace, answers: Answers, programs: Programs, known: Mapping[str, str]
) -> dict[str, str]:
    """Return the parameters, after reading from the account what it has. Nothing is changed."""
    _, partition, *_, account, _ = programs.aws("sts", "get-caller-identity")["Arn"].split(":")
    keys = f"arn:{partition}:ssm:{answers.region}:{account}:parameter/{options.stack}/"
    deployed = stack.parameters(programs, options.stack)
    values = parameters.chosen(known, deployed, answers, keys)
    if answers.llm.startswith("bedrock:") and not answers.parameters.get("BedrockModelArns"):
        values["BedrockModelArns"] = parameters.bedrock_arns(programs, answers.llm, answers.region)
    if "StreamConcurrency" not in values:
        values["StreamConcurrency"] = parameters.stream_concurrency(programs)
    return values


def _deployed(
    options: Namespace,
    answers: Answers,
    programs: Programs,
    environment: Mapping[str, str],
    values: Mapping[str, str],
) -> str:
    """Deploy everything except the page. Returns its URL."""
    name: str = options.stack
    whole = {**parameters.defaults(programs.folder), **values}
    is_renewed = keep_key(programs, name, answers, environment, is_new=options.new_key) and stack.exists(
        programs, name
    )
    stack.prepare_account(programs)
    uri = _image(options, answers, programs, whole)
    stack.build(programs, whole["Architecture"])
    for edge in secrets.edge_steps(programs, name, renew=options.new_edge_secret):
        stack.deploy(programs, name, answers.region, {**values, **edge, "WorkerImageUri": uri})
    found = stack.outputs(programs, name)
    if is_renewed:
        stack.start_new_workers(programs, found)
    stack.upload_page(programs, found)
    return found["PageUrl"]


def _image(options: Namespace, answers: Answers, programs: Programs, values: Mapping[str, str]) -> str:
    with_node = options.with_node or answers.with_node
    answers.with_node = with_node
    build = {
        "Architecture": values["Architecture"],
        "WITH_NODE": "1" if with_node else "0",
        "WITH_CHAIN": "1" if values["TestChain"] == "true" else "0",
    }
    repository = f"{options.stack}-worker"
    uri = image.repository(programs, repository)
    tag = image.tag_of(programs.folder, build)
    image.push(programs, repository, uri, tag, build)
    answers.images = [*(each for each in answers.images if each != tag), tag]
    return f"{uri}:{tag}"


def _down(options: Namespace, environment: Mapping[str, str], folder: Path) -> None:
    file = folder / ".deploy" / f"{options.stack}.json"
    answers = questions.read(file)
    questions.refuse_other_region(file, answers, options.region)
    region = options.region or (answers.region if answers else "")
    if not region:
        raise DeployFailed(f"{file} is not there; name the region: make undeploy ARGS='--region …'")
    programs = Programs(environment, folder, region)
    is_there = stack.exists(programs, options.stack)
    deployed = stack.parameters(programs, options.stack) or (answers.parameters if answers else {})
    keep_data = deployed.get("KeepData") == "true"
    if is_there:
        stack.delete(programs, options.stack, region, keep_data=keep_data)
    has_image = image.remove(programs, f"{options.stack}-worker")
    has_secrets = secrets.remove_all(programs, options.stack)
    file.unlink(missing_ok=True)
    file.with_suffix(".log").unlink(missing_ok=True)
    if not (is_there or has_image or has_secrets or answers):
        raise DeployFailed(f"There is nothing of {options.stack} in {region}, so nothing was removed.")
    print("Everything is gone" + (", but the table, which was to be kept." if keep_data else "."))


def _ask(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        raise DeployFailed(
            f"Nobody can be asked: {question}? Name it by an option (make deploy ARGS=--help)."
        )
    return input(f"{question} [{default}]: ").strip() or default


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise DeployFailed(f"--set wants NAME=VALUE, not {wrong[0]}.")
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
