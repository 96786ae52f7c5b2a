"""Waits for what happens in another thread or process: until it does, and never longer than a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

DEADLINE = 60.0
"""Seconds: no test is about time, so a machine may be as slow as this."""
_BETWEEN = 0.01


def wait_until(is_so: Callable[[], object], what: str = "it did not come to that", seconds: float = DEADLINE) -> None:
    """Return once it is so; fail the test, with `what`, where it is not so by the deadline."""
    late = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > late:
            pytest.fail(f"{what} within {seconds:g} seconds")
        time.sleep(_BETWEEN)
