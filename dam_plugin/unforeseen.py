"""Errors that nobody foresaw: what is told of them is their kind and place, never their text, which may name somebody."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb


def place_of(error: BaseException, steps: int = 1) -> str:
    """Return where an error was raised (`file.py:12`), and so many of the steps that led there, the last one first."""
    frames = reversed(extract_tb(error.__traceback__)[-steps:])
    return " < ".join(f"{Path(each.filename).name}:{each.lineno}" for each in frames)
