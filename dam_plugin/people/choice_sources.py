"""Where a district's opt-outs come from, and what a changed mapping reads otherwise. Pure.

No opt-out on file means nothing by itself: the roster may have none, or nobody may have brought them here (34 CFR
99.37(a)(2)). What was said is kept by the store (`ChoiceSource`); who has to say it, and when, is in `custodian/choices.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dam_plugin.model import Actor
from dam_plugin.people.mapping import OptOutColumn, OptOutColumns
from dam_plugin.people.roster import RosterImport, Source
from dam_plugin.store import ChoiceSource
from dam_plugin.store.codec import from_plain, to_plain

# Everything: no purpose is called so.
_ALL = frozenset({""})
_OTHER = None
_Effect = frozenset[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two mappings read otherwise, as the end of a sentence; `looser`: it opts out of less than before."""

    told: str
    looser: bool = False


def said_by_import(roster: RosterImport, source: Source, by: Actor, at: datetime) -> ChoiceSource | None:
    """Return what an import says of where opt-outs come from; None if it brings none.

    A portrait index has none. A plugin says it by `tells_opt_outs`, or by an opt-out on a whole roster. A delta with an
    opt-out or two does not say that the others are there, unless it has them from a file.
    """
    mapping = source.mapping
    if mapping is not None and mapping.opt_outs is not None:
        reads: dict[str, Any] = to_plain(mapping.opt_outs)
        return ChoiceSource("mapping", at, by, mapping.opt_outs.file, mapping.name, mapping.sha256, reads)
    if roster.opt_outs_from is not None:
        return ChoiceSource("roster", at, by, roster.opt_outs_from)
    some = roster.whole and any(each.opt_outs for each in roster.students)
    if roster.kind == "plugin":
        return ChoiceSource("plugin", at, by, source.name) if some or roster.tells_opt_outs else None
    return ChoiceSource("roster", at, by, source.name) if some else None


def mapping_differences(
    before: ChoiceSource, now: ChoiceSource, called: Callable[[str], str] = str
) -> tuple[Difference, ...]:
    """Return what a mapping reads otherwise than the mapping of an import before; empty if it reads the same.

    `called` turns a purpose of the kept mapping into the district's word for it today.
    """
    old, new = (_of_today(from_plain(OptOutColumns, each.reads), called) for each in (before, now))
    found = [*_of_rows(old, new)]
    names = {each.casefold(): each for each in (*_named(old), *_named(new))}
    for name in names.values():
        found += _of_column(name, old, new)
    return tuple(found)


def _of_today(reads: OptOutColumns, called: Callable[[str], str]) -> OptOutColumns:
    columns = (
        each if each.purposes is None else replace(each, purposes=tuple(map(called, each.purposes)))
        for each in reads.columns
    )
    return replace(reads, columns=tuple(columns))


def _of_rows(old: OptOutColumns, new: OptOutColumns) -> Iterator[Difference]:
    if old.file.casefold() != new.file.casefold():
        yield Difference(f"opt-outs are read from {new.file}, and no longer from {old.file}")
    if (old.student_id.casefold(), old.matches) != (new.student_id.casefold(), new.matches):
        yield Difference(f"a row is the student's whose {new.matches} is in column {new.student_id!r}")
    if old.since != new.since:
        yield Difference("the day from which an opt-out holds is read otherwise")
    if old.not_listed != new.not_listed:
        looser = new.not_listed == "permitted"
        yield Difference(
            f"a student without a row {'now permits, and was opted out' if looser else 'is now opted out'}", looser
        )


def _named(reads: OptOutColumns) -> Iterator[str]:
    yield from (each.column for each in reads.columns)
    yield from reads.ignore


def _of_column(name: str, old: OptOutColumns, new: OptOutColumns) -> Iterator[Difference]:
    """Yield what a column's answers mean otherwise, one sentence for each kind of change."""
    changed: dict[tuple[str, bool], list[str]] = {}
    for word in _answers(name, old, new):
        # INVARIANT: a column that is not mapped opts out of everything if the file has it. So it counts as everything before,
        # and as nothing now: what may be looser is told as looser.
        was, is_now = _effect(name, word, old, unmapped=_ALL), _effect(name, word, new, unmapped=frozenset())
        if was != is_now:
            changed.setdefault(_what(was, is_now), []).append(_shown(word))
    for (what, looser), words in changed.items():
        yield Difference(f"column {name[:60]!r}: {', '.join(words)} {what}", looser)


def _what(was: _Effect, is_now: _Effect) -> tuple[str, bool]:
    if not is_now:
        return "no longer opts out", True
    if was == _ALL or is_now < was:
        return "opts out of less than before", True
    if not was:
        return "now opts out", False
    if is_now == _ALL or was < is_now:
        return "opts out of more than before", False
    return "opts out of other purposes than before", True


def _answers(name: str, *readings: OptOutColumns) -> list[str | None]:
    """Return the answers that a mapping names for a column, each once in any case; a blank; and any other (None)."""
    columns = [each for reads in readings for each in _columns(name, reads)]
    words = {word.casefold(): word for each in columns for word in (*each.opted_out, *each.permitted)}
    return [*words.values(), "", _OTHER]


def _columns(name: str, reads: OptOutColumns) -> list[OptOutColumn]:
    return [each for each in reads.columns if each.column.casefold() == name.casefold()]


def _effect(name: str, word: str | None, reads: OptOutColumns, *, unmapped: _Effect) -> _Effect:
    """Return the purposes of which an answer in a column opts out."""
    columns = _columns(name, reads)
    if not columns:
        return frozenset() if name.casefold() in map(str.casefold, reads.ignore) else unmapped
    found: set[str] = set()
    for each in columns:
        if _opts_out(each, word):
            if each.purposes is None:
                return _ALL
            found.update(each.purposes)
    return frozenset(found)


def _opts_out(column: OptOutColumn, word: str | None) -> bool:
    if word == "":
        return column.blank == "opt_out"
    return word is None or word.casefold() not in map(str.casefold, column.permitted)


def _shown(word: str | None) -> str:
    return "any other answer" if word is None else f"{word!r}" if word else "a blank"
