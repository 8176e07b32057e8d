"""The worker's image. Its tag is the digest of its sources, so a tag always means the same image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from deploy.programs import Programs

SOURCES = (
    "layers/forge/forge",
    "mcp.json",
    "package.json",
    "package-lock.json",
    "requirements/worker.txt",
    "worker",
)
"""The files that worker/Dockerfile.dockerignore includes in the build."""
KEPT_IMAGES = 20
PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


def tag_of(folder: Path, options: Mapping[str, str]) -> str:
    """`options`: further inputs of the image (processor, build arguments)."""
    digest = hashlib.sha256(repr(sorted(options.items())).encode())
    for source in SOURCES:
        root = folder / source
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


def exists(programs: Programs, name: str) -> bool:
    """Return whether there is a repository of this name."""
    return programs.found("ecr", "describe-repositories", "--repository-names", name) is not None


def remove(programs: Programs, name: str) -> bool:
    """Return whether it was there."""
    if there := exists(programs, name):
        programs.aws("ecr", "delete-repository", "--repository-name", name, "--force")
    return there


def repository(programs: Programs, name: str) -> str:
    """Return the URI of the repository, which is created if necessary. It is not part of the stack, because the
    image is built first.
    """
    named = ("--repository-name", name)
    if not exists(programs, name):
        settings = (
            "--image-tag-mutability",
            "IMMUTABLE",
            "--image-scanning-configuration",
            "scanOnPush=true",
        )
        programs.aws("ecr", "create-repository", *named, *settings)
        programs.aws("ecr", "put-lifecycle-policy", *named, "--lifecycle-policy-text", _policy())
    found = programs.aws("ecr", "describe-repositories", "--repository-names", name)
    return found["repositories"][0]["repositoryUri"]


def push(programs: Programs, name: str, uri: str, tag: str, options: Mapping[str, str]) -> None:
    """Build and push, unless an image of this tag exists already."""
    wanted = ("--repository-name", name, "--image-ids", f"imageTag={tag}")
    if programs.found("ecr", "describe-images", *wanted) is not None:
        return
    password = programs.output("aws", "ecr", "get-login-password")
    registry = uri.partition("/")[0]
    programs.show("docker", "login", "--username", "AWS", "--password-stdin", registry, text=password)
    arguments = [
        part for key in ("WITH_NODE", "WITH_CHAIN") for part in ("--build-arg", f"{key}={options[key]}")
    ]
    platform = ("--platform", PLATFORMS[options["Architecture"]])
    target = f"{uri}:{tag}"
    programs.show("docker", "build", *platform, *arguments, "-f", "worker/Dockerfile", "-t", target, ".")
    programs.show("docker", "push", target)


def _policy() -> str:
    return (
        '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan",'
        f'"countNumber":{KEPT_IMAGES}}},"action":{{"type":"expire"}}}}]}}'
    )
