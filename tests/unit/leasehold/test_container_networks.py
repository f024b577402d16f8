"""Whether this process is in a container of the engine's with a network of its own: mounts and the engine tell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import docker
import docker.errors
import pytest

from leasehold.engines.docker import inside

ONE, OTHER = "1" * 64, "2" * 64
MOUNTS = (
    "711 682 0:84 / / rw,relatime - overlay overlay rw\n"
    "721 711 254:0 /var/lib/docker/containers/{id}/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw\n"
    "722 711 254:0 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/vda rw\n"
)

ON_THE_HOST = "800 28 0:99 / /var/lib/containers/storage/overlay-containers/{id}/userdata/shm rw - tmpfs shm rw\n"


class Engine:
    """An engine that knows some containers, by the mode of their network."""

    def __init__(self, modes: Mapping[str, str]) -> None:
        self.api, self._modes = self, modes

    def inspect_container(self, one: str) -> dict[str, Any]:
        if one not in self._modes:
            raise docker.errors.NotFound("No such container")
        networks = {"b": {"Gateway": f"10.{one[0]}.0.2"}, "a": {"Gateway": f"10.{one[0]}.0.1"}, "none": {"Gateway": ""}}
        return {
            "Name": f"/job-{one[0]}",
            "HostConfig": {"NetworkMode": self._modes[one]},
            "NetworkSettings": {"Networks": None if self._modes[one] == "none" else networks},
        }

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("mounts", "modes", "found"),
    [
        ("23 28 0:21 / /proc rw - proc proc rw\n", {ONE: "bridge"}, None),
        (MOUNTS.format(id=ONE), {ONE: "bridge"}, ("job-1", "10.1.0.1", "10.1.0.2")),
        (MOUNTS.format(id=ONE), {ONE: "ci_default"}, ("job-1", "10.1.0.1", "10.1.0.2")),
        (MOUNTS.format(id=ONE), {ONE: "host"}, None),
        (ON_THE_HOST.format(id=ONE), {ONE: "bridge"}, None),
        (MOUNTS.format(id=ONE), {ONE: f"container:{OTHER}", OTHER: "host"}, None),
        (MOUNTS.format(id=ONE), {ONE: f"container:{OTHER}", OTHER: "none"}, ("job-1",)),
        (MOUNTS.format(id=ONE), {ONE: f"container:{OTHER}", OTHER: "ci"}, ("job-1", "10.2.0.1", "10.2.0.2")),
        (MOUNTS.format(id=ONE).replace("/containers/", "/overlay-containers/"), {ONE: "none"}, ("job-1",)),
        (MOUNTS.format(id=ONE), {OTHER: "bridge"}, None),
    ],
    ids=[
        "no container",
        "bridge",
        "named",
        "host",
        "its host",
        "another's, the host's",
        "none",
        "another's",
        "Podman's",
        "another engine's",
    ],
)
def test_it_is_known_by_its_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str, modes: dict[str, str], found: tuple[str, ...] | None
) -> None:
    (tmp_path / "mountinfo").write_text(mounts)
    monkeypatch.setattr(inside, "_MOUNTS", tmp_path / "mountinfo")
    container = inside.own_container(lambda: cast(docker.DockerClient, Engine(modes)))
    assert (container and (container.name, *container.gateways)) == found


def test_where_there_is_no_such_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "_MOUNTS", tmp_path / "none")

    def connect() -> docker.DockerClient:
        raise AssertionError("the engine is not asked")

    assert inside.own_container(connect) is None
