"""The frame of the benchmarks: a measured row, how a call is timed and memory measured, how rows are kept.

An area is a file `bench_AREA.py` beside this one with `rows() -> Iterable[Row]`. Each stands alone: one that fails is told
at the end, keeps the rows that it had measured, and stops no other. Nothing here asserts a time: a row that misses its
target says so in the table and in bench.json.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import traceback
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).resolve().parent
PREFIX = "bench_"

T = TypeVar("T")


class UnknownArea(Exception):
    """No file of that name measures anything; the text names those that do."""


class Skipped(Exception):
    """Nothing can be measured here; the text is one line that says what is missing."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to do the same work on the same machine: its name, and its value in the row's unit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value in its unit; the target is a ceiling (`at_most`) or a floor (`at_least`) in that unit.

    `note` stands where the peer would, and says why there is none.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    peer: Peer | None = None
    note: str = ""

    @property
    def target(self) -> str | None:
        """The target in words, or None."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return None if self.at_least is None else f"at least {self.at_least:g}"

    @property
    def met(self) -> bool | None:
        """Whether the value reaches the target; None where there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    @property
    def ratio(self) -> float | None:
        """Our value over the peer's, or None where there is no peer or its value is zero."""
        return self.value / self.peer.value if self.peer and self.peer.value else None

    def as_json(self, area: str) -> dict[str, Any]:
        """Return the row as bench.json keeps it."""
        return {
            "area": area,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "peer": self.peer and {"name": self.peer.name, "value": self.peer.value},
            "ratio": self.ratio,
            "note": self.note,
            "target": self.target,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Timing:
    """The duration of each timed call, in nanoseconds, sorted."""

    samples: tuple[int, ...]

    def median(self, unit: str = "us") -> float:
        """Return the median duration, in `s`, `ms`, `us` or `ns`."""
        return statistics.median(self.samples) / _NANOSECONDS[unit]

    def percentile(self, percent: float, unit: str = "us") -> float:
        """Return the smallest sample that at least `percent` of all samples do not exceed (nearest rank)."""
        rank = max(1, math.ceil(len(self.samples) * percent / 100))
        return self.samples[rank - 1] / _NANOSECONDS[unit]


_NANOSECONDS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}


def timed(function: Callable[[T], object], inputs: Sequence[T], *, rounds: int, warm_up: int) -> Timing:
    """Time each call by itself: `rounds` times over all `inputs`, after `warm_up` rounds that are not kept.

    Runs pinned to one core where the system allows it. The garbage collector stays on, after one full collection:
    its pauses are part of what a caller sees.
    """
    with pinned_to_one_core():
        for _ in range(warm_up):
            for each in inputs:
                function(each)
        gc.collect()
        samples = []
        for _ in range(rounds):
            for each in inputs:
                start = perf_counter_ns()
                function(each)
                samples.append(perf_counter_ns() - start)
    return Timing(tuple(sorted(samples)))


@contextlib.contextmanager
def pinned_to_one_core() -> Iterator[bool]:
    """Keep this thread on one core while the block runs; yields False where the system does not offer that."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)


def peak_allocated(function: Callable[[], object]) -> int:
    """Return the most bytes that Python objects held at once while `function` ran, beyond those held before it."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        function()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return max(0, peak - before)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ran: from start to end, the most bytes of memory that it held, and the processor's seconds."""

    seconds: float
    peak: int
    processor: float


def run_command(command: Sequence[str]) -> Ran:
    """Run `command` to its end, without what it prints; raises ChildProcessError if it fails."""
    launched = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command], stdout=subprocess.PIPE, check=True
    )
    code, held, nanoseconds, processor = map(int, launched.stdout.split())
    if code:
        raise ChildProcessError(f"{command[0]} ended with {code}")
    held *= 1 if platform.system() == "Darwin" else 1024
    return Ran(nanoseconds / _NANOSECONDS["s"], held, processor / _NANOSECONDS["s"])


# On Linux a process starts with the peak of the one that started it: so a small one starts it, not this one.
_LAUNCHER = """
import os, sys, time
start = time.perf_counter_ns()
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, usage = os.wait4(child, 0)
processor = int((usage.ru_utime + usage.ru_stime) * 1e9)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, time.perf_counter_ns() - start, processor)
"""


def areas(folder: Path = FOLDER) -> dict[str, str]:
    """Return the module name of each area that has a file in `folder`, by area."""
    return {
        path.stem.removeprefix(PREFIX): f"{folder.name}.{path.stem}" for path in sorted(folder.glob(f"{PREFIX}*.py"))
    }


@dataclass(slots=True)
class Measured:
    """What was measured: the rows by area, in which areas nothing could be, and which failed with what traceback."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def run(
    modules: Mapping[str, str], only: str | None = None, keep: Callable[[Measured], object] = lambda _: None
) -> Measured:
    """Measure every area, or the one called `only`; `keep` hears of what there is after each row. Raises UnknownArea."""
    if only is not None and only not in modules:
        raise UnknownArea(f"no area is called '{only}'; there are: {', '.join(modules) or 'none'}.")
    measured = Measured()
    for area, module in (modules if only is None else {only: modules[only]}).items():
        rows = measured.rows.setdefault(area, [])
        try:
            for row in importlib.import_module(module).rows():
                rows.append(row)
                keep(measured)
        except Skipped as why:
            measured.skipped[area] = str(why)
        except Exception:  # noqa: BLE001 - whatever it is, the other areas are measured, and it is told at the end
            measured.failed[area] = traceback.format_exc()
        keep(measured)
    return measured


def write(measured: Measured, path: Path) -> None:
    """Write the rows, and the machine that they were measured on, as JSON: whole, or as it was before."""
    rows = [row.as_json(area) for area, found in measured.rows.items() for row in found]
    # The last line of a traceback says what it was.
    failed = {area: told.strip().splitlines()[-1] for area, told in measured.failed.items()}
    told = {"machine": machine(), "rows": rows, "skipped": measured.skipped, "failed": failed}
    data = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def show(measured: Measured, console: Console) -> None:
    """Print the rows as a table, and under it what was skipped, what failed, and what they were measured on."""
    table = Table("area", "what", "value", "unit", "target", "met", "peer", "ratio")
    for column in (2, 7):
        table.columns[column].justify = "right"
    for area, found in measured.rows.items():
        for row in found:
            met = {True: "yes", False: "NO", None: ""}[row.met]
            peer = f"{row.peer.name}: {_figure(row.peer.value)}" if row.peer else row.note
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            table.add_row(area, row.name, _figure(row.value), row.unit, row.target or "", met, peer, ratio)
    console.print(table)
    for area, why in measured.skipped.items():
        console.print(f"{area}: skipped, {why}", markup=False)
    console.print(", ".join(f"{key}: {value}" for key, value in machine().items()), style="dim")
    for area, told in measured.failed.items():
        console.print(f"{area} FAILED:\n{told}", markup=False)


def machine() -> dict[str, str]:
    """Return what the figures depend on: interpreter, system, processor, cores, and whether calls are pinned."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "timed on": "one pinned core" if hasattr(os, "sched_setaffinity") else "an unpinned core",
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.is_file() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or "unknown")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
