"""A targeted request stays targeted: whoever asked for a student by name knows whom a copy hides.

A record is about a person, even without a name, where the school believes that who asks knows the student (34 CFR 99.3,
"personally identifiable information", (g)). So the names count that the request in the register has, also those that an
appeal or the reason of a reopening names in words (`S-…`), and those that the same recipient asked for on the same recording
before. More names never loosen an answer. A student for whom a request was entered by mistake, as two people said
(`ledger correct RQ-…`), is nobody whom it asked for.

A colleague, or the same person under another id or role, is the same requester in effect: whoever from outside asks for that
recording while the request by name waits, or after it was denied, waits for the custodian (`AskedByName`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from dam_plugin.errors import InputError
from dam_plugin.model import Outcome, Recipient, Referral, Share
from dam_plugin.people.names_in_text import has_name_of, typed_pseudonyms
from dam_plugin.procedure.clauses import ASKED_BY_NAME, MISTAKE
from dam_plugin.procedure.exceptions import FAMILY, PUBLIC
from dam_plugin.sharing.join_request import STUDENT_CORRECTED
from dam_plugin.store import RequestEvent, Unit
from dam_tagging.names.written_names import parts

# The events of a request that hold the words of whoever asked, each with the field that has them.
_ASKERS_WORDS = {"appealed": "text", "reopened": "why"}


# The roles of anybody: whoever asked so may ask under another role, or send somebody. An official asks for an office.
_ANYBODY = (PUBLIC.id, *FAMILY)
_OF_THE_DISTRICT = "school_official"
_GIVEN = tuple(f"answered: {each.word} (" for each in (Outcome.ALLOW, Outcome.REDACT))


@dataclass(frozen=True, slots=True)
class AskedByName:
    """A request of a recording that named students: when it came, and when it was answered without it (null: it waits)."""

    opened_at: datetime
    closed_at: datetime | None
    share: Share

    def counts(self, at: datetime | None, day: date, days: timedelta) -> bool:
        """Whether it matters for what is asked at a moment of a day (null: now), so many days after the answer still."""
        if at is not None and at < self.opened_at:
            return False
        if self.closed_at is None or (at is not None and at <= self.closed_at):
            return True
        return bool(days) and day <= self.closed_at.date() + days


def asked_by_name(unit: Unit, asset_key: str, *, secret: bool) -> list[AskedByName]:
    """Return the requests that named a student of a recording, but those that were answered with it.

    What was asked under an order that forbids telling counts for such a share alone (`secret`).
    """
    known = unit.referrals.listed(asset_key=asset_key, open_only=False)
    known += unit.referrals.listed(asset_key=asset_key, open_only=False, secret=True) if secret else []
    shares = unit.shares.asked_for(each.share_id for each in known)
    shares = {each.id: each for each in _without_corrected(unit, shares.values())}
    found = [
        AskedByName(each.opened_at, each.closed_at, asked)
        for each in known
        if (asked := shares.get(each.share_id)) is not None and _names_somebody(asked) and not _was_given(unit, each)
    ]
    # What is denied at once leaves no referral.
    denied = {each.share.id: each for each in unit.shares.of_key(asset_key) if each.outcome == Outcome.DENY.word}
    asked_for = _without_corrected(unit, (each.share for each in denied.values()))
    return found + [
        AskedByName(denied[each.id].at, denied[each.id].at, each)
        for each in asked_for
        if _names_somebody(each) and (secret or not each.secret)
    ]


def may_act_for(asked: str, role: str, *, with_evidence: bool) -> bool:
    """Whether somebody of a role may ask for whoever asked by name under the role `asked`, or be the same person.

    An official who asked by name did so for an office: who may act for it has the same role. For anybody else every outsider
    may ask; an official whose evidence counts asks for what it proves.
    """
    if asked == role:
        return True
    return asked in _ANYBODY and role != _OF_THE_DISTRICT and (role in _ANYBODY or not with_evidence)


def found_another(unit: Unit, share: Share, asset_id: str) -> datetime | None:
    """Return when the custodian last found that who asks does not act for those who asked for this version by name.

    It stays found for this person. Whoever asks without an id may be another one each time.
    """
    if share.recipient.who[1] in (None, ""):
        return None
    known = [
        each for each in unit.referrals.listed(asset_key=share.asset_key, open_only=False) if _is_about_names(each)
    ]
    shares = unit.shares.asked_for(each.share_id for each in known)
    found = (
        finding.at
        for each in known
        if (asked := shares.get(each.share_id)) is not None and asked.recipient.who == share.recipient.who
        for finding in unit.referrals.findings(each.id)
        if (finding.kind, finding.state, finding.asset_id) == ("reviewed", "applied", asset_id)
    )
    return max(found, default=None)


def without_others(asked: Collection[AskedByName], found: datetime | None) -> list[AskedByName]:
    """Return the requests by name for whose recipients somebody may act who was `found` at a moment to act for none.

    Whoever had asked by name then and asks so again is known; who asked for the first time since is not.
    """
    if found is None:
        return list(asked)
    known = {each.share.recipient.who for each in asked if each.opened_at <= found}
    nameless = {who for who in known if not who[1]}
    return [each for each in asked if each.opened_at > found and each.share.recipient.who not in known - nameless]


def _is_about_names(referral: Referral) -> bool:
    return ASKED_BY_NAME in referral.missing


def _names_somebody(share: Share) -> bool:
    return share.kind == "request" and bool(share.names)


def _was_given(unit: Unit, referral: Referral) -> bool:
    """Whether a request was answered with the recording, and not by mistake."""
    how = referral.closing or ""
    if not how.startswith(_GIVEN):
        return False
    given = unit.shares.share(how.partition("(")[2].partition(")")[0])
    return given is not None and MISTAKE not in given.decision.get("basis", {}).values()


def with_every_name(unit: Unit, request: Share) -> Share:
    """Return a share with every student who counts as asked for by name: those it names first, then the others sorted.

    A recipient without an id is the same as any other of the role without one. A student who has left the roster is left
    out. A publication has no requester.
    """
    if request.kind == "publication":
        return request
    asked = _students_of_request(unit, request.answers) if request.answers else set()
    if request.referral is not None:
        request = replace(request, names=_names_left(unit, request, [request.referral]))
    before = _without_corrected(unit, unit.shares.named_before(request))
    more = asked.union(*(each.names for each in before)).difference(request.names)
    known = unit.people.students_of(more) if more else {}
    return replace(request, names=(*request.names, *sorted(known)))


def names_in_answer(unit: Unit, request_id: str | None, shares: Iterable[Share]) -> frozenset[str]:
    """Return the students whom a request of the register (null: none) and the shares that answer it ask for by name.

    None for whom it was entered by mistake.
    """
    asked = _students_of_request(unit, request_id) if request_id is not None else set()
    return frozenset(asked.union(*(each.names for each in _without_corrected(unit, shares))))


def wrong_students(events: Iterable[RequestEvent]) -> set[str]:
    """Return the students for whom a request was entered by mistake, as two people said, by its events (oldest first)."""
    wrong: set[str] = set()
    for each in events:
        if each.kind != STUDENT_CORRECTED:
            continue
        of_it = {str(each.content["student"])}
        wrong = wrong - of_it if each.content["stands"] else wrong | of_it
    return wrong


def _without_corrected(unit: Unit, shares: Iterable[Share]) -> list[Share]:
    """Return shares without the names for which the requests that they answer were entered by mistake."""
    named = [each for each in shares if each.names]
    if not any(_wrong_in(unit, unit.requests.answered_by(each.id for each in named)).values()):
        return named
    return [replace(each, names=_names_left(unit, each, [each.id])) for each in named]


def _names_left(unit: Unit, share: Share, parts: Collection[str]) -> tuple[str, ...]:
    """Return the names of a share but those that every request of these parts has by mistake."""
    wrong = _wrong_in(unit, unit.requests.answered_by(parts)).values()
    by_mistake = set.intersection(*wrong) if wrong else set()
    return tuple(each for each in share.names if each not in by_mistake)


def _wrong_in(unit: Unit, requests: Collection[str]) -> dict[str, set[str]]:
    events = unit.requests.events_of(requests) if requests else {}
    return {each: wrong_students(events.get(each, ())) for each in requests}


def check_names_nobody(unit: Unit, recipient: Recipient) -> None:
    """Raise InputError where the id of somebody who is no family holds a student's whole name, or a pseudonym.

    Such an id is a request by name that would count as none, and it stays on record for good. A part of a name is let pass,
    since whoever asks has a family name, too.
    """
    told = recipient.id or ""
    if recipient.role in FAMILY:
        return
    words = {each for each in parts(told) if len(each) > 1}
    known = {each.id: each for word in words for each in unit.people.find(word)} if len(words) > 1 else {}
    if any(each.is_certain for each in typed_pseudonyms(told)) or any(
        has_name_of(told, each) for each in known.values()
    ):
        raise InputError(
            "the recipient's id holds a student's name: write who asks without it (`public:aunt-1`), and name the student in "
            "`--name S-…`; where the student asks, it is `eligible_student:S-…`"
        )


def _students_of_request(unit: Unit, request_id: str) -> set[str]:
    events = unit.requests.events(request_id)
    said = (str(each.content[_ASKERS_WORDS[each.kind]]) for each in events if each.kind in _ASKERS_WORDS)
    asked = {
        *unit.requests.need(request_id).students,
        *(each.student for text in said for each in typed_pseudonyms(text)),
    }
    return asked - wrong_students(events)
