"""Finds the shared corpus of real, synthetic and hostile media files; tests that need it skip where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def corpus_root() -> Path | None:
    """Return the folder that holds `real`, `synthetic` and `hostile`: `DAM_CORPUS`, or one beside the repository."""
    named = os.environ.get("DAM_CORPUS")
    root = Path(named) if named else REPOSITORY.parent / "shared" / "corpus"
    return root if root.is_dir() else None


requires_corpus = pytest.mark.skipif(
    corpus_root() is None, reason="no corpus of media files: set DAM_CORPUS to its folder"
)
