"""The frame of the benchmarks: areas are found, rows judged, written and shown. No time is asserted."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from bench import frame
from bench.__main__ import main
from bench.frame import Measured, Peer, Row, Timing
from rich.console import Console

FAKE = "from bench.frame import Row\n\ndef rows():\n    yield Row('{name}', 1.0, 'ms', at_most=2.0)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of areas `first` and `second`, importable under its own name."""
    made = tmp_path / "fake_bench_areas"
    made.mkdir()
    for name in ("first", "second"):
        (made / f"bench_{name}.py").write_text(FAKE.format(name=name), encoding="utf-8")
    (made / "other.py").write_text("raise RuntimeError", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in [each for each in sys.modules if each.startswith("fake_bench_areas")]:
        monkeypatch.delitem(sys.modules, module)
    return made


@pytest.mark.parametrize(
    ("row", "met", "target"),
    [
        pytest.param(Row("r", 40, "µs", at_most=40), True, "at most 40", id="on the ceiling"),
        pytest.param(Row("r", 40.1, "µs", at_most=40), False, "at most 40", id="over the ceiling"),
        pytest.param(Row("r", 9, "lines/s", at_least=10), False, "at least 10", id="under the floor"),
        pytest.param(Row("r", 10, "lines/s", at_least=10), True, "at least 10", id="on the floor"),
        pytest.param(Row("r", 10, "lines/s"), None, None, id="no target"),
    ],
)
def test_a_row_is_judged_by_its_target(row: Row, met: bool | None, target: str | None) -> None:
    assert (row.met, row.target) == (met, target)


def test_a_ratio_is_ours_over_the_peers() -> None:
    assert Row("r", 30.0, "ms", peer=Peer("other", 60.0)).ratio == 0.5
    assert Row("r", 30.0, "ms").ratio is None


def test_the_percentile_is_the_nearest_rank() -> None:
    timing = Timing(tuple(range(1_000, 101_000, 1_000)))
    assert timing.percentile(99, "us") == 99
    assert timing.percentile(100, "us") == 100
    assert timing.median("ns") == 50_500


def test_warm_up_rounds_are_run_and_not_kept() -> None:
    seen: list[str] = []
    timing = frame.timed(seen.append, ["a", "b"], rounds=3, warm_up=2)
    assert seen == ["a", "b"] * 5
    assert len(timing.samples) == 6


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not pin threads")
def test_pinning_ends_with_its_block() -> None:
    before = os.sched_getaffinity(0)
    with frame.pinned_to_one_core() as pinned:
        assert pinned
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_peak_allocation_counts_what_was_dropped_again() -> None:
    assert 5_000_000 <= frame.peak_allocated(lambda: len(bytearray(5_000_000))) < 6_000_000


def test_peak_resident_memory_is_the_childs() -> None:
    small = frame.run_command([sys.executable, "-c", "pass"])
    large = frame.run_command([sys.executable, "-c", "b'x' * 60_000_000"])
    assert large.peak - small.peak > 40_000_000


def test_a_command_is_timed_from_its_start_to_its_end() -> None:
    assert frame.run_command([sys.executable, "-c", "import time; time.sleep(0.2)"]).seconds >= 0.2


def test_what_a_measured_command_prints_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    frame.run_command([sys.executable, "-c", "print('a decision')"])
    assert capfd.readouterr() == ("", "")


def test_a_child_that_fails_is_not_measured() -> None:
    with pytest.raises(ChildProcessError, match="ended with 3"):
        frame.run_command([sys.executable, "-c", "raise SystemExit(3)"])


def test_every_area_of_the_folder_is_run(folder: Path) -> None:
    assert list(frame.run(frame.areas(folder)).rows) == ["first", "second"]


def test_only_one_area_can_be_run(folder: Path) -> None:
    measured = frame.run(frame.areas(folder), "second")
    assert {area: [row.name for row in rows] for area, rows in measured.rows.items()} == {"second": ["second"]}


def test_an_unknown_area_is_refused_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(frame.UnknownArea, match="no area is called 'third'; there are: first, second"):
        frame.run(frame.areas(folder), "third")


FAILING = """from bench.frame import Row, Skipped

def rows():
    yield Row('{name}', 1.0, 'ms')
    raise {error}
"""


def rows_in(path: Path) -> list[str]:
    return [row["name"] for row in json.loads(path.read_text("utf-8"))["rows"]]


@pytest.mark.parametrize("error", ["ValueError('it broke')", "SystemError", "ImportError('x')"])
def test_an_area_that_fails_keeps_its_rows_and_stops_no_other(folder: Path, error: str) -> None:
    (folder / "bench_first.py").write_text(FAILING.format(name="first", error=error), encoding="utf-8")
    measured = frame.run(frame.areas(folder))
    assert {area: len(rows) for area, rows in measured.rows.items()} == {"first": 1, "second": 1}
    assert list(measured.failed) == ["first"]
    assert error.partition("(")[0] in measured.failed["first"]


def test_an_area_that_cannot_even_be_imported_stops_no_other(folder: Path) -> None:
    (folder / "bench_first.py").write_text("import no_such_library\n", encoding="utf-8")
    measured = frame.run(frame.areas(folder))
    assert (list(measured.failed), len(measured.rows["second"])) == (["first"], 1)


def test_an_area_of_which_nothing_can_be_measured_says_so_and_is_no_failure(folder: Path) -> None:
    (folder / "bench_first.py").write_text(FAILING.format(name="first", error="Skipped('no corpus')"), encoding="utf-8")
    measured = frame.run(frame.areas(folder))
    assert (measured.skipped, measured.failed) == ({"first": "no corpus"}, {})
    assert "first: skipped, no corpus" in shown(measured)


def test_rows_are_written_as_they_come(folder: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "bench.json", list[list[str]]()

    def keep(measured: Measured) -> None:
        frame.write(measured, out)
        seen.append(rows_in(out))

    (folder / "bench_second.py").write_text(FAILING.format(name="second", error="ValueError"), encoding="utf-8")
    frame.run(frame.areas(folder), keep=keep)
    assert seen == [["first"], ["first"], ["first", "second"], ["first", "second"]]
    assert json.loads(out.read_text("utf-8"))["failed"] == {"second": "ValueError"}
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["bench.json"]


def test_what_was_written_before_stays_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "bench.json"
    frame.write(Measured({"first": [Row("first", 1.0, "ms")]}), out)
    monkeypatch.setattr(frame.json, "dumps", lambda *_, **__: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        frame.write(Measured(), out)
    assert rows_in(out) == ["first"]


@pytest.mark.parametrize(("error", "code"), [("ValueError('it broke')", 1), ("Skipped('nothing there')", 0)])
def test_the_command_ends_with_1_where_an_area_failed_and_has_measured_the_others(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: str,
    code: int,
) -> None:
    (folder / "bench_first.py").write_text(FAILING.format(name="first", error=error), encoding="utf-8")
    found, out = frame.areas(folder), tmp_path / "bench.json"
    monkeypatch.setattr(frame, "areas", lambda: found)
    monkeypatch.setattr(sys, "argv", ["make bench", "--out", str(out)])
    assert main() == code
    assert rows_in(out) == ["first", "second"]
    printed = capsys.readouterr()
    assert ("failed: first" in printed.err) is bool(code)
    assert ("it broke" in printed.out) is bool(code)


def shown(measured: Measured) -> str:
    printed = io.StringIO()
    frame.show(measured, Console(file=printed, width=160))
    return printed.getvalue()


def test_rows_are_written_as_json_and_shown_as_a_table(tmp_path: Path) -> None:
    measured = Measured({"area": [Row("slow", 50.0, "ms", at_most=40, peer=Peer("other", 25.0))]})
    frame.write(measured, tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text("utf-8"))["rows"] == [
        {
            "area": "area",
            "name": "slow",
            "value": 50.0,
            "unit": "ms",
            "peer": {"name": "other", "value": 25.0},
            "ratio": 2.0,
            "note": "",
            "target": "at most 40",
            "met": False,
        }
    ]
    assert "NO" in shown(measured)
    assert "other: 25" in shown(measured)


def test_a_row_without_its_peer_says_why() -> None:
    row = Row("decide", 9.0, "µs", note="cedarpy is not installed")
    assert "cedarpy is not installed" in shown(Measured({"cedar": [row]}))
    assert row.as_json("cedar")["note"] == "cedarpy is not installed"


def test_the_areas_of_this_repository_are_found() -> None:
    assert set(frame.areas()) == {
        "cedar",
        "closing",
        "decide",
        "export",
        "faces",
        "gate",
        "holds",
        "imports",
        "ledger",
        "lines",
        "metadata",
        "names",
        "reconcile",
        "redaction",
        "requests",
        "roster",
        "scale",
        "side_by_side",
        "start",
        "tagging",
        "rules",
    }
