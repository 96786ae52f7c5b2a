"""What somebody writes with a share, whoever asks and however: within lengths, without what deceives, by the list's word.

Pure.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from dam_plugin.errors import InputError
from dam_plugin.model import Share
from dam_plugin.procedure.purposes import PurposeList

# It stands in every opening's entry of the ledger, and in the notice.
MOST_CHARACTERS = 200
MOST_NAMES = 500
MOST_EVIDENCE_CHARACTERS = 32 * 1024
MOST_THREAT_CHARACTERS = 2_000


def checked(request: Share) -> Share:
    """Return a share whose words can be kept. Raises InputError, which repeats none of them.

    The threat of an emergency is cut where it is too long: nobody must wait for a recording because of it.
    """
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


def asked_by_word(request: Share, purposes: PurposeList) -> Share:
    """Return a share for its purpose by the district's word for it. Raises InputError with the nearest where it has none.

    INVARIANT: nobody waits for a recording in an emergency because of a word. What keeps a word that the list does not know is
    decided as if it were every purpose that a family may have opted out of (`gathering`).
    """
    if isinstance(request.evidence.get("emergency"), dict) and purposes.word(request.purpose) is None:
        return request
    return replace(request, purpose=purposes.need(request.purpose))


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
