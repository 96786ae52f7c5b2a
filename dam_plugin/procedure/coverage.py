"""What a folder of cases exercises: by clause, by ruling, by branch of the decision; and every gap, as a line. Pure.

What one case exercises is told by `weighed.py`, `ruled.py` and `branches.py`; here it is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dam_plugin.procedure.branches import all_branches, branches_of
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.ruled import sides_of
from dam_plugin.procedure.rulings import RULINGS
from dam_plugin.procedure.walk import Walk
from dam_plugin.procedure.weighed import clause_sides


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases speak for a clause or a ruling, how many against it, and how many a clause decided."""

    cases_for: int
    cases_against: int
    decided: int = 0

    @property
    def whole(self) -> bool:
        """Whether there is a case on either side."""
        return bool(self.cases_for and self.cases_against)

    @property
    def gap(self) -> str:
        """Return what is lacking, in words; "" where nothing is."""
        if self.whole:
            return ""
        if not self.cases_for and not self.cases_against:
            return "never exercised"
        return "no case against" if self.cases_for else "no case for"


class Coverage:
    """Counts what cases exercise, one by one; keeps numbers, not the cases."""

    def __init__(self) -> None:
        """Begin with no case."""
        self._clauses: Counter[tuple[str, bool]] = Counter()
        self._rulings: Counter[tuple[str, bool]] = Counter()
        self._decided: Counter[str] = Counter()
        self._branches: set[str] = set()

    def count(self, way: Walk) -> None:
        """Count one case."""
        self._clauses.update(clause_sides(way).items())
        self._rulings.update(sides_of(way).items())
        self._decided[way.decision.reasons[0].clause] += 1
        self._branches |= branches_of(way)

    @property
    def clauses(self) -> dict[str, Tally]:
        """Return the tally of every clause, in the order of `CLAUSES`."""
        sides = self._clauses
        return {each: Tally(sides[each, True], sides[each, False], self._decided[each]) for each in CLAUSES}

    @property
    def rulings(self) -> dict[str, Tally]:
        """Return the tally of every ruling, in the order of `RULINGS`."""
        return {each: Tally(self._rulings[each, True], self._rulings[each, False]) for each in RULINGS}

    @property
    def never(self) -> tuple[str, ...]:
        """Return the branches that no case took."""
        return tuple(branch for branch in all_branches() if branch not in self._branches)

    @property
    def is_full(self) -> bool:
        """Whether every clause and every ruling has a case for and one against, and every branch was taken."""
        return not (self.never or any(self.gaps_by_clause()) or any(self.gaps_by_ruling()))

    def gaps_by_clause(self) -> Iterator[str]:
        """Yield what is lacking, a line a clause: `EX7: no case against`."""
        return _gaps(self.clauses)

    def gaps_by_ruling(self) -> Iterator[str]:
        """Yield what is lacking, a line a ruling: `late-opt-out: never exercised`."""
        return _gaps(self.rulings)

    def gaps_by_branch(self) -> Iterator[str]:
        """Yield the branches that no case took, a line each: `EX3 for police: never exercised`."""
        return (f"{branch}: never exercised" for branch in self.never)

    def summed(self) -> str:
        """Return the whole as one line: clauses and rulings with cases on either side, branches taken."""
        branches = len(all_branches())
        return (
            f"clauses {_whole(self.clauses.values())} of {len(CLAUSES)}, "
            f"rulings {_whole(self.rulings.values())} of {len(RULINGS)}, "
            f"branches {branches - len(self.never)} of {branches}"
        )

    def plain(self) -> dict[str, Any]:
        """Return the whole as plain data, for programs."""
        branches = len(all_branches())
        return {
            "clauses": {
                clause: {"for": each.cases_for, "against": each.cases_against, "decided": each.decided}
                for clause, each in self.clauses.items()
            },
            "rulings": {
                ruling: {"for": each.cases_for, "against": each.cases_against} for ruling, each in self.rulings.items()
            },
            "branches": {"exercised": branches - len(self.never), "of": branches, "never": list(self.never)},
        }


def _gaps(tallies: dict[str, Tally]) -> Iterator[str]:
    return (f"{name}: {each.gap}" for name, each in tallies.items() if each.gap)


def _whole(tallies: Iterable[Tally]) -> int:
    return sum(each.whole for each in tallies)
