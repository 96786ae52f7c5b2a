"""Generates valid raw cases, with small pools so that people, purposes and days meet often.

One generator, two drivers: `cases()` for hypothesis (it shrinks), `random_cases()` for many cases fast.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

AT = "2026-10-02"
DAYS = ("2025-10-01", "2025-10-02", "2025-10-03", "2026-09-04", "2026-10-01", AT, "2026-10-03")
BIRTHS = (None, "2010-03-01", "2010-03-01", "2008-10-01", "2008-10-02", "2008-10-03", "2008-02-29", "2006-01-01")
RARELY, SELDOM, HALF, MOSTLY = 1, 2, 5, 8  # tenths
ROLES = (
    "school_official",
    "parent",
    "parent",
    "eligible_student",
    "juvenile_office",
    "law_enforcement",
    "court",
    "childrens_division",
    "emergency",
    "public",
    "public",
)

Pick = Callable[[Sequence[Any]], Any]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Return valid raw cases of up to four students."""
    return _case(lambda items: draw(st.sampled_from(items)))


def random_cases(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield `count` valid raw cases, the same ones for the same seed."""
    source = random.Random(seed)  # noqa: S311 - test data
    for _ in range(count):
        yield _case(source.choice)


def _case(pick: Pick) -> dict[str, Any]:
    names = [f"s{number}" for number in range(1, pick([1, 2, 2, 3, 4]) + 1)]
    kind = pick(["request", "request", "request", "publication"])
    role = "public" if kind == "publication" else pick(ROLES)
    recipients: dict[str, list[Any]] = {"parent": ["p1", "p2", None], "eligible_student": names}
    recipient = pick(recipients.get(role, ["asker", None]))
    return {
        "id": "generated",
        "at": AT,
        "district": _district(pick),
        "asset": _asset(pick, names),
        "students": [_student(pick, name) for name in names],
        "consents": [_consent(pick, pick(names), names) for _ in range(pick([0, 0, 1, 2, 3, 5]))],
        "share": {
            "kind": kind,
            "purpose": pick(["website", "website", "website", "yearbook"]),
            "names": _some(pick, names, RARELY),
            "actor": {"role": pick(["custodian", "custodian", "custodian", "designee", "media_staff"])},
            "recipient": {"role": role, "id": recipient},
            "evidence": _evidence(pick, names),
        },
    }


def _yes(pick: Pick, tenths: int) -> bool:
    return bool(pick([True] * tenths + [False] * (10 - tenths)))


def _some(pick: Pick, names: list[str], tenths: int) -> list[str]:
    chosen = [name for name in names if _yes(pick, tenths)]
    return chosen[::-1] if pick([True, False]) else chosen


def _district(pick: Pick) -> dict[str, Any]:
    policy = {
        "directory_notice": "2026-08-20",
        "opt_out_window_ends": "2026-09-04",
        "directory_includes_images": True,
        "directory_limited_to": None,
    }
    if _yes(pick, HALF):
        return policy
    change = pick(list(policy))
    changes: dict[str, list[Any]] = {
        "directory_notice": [None, *DAYS],
        "opt_out_window_ends": [None, *DAYS],
        "directory_includes_images": [False],
        "directory_limited_to": [["website"], ["yearbook"], ["website", "yearbook"]],
    }
    return {**policy, change: pick(changes[change])}


def _student(pick: Pick, name: str) -> dict[str, Any]:
    opted_out = None
    if _yes(pick, 4):
        since = pick([day for day in DAYS if day != "2026-10-03"] * 2 + ["2026-10-03"])
        ended = pick([None, None, None, *[day for day in DAYS if day >= since]])
        opted_out = {"since": since, "ended": ended, "purposes": pick([None, None, ["website"], ["yearbook"]])}
    return {
        "id": name,
        "born": pick(BIRTHS),
        "postsecondary": _yes(pick, RARELY),
        "guardians": _some(pick, ["p1", "p2"], HALF),
        "opted_out": opted_out,
    }


def _consent(pick: Pick, student: str, names: list[str]) -> dict[str, Any]:
    valid = {
        "student": student,
        "signed_by": pick(["p1", "p2", *names]),
        "signed_on": pick(["2026-10-01", AT]),
        "signature": "ink",
        "authenticated": False,
        "purpose": "website",
        "parties": ["public"],
        "assets": None,
        "expires": None,
        "revoked_on": None,
    }
    if _yes(pick, HALF):
        return valid
    change = pick(list(valid)[2:])
    changes: dict[str, list[Any]] = {
        "signed_on": [None, *DAYS],
        "signature": ["electronic", "none"],
        "authenticated": [True],
        "purpose": ["yearbook", None],
        "parties": [["asker"], ["parent"], ["p1"], ["nobody"], []],
        "assets": [["a1"], ["a2"]],
        "expires": list(DAYS),
        "revoked_on": list(DAYS),
    }
    return {**valid, change: pick(changes[change])}


def _asset(pick: Pick, names: list[str]) -> dict[str, Any]:
    uses = [
        {"purpose": pick(["discipline", "victim", "other"]), "students": _some(pick, names, HALF)}
        for _ in range(pick([0, 0, 1, 2]))
    ]
    appearances = [
        {
            "student": name,
            "prominence": pick(["focus", "focus", "incidental", "unknown"]),
            "identifiable": _yes(pick, MOSTLY),
            "located": _yes(pick, MOSTLY),
        }
        for name in _some(pick, names, MOSTLY)
    ]
    return {
        "id": "a1",
        "maintained_by": "other" if _yes(pick, RARELY) and _yes(pick, SELDOM) else "district",
        "tagging": "complete" if _yes(pick, 9) else pick(["pending", "failed"]),
        "directory_status": pick(["eligible", "eligible", "eligible", "not_eligible", "undetermined"]),
        "official_uses": uses,
        "record_pii": _some(pick, names, RARELY),
        "closed": "security system" if _yes(pick, RARELY) else None,
        "confidential": "Safe at Home" if _yes(pick, RARELY) else None,
        "unidentified_people": 0 if _yes(pick, 9) else pick([1, 2]),
        "redactable": _yes(pick, MOSTLY),
        "meaning": pick(["preserved", "unreviewed", "changed", "destroyed"]),
        "appearances": appearances,
    }


def _evidence(pick: Pick, names: list[str]) -> dict[str, Any]:
    blocks: dict[str, Callable[[], Any]] = {
        "legitimate_interest": lambda: pick([True, False]),
        "records_authorized": lambda: pick([True, False]),
        "pre_adjudication": lambda: {"students": _some(pick, names, HALF), "certified": pick([True, False])},
        "order": lambda: {
            "kind": pick(["subpoena", "judicial_order"]),
            "verified": pick([True, True, False]),
            "notice_required": pick([True, True, False]),
            "notified": _some(pick, names, HALF),
        },
        "child_welfare": lambda: {
            "ground": pick([None, "mandated_report", "legal_responsibility", "legal_responsibility"]),
            "students": _some(pick, names, HALF),
        },
        "emergency": lambda: {
            "threat": pick([None, "a threat in words"]),
            "recipient_needs_it": pick([True, False]),
        },
    }
    return {key: block() for key, block in blocks.items() if _yes(pick, 4 if key == "pre_adjudication" else SELDOM)}
