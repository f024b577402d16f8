"""Amounts as Kubernetes writes them (Kubernetes API, Quantity)."""

import re

_QUANTITY = re.compile(r"(?P<number>[0-9.]+)(?P<unit>[EPTGMk]i?|Ki|m)?")
_UNITS = {"": 1, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {f"{unit}i": 2.0 ** (10 * power) for power, unit in enumerate("KMGTPE", start=1)}
_MEBIBYTE = 2**20


def amount(quantity: str) -> float:
    """Return an amount in its unit: cores, bytes, or pieces.

    Raises:
        ValueError: It is none.
    """
    found = _QUANTITY.fullmatch(quantity)
    if found is None:
        raise ValueError(f"{quantity!r} is no amount.")
    return float(found["number"]) * {**_UNITS, **_BINARY}[found["unit"] or ""]


def mebibytes(quantity: str) -> int:
    """Return an amount of memory in MiB, rounded down.

    Raises:
        ValueError: It is none.
    """
    return int(amount(quantity) / _MEBIBYTE)


def written(resource: str, amount: float) -> str:
    """Return an amount of a resource as a person would write it: ``63m``, ``248Mi``, ``3``."""
    if resource.endswith("cpu"):
        return f"{round(amount * 1000)}m"
    if resource.endswith(("memory", "storage")):
        return f"{round(amount / _MEBIBYTE)}Mi"
    return f"{round(amount)}"
