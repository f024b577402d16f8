"""`python -m toolchain cluster`: what `make test-kubernetes` runs."""

import os
import subprocess
import sys

import typer
from rich.console import Console
from rich.table import Table

from .. import environment
from ..errors import SetupError
from ..provision import provide, say
from .choice import OWN, VARIABLE, Cluster, chosen
from .own import LIFE, OwnNode, state
from .provider import part as provider

app = typer.Typer(help="Have a Kubernetes cluster for tests; LEASEHOLD_CLUSTER says which.", no_args_is_help=True)
_LOCK = "cluster.lock"
_IMAGES = typer.Argument(help="Names of images that the Docker Engine has.")
_COMMAND = typer.Argument(help="A program with its arguments.")
_LIFE = typer.Option(LIFE / 3600, "--life", min=0.01, help="Hours after which a node of our own ends by itself.")


@app.command()
def up(life: float = _LIFE) -> None:
    """Have a cluster: build what is missing, start it, and wait until its node, accounts and DNS work."""
    cluster = chosen(life=life * 3600)
    provide(cluster.parts(), _LOCK)
    cluster.up(say)
    say(f'The cluster ({cluster.name}) is up. `eval "$(python -m toolchain cluster env)"` names it to kubectl.')


@app.command()
def down() -> None:
    """End the cluster, and leave nothing of it."""
    chosen().down(say)


@app.command()
def status() -> None:
    """Print which cluster it is, whether it is up, and what is built. Changes nothing."""
    cluster = chosen()
    file = cluster.kubeconfig()
    told = state() if cluster.name == OWN else ("up" if file else "not up")
    table = Table("what", "state", "where")
    table.add_row(f"cluster ({cluster.name})", told, str(file or ""))
    for part in [*cluster.parts(), provider()]:
        finding = part.find()
        table.add_row(part.name, finding.state if not finding.ok else finding.version, finding.source)
    Console(highlight=False).print(table)


@app.command()
def env() -> None:
    """Print what to export so that kubectl finds the cluster; for `eval "$(...)"`."""
    print(environment.export_lines(_variables(chosen())), end="")


@app.command()
def load(images: list[str] = _IMAGES) -> None:
    """Give the cluster images of the Docker Engine, under the same names."""
    chosen().load(images, say)


@app.command()
def built() -> None:
    """Say whether `make test-kubernetes` would build nothing; fail if it would."""
    cluster = chosen()
    missing = [part.name for part in [*cluster.parts(), provider()] if not part.find().ok]
    if missing:
        print(f"Not built yet: {', '.join(missing)}.")
        raise typer.Exit(1)
    print(f"The cluster ({cluster.name}) needs nothing built.")


@app.command(context_settings={"ignore_unknown_options": True})
def run(command: list[str] = _COMMAND, life: float = _LIFE) -> None:
    """Have a cluster, and Pulumi's provider, for the length of a command. A cluster that was up before stays up."""
    cluster = chosen(life=life * 3600)
    provide([*cluster.parts(), provider()], _LOCK)
    started = cluster.up(say)
    try:
        done = subprocess.run(command, env={**os.environ, **_variables(cluster)}, check=False).returncode
    finally:
        if started:
            cluster.down(say)
    sys.exit(done)


def _variables(cluster: Cluster) -> dict[str, str]:
    file = cluster.kubeconfig()
    if file is None:
        raise SetupError("The cluster is not up. Start it with `python -m toolchain cluster up`.")
    kubectl = cluster.tools if isinstance(cluster, OwnNode) else None
    path = {"PATH": f"{os.environ['PATH']}:{kubectl}"} if kubectl else {}
    return {"KUBECONFIG": str(file), VARIABLE: cluster.name, **path}
