"""Plays the demo once for every test that looks at it: what it printed, what it says happened, and the folder it left."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from command_line import Called, call

from dam_plugin.cli.demo import report
from dam_plugin.cli.demo.play import Attempt, Played


@dataclass(frozen=True)
class DemoRun:
    """One run of `dam-plugin demo`."""

    folder: Path
    called: Called
    played: Played

    def attempt(self, who: str) -> Attempt:
        (found,) = (each for each in self.played.attempts if each.scene.who == who)
        return found


@functools.cache
def demo_run() -> DemoRun:
    """Play the demo into a folder that is removed at the end of the tests."""
    home = Path(tempfile.mkdtemp(prefix="dam-plugin-demo-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    told: list[Played] = []
    whole = report.write_report

    def write_report(played: Played) -> Path:
        told.append(played)
        return whole(played)

    with patch.object(report, "write_report", write_report):
        called = call("demo", "--out", str(home / "out"))
    (played,) = told
    return DemoRun(home / "out", called, played)
