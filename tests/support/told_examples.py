"""Cases as a school office tells them, beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def examples() -> list[Path]:
    """Return the example files of `DAM_EXAMPLES`, or of the folder beside the repository; empty where there is none."""
    named = os.environ.get("DAM_EXAMPLES")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "examples"
    return sorted(folder.glob("*.yaml"))
