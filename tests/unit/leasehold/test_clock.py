"""What a test makes of its process's clock is nothing to us."""

import time
from datetime import UTC, datetime

import pytest

from leasehold import clock


def test_it_tells_the_time() -> None:
    before = time.time()
    told = clock.now()
    assert before - 1 < told < time.time() + 1
    assert abs((clock.moment() - datetime.now(UTC)).total_seconds()) < 1
    assert clock.steady() <= clock.steady()


def test_a_clock_that_was_replaced_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As freezegun and time-machine do it: Python's functions, and the kernel's realtime and monotonic clocks."""
    real = time.clock_gettime
    frozen = {time.CLOCK_REALTIME: 0.0, time.CLOCK_MONOTONIC: 0.0}
    began, steady = clock.now(), clock.steady()
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: 0.0)
    monkeypatch.setattr(time, "clock_gettime", lambda which: frozen[which] if which in frozen else real(which))
    assert began <= clock.now() < began + 60
    assert steady <= clock.steady() < steady + 60
