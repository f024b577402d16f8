"""The file with a run's authority, as a resource: when plain `pulumi destroy` deletes it, the file goes.

A program does not run when its stack is destroyed, so no code of it could remove the file, and no hook. Pulumi does run
dynamic providers then: it keeps them in the state, as pickled Python. This one is kept by value, so that it needs no
package of ours where it runs.
"""

from typing import Any

import pulumi
from pulumi import dynamic

IN_PROGRAM = True
"""Whether this process is a Pulumi program in Python; `components/__main__.py` serves those in other languages, where
nobody tells which Python would run a dynamic provider."""


def _provider() -> dynamic.ResourceProvider:
    """Return what removes a file. It has to do without anything of this module."""

    class FileRemover(dynamic.ResourceProvider):
        serialize_as_secret_always = False

        def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
            return dynamic.CreateResult(props["path"], props)

        def delete(self, _id: str, _props: dict[str, Any]) -> None:
            from pathlib import Path  # noqa: PLC0415 - it is kept without what is around it

            Path(_id).unlink(missing_ok=True)

        def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
            moved = olds["path"] != news["path"]
            return dynamic.DiffResult(changes=moved, replaces=["path"] if moved else [])

    for kept in (FileRemover, FileRemover.create, FileRemover.delete, FileRemover.diff):
        kept.__module__ = "__main__"  # what is of `__main__` is pickled by value (dill)
    return FileRemover()


class AuthorityFile(dynamic.Resource):
    """A file that is removed when this resource is deleted. Whoever declares it has written the file."""

    def __init__(self, name: str, path: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(_provider(), name, {"path": path}, opts)
