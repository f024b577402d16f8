"""Files in and out of a container that runs, by a shell, `tar`, `base64` and `mv` of its image.

Nothing of them is an object of the cluster's, and none is ever there by half.
"""

import base64
import io
import tarfile
from collections.abc import Mapping

from ...errors import EngineError
from .api import Api
from .execs import run
from .names import SERVER

GO = ".go"
"""A pipe in the folder, which the container's command waits at until all files are there."""

# The input has no end, so an empty line ends it; the shell reads byte by byte, so nothing behind it is lost.
_TAKE = """\
set -eu
umask 077
cd "$1"
shift
mkdir -p .new
while IFS= read -r line && [ "$line" ]; do printf '%s\\n' "$line"; done | base64 -d | tar -xf - -C .new
for name; do mv ".new/$name" "$name"; done
"""
_BEGIN = f"""\
mkfifo {GO} 2>/dev/null || [ -p {GO} ]
echo go >{GO}
"""
_GIVE = 'cd "$1" 2>/dev/null || exit 0; tar -cf - .'


def waiting(folder: str, then: str) -> str:
    """Return a shell's script that waits until `put` has begun it, and goes on with a command.

    Args:
        folder: Where the files will be.
        then: The command.
    """
    go = f"{folder}/{GO}"
    # The shell is process 1, so that it is told of every orphan's end, which cuts its waiting short.
    wait = f"until read -r go <{go}; do :; done 2>/dev/null"
    return f"trap 'exit 0' TERM INT; mkfifo {go} 2>/dev/null || [ -p {go} ]; {wait}; rm {go}; exec {then}"


def put(
    api: Api,
    pod: tuple[str, str],
    folder: str,
    files: Mapping[str, tuple[bytes, int]],
    *,
    container: str = SERVER,
    begin: bool = False,
) -> None:
    """Put files into a folder of a container, in their order.

    Args:
        api: The cluster.
        pod: Namespace and name.
        folder: The folder, which its user may write to.
        files: Content and permissions by name.
        container: Which of the Pod's containers.
        begin: Whether it waits for them (`waiting`).

    Raises:
        EngineError: They could not be put there.
    """
    packed = base64.encodebytes(_archive(files)) + b"\n"
    script = _TAKE + _BEGIN * begin
    status, _, said = run(api, pod, ["sh", "-c", script, "sh", folder, *files], container=container, given=packed)
    if status:
        raise EngineError(f"Files could not be put into Pod {pod[1]}: {said.decode(errors='replace').strip()}")


def get(api: Api, pod: tuple[str, str], folder: str, *, container: str) -> dict[str, bytes]:
    """Return the files in a folder of a container, by name, sorted; none if it is not there.

    Raises:
        EngineError: They cannot be read.
    """
    status, packed, said = run(api, pod, ["sh", "-c", _GIVE, "sh", folder], container=container)
    if not packed:
        if status:
            raise EngineError(f"Folder {folder} of Pod {pod[1]} cannot be read: {said.decode(errors='replace')}")
        return {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        members = sorted((member for member in tar.getmembers() if member.isfile()), key=lambda found: found.name)
        opened = {member.name.rpartition("/")[2]: tar.extractfile(member) for member in members}
        return {name: file.read() for name, file in opened.items() if file}


def _archive(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = mode, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
