"""Allowed and observed connections."""

from dataclasses import dataclass

INSIDE = ("workload", "database", "broker", "gateway")
"""Those on a run's inner network. They reach each other, and nothing else."""


@dataclass(frozen=True)
class Target:
    """Something to be reached.

    Attributes:
        name: What it is: a part of the run, ``outside``, or a neighbouring run's part.
        host: Name or address under which it is tried.
        port: Its port.
        protocol: ``tcp`` or ``udp``.
        inner: Name of the inner network that the address belongs to; empty for names, and for addresses elsewhere.
        published: Whether it is reached there from everywhere: the engine publishes no address of its own for it.
    """

    name: str
    host: str
    port: int
    protocol: str = "tcp"
    inner: str = ""
    published: bool = False


@dataclass(frozen=True)
class Try:
    """What is to be tried, and from where.

    Attributes:
        source: From where: one of `INSIDE`, or ``outsider``.
        target: What.
    """

    source: str
    target: Target

    @property
    def declared(self) -> bool:
        """Whether it should be reached."""
        published = self.target.published and self.source == "outsider"
        return published or may_reach(self.source, self.target.name)


@dataclass(frozen=True)
class Cell(Try):
    """A try that was made.

    Attributes:
        reached: Whether its target was reached.
    """

    reached: bool

    @property
    def as_declared(self) -> bool:
        """Whether it is as it should be."""
        return self.reached == self.declared

    def __str__(self) -> str:
        target = f"{self.target.name} ({self.target.host}:{self.target.port}/{self.target.protocol})"
        return f"{self.source} {'reaches' if self.reached else 'does not reach'} {target}"


@dataclass(frozen=True)
class Matrix:
    """What a probe found.

    Attributes:
        run: The run's name.
        cells: Every try.
        faults: What of the networks' own set-up is not as declared.
        notes: What of it is as declared, and should be known.
    """

    run: str
    cells: tuple[Cell, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def violations(self) -> list[str]:
        """What is not as declared, a line each."""
        return [*(str(cell) for cell in self.cells if not cell.as_declared), *self.faults]


def can_be_tried(source: str, target: Target, inner: str, *, routed: bool = False) -> bool:
    """Return whether a try stays on this machine, or in the cluster.

    The host has no route to an inner network. What has a way to the host's default route, as the gateway and an
    outsider do, would send packets for an inner address that it is not on out into the world.

    Args:
        source: From where.
        target: What is to be tried.
        inner: Name of the inner network that those inside are on.
        routed: Whether the engine has a route to every address, and policies alone decide.
    """
    if routed:
        return (source, target.name) != ("outsider", "outside")  # that is itself
    if source == "outsider":
        return not target.inner and target.name != "outside"
    return source != "gateway" or target.inner in ("", inner)


def may_reach(source: str, target: str) -> bool:
    """Return whether a source may reach a target: those inside each other, the gateway itself on its edge, and no
    more."""
    return source in INSIDE and (target in INSIDE or (source, target) == ("gateway", "gateway's edge"))
