"""Gathers the result of one proof: the checks that passed, or all failures, not only the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Proof

MOST = 20
"""Most failures that a message lists; for more, it gives their number."""

T = TypeVar("T")


def counted(count: int, one: str, more: str) -> str:
    """Return a number of things in words: `1 box is`, `2 boxes are`."""
    return f"{count} {one if count == 1 else more}"


@dataclass(slots=True)
class Report:
    """The failures and the passed checks of one proof, as plain sentences without a name or a path."""

    failures: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    def check(self, sentence: str, failures: Iterable[str]) -> bool:
        """Add the failures of one check, also those of a NotProven that it raises. Without failures, add `sentence`.

        An empty sentence is not added: there was nothing to check.
        """
        found: list[str] = []
        try:
            found.extend(failures)
        except NotProven as error:
            found.extend(error.failures)
        if found:
            self.failures.extend(found)
        elif sentence:
            self.checks.append(sentence)
        return not found

    def attempt(self, make: Callable[[], T], whose: str = "") -> T | None:
        """Return the result of `make`; None if it raises NotProven. Its failures are then added, each behind `whose`."""
        try:
            return make()
        except NotProven as error:
            self.failures.extend(f"{whose}: {failure}" if whose else failure for failure in error.failures)
            return None

    def proof(self, sha256: str) -> Proof:
        """Return the proof bound to `sha256` (hex, of the copy's bytes); raises NotProven with the failures."""
        if self.failures or not self.checks:
            told, more = self.failures[:MOST], len(self.failures) - MOST
            raise NotProven([*told, f"and {more} more"] if more > 0 else told or ["nothing was checked"])
        return Proof(sha256, tuple(self.checks))
