"""Keeps back recordings that wait to be tagged again, since names on the roster changed, or what a family said.

Which recordings these are is found in `intake/changed_recordings.py`, in the transaction of the change.
"""

from __future__ import annotations

from dam_plugin.errors import CaseError, Problem, StorageError
from dam_plugin.store import Unit

STALE = (
    "names on the roster, or what a family said, changed since this recording was tagged, and it is not tagged again yet: "
    "`dam-plugin jobs list` shows that work; try again after it"
)


def check_not_stale(unit: Unit, key: str) -> None:
    """Raise StorageError where a recording waits to be tagged again: nothing is then released."""
    if unit.words.stale_among([key]):
        raise StorageError(STALE)


def check_decidable(unit: Unit, key: str) -> None:
    """Raise CaseError there, for a set: its other recordings are decided."""
    if unit.words.stale_among([key]):
        raise CaseError([Problem("asset", STALE)])
