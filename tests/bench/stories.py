"""Six stories of a school year as raw cases: what the areas of the benchmarks decide. Nothing is measured here."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any


def repeated(count: int) -> Iterator[dict[str, Any]]:
    """Yield `count` raw cases: the stories in turn, each time under an id of its own."""
    for number, story in enumerate(islice(cycle(STORIES), count)):
        yield {**story, "id": f"{story['id']}-{number}"}


def _student(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "born": "2011-05-17", "guardians": [f"parent-of-{name}"], **more}


def _seen(name: str, prominence: str = "focus") -> dict[str, Any]:
    return {"student": name, "prominence": prominence, "identifiable": True, "located": True}


def _ordinary(case_id: str, names: Iterable[str]) -> dict[str, Any]:
    """Return a photo of `names` on the website, at a time when directory information may be released."""
    return {
        "id": case_id,
        "at": "2026-11-12",
        "district": {
            "directory_notice": "2026-08-14",
            "opt_out_window_ends": "2026-08-31",
            "directory_includes_images": True,
        },
        "asset": {
            "id": f"asset-{case_id}",
            "tagging": "complete",
            "directory_status": "eligible",
            "redactable": True,
            "meaning": "preserved",
            "appearances": [_seen(name) for name in names],
        },
        "students": [_student(name) for name in names],
        "share": {
            "kind": "publication",
            "purpose": "website",
            "actor": {"id": "m1", "role": "media_staff"},
            "recipient": {"id": "public", "role": "public"},
        },
    }


def _science_fair() -> dict[str, Any]:
    return _ordinary("science-fair-winners", ["w1", "w2", "w3"])


def _marching_band() -> dict[str, Any]:
    """Forty in the picture; one opted out in front, three opted out at the back."""
    case = _ordinary("marching-band", [f"b{number}" for number in range(40)])
    for number in (0, 10, 20, 30):
        case["students"][number]["opted_out"] = {"since": "2026-08-20"}
    for seen in case["asset"]["appearances"][8:]:
        seen["prominence"] = "incidental"
    return case


def _debate_final() -> dict[str, Any]:
    """Opted out, in a format that cannot be redacted, and last year's consent names a newspaper."""
    case = _ordinary("debate-final", ["d1", "d2"])
    case["asset"]["redactable"] = False
    case["students"][0]["opted_out"] = {"since": "2026-08-20"}
    case["consents"] = [
        {
            "student": "d1",
            "signed_by": "parent-of-d1",
            "signed_on": "2025-10-01",
            "signature": "electronic",
            "authenticated": True,
            "purpose": "news",
            "parties": ["town-gazette"],
            "expires": "2026-06-30",
        }
    ]
    return case


def _cafeteria_video() -> dict[str, Any]:
    """A father asks for the recording that his son's suspension rests on; another student is in it."""
    case = _ordinary("cafeteria-video", ["c1", "c2"])
    case["asset"].update(
        directory_status="not_eligible",
        meaning="unreviewed",
        official_uses=[{"purpose": "discipline", "students": ["c1", "c2"]}],
        record_pii=["c1"],
    )
    case["share"] = {
        "kind": "request",
        "purpose": "inspection",
        "actor": {"id": "k1", "role": "custodian"},
        "recipient": {"id": "parent-of-c1", "role": "parent"},
    }
    return case


def _court_order() -> dict[str, Any]:
    """A checked subpoena from a lawyer; one of the two families was not told yet."""
    case = _cafeteria_video()
    case["id"] = "court-order"
    case["share"]["recipient"] = {"id": "law-office", "role": "public"}
    case["share"]["evidence"] = {"order": {"kind": "subpoena", "verified": True, "notified": ["c1"]}}
    return case


def _untagged_upload() -> dict[str, Any]:
    case = copy.deepcopy(_science_fair())
    case["id"] = "untagged-upload"
    case["asset"].update(tagging="pending", unidentified_people=4)
    return case


STORIES = (
    _science_fair(),
    _marching_band(),
    _debate_final(),
    _cafeteria_video(),
    _court_order(),
    _untagged_upload(),
)
