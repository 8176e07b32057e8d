"""Stand-ins for `aws`, `docker` and `sam`: each call is recorded, and answered from one account.

The programs on the PATH are shells, which ask this process: to start a Python for each call took ten times as long.
"""

import json
import os
import threading
import traceback
from contextlib import contextmanager
from pathlib import Path

PROGRAM = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" >"$ACCOUNT/asked"
{ read -r code; read -r answer; read -r error; } <"$ACCOUNT/answered"
printf '%s' "$answer"
printf '%s' "$error" >&2
exit "$code"
"""
MISSING = 254
CODES = {
    "bedrock get-inference-profile": "ResourceNotFoundException",
    "cloudformation describe-stacks": "ValidationError",
    "ecr describe-images": "ImageNotFoundException",
    "ecr describe-repositories": "RepositoryNotFoundException",
    "iam get-role": "NoSuchEntity",
    "ssm get-parameter": "ParameterNotFound",
}


def option(arguments, name):
    return arguments[arguments.index(name) + 1] if name in arguments else ""


def content(text):
    return json.loads(Path(text.removeprefix("file://")).read_text())


def aws(state, arguments):
    """Answer of the AWS CLI, or MISSING for a thing that is not there."""
    what = " ".join(arguments[:2])
    if what == "sts get-caller-identity":
        return {"Arn": "arn:aws:iam::123456789012:user/deployer"}
    if what == "lambda get-account-settings":
        return {"AccountLimit": {"ConcurrentExecutions": state["concurrency"]}}
    if what == "iam get-role":
        return {} if "role" in state else MISSING
    if what == "iam create-service-linked-role":
        state["role"] = True
    elif arguments[0] == "ssm":
        return ssm(state, arguments)
    elif what == "bedrock get-inference-profile":
        return state["profiles"].get(option(arguments, "--inference-profile-identifier"), MISSING)
    elif arguments[0] == "ecr":
        return ecr(state, arguments)
    elif arguments[0] == "cloudformation":
        return cloudformation(state, arguments)
    return None


def ssm(state, arguments):
    name = option(arguments, "--name")
    match arguments[1]:
        case "put-parameter":
            given = content(option(arguments, "--cli-input-json"))
            state["secrets"][given["Name"]] = given["Value"]
        case "get-parameter":
            value = state["secrets"].get(name)
            return {"Parameter": {"Value": value}} if value else MISSING
        case "get-parameters-by-path":
            return [each for each in state["secrets"] if each.startswith(option(arguments, "--path"))]
        case "delete-parameter":
            del state["secrets"][name]
        case _:
            pass
    return None


def ecr(state, arguments):
    name = option(arguments, "--repository-names") or option(arguments, "--repository-name")
    match arguments[1]:
        case "create-repository":
            state["images"][name] = []
        case "delete-repository":
            del state["images"][name]
        case "describe-repositories":
            uri = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{name}"
            return {"repositories": [{"repositoryUri": uri}]} if name in state["images"] else MISSING
        case "describe-images":
            tag = option(arguments, "--image-ids").removeprefix("imageTag=")
            return {} if tag in state["images"][name] else MISSING
        case _:
            pass
    return None


def cloudformation(state, arguments):
    stack = state.get("stack")
    match arguments[1]:
        case "describe-stacks":
            if not stack:
                return MISSING
            parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.items()]
            outputs = {
                "PageUrl": state["url"],
                "PageBucketName": "bucket",
                "DistributionId": "E1",
                "ClusterName": "cluster",
                "ServiceName": "service",
            }
            if state.get("is_rolled_back"):
                outputs = {}
            shown = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
            return {"Stacks": [{"Parameters": parameters, "Outputs": shown}]}
        case "delete-stack":
            if stack.get("KeepData") != "true" or "--retain-resources" in arguments:
                del state["stack"]
        case "wait":
            return None if not state.get("stack") else MISSING
        case _:
            pass
    return None


def sam(state, arguments, folder):
    if arguments[0] == "build":
        layer = folder / "checkout" / ".aws-sam" / "build" / "ForgeLayer" / "python" / "__pycache__"
        layer.mkdir(parents=True, exist_ok=True)
        if state["python313"]:
            (layer / "a.cpython-313.pyc").touch()
    elif arguments[0] == "deploy":
        state["deployments"].append(content(option(arguments, "--parameter-overrides")))
        state["stack"] = {**state.get("stack", {}), **state["deployments"][-1]}
    elif arguments[0] == "delete":
        del state["stack"]


def docker(state, arguments):
    if arguments[0] == "push":
        uri, _, tag = arguments[1].rpartition(":")
        state["images"][uri.rpartition("/")[2]].append(tag)
    elif arguments[0] == "run":
        volume = option(arguments, "--volume").partition(":")[0]
        (Path(volume) / "a.cpython-313.pyc").touch()


def answer(state, folder, name, given):
    """Exit code, output and error of a program. `state["denied"]`: the beginnings of commands that are not allowed."""
    state["calls"].append([name, *given])
    command = " ".join(given[:2])
    if command in state.get("denied", ()):
        return MISSING, "", "An error occurred (AccessDenied) when calling an operation: not authorized"
    said = sam(state, given, folder) if name == "sam" else {"aws": aws, "docker": docker}[name](state, given)
    if said == MISSING:
        return MISSING, "", f"An error occurred ({CODES.get(command, 'Waiter')}) when calling an operation"
    return 0, "" if said is None else json.dumps(said), ""


@contextmanager
def running_programs(state, folder):
    """Yields their folder. Their environment's ACCOUNT is `folder`."""
    asked, answered, programs = folder / "asked", folder / "answered", folder / "bin"
    programs.mkdir()
    for name in ("aws", "docker", "sam"):
        (programs / name).write_text(PROGRAM)
        (programs / name).chmod(0o755)
    for pipe in (asked, answered):
        os.mkfifo(pipe)

    def serve():
        while call := asked.read_text():
            try:
                said = answer(state, folder, *_name_and_arguments(call))
            except Exception:  # noqa: BLE001 - as a program would end
                traceback.print_exc()
                said = 1, "", ""
            answered.write_text("".join(f"{part}\n" for part in said))

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield programs
    finally:
        asked.write_text("")
        server.join()


def _name_and_arguments(call):
    name, *arguments = call.split("\0")[:-1]
    return name, arguments
