"""A mark of everything that the decisions on a set rest on: where two are the same, the same is decided and shown.

What was judged in one transaction may be recorded in another, without judging again, exactly if the mark is the same there.

It is complete because it is made of what `again`, `Judge` and `Captions` read, row by row: all students with their
opt-outs, consents, portraits and imports; every version of the recordings that the set's written files come from, with
their tags, so that looks, findings, new versions, deletions and changed rules are in it; and the written files themselves.
Left out is what no row tells: the day, the settings and rules of the process, and what third parties answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from dam_plugin.store import Unit


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands for people, recordings and files as one transaction sees them: compare it, and keep it nowhere."""

    people: str
    recordings: str
    files: str


def mark_of(unit: Unit, set_id: str) -> Mark:
    """Return the mark of a set in a transaction. Of 20,000 files it takes about half a second, and no memory."""
    return Mark(*unit.exports.mark(set_id))
