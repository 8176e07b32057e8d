"""Builds and deploys the stack with SAM, reads its outputs, and deletes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.programs import DeployFailed, Programs, private_file
from local_dev.gateway.page_version import FOLDER, page_files, published

PYTHON_IMAGE = "python:3.13-slim"
STACK_NAME = r"(?!aws|ssm)[a-z][a-z0-9]*(-[a-z0-9]+)*"
"""CloudFormation needs a letter first, ECR lower case and single hyphens, and SSM keeps the names that begin so."""
NAME_LENGTH = 30
"""Names of CloudFront functions have 64 characters, of which the template adds `-<region>-keep-authorization`."""


def refuse_name(name: str) -> None:
    """Raises `DeployFailed` for a name that one of the services would refuse after others have accepted it."""
    if not re.fullmatch(STACK_NAME, name) or len(name) > NAME_LENGTH:
        raise DeployFailed(
            f"“{name[:60]}” cannot be a stack's name: it has at most {NAME_LENGTH} lower-case letters, digits and "
            "single hyphens, begins with a letter, and not with aws or ssm."
        )


def prepare_account(programs: Programs) -> None:
    """The first ECS cluster of an account fails while its service-linked role is being created, so the role is
    created before.
    """
    if programs.found("iam", "get-role", "--role-name", "AWSServiceRoleForECS") is None:
        programs.aws("iam", "create-service-linked-role", "--aws-service-name", "ecs.amazonaws.com")


def build(programs: Programs, architecture: str) -> None:
    programs.environment["ARCHITECTURE"] = architecture
    programs.show("sam", "build")
    layer = programs.folder / ".aws-sam" / "build" / "ForgeLayer" / "python"
    if not has_bytecode(layer):
        compile_layer(programs, layer)
    if not has_bytecode(layer):
        raise DeployFailed("The layer has no bytecode, so each cold start would take twice as long.")


def has_bytecode(layer: Path) -> bool:
    return next(layer.rglob("*.cpython-313.pyc"), None) is not None


def compile_layer(programs: Programs, layer: Path) -> None:
    """If no Python 3.13 is on the PATH, a container is used."""
    mount = ("--volume", f"{layer}:/layer", "--user", f"{_owner(layer)}")
    command = ("python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/layer")
    programs.show("docker", "run", "--rm", *mount, PYTHON_IMAGE, *command)


def _owner(path: Path) -> str:
    found = path.stat()
    return f"{found.st_uid}:{found.st_gid}"


def deploy(programs: Programs, name: str, region: str, parameters: Mapping[str, str]) -> None:
    settled = ("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--capabilities", "CAPABILITY_IAM")
    where = ("--stack-name", name, "--region", region, "--resolve-s3", "--s3-prefix", name)
    with private_file(dict(parameters)) as file:
        programs.show("sam", "deploy", *where, *settled, "--parameter-overrides", file)


def outputs(programs: Programs, name: str) -> dict[str, str]:
    found = programs.aws("cloudformation", "describe-stacks", "--stack-name", name)
    return {each["OutputKey"]: each["OutputValue"] for each in found["Stacks"][0].get("Outputs", [])}


def exists(programs: Programs, name: str) -> bool:
    return _described(programs, name) is not None


def parameters(programs: Programs, name: str) -> dict[str, str]:
    """Return the parameters of the deployed stack; none if it is not deployed."""
    found = _described(programs, name)
    if found is None:
        return {}
    return {each["ParameterKey"]: each["ParameterValue"] for each in found["Stacks"][0].get("Parameters", [])}


def _described(programs: Programs, name: str) -> Any:
    return programs.found("cloudformation", "describe-stacks", "--stack-name", name)


def upload_page(programs: Programs, found: Mapping[str, str]) -> None:
    """Upload the files of the new version first, then the files that name them; outdated files are deleted last.

    Folders of earlier versions stay, because open pages may still request their files.
    """
    bucket = f"s3://{found['PageBucketName']}"
    with TemporaryDirectory() as folder:
        lay_out(programs.folder / "frontend", Path(folder), found.get("PageConfig", "{}"))
        copy = ("s3", "sync", folder, bucket, "--only-show-errors")
        programs.show("aws", *copy, "--exclude", "index.html")
        programs.show("aws", *copy, "--delete", "--exclude", f"{FOLDER}*")
    programs.aws(
        "cloudfront", "create-invalidation", "--distribution-id", found["DistributionId"], "--paths", "/*"
    )


def lay_out(page: Path, folder: Path, config: str = "{}") -> str:
    """Prepare the contents of the bucket: the page's files below their version and, for other pages, under their own
    names.

    `config`: the page's configuration, which is written into its index.

    Returns the version.
    """
    current = published(page, config)
    files = {path.as_posix(): (page / path).read_bytes() for path in page_files(page)} | {
        "index.html": current.index
    }
    kept = {f"{FOLDER}{current.version}/{path}": content for path, content in current.files.items()}
    for path, content in {**files, **kept}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return current.version


def start_new_workers(programs: Programs, found: Mapping[str, str]) -> None:
    """The worker's container reads its secrets when it starts. `found`: the stack's outputs."""
    where = ("--cluster", found["ClusterName"], "--service", found["ServiceName"])
    programs.aws("ecs", "update-service", *where, "--force-new-deployment")


def delete(programs: Programs, name: str, region: str, *, keep_data: bool) -> None:
    """Delete the stack, which exists. A stack whose first deployment failed has no outputs and no page."""
    if bucket := outputs(programs, name).get("PageBucketName"):
        programs.show("aws", "s3", "rm", f"s3://{bucket}", "--recursive")
    if not keep_data:
        programs.show("sam", "delete", "--no-prompts", "--stack-name", name, "--region", region)
        return
    stack = ("--stack-name", name)
    programs.aws("cloudformation", "delete-stack", *stack)
    if programs.succeeds("aws", "cloudformation", "wait", "stack-delete-complete", *stack):
        return
    # The table refuses to be deleted, as requested. The resource that a failed deletion names may be left out of the
    # next one.
    programs.aws("cloudformation", "delete-stack", *stack, "--retain-resources", "Table")
    programs.aws("cloudformation", "wait", "stack-delete-complete", *stack)
