"""What grows with the work at hand, and not with the library: rows that are read, in a store and in one four times larger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.bench_scale import REPORT, UNKNOWN_NAME, WHOLE, District, measured_things
from counted_work import counted
from databases import empty_database

# 100 students, 1,000 recordings, 500 shares and 2,000 entries of the ledger; and four times as many.
SIZES = (0.1, 0.4)
PAGE = 5


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Return the steps of each thing that is measured, in the smaller store and in the larger one."""
    found: dict[str, list[int]] = {}
    for percent in SIZES:
        for what, taken in _of(percent, Path(tmp_path_factory.mktemp("scale"))):
            found.setdefault(what, []).append(taken)
    return found


def _of(percent: float, folder: Path) -> Iterator[tuple[str, int]]:
    with empty_database("sqlite", folder) as url:
        district = District(url, percent)
        district.fill()
        for what, act in measured_things(district, PAGE).items():
            with district.store.reading() as unit, counted(district.store) as work:
                act(unit)
            yield what, work.steps
        district.store.close()


def test_nothing_reads_more_in_a_larger_library(steps: dict[str, list[int]]) -> None:
    grown = {what: (small, large) for what, (small, large) in steps.items() if large > 1.5 * small}
    # They read the whole chain, count every share, and look at every name: as many times as much as there is more of it.
    assert set(grown) == {WHOLE, REPORT, UNKNOWN_NAME}, grown
    assert all(large < 4.8 * small for small, large in grown.values()), grown
