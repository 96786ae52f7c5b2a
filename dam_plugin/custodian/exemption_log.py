"""The exemption log of a request: what was withheld, where in the recording, and by which provision. Pure.

It says no student's name and no pseudonym: students are counted, and a clause is told in the words for the outside. What is
handed out to somebody who asked for a student by name, and is not the family, says one sentence and no more (`handed_out`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil, floor
from typing import Any, Literal

from dam_plugin.procedure.outside import OutsideReason, is_family, tell_outside
from dam_plugin.procedure.outside_words import ABOUT_SOMEBODY, NOTHING_ELSE, Outside, left_out_of_copies
from dam_plugin.redaction.plan_picture import clock
from dam_plugin.sharing.closed_records import with_closing_law
from dam_plugin.sharing.make_copy import HIDES
from dam_plugin.store import StoredRequest, StoredShare

NO_PROVISION = "no provision of law is cited for this: the custodian cites one before this log is handed out"
NOWHERE = "parts of it; where is not on record"
WHOLE = "the whole recording"
_METADATA = r"(?:meta[\s-]?dat(?:a|os)|exif|iptc|xmp|geo[\s-]?tags?)"
_ASKS_METADATA = re.compile(rf"\b{_METADATA}\b", re.IGNORECASE)
_WITHOUT_METADATA = re.compile(rf"\b(?:without|no|sin)\s+(?:\w+\s+){{0,2}}{_METADATA}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exemption:
    """The withheld parts of one recording: all of it or parts, the number of students, the places, the provisions.

    `recording` is the recording's short id for the outside, as letters have it. `where` has a phrase for each place or
    stretch. `students` is null if no share has recorded the students.
    """

    recording: str
    decided_on: date
    withheld: Literal["whole", "parts"]
    students: int | None
    where: tuple[str, ...]
    citations: tuple[OutsideReason, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """That the custodian withheld something of a request, on a day, by these provisions."""

    on: date
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExemptionLog:
    """The log of one request: an exemption for each recording of which something is withheld.

    `released_whole` counts the recordings of which nothing is withheld, `undecided` those that wait for an answer; null: not
    told. `provisions` are those that the custodian cited besides, for the request as a whole.
    `says` is what alone is handed out where a student was asked for by name by somebody else than the family (34 CFR 99.3,
    "personally identifiable information", (g)); else null. `for_handing_out`: it holds nothing that the outside may not know.
    `metadata` says that every copy leaves them out, by which provision; null where no copy went out. `metadata_asked`: the
    request asks for them, so that they are withheld of it.
    """

    request: str
    exemptions: tuple[Exemption, ...]
    released_whole: int | None
    undecided: int | None
    provisions: tuple[str, ...] = ()
    says: OutsideReason | None = None
    for_handing_out: bool = True
    metadata: OutsideReason | None = None
    metadata_asked: bool = False

    @property
    def cited(self) -> tuple[str, ...]:
        """Every provision that is cited, each once."""
        of_clauses = (each.provision for exemption in self.exemptions for each in exemption.citations)
        of_metadata = (self.metadata.provision,) if self.metadata is not None and self.lacks_metadata else ()
        return tuple(dict.fromkeys(filter(None, (*self.provisions, *of_clauses, *of_metadata))))

    @property
    def withholds(self) -> bool:
        """Whether something is withheld of what was asked for."""
        return bool(self.exemptions) or self.lacks_metadata

    @property
    def lacks_metadata(self) -> bool:
        """Whether metadata were asked for, and a copy without them went out."""
        return self.metadata is not None and self.metadata_asked

    @property
    def handed_out(self) -> ExemptionLog:
        """Return what may be handed out: the whole log, or the one sentence, the same whether anything is withheld or not."""
        if self.says is None:
            return self
        provisions = (self.says.provision,)
        return ExemptionLog(self.request, (), None, None, provisions, self.says)


def exemption_log(
    request_id: str,
    shares: Iterable[StoredShare],
    proofs: Mapping[str, Mapping[str, Any]],
    *,
    day_of: Callable[[datetime], date],
    called: Callable[[str], str],
    closing: Closing | None = None,
    unanswered: Iterable[str] = (),
) -> ExemptionLog:
    """Return the log by the last share of each recording; `proofs` are those of the copies, by the releases' ids.

    `called` returns what a recording is called outside, by its key.
    `closing` is how the custodian answered the request; what it did not release then is withheld whole, of the shares
    that still refer and of the `unanswered` recordings (by key).
    """
    last: dict[str, StoredShare] = {}
    for each in shares:
        last[each.share.asset_key] = each
    exemptions = [
        _exemption(each, called(key), proofs, day_of(each.at)) for key, each in last.items() if _withholds(each)
    ]
    left = [key for key, each in last.items() if each.outcome == "refer"] + list(unanswered)
    if closing is not None:
        exemptions += [Exemption(called(each), closing.on, "whole", None, (WHOLE,), ()) for each in left]
    cited = {each.provision for exemption in exemptions for each in exemption.citations}
    said = dict.fromkeys(map(with_closing_law, closing.provisions if closing is not None else ()))
    return ExemptionLog(
        request_id,
        tuple(sorted(exemptions, key=lambda each: each.recording)),
        released_whole=sum(each.outcome == "allow" for each in last.values()),
        undecided=0 if closing is not None else len(left),
        provisions=tuple(each for each in said if each not in cited),
    )


def asks_for_metadata(request: StoredRequest) -> bool:
    """Whether the format or the words of a request ask for the metadata of files, in English or Spanish."""
    texts = (_WITHOUT_METADATA.sub("", each) for each in (request.format, request.described) if each)
    return any(map(_ASKS_METADATA.search, texts))


def with_metadata(log: ExemptionLog, request: StoredRequest, *, given: bool) -> ExemptionLog:
    """Return the log with what it says of metadata; `given`: a copy went out, which never has them."""
    words = left_out_of_copies(family=is_family(request.recipient.role))
    told = OutsideReason(words.en, words.provision) if given else None
    return replace(log, metadata=told, metadata_asked=asks_for_metadata(request))


def for_office(log: ExemptionLog, *, given: bool) -> ExemptionLog:
    """Return the log of a request in which somebody else than the family asked for a student by name: it is not handed out.

    `given`: something was released.
    """
    words = by_name_words(given=given)
    return replace(log, says=OutsideReason(words.en, words.provision), for_handing_out=False)


def by_name_words(*, given: bool) -> Outside:
    """Return what somebody who asked for a student by name, and is not the family, is told; `given`: something was released.

    It is the same whether something is withheld or not.
    """
    return NOTHING_ELSE if given else ABOUT_SOMEBODY


def describe_place(place: Mapping[str, Any]) -> str:
    """Return a place that a copy hides (`make_copy.hidden_places`) in words."""
    when = f", {clock(place['from'])} to {clock(place['to'])}" if "from" in place else ""
    if "box" in place:
        x, y, width, height = (round(each * 100) for each in place["box"])
        return f"a box at {x} % from the left and {y} % from the top, {width} % wide and {height} % high{when}"
    if "crop" in place:
        left, top, right, bottom = shares_of_crop(place)
        return f"the picture was cut: all but {left} to {right} % of its width and {top} to {bottom} % of its height"
    return f"the sound{when}"


def shares_of_crop(place: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return where a crop begins and ends across (left, right) and down (top, bottom), each in % of the whole picture."""
    left, top, right, bottom = place["crop"]
    width, height = place["of"]
    across, down = 100 / width, 100 / height
    return floor(left * across), floor(top * down), ceil(right * across), ceil(bottom * down)


def _withholds(share: StoredShare) -> bool:
    return share.outcome in ("redact", "deny")


def _exemption(share: StoredShare, called: str, proofs: Mapping[str, Mapping[str, Any]], day: date) -> Exemption:
    redact = tuple(share.decision.get("redact") or ())
    is_whole = share.outcome == "deny"
    named = {student for each in reasons_to_withhold(share.decision, redact) for student in each["students"]}
    hides = proofs.get(share.release_id or "", {}).get(HIDES) or ()
    return Exemption(
        recording=called,
        decided_on=day,
        withheld="whole" if is_whole else "parts",
        students=len(named) if is_whole else len(redact),
        where=(WHOLE,) if is_whole else tuple(map(describe_place, hides)) or (NOWHERE,),
        # What the law does not say cannot be cited: another plugin's voice, a roster that is too old.
        citations=tell_outside(
            ((each["clause"], each["text"]) for each in reasons_to_withhold(share.decision, redact)),
            family=is_family(share.share.recipient.role),
            withheld_only=True,
        ),
    )


def reasons_to_withhold(decision: Mapping[str, Any], redact: Sequence[str]) -> list[dict[str, Any]]:
    """Return the reasons by which something is withheld: of a copy those about the hidden, else the one that decided."""
    reasons: list[dict[str, Any]] = list(decision.get("reasons") or ())
    if not redact:
        return reasons
    return [each for each in reasons if set(each["students"]) & set(redact)] or reasons[:1]
