"""A raw case as Cedar is asked it: a request and the entities it is about, made before anything is timed.

The terms come from the second reading of the tests: nothing of the product helps Cedar to the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from second_terms import Reading, a_year_after, parts

POLICIES = (Path(__file__).parent / "policies.cedar").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Question:
    """One request with its entities; ids are the question's own, so that entities of many can be put together."""

    request: dict[str, Any]
    entities: list[dict[str, Any]]


def questions(cases: Iterable[dict[str, Any]]) -> list[Question]:
    """Return the question of each raw case.

    All facts are attributes of entities, which cedarpy can read beforehand; a context, and ids written as in a
    policy, it would read on every call.
    """
    return [_question(str(number), Reading(case)) for number, case in enumerate(cases)]


def _question(name: str, terms: Reading) -> Question:
    recipient, share = {"type": "Recipient", "id": name}, {"type": "Share", "id": name}
    return Question(
        request={
            "principal": recipient,
            "action": {"type": "Action", "id": "release"},
            "resource": share,
            "context": "{}",
        },
        entities=[
            {"uid": recipient, "attrs": {"own": sorted(terms.own)}, "parents": [{"type": "Role", "id": terms.role}]},
            {"uid": share, "attrs": _share(terms), "parents": []},
        ],
    )


def _recording(terms: Reading) -> dict[str, Any]:
    asset = terms.asset
    return {
        "maintainedBy": asset.get("maintained_by", "district"),
        "known": terms.known,
        "directoryStatus": asset.get("directory_status", "undetermined"),
        "usedFor": sorted({use["purpose"] for use in asset.get("official_uses") or []}),
        "closed": terms.closed,
        "confidential": terms.confidential,
        "meaning": asset.get("meaning", "unreviewed"),
        "cannotBeRedacted": asset.get("cannot_be_redacted", False),
        "depicted": sorted(terms.depicted),
        "related": sorted(terms.related),
    }


def _share(terms: Reading) -> dict[str, Any]:
    without_consent = terms.related - terms.signed
    return {
        "recording": _recording(terms),
        "at": _day(terms.at),
        "kind": terms.kind,
        "purpose": terms.purpose,
        "byCustodian": terms.staff,
        "namesTheCrowd": terms.kind == "request" and bool(terms.wanted_from_the_crowd),
        "district": _district(terms.case.get("district") or {}),
        "consented": sorted(terms.signed),
        "relatedWithoutConsent": sorted(without_consent),
        "optedOutWithoutConsent": sorted(without_consent & terms.out),
        **_evidence(terms),
    }


def _evidence(terms: Reading) -> dict[str, Any]:
    return {
        "legitimateInterest": terms.evidence.get("legitimate_interest") is True,
        "recordsAuthorized": terms.evidence.get("records_authorized") is True,
        "preAdjudication": sorted(terms.pre.get("students") or []),
        "certified": terms.pre.get("certified") is True,
        "orderVerified": terms.order.get("verified") is True,
        "orderReaches": terms.reached,
        "noticeRequired": terms.order.get("notice_required") is not False,
        "notified": sorted(terms.order.get("notified") or []),
        "welfareGround": terms.welfare.get("ground") or "",
        "threat": bool(terms.emergency.get("threat")),
        "recipientNeedsIt": terms.emergency.get("recipient_needs_it") is True,
    }


def _district(policy: dict[str, Any]) -> dict[str, Any]:
    """Return the directory policy; a field that is null is left out."""
    notice, ends = policy.get("directory_notice"), policy.get("opt_out_window_ends")
    district = {
        "notice": notice and _day(notice),
        "noticeLapses": notice and _number(a_year_after(notice)),
        "windowEnds": ends and _day(ends),
        "includesImages": policy.get("directory_includes_images", False),
        "limitedTo": policy.get("directory_limited_to"),
    }
    return {name: value for name, value in district.items() if value is not None}


def _day(text: str) -> int:
    return _number(parts(text))


def _number(day: tuple[int, int, int]) -> int:
    """Return a day as the number 20261002: Cedar's dates know no year from now, and numbers are compared faster."""
    year, month, number = day
    return year * 10_000 + month * 100 + number
