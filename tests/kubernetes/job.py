"""A job in a Pod of the cluster: this checkout, with its libraries and Pulumi, and no kubeconfig: its Pod's account."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from leasehold.engines.kubernetes.api import Api, connect
from leasehold.engines.kubernetes.execs import Exec, run
from leasehold.engines.kubernetes.pods import await_running
from tests.integration.support import PROJECT
from toolchain import pulumi_command
from toolchain.cluster.choice import chosen
from toolchain.images import IMAGES, JOB, present, provide

from .support import Namespace

NAME = "job"
STATE = "/state"
LIMIT = 300.0
"""Seconds for which a command may be silent: a session of tests is while its run is made."""

_LEFT_OUT = ("./.git", "./.mypy_cache", "./.ruff_cache", "./site", "./.venv/bin/python*", "./.venv/pyvenv.cfg")
_INTERPRETER = """\
set -eu
python=$(command -v python3)
"$python" -c "import sys; sys.exit(sys.version_info[:2] != ($2))"
ln -s "$python" "$1/bin/python3"
for name in $3; do ln -sf python3 "$1/bin/$name"; done
printf 'home = %s\\n' "${python%/*}" >"$1/pyvenv.cfg"
"""
"""Makes a virtual environment the Pod's own: its interpreter is where it is there."""

_PACKED = (0, 1)
"""Exit statuses of a tar that has packed all: 1 says that a folder changed meanwhile, as those of compiled modules do,
which tests beside this one write (GNU tar manual, Exit status)."""


class Job:
    """A Pod in which commands run as somebody would run them who is there."""

    def __init__(self, api: Api, pod: tuple[str, str]) -> None:
        self._api, self._pod = api, pod
        self._environment = {
            "CI": "true",
            "HOME": "/tmp",
            "LEASEHOLD_ENGINE": "kubernetes",
            "PATH": f"{sys.prefix}/bin:{_pulumi()}:/usr/local/bin:/usr/bin:/bin",
            "PULUMI_BACKEND_URL": f"file://{STATE}/backend",
            "PULUMI_HOME": str(pulumi_command.home()),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "XDG_STATE_HOME": STATE,
            **{image.variable: os.environ[image.variable] for image in IMAGES if image.variable in os.environ},
        }

    def told(self, *words: str) -> tuple[int, str]:
        """Run a command in the checkout; return its exit status, and what it says on both streams."""
        given = [f"{name}={value}" for name, value in self._environment.items()]
        command = ["sh", "-c", 'cd "$1"; shift; exec env "$@"', "sh", str(PROJECT), *given, *words]
        status, said, errors = run(self._api, self._pod, command, patience=LIMIT)
        return status, (said + errors).decode(errors="replace")

    def prepare(self) -> None:
        """Put in what a job needs: the checkout, Pulumi and its plugins, at the paths that they have here."""
        for folder in _folders():
            self._put(folder, _LEFT_OUT if folder == PROJECT else ())
        names = " ".join(one.name for one in Path(sys.prefix, "bin").glob("python*") if one.name != "python3")
        version = f"{sys.version_info.major}, {sys.version_info.minor}"
        status, _, said = run(self._api, self._pod, ["sh", "-c", _INTERPRETER, "sh", sys.prefix, version, names])
        assert status == 0, said
        assert self.told("mkdir", "-p", f"{STATE}/backend")[0] == 0

    def _put(self, folder: Path, left_out: Sequence[str]) -> None:
        """Put a folder where it is here. Links are followed out of it no further than a copy needs."""
        pack = ["tar", "--create", "--file=-", f"--directory={folder}", *(f"--exclude={one}" for one in left_out), "."]
        take = Exec(self._api, self._pod, ["tar", "-xof", "-", "-C", str(folder)])
        with subprocess.Popen(pack, stdout=subprocess.PIPE) as packing:
            assert packing.stdout
            while piece := packing.stdout.read(1 << 20):
                take.send(piece)
        said = b""
        while told := take.receive(LIMIT):
            said += told[1]
        take.close()
        assert packing.returncode in _PACKED, "what tar says is captured"
        assert take.status == 0, said


@contextmanager
def job(namespace: Namespace, account: str) -> Iterator[Job]:
    """Have a job run for the length of a block.

    Args:
        namespace: Where.
        account: The service account of its Pod, in the same namespace.
    """
    if present(JOB) is None:
        provide(JOB, print)
    image = present(JOB)
    assert image
    chosen().load([image], lambda line: None)
    places = {f"files-{number}": str(path) for number, path in enumerate([*_folders(), Path(STATE), Path("/tmp")])}
    container = {
        "name": "server",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in places.items()],
    }
    volumes = [{"name": name, "emptyDir": {}} for name in places]
    namespace.pod(NAME, ready=False, container=container, serviceAccountName=account, volumes=volumes)
    api, pod = connect(), (namespace.name, NAME)
    await_running(api, pod, LIMIT)
    made = Job(api, pod)
    made.prepare()
    yield made


def _folders() -> list[Path]:
    """Return the folders that a job needs: none is in another."""
    return [PROJECT, _pulumi(), pulumi_command.home()]


def _pulumi() -> Path:
    found = pulumi_command.folder()
    assert found
    return found[0]
