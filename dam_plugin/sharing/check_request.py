"""Checks the texts of a requester in a share: length, invisible characters, a purpose from the district's list."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace

from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Recipient, Share
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.purposes import PurposeList
from dam_plugin.pseudonyms import guardian_ids_in
from dam_plugin.sharing.secret_order import DIVISION
from dam_tagging.names.written_names import parts

# Each of these texts is in every opening's entry of the ledger, and in the notice.
MOST_CHARACTERS = 200
MOST_NAMES = 500
MOST_EVIDENCE_CHARACTERS = 32 * 1024
MOST_THREAT_CHARACTERS = 2_000
# How the Children's Division is written, in words without case, accents and signs; DFS is its old name.
_DIVISION = re.compile(
    r"\b(child(ren)?( ?s)? ?(division|protecti(on|ve)|welfare|abuse|services)|abuse hotline|(social|family) services"
    r"|d ?s ?s|c ?p ?s|d ?f ?s)\b"
)


def check_division(recipient: Recipient) -> None:
    """Raise InputError for an id of another role that reads as the Children's Division: what that asks is sealed."""
    if recipient.role != DIVISION and _DIVISION.search(" ".join(parts(recipient.id or ""))):
        raise InputError(
            "this id reads as the Children's Division, and what that asks is sealed, since it may be about a report (RSMo "
            f"210.150): did you mean {DIVISION}:…? Where it is somebody else, write that one's id without these words"
        )


def check_guardian_id(recipient: Recipient) -> None:
    """Raise InputError for a role of no family with an id of the form of a guardian's.

    A parent asks with other rights and days, and no office or danger gives them what an order takes (34 CFR 99.4, 99.31(a)).
    """
    found = guardian_id_in(recipient)
    if found is not None:
        raise InputError(
            f"{found} is written as the id of a guardian, who asks for a record of their own (34 CFR 99.10): did you mean "
            f"parent:{found}? Where it is somebody else, write that one's id without it"
        )


def guardian_id_in(recipient: Recipient) -> str | None:
    """Return the id of a guardian that somebody of a role of no family is written as; None where there is none."""
    if recipient.role in FAMILY:
        return None
    return next(iter(guardian_ids_in(recipient.id or "")), None)


def check_words(request: Share) -> Share:
    """Return a share whose texts can be kept. Raises InputError, which repeats none of them.

    The threat of an emergency is cut where it is too long: a text must not delay a recording in an emergency.
    """
    if request.referral is None:
        check_division(request.recipient)
        # INVARIANT: nothing here delays an emergency.
        if not is_urgent(request):
            check_guardian_id(request.recipient)
    for what, text in _texts(request):
        if len(text) > MOST_CHARACTERS:
            raise InputError(f"{what} must have at most {MOST_CHARACTERS} characters: say it shorter")
        if any(unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp") for each in text):
            raise InputError(f"{what} must not hold control characters or invisible ones: write it anew")
    if len(request.names) > MOST_NAMES:
        raise InputError(f"at most {MOST_NAMES} students are asked for by name: ask for the others in another share")
    request = _with_short_threat(request)
    if len(json.dumps(request.evidence, default=str, ensure_ascii=False, skipkeys=True)) > MOST_EVIDENCE_CHARACTERS:
        raise InputError(
            f"the evidence must have at most {MOST_EVIDENCE_CHARACTERS:,} characters: leave out what is none"
        )
    return request


def with_listed_purpose(request: Share, purposes: PurposeList) -> Share:
    """Return a share with the district's own word for its purpose. Raises InputError with the nearest word.

    Also where the purpose is not for the role that shares; a request that waits for the custodian is anybody's to pass on.
    INVARIANT: a word delays no recording in an emergency, and neither does who shares, nor in a mandated report. A purpose
    that the list does not know is decided as if it were every purpose that a family may have opted out of (`gather_case`).
    """
    in_emergency = is_emergency(request)
    if in_emergency and purposes.word(request.purpose) is None:
        return request
    if not is_urgent(request) and (request.kind == "publication" or request.actor.role in CUSTODIANS):
        purposes.check_who(request.purpose, request.actor.role)
    # What waits since before is decided as it was asked.
    if not is_urgent(request) and request.kind == "request" and request.referral is None:
        check_wanted(request.recipient, request.purpose, purposes)
    return replace(request, purpose=purposes.need(request.purpose))


def check_wanted(recipient: Recipient, purpose: str, purposes: PurposeList) -> None:
    """Raise InputError where somebody from outside asks for what is the district's own publishing."""
    if recipient.role not in (*FAMILY, "school_official"):
        purposes.check_wanted(purpose)


def is_urgent(request: Share) -> bool:
    """Whether a share says that it is for an emergency or a mandated report: no word and no name delays it."""
    return any(isinstance(request.evidence.get(each), dict) for each in ("emergency", "child_welfare"))


def is_emergency(request: Share) -> bool:
    """Whether a request states an emergency, complete or not."""
    return isinstance(request.evidence.get("emergency"), Mapping)


def _texts(request: Share) -> Iterator[tuple[str, str]]:
    yield "the purpose", request.purpose
    yield "the recipient's id", request.recipient.id or ""
    yield "the actor's id", request.actor.id or ""
    for each in request.names:
        yield "the id of a student asked for by name", each


def _with_short_threat(request: Share) -> Share:
    emergency = request.evidence.get("emergency")
    if not isinstance(emergency, dict):
        return request
    threat = emergency.get("threat")
    if not isinstance(threat, str) or len(threat) <= MOST_THREAT_CHARACTERS:
        return request
    short = {**emergency, "threat": f"{threat[:MOST_THREAT_CHARACTERS]} …"}
    return replace(request, evidence={**request.evidence, "emergency": short})
