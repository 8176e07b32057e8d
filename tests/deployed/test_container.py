"""The worker's image, built from its Dockerfile and run as ECS would: as its user, on a read-only disk."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local_dev.processes.processes import Child, Processes
from tests.deployed import image
from tests.deployed.conftest import Deployed
from tests.end_to_end.conversing import contents, new_id, say
from tests.template import container

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(
        not shutil.which("buildah"), reason="NOT TESTED: no buildah (apt-get install buildah)"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: only root may mount the image's disk"),
]

INSIDE = """
set -e
mount --bind "$DISK" "$DISK" && mount -o remount,bind,ro "$DISK"
mount -t proc proc "$DISK/proc"
mount -t tmpfs tmpfs "$DISK/dev" && mkdir -m 1777 "$DISK/dev/shm"
for name in null random urandom zero; do touch "$DISK/dev/$name" && mount --bind "/dev/$name" "$DISK/dev/$name"; done
mount -o remount,ro "$DISK/dev" && mount -t tmpfs -o mode=1777 tmpfs "$DISK/dev/shm"
exec "$@"
"""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The root of a container of the image."""
    image.make_base(tmp_path_factory.mktemp("base"))
    image.build_image(tmp_path_factory.mktemp("build"))
    made = image.buildah("from", "--quiet", "--pull-never", image.IMAGE).splitlines()[-1]
    yield Path(image.buildah("mount", made).splitlines()[-1])
    image.buildah("rm", made)


def inside(disk: Path, command: list[str], variables: Mapping[str, str] | None = None) -> list[str]:
    """`command` as the image's user in the image's folder."""
    configuration = image.configuration()
    set_here = [f"{name}={value}" for name, value in (variables or {}).items()]
    start = f'cd {configuration["WorkingDir"]} && exec "$@"'
    chroot = shutil.which("chroot") or "chroot"
    as_user = [chroot, "--userspec=10001:10001", str(disk), "sh", "-c", start, "sh", *command]
    return ["env", "-i", *configuration["Env"], *set_here, *as_user]


@asynccontextmanager
async def running(disk: Path, deployed: Deployed) -> AsyncGenerator[Child]:
    processes = Processes(deployed.folder / "container")
    command = inside(disk, image.configuration()["Cmd"], deployed.service.task_variables())
    unshared = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", INSIDE, "sh", *command]
    try:
        yield await processes.start("worker", unshared, {"DISK": str(disk), "PATH": os.environ["PATH"]})
    finally:
        await processes.close()


async def is_healthy(child: Child, disk: Path) -> bool:
    command = inside(disk, container()["HealthCheck"]["Command"][1:])
    process = await asyncio.create_subprocess_exec("nsenter", f"--target={child.pid}", "--mount", *command)
    return await process.wait() == 0


async def test_the_image_answers_as_its_user_on_a_disk_that_cannot_be_written(
    deployed: Deployed, disk: Path
) -> None:
    assert image.configuration()["User"] == "worker"
    session_id = new_id()
    async with running(disk, deployed) as child:
        await deployed.web.chat(say("from the container"), session_id)
        answered = await deployed.streams.ended(session_id)
        assert contents(answered, "agent") == ["from the container"]
        assert await is_healthy(child, disk)
    assert not (disk / "dev" / "shm").exists()
