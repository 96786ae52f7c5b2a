"""A large roster takes so much memory for each row and no more, and its seals none: each size is twice the one before."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pytest
from command_line import call
from district import District
from made_rosters import of_a_district, zipped

from dam_plugin.store.seals import Seals, State

SIZES = (500, 1_000, 2_000)
# A row of each student, and one of a guardian: two guardians have two children.
ROWS = 2


@pytest.fixture
def sealing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which each transaction's sealing adds the bytes that it takes beside what is there."""
    taken: list[int] = []
    finish = Seals.finish

    def measured(seals: Seals) -> State | None:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        state = finish(seals)
        taken.append(tracemalloc.get_traced_memory()[1] - before)
        return state

    monkeypatch.setattr(Seals, "finish", measured)
    return taken


def at(district: District, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Work on the database of a size."""
    # No storage answers: it would know of another database.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", f"sqlite:///{district.folder}/of-{size}.sqlite3")


def export_of(district: District, monkeypatch: pytest.MonkeyPatch, size: int) -> Path:
    """Make an empty database and the export of a district, and return that."""
    at(district, monkeypatch, size)
    assert call("db", "upgrade").code == 0
    return zipped(district.folder / f"of-{size}.zip", of_a_district(size))


def peak(source: Path, size: int, counted: str) -> int:
    """Import and return the most bytes that this takes at a time."""
    # What other tests have left decides how often garbage is looked for: as in a process of its own, it does not count.
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        done = call("roster", "import", str(source), "--json")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    assert done.object()[counted] == size
    return most


def test_memory_for_a_row_is_the_same_at_every_size(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    peak(export_of(district, monkeypatch, 100), 100, "added")
    small, middle, large = (export_of(district, monkeypatch, size) for size in SIZES)
    for counted, most in (("added", 700), ("unchanged", 1_800)):
        peaks = []
        for source, size in zip((small, middle, large), SIZES, strict=True):
            at(district, monkeypatch, size)
            peaks.append(peak(source, size, counted))
        first, second = peaks[1] - peaks[0], peaks[2] - peaks[1]
        assert second < 2.5 * first, "twice the rows take twice the memory"
        assert second < most * ROWS * (SIZES[2] - SIZES[1])


def test_sealing_takes_no_memory_for_a_row(
    district: District, monkeypatch: pytest.MonkeyPatch, sealing: list[int]
) -> None:
    taken = []
    for size in (*SIZES[1:], 2 * SIZES[2]):
        source = export_of(district, monkeypatch, size)
        sealing.clear()
        peak(source, size, "added")
        taken.append(max(sealing))
    assert taken[2] - taken[1] < 100 * SIZES[2]
