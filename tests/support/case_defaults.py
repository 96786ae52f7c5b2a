"""What each field of a case means when it is left out, in one table, and a case with nothing left out.

Written from "A case" in the procedure, apart from the product, which has its own defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Raw = dict[str, Any]

# What a field means when it is left out, by the part of a case in which it stands.
DEFAULTS: dict[str, Raw] = {
    "case": {"district": {}, "students": [], "consents": []},
    "district": {
        "directory_notice": None,
        "opt_out_window_ends": None,
        "directory_includes_images": False,
        "directory_limited_to": None,
    },
    "asset": {
        "maintained_by": "district",
        "tagging": "pending",
        "directory_status": "undetermined",
        "official_uses": [],
        "record_pii": [],
        "closed": None,
        "confidential": None,
        "unidentified_people": 0,
        "redactable": False,
        "cannot_be_redacted": False,
        "meaning": "unreviewed",
        "appearances": [],
    },
    "use": {"students": []},
    "appearance": {"prominence": "unknown", "identifiable": True, "located": False},
    "student": {
        "born": None,
        "postsecondary": False,
        "postsecondary_since": None,
        "ward": False,
        "died": None,
        "guardians": [],
        "representatives": [],
        "own_representatives": [],
        "opted_out": None,
        "protected": False,
        "may_answer_until": None,
    },
    "opt-out": {"ended": None, "purposes": None},
    "consent": {
        "signed_by": None,
        "signed_on": None,
        "signature": "none",
        "authenticated": False,
        "purpose": None,
        "parties": [],
        "assets": None,
        "expires": None,
        "revoked_on": None,
        "after_opt_out": False,
    },
    "share": {"names": [], "evidence": {}},
    "person": {"id": None},
    "recipient": {"id": None, "known": True},
    "evidence": {
        "legitimate_interest": False,
        "records_authorized": False,
        "pre_adjudication": None,
        "order": None,
        "child_welfare": None,
        "emergency": None,
        "dependent": None,
        "copy_considered": False,
    },
    "pre_adjudication": {"students": [], "certified": False},
    "order": {
        "kind": None,
        "verified": False,
        "notice_required": True,
        "notified": [],
        "assets": None,
        "issued_by": None,
        "verified_by": None,
        "secret_by": None,
        "answer_on": None,
        "return_on": None,
        "at_once": None,
        "proceeding": None,
    },
    "child_welfare": {"ground": None, "students": [], "confirmed_by": None},
    "emergency": {"threat": None, "recipient_needs_it": False, "confirmed_by": None},
    "dependent": {"students": []},
}
BLOCKS = tuple(name for name in DEFAULTS["evidence"] if name in DEFAULTS)


def spelled_out(raw: Raw) -> Raw:
    """Return the same case with every field that was left out or null written out (`evidence` blocks stay null)."""
    case = deepcopy(raw)
    case["district"] = case.get("district") or {}
    case["share"]["evidence"] = case["share"].get("evidence") or {}
    for part, fields in parts_of(case):
        for key, default in DEFAULTS[part].items():
            if fields.get(key) is None:
                fields[key] = deepcopy(default)
    return case


def parts_of(case: Raw) -> Iterator[tuple[str, Raw]]:
    """Yield each part of a case that has fields of its own, with its name in `DEFAULTS`, the whole case last."""
    asset, share = case["asset"], case["share"]
    if case.get("district") is not None:
        yield "district", case["district"]
    yield "asset", asset
    yield from (("use", row) for row in asset.get("official_uses") or ())
    yield from (("appearance", row) for row in asset.get("appearances") or ())
    for row in case.get("students") or ():
        yield "student", row
        if row.get("opted_out"):
            yield "opt-out", row["opted_out"]
    yield from (("consent", row) for row in case.get("consents") or ())
    yield "share", share
    yield "person", share["actor"]
    yield "recipient", share["recipient"]
    if share.get("evidence") is not None:
        evidence = share["evidence"]
        yield "evidence", evidence
        yield from ((block, evidence[block]) for block in BLOCKS if evidence.get(block) is not None)
    yield "case", case


def nullable(part: str, key: str) -> bool:
    """Whether an explicit null is a value of the field, or the same as leaving it out."""
    default = DEFAULTS[part][key]
    return default is None or default in ([], {}) or part in ("evidence", *BLOCKS)
