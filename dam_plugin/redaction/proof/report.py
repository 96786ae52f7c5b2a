"""Gathers what a proof found: every failure, so that one does not hide the next, or the sentences that hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Proof

T = TypeVar("T")


@dataclass(slots=True)
class Report:
    """The failures and the passed checks of one proof, as plain sentences without a name or a path."""

    failures: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    def check(self, sentence: str, failures: Iterable[str]) -> bool:
        """Take the failures of one check (also those of a NotProven raised on the way); none: `sentence` holds."""
        found: list[str] = []
        try:
            found.extend(failures)
        except NotProven as error:
            found.extend(error.failures)
        if found:
            self.failures.extend(found)
        else:
            self.checks.append(sentence)
        return not found

    def attempt(self, make: Callable[[], T], whose: str = "") -> T | None:
        """Return what `make` returns; None where it raised NotProven: its failures are kept, each behind `whose`."""
        try:
            return make()
        except NotProven as error:
            self.failures.extend(f"{whose}: {failure}" if whose else failure for failure in error.failures)
            return None

    def proof(self, sha256: str) -> Proof:
        """Return the proof bound to `sha256` (hex, of the copy's bytes); raises NotProven with every failure."""
        if self.failures or not self.checks:
            raise NotProven(self.failures or ["nothing was checked"])
        return Proof(sha256, tuple(self.checks))
