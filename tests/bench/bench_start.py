"""What a command takes of the processor before it begins: Python, the imports, the settings; each in a process of its own.

The store is empty and no storage answers, so nothing is left but the start.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from bench.frame import Row, run_command
from bench.storage import settings_without_storage
from bench.stories import repeated

from dam_plugin.store import Store

RUNS = 7
PROGRAM = Path(sys.executable).with_name("dam-plugin")
MOST = {"--help": 0.3, "decide CASE": 0.5}
"""The processor's seconds that a start may take."""
COMMANDS = (
    *MOST, "metadata PHOTO", "share --help", "student --help", "queue --help", "queue list", "links", "ledger verify",
)  # fmt: skip
PHOTO = Path(__file__).parents[2] / "sample_assets" / "classroom" / "science-lab.jpg"


def rows() -> Iterable[Row]:
    """Yield the least processor's time that each command took in a few runs."""
    with (
        TemporaryDirectory() as name,
        patch.dict(os.environ, settings_without_storage(f"sqlite:///{name}/start.sqlite3")),
    ):
        store = Store(os.environ["DAM_PLUGIN_DATABASE_URL"])
        store.upgrade()
        store.close()
        case = Path(name, "case.json")
        case.write_text(json.dumps(next(iter(repeated(1)))), encoding="utf-8")
        files = {"CASE": str(case), "PHOTO": str(PHOTO)}
        for each in COMMANDS:
            command = [str(PROGRAM), *(files.get(word, word) for word in each.split())]
            least = min(run_command(command).processor for _ in range(RUNS))
            yield Row(f"dam-plugin {each}, processor", least, "s", at_most=MOST.get(each))
