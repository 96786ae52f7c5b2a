"""Counts of shares, of how long requests waited, and of causes to remove so that fewer wait. It names no one.

The database counts the shares (`store/share_counts.py`); none of them is read here.
"""

from __future__ import annotations

import math
import re
import statistics
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from dam_plugin.ledger.chain import moment_as_text
from dam_plugin.model import CUSTODIANS, NOT_ASKED_FOR
from dam_plugin.procedure.clauses import CLAUSES, VOICES, remedy
from dam_plugin.procedure.protection import plain_for_staff
from dam_plugin.store import Unit
from dam_plugin.store.referrals import ReferralTold
from dam_plugin.store.share_counts import Answer, ShareGroup, Span

_RELEASED = ("allow", "redact")
# How a referral is closed by the share that answers it.
_ANSWERED = re.compile(r"answered: (\w+) \(([^()]+)\)(?: by hand: .*)?", re.DOTALL)
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Decided:
    """How many shares ended in an outcome by a clause, which is their first reason."""

    outcome: str
    clause: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Waited:
    """How long the custodian took for one kind of work, in hours from opening to closing; `p90` by the nearest rank.

    `late` were closed after the day they were due, or are open still after it; hours are null if nothing was closed.
    """

    kind: str
    closed: int
    open: int
    late: int
    median_hours: float | None
    p90_hours: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why people waited or were refused: the clause, how often, how many wait still, and what mends it."""

    clause: str
    title: str
    waited: int
    waiting: int
    denied: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Links:
    """The counts of links: openings, openings refused, and links closed."""

    opened: int = 0
    refused: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report: `shares` counts all shares, `at_once` those that were answered without a wait for the custodian.

    `overturned_referrals` were released by the custodian in the end, `overturned_denials` once the same was asked again.
    """

    shares: int
    at_once: int
    decided: tuple[Decided, ...]
    waited: tuple[Waited, ...]
    causes: tuple[Cause, ...]
    overturned_referrals: int
    overturned_denials: int
    links: Links


def report_of(
    unit: Unit, now: datetime, span: Span = (None, None), links: Links | None = None, *, in_full: bool = True
) -> Report:
    """Return the report of a span of moments, or of all time; `links` are counted if they are not given."""
    since, until = span
    work, closed_by = Work(now), dict[str, str]()
    for each in unit.referrals.told():
        # What was opened before these days may be answered in them, and what was opened in them after.
        closed_by |= answered_by(each)
        if (since is None or each.opened_at >= since) and (until is None or each.opened_at < until):
            work.add(each if in_full else replace(each, missing=plain_for_staff(each.missing)))
    if links is None:
        texts = (None if each is None else moment_as_text(each) for each in span)
        links = Links(*unit.entries.links_counted(*texts))
    counts = unit.share_counts
    return report(
        counts.groups(span),
        work,
        links,
        counts.answers(closed_by, span),
        overturned_denials=counts.overturned(span),
        in_full=in_full,
    )


@dataclass(frozen=True, slots=True)
class Month:
    """How many began to wait for the custodian in a month (`begins` is its first day), and by which clauses, most first."""

    begins: date
    waits: int
    clauses: tuple[tuple[str, str, int], ...]
    """Each clause with its title and how many waited for it; one that waited for two counts for both."""


def waits_by_month(unit: Unit, now: datetime, months: int, *, in_full: bool = True) -> list[Month]:
    """Return what began to wait in each of the last months, this one included, the oldest first."""
    this = now.year * 12 + now.month - 1
    waits: Counter[int] = Counter()
    clauses: dict[int, Counter[str]] = defaultdict(Counter)
    for each in unit.referrals.told():
        opened = each.opened_at.astimezone(now.tzinfo)
        month = opened.year * 12 + opened.month - 1
        if this - months < month <= this:
            waits[month] += 1
            clauses[month].update(set(each.missing if in_full else plain_for_staff(each.missing)))
    return [
        Month(
            date(month // 12, month % 12 + 1, 1),
            waits[month],
            tuple((clause, title_of(clause), count) for clause, count in clauses[month].most_common()),
        )
        for month in range(this - months + 1, this + 1)
    ]


def report(
    groups: Iterable[ShareGroup],
    work: Work,
    links: Links,
    answers: Mapping[str, Answer],
    *,
    overturned_denials: int = 0,
    in_full: bool = True,
) -> Report:
    """Return the counts of these shares, of this work of the custodian, and of links.

    `answers` are the shares that answered what somebody waited for, also where that work is not among `work`. `in_full`:
    else who is protected is counted among those who opted out.
    """
    shares = at_once = 0
    by_clause: Counter[tuple[str, str]] = Counter()
    denied_for: Counter[str] = Counter()
    for each in groups:
        clauses = each.clauses if in_full else _for_staff(each.clauses)
        shares += each.count
        # What the custodian decides again has waited, and is no answer at once.
        at_once += each.count * (each.outcome != "refer" and not each.asked_again)
        by_clause[each.outcome, clauses[0] if clauses else ""] += each.count
        if each.outcome == "deny":
            denied_for.update(dict.fromkeys(clauses, each.count))
    at_once -= sum(each.is_counted and each.outcome != "refer" and not each.asked_again for each in answers.values())
    released = (share for share, word in work.answered.items() if word in _RELEASED and share in answers)
    return Report(
        shares=shares,
        at_once=at_once,
        decided=tuple(_decided(by_clause)),
        waited=tuple(work.waited()),
        causes=tuple(_causes(work, denied_for)),
        overturned_referrals=sum(answers[share].role in CUSTODIANS for share in released),
        overturned_denials=overturned_denials,
        links=links,
    )


def answered_by(told: ReferralTold) -> dict[str, str]:
    """Return the share that answered this for which somebody waited, with its outcome; nothing where none did."""
    found = None if told.kind in NOT_ASKED_FOR else _ANSWERED.fullmatch(told.closing or "")
    return {found[2]: found[1]} if found else {}


def _for_staff(clauses: tuple[str, ...]) -> tuple[str, ...]:
    reasons: list[dict[str, Any]] = [{"clause": each, "text": "", "students": []} for each in clauses]
    return tuple(each["clause"] for each in plain_for_staff(reasons))


class Work:
    """The counts of the custodian's work while it passes by; of each piece only the hours that it took are kept."""

    def __init__(self, now: datetime) -> None:
        """`now` decides what is late, in its own zone."""
        self._now = now
        self._hours: dict[str, array[float]] = defaultdict(lambda: array("d"))
        self._open: Counter[str] = Counter()
        self._late: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.still_missing: Counter[str] = Counter()
        self.answered: dict[str, str] = {}
        """The shares that answered, each with its outcome."""

    def add(self, told: ReferralTold) -> None:
        """Count one piece."""
        hours = self._hours[told.kind]
        if told.closed_at is None:
            self._open[told.kind] += 1
            self.still_missing.update(set(told.missing))
        else:
            hours.append(_hours(told.opened_at, told.closed_at))
        self._late[told.kind] += (told.closed_at or self._now).astimezone(self._now.tzinfo).date() > told.due
        self.missing.update(set(told.missing))
        self.answered |= answered_by(told)

    def waited(self) -> Iterable[Waited]:
        """Yield how long each kind took."""
        for kind, found in sorted(self._hours.items()):
            hours = sorted(found)
            p90 = hours[math.ceil(len(hours) * 0.9) - 1] if hours else None
            median = statistics.median(hours) if hours else None
            yield Waited(kind, len(hours), self._open[kind], self._late[kind], median, p90)


def _decided(by_clause: Mapping[tuple[str, str], int]) -> Iterable[Decided]:
    order = {"allow": 0, "redact": 1, "refer": 2, "deny": 3}
    for (outcome, clause), count in sorted(
        by_clause.items(), key=lambda each: (order.get(each[0][0], 4), -each[1], each[0])
    ):
        yield Decided(outcome, clause, title_of(clause), count)


def _hours(begun: datetime, ended: datetime) -> float:
    return max((ended - begun).total_seconds() / _HOUR, 0.0)


def _causes(work: Work, denied_for: Mapping[str, int]) -> Iterable[Cause]:
    """Yield the causes of waiting, the most frequent first; of a denial only the causes that somebody can mend."""
    waited, waiting = work.missing, work.still_missing
    made = [
        Cause(clause, title_of(clause), waited[clause], waiting[clause], denied_for.get(clause, 0), remedy(clause))
        for clause in {*waited, *denied_for}
    ]
    yield from sorted(
        (each for each in made if each.remedy), key=lambda each: (-each.waited, -each.denied, each.clause)
    )


def title_of(clause: str) -> str:
    """Return a clause's title; the id itself where it is not one of this version's."""
    known = CLAUSES.get(clause) or VOICES.get(clause)
    return known.title if known else clause or "no reason kept"
