"""Generates valid raw cases over all that a case may hold, with small pools so that people, purposes and days meet often.

One generator, two drivers: `cases()` for hypothesis (it shrinks), `random_cases()` for many cases fast. Fields that may
be left out are, in part of the cases: `case_defaults.py` says what that means.
"""

from __future__ import annotations

import random
from calendar import isleap
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from case_defaults import BLOCKS, DEFAULTS, Raw, nullable, parts_of
from hypothesis import strategies as st

from dam_plugin.model import RECIPIENT_ROLES
from dam_plugin.procedure.exceptions import EXCEPTIONS
from dam_plugin.procedure.switches import SWITCHES

Pick = Callable[[Sequence[Any]], Any]

AT = "2026-10-02"
# Leap days and the days beside them, ends of years, and the first and last day that a case can hold.
OTHER_DAYS = (
    "2024-02-29",
    "2025-02-28",
    "2025-03-01",
    "2026-02-28",
    "2026-03-01",
    "2028-02-29",
    "2026-12-31",
    "2027-01-01",
    "0001-01-01",
    "9999-12-31",
)
DECISION_DAYS = (AT,) * len(OTHER_DAYS) + OTHER_DAYS
NAMINGS = (("s1", "s2", "s3", "s4", "s5"),) * 9 + (("Ж-7", "学生", "é", "e\u0301", "S 5 🙂"),)
PURPOSES = ("website", "website", "website", "yearbook", "Schülerzeitung 🎉")
# A parent and the public twice as often as another.
ROLES = tuple(role for role in RECIPIENT_ROLES for _ in range(1 + (role in ("parent", "public"))))
ACTORS = (*("custodian",) * 5, "designee", "media_staff")
USES = ("discipline", "victim", "violation", "health_emergency", "other")
WORDS = ("security system", "Safe at Home")
TENTHS = {tenths: (True,) * tenths + (False,) * (10 - tenths) for tenths in range(11)}

# What the recipients of an exception mostly bring.
ROLE_BLOCK = {
    role: name
    for row in EXCEPTIONS
    for role in (*(each.id for each in row.roles), *row.own_for)
    for name in row.evidence
    if name in BLOCKS
}


class Days(NamedTuple):
    """The days that matter on the day of a decision; each tuple is a pool."""

    at: str
    notice: str
    notices: tuple[str | None, ...]
    windows: tuple[str | None, ...]
    near: tuple[str, ...]
    signed: tuple[str, ...]
    births: tuple[str | None, ...]


@st.composite
def cases(draw: st.DrawFn) -> Raw:
    """Return valid raw cases of up to five students."""
    return _case(lambda items: items[draw(_index(len(items)))])


@cache
def _index(count: int) -> st.SearchStrategy[int]:
    # Kept, for a case asks some hundred times, and hypothesis is slow in making strategies.
    return st.integers(0, count - 1)


def random_switches(seed: int) -> Iterator[frozenset[str]]:
    """Yield sets of rulings whose switches are in force, without end: half of them empty, the others of any size."""
    chance = random.Random(seed)  # noqa: S311 - test data
    while True:
        each = chance.choice((0.0, 0.0, 0.3, 0.8))
        yield frozenset(ruling for ruling in SWITCHES if chance.random() < each)


def random_cases(count: int, seed: int) -> Iterator[Raw]:
    """Yield `count` valid raw cases, the same ones for the same seed."""
    chance = random.Random(seed).random  # noqa: S311 - test data

    def pick(items: Sequence[Any]) -> Any:
        return items[int(chance() * len(items))]

    for _ in range(count):
        yield _case(pick)


# The whole case


def _case(pick: Pick) -> Raw:
    ids = pick(NAMINGS)[: pick((0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5))]
    days = days_around(pick(DECISION_DAYS))
    kind = pick(("request", "request", "request", "request", "publication"))
    role = "public" if kind == "publication" else pick(ROLES)
    students = [_student(pick, student, days) for student in ids]
    recipient = _recipient(pick, role, ids)
    case = {
        "id": "generated",
        "at": days.at,
        "district": _district(pick, days),
        "asset": _asset(pick, ids),
        "students": students,
        "consents": [
            _consent(pick, pick(students), days, (role, recipient))
            for _ in range(pick((0, 0, 1, 2, 3, 5, 7)) if ids else 0)
        ],
        "share": {
            "kind": kind,
            "purpose": pick(PURPOSES),
            "names": _some(pick, ids, pick((1, 1, 3))),
            "actor": {"role": pick(ACTORS), "id": "u1"},
            "recipient": {"role": role, "id": recipient, "known": pick(TENTHS[7])},
            "evidence": _evidence(pick, ids, role),
        },
    }
    _leave_out(pick, case)
    return case


def _leave_out(pick: Pick, case: Raw) -> None:
    """Leave fields out or null them: in some cases those that say no more than the default, in a few any field."""
    how = pick(("full", "full", "full", "short", "short", "short", "sparse"))
    if how == "full":
        return
    for part, fields in parts_of(case):
        for key, default in DEFAULTS[part].items():
            if key not in fields or ((how == "short" or key == "students") and fields[key] != default):
                continue
            fate = pick(("keep", "drop", "null") if how == "short" else ("keep",) * 8 + ("drop", "null"))
            if fate == "drop":
                del fields[key]
            elif fate == "null" and nullable(part, key):
                fields[key] = None


def _some(pick: Pick, ids: Sequence[str], tenths: int) -> list[str]:
    chance = TENTHS[tenths]
    chosen = [student for student in ids if pick(chance)]
    return chosen[::-1] if len(chosen) > 1 and pick((True, False)) else chosen


# Days


@cache
def days_around(at: str) -> Days:
    """Return the pools of days around the day of a decision, none of them outside the calendar."""
    today = date.fromisoformat(at)

    def day(offset: int, start: date = today) -> str:
        ordinal = min(max(start.toordinal() + offset, 1), date.max.toordinal())
        return date.fromordinal(ordinal).isoformat()

    a_year_ago = _years_before(today, 1)
    notice = date.fromisoformat(day(-43))
    around = (day(-1), at, day(1))
    last_year = tuple(day(offset, a_year_ago) for offset in (-1, 0, 1))
    return Days(
        at=at,
        notice=notice.isoformat(),
        notices=(None, *last_year, *last_year, _last_leap_day(today, 0), *around),
        windows=(None, day(-28), *around, *(day(offset, notice) for offset in (-400, -1, 0, 1)), *last_year),
        near=(*around, day(-38), last_year[1]),
        signed=(day(-22), day(-22), day(-1), at),
        births=_births(today, day),
    )


def _births(today: date, day: Callable[..., str]) -> tuple[str | None, ...]:
    grown = _years_before(today, 18)
    turning = tuple(day(offset, grown) for offset in (-1, 0, 1))
    return (None, day(-6000), day(-6000), day(-6000), *turning, _last_leap_day(today, 18), day(-7300), day(-7300))


def _years_before(today: date, years: int) -> date:
    # 29 February has no counterpart in most years: the pools then go around 28 February.
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(max(today.year - years, 1), today.month, day)


def _last_leap_day(today: date, years: int) -> str:
    """Return 29 February of the latest leap year that is at least so many years back, or of the year 4."""
    leap_years = (year for year in range(today.year - years, 0, -1) if isleap(year))
    return date(next(leap_years, 4), 2, 29).isoformat()


# The parts


def _district(pick: Pick, days: Days) -> Raw:
    policy = {
        "directory_notice": days.notice,
        "opt_out_window_ends": days.near[3],
        "directory_includes_images": True,
        "directory_limited_to": None,
    }
    for key in pick(_CHANGED_POLICY):
        if key == "directory_notice":
            policy[key] = pick(days.notices)
        elif key == "opt_out_window_ends":
            policy[key] = pick(days.windows)
        elif key == "directory_includes_images":
            policy[key] = False
        else:
            policy[key] = pick((["website"], ["yearbook"], ["website", "yearbook"]))
    return policy


_CHANGED_POLICY = (
    *((),) * 6,
    ("directory_notice",),
    ("directory_notice",),
    ("opt_out_window_ends",),
    ("opt_out_window_ends",),
    ("directory_includes_images",),
    ("directory_limited_to",),
    ("directory_notice", "opt_out_window_ends"),
    ("directory_includes_images", "directory_limited_to"),
)


# Whether a guardian sends somebody, and whom the student names.
_REPRESENTED: tuple[tuple[bool, list[str]], ...] = (
    (True, []),
    (True, []),
    (True, ["asker"]),
    *((False, [each]) for each in ("p1", "asker", "p2")),
    *((False, []),) * 24,
)


def _student(pick: Pick, student: str, days: Days) -> Raw:
    opted_out = None
    if pick(TENTHS[4]):
        since = pick((*(days.near[3],) * 3, *(days.near[0],) * 3, *days.near))
        ended = pick((None, None, None, *(day for day in days.near if day >= since)))
        purposes = pick((None, None, ["website"], ["yearbook", PURPOSES[-1]]))
        opted_out = {"since": since, "ended": ended, "purposes": purposes}
    guardians = _some(pick, ("p1", "p2"), 6)
    if pick(TENTHS[1]):
        guardians.append(pick(("u1", "asker", "p1", "s1" if student != "s1" else "s2")))
    born, postsecondary = pick(days.births), pick(TENTHS[1])
    ward, died = pick((*(False,) * 15, True)), pick((*(None,) * 15, *days.near))
    sends, own = pick(_REPRESENTED)
    # Not picked: what is picked behind it stays as it was.
    since_of_college = (None, days.near[0], days.near[-1])
    return {
        "id": student,
        "born": born,
        "postsecondary": postsecondary,
        "postsecondary_since": since_of_college[(len(guardians) + len(own)) % 3] if postsecondary else None,
        "ward": ward,
        "died": died,
        "guardians": guardians,
        "representatives": [pick(("p1", "asker", "p2"))] if sends else [],
        "own_representatives": own,
        "opted_out": opted_out,
        "protected": pick((*(False,) * 15, True)),
        "may_answer_until": pick((*(None,) * 12, *days.near)),
    }


def _consent(pick: Pick, student: Raw, days: Days, recipient: tuple[str, str | None]) -> Raw:
    """Return a consent that has every chance to hold, then nothing, one thing or two things changed in it."""
    consent = {
        "student": student["id"],
        "signed_by": pick((student["id"], *student["guardians"], *student["guardians"])),
        "signed_on": pick(days.signed),
        "signature": "ink",
        "authenticated": False,
        "purpose": "website",
        "parties": ["public"],
        "assets": None,
        "expires": None,
        "revoked_on": None,
        "after_opt_out": pick((False, False, True)),
    }
    for _ in range(pick((0, 0, 0, 1, 1, 1, 2, 2))):
        consent.update(_change(pick, pick(_CHANGED_CONSENT), days, recipient))
    return consent


_CHANGED_CONSENT = (
    "signed_by", "signed_on", "signed_on", "signature", "signature", "purpose", "parties", "parties", "assets", "expires",
    "revoked_on",
)  # fmt: skip


def _change(pick: Pick, key: str, days: Days, recipient: tuple[str, str | None]) -> Raw:
    role, who = recipient
    if key in ("expires", "revoked_on"):
        return {key: pick(days.near)}
    if key == "signature":
        return {key: pick(("electronic", "electronic", "none")), "authenticated": pick((True, False))}
    if key == "signed_on":
        return {key: pick((None, days.near[2], *days.near))}
    choices: dict[str, tuple[Any, ...]] = {
        "signed_by": (None, "p1", "p2", "u1", "s1", "s2"),
        "purpose": ("yearbook", "yearbook", PURPOSES[-1], None),
        "parties": ([role], [who or "asker"], ["asker", "p1"], ["nobody"], ["parent", "court"], []),
        "assets": (["a1"], ["a0", "a1"], ["a2"]),
    }
    return {key: pick(choices[key])}


def _asset(pick: Pick, ids: Sequence[str]) -> Raw:
    uses = [
        {"purpose": pick(USES), "students": _some(pick, ids, pick((0, 3, 6)))} for _ in range(pick((0, 0, 0, 1, 1, 2)))
    ]
    appearances = [
        {
            "student": student,
            "prominence": pick(("focus", "focus", "incidental", "incidental", "unknown")),
            "identifiable": pick(TENTHS[9]),
            "located": pick(TENTHS[9]),
        }
        for student in _some(pick, ids, 8)
    ]
    known = pick(TENTHS[9])
    return {
        "id": "a1",
        "maintained_by": pick(_MAINTAINERS),
        "tagging": "complete" if known else pick(("complete", "pending", "failed")),
        "directory_status": pick(("eligible", "eligible", "eligible", "not_eligible", "undetermined")),
        "official_uses": uses,
        "record_pii": _some(pick, ids, 1),
        "closed": pick(WORDS) if pick(TENTHS[2]) else None,
        "confidential": pick(WORDS) if pick(TENTHS[1]) else None,
        "unidentified_people": 0 if known else pick((0, 1, 2)),
        "redactable": pick(TENTHS[9]),
        "cannot_be_redacted": pick((*(False,) * 11, True)),
        "meaning": pick(("preserved", "unreviewed", "changed", "destroyed")),
        "appearances": appearances,
    }


_MAINTAINERS = ("other", *("district",) * 59)


def _recipient(pick: Pick, role: str, ids: Sequence[str]) -> str | None:
    pools: dict[str, tuple[str | None, ...]] = {
        "parent": ("p1", "p1", "p1", "p2", "p2", None, "u1", "asker", role),
        "eligible_student": (*ids, *ids, *ids, "nobody", None),
    }
    chosen: str | None = pick(pools.get(role, ("asker", "asker", "p1", None, "s1", role)))
    return chosen


def _evidence(pick: Pick, ids: Sequence[str], role: str) -> Raw:
    # Each block comes with any role, and more often with the role that it is for.
    seldom, often, even = TENTHS[1], TENTHS[7], (True, False)
    asked, flags = ROLE_BLOCK.get(role), TENTHS[6 if role == "school_official" else 1]
    brought = {block for block in BLOCKS if pick(often if block == asked else seldom)}
    before = {"students": _some(pick, ids, 5), "certified": pick(even)}
    order = {
        "kind": pick(("subpoena", "judicial_order", None)),
        "verified": pick((True, True, False)),
        "notice_required": pick((True, True, False)),
        "notified": _some(pick, ids, pick((5, 9))),
        "assets": pick((None, None, None, ["a1"], ["a0", "a1"], ["a2"])),
        "issued_by": pick((None, "the circuit court", "the circuit court")),
        "verified_by": pick((None, "counsel", "counsel")),
        "secret_by": None,
        "answer_on": None,
        "return_on": None,
        "at_once": None,
        "proceeding": None,
    }
    grounds = (None, "mandated_report", "legal_responsibility", "legal_responsibility", "legal_responsibility")
    confirmed = (None, "the principal")
    welfare = {"ground": pick(grounds), "students": _some(pick, ids, 5), "confirmed_by": pick(confirmed)}
    threat = pick((None, "a threat in words"))
    emergency = {"threat": threat, "recipient_needs_it": pick(even), "confirmed_by": pick(confirmed)}
    return {
        "legitimate_interest": pick(flags),
        "records_authorized": pick(flags),
        "pre_adjudication": before if "pre_adjudication" in brought else None,
        "order": order if "order" in brought else None,
        "child_welfare": welfare if "child_welfare" in brought else None,
        "emergency": emergency if "emergency" in brought else None,
        "dependent": {"students": _some(pick, ids, 6)} if "dependent" in brought else None,
        "copy_considered": pick(seldom),
    }
