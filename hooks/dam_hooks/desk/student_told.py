"""A student as pages tell of them: the family's choices, who holds what, age and rights, and what closes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from dam_hooks.desk.student_forms import KINDS
from dam_hooks.desk.student_words import called, guardians_called, recipient_in_words, said_plainly
from dam_plugin.custodian.letter_words import PARTIES
from dam_plugin.model import Consent, Guardianship, Link, StudentRecord
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import comes_of_age, has_rights
from dam_plugin.sharing.same_person import why_met
from dam_plugin.store import Unit

_PAPER = re.compile(r"\s*\[sha256 ([0-9a-f]{64})\]$")


@dataclass(frozen=True, slots=True)
class OptOutTold:
    """An opt-out: its days, what it is about, and who stated it. `holds`: it counts today."""

    since: date
    ended: date | None
    about: str
    by: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """A consent on file, in words; `paper` is the digest of its scan, if there is one. `ends`: it can be withdrawn.

    `never_given`: two people said that nobody ever gave it.
    """

    id: str
    purpose: str
    parties: str
    recordings: int | None
    signed_by: str
    signed_on: date | None
    expires: date | None
    revoked_on: date | None
    ends: bool
    paper: str | None
    never_given: bool = False


@dataclass(frozen=True, slots=True)
class GuardianTold:
    """A guardian by name, with what the person is and holds. `by_hand`: the office added the person, and may remove it."""

    id: str
    name: str
    relation: str
    holds: tuple[str, ...]
    by_hand: bool


@dataclass(frozen=True, slots=True)
class StatedTold:
    """What was stated by hand: of whom, what it means, its days, what was seen. `waits`: a first person wants it to end."""

    id: str
    name: str
    what: str
    since: date
    until: date | None
    ended: date | None
    seen: str
    by: str
    by_two: bool
    waits: bool
    ends: bool
    paper: str | None


@dataclass(frozen=True, slots=True)
class ProtectionTold:
    """A protection: why, its days, and what was seen. `waits`: one person wants it to end."""

    kind: str
    since: date | None
    until: date | None
    seen: str
    waits: bool
    paper: str | None


@dataclass(frozen=True, slots=True)
class LinkTold:
    """A link that closes or closed: the recording, to whom it went, what for, and how often it was opened."""

    asset: str | None
    title: str
    to: str
    purpose: str
    openings: int


@dataclass(frozen=True, slots=True)
class DownTold:
    """A publication to take down: the recording, where it was published, when, and by when it has to be down."""

    asset: str | None
    title: str
    purpose: str
    published: date
    due: date


_WHAT = {
    "guardian": _l("parent or guardian"),
    "college": _l("attends a college"),
    "died": _l("died"),
    "self": _l("is who asked for themselves"),
    "dependent": _l("the student is a dependent for tax"),
    "appointed": _l("a court's guardian of an adult"),
    "retained": _l("the student keeps the right to the own record"),
    "representative": _l("inspects in somebody's place"),
    "limited": _l("a court order takes the rights"),
    "whereabouts": _l("where the student is, is kept from this person"),
    "not_against": _l("the protection is not against this person"),
    "another": _l("is somebody else than whom an order is about"),
    "stranger": _l("is nobody of the family"),
    "never": _l("never was a parent or guardian"),
}


def opt_outs_told(unit: Unit, record: StudentRecord, today: date) -> list[OptOutTold]:
    """Return the opt-outs on file, those that hold first, then the newest."""
    names = guardians_called(record)
    found = [
        OptOutTold(
            kept.opt_out.since,
            kept.opt_out.ended,
            _("everything") if kept.opt_out.purposes is None else ", ".join(kept.opt_out.purposes),
            names.get(kept.stated_by or "", ""),
            kept.opt_out.is_in_force(today),
        )
        for kept in unit.people.kept_opt_outs(record.id)
    ]
    return sorted(found, key=lambda each: (not each.holds, -each.since.toordinal()))


def consents_told(unit: Unit, record: StudentRecord, today: date, mistaken: Collection[str] = ()) -> list[ConsentTold]:
    """Return the consents on file, the newest first."""
    names, papers = guardians_called(record), consent_papers(unit, record)
    kept = unit.people.kept_consents([record.id])
    told = (_consent_told(each.id, each.consent, names, today, papers.get(each.id)) for each in kept)
    found = [replace(each, never_given=each.id in mistaken) for each in told]
    return sorted(found, key=lambda each: (each.signed_on or date.min, each.id), reverse=True)


def _consent_told(
    consent_id: str, consent: Consent, names: dict[str, str], today: date, paper: str | None
) -> ConsentTold:
    parties = (PARTIES[each].en if each in PARTIES else names.get(each, each) for each in consent.parties)
    return ConsentTold(
        consent_id,
        consent.purpose or "",
        ", ".join(parties),
        None if consent.assets is None else len(consent.assets),
        names.get(consent.signed_by or "", consent.signed_by or ""),
        consent.signed_on,
        consent.expires,
        consent.revoked_on,
        consent.revoked_on is None and (consent.expires is None or consent.expires >= today),
        paper,
    )


def guardians_told(record: StudentRecord, today: date) -> list[GuardianTold]:
    """Return everybody who is on file for a student today, with what they hold; a guardian whom an order limits, too."""
    names, holders = guardians_called(record), record.guardians_on(today)
    stated = [each for each in record.guardianships if each.is_in_force(today) and each.what in _PERSONS]
    people = dict.fromkeys((*record.guardians, *(each.guardian for each in stated)))
    limited, kept = record.stated_on(today, "limited"), record.stated_on(today, "whereabouts")
    found = []
    for person in people:
        theirs = [each for each in stated if each.guardian == person]
        relation = next((each.relation for each in theirs if each.relation), "")
        holds = [_("holds a parent's rights")] if person in holders else []
        holds += [_("a court order takes the rights")] if person in limited else []
        holds += [_("where the student is, is kept from this person")] if person in kept else []
        holds += [_in_place_of(each, names) for each in theirs if each.represents]
        holds += [_("the student is this person's dependent for tax")] if _says(theirs, "dependent") else []
        holds += [_("appointed by a court")] if person in record.appointed_on(today) else []
        holds += [_("of the roster")] if person in record.guardians else [_("added by hand")]
        by_hand = _says(theirs, "guardian")
        found.append(GuardianTold(person, names.get(person, ""), relation or "", tuple(holds), by_hand))
    return found


_PERSONS = ("guardian", "dependent", "appointed", "representative", "limited", "whereabouts")


def _says(stated: Iterable[Guardianship], what: str) -> bool:
    return any(each.what == what for each in stated)


def _in_place_of(each: Guardianship, names: dict[str, str]) -> str:
    return _("inspects in the place of %(name)s") % {"name": names.get(each.represents or "", "")}


def stated_told(record: StudentRecord, today: date) -> list[StatedTold]:
    """Return what was stated by hand, what stands first, then the newest."""
    names = guardians_called(record)
    found = [
        StatedTold(
            each.id,
            names.get(each.guardian, ""),
            str(_WHAT[each.what]),
            each.since,
            each.until,
            each.ended,
            each.seen,
            each.by.id or each.by.role,
            each.by_two,
            each.lifting is not None,
            each.ended is None,
            each.paper,
        )
        for each in record.guardianships
    ]
    return sorted(found, key=lambda each: (not each.ends, -each.since.toordinal()))


def rights_told(record: StudentRecord, today: date, rulings: Rulings) -> list[str]:
    """Return in sentences who holds the rights today and why, and when that changes."""
    told, name = [], called(record)
    grown = comes_of_age(record.student)
    if grown is not None:
        if not record.has_died(today):
            told.append(
                _("%(name)s turned 18 on %(day)s.") % {"name": name, "day": _day(grown)}
                if grown <= today
                else _("%(name)s turns 18 on %(day)s. From then on the student alone says what may be shown.")
                % {"name": name, "day": _day(grown)}
            )
    else:
        told.append(_("No birth date is on file: the student counts as a minor."))
    if since := record.in_college_since(today):
        told.append(_("In college since %(day)s, as stated by hand.") % {"day": _day(since)})
    if record.postsecondary:
        told.append(_("In college, as the roster says."))
    if (died := record.death()) is not None:
        told.append(_("Died on %(day)s.") % {"day": _day(died)})
    told.append(_holder(record, today, rulings))
    return told


def _holder(record: StudentRecord, today: date, rulings: Rulings) -> str:
    names = guardians_called(record)
    if has_rights(record, today, rulings):
        if record.has_died(today):
            return _("Nobody holds the rights today: the student held them, and has died.")
        return _("The student holds the rights today, and nobody says anything in the student's place.")
    if appointed := record.appointed_on(today):
        who = ", ".join(names[each] for each in appointed)
        return _("%(who)s holds the rights today, appointed by a court.") % {"who": who}
    who = ", ".join(names[each] for each in record.guardians_on(today))
    return _("The parents and guardians hold the rights today: %(who)s.") % {"who": who or _("nobody is on file")}


def untold_told(unit: Unit, record: StudentRecord, today: date) -> list[str]:
    """Return, for the custodian alone, of which guardians it has to be said whether a court order is about them."""
    found = []
    for order, person in record.untold_on(today):
        name = guardians_called(record).get(person, "")
        met = said_plainly(unit, record, f"An order {why_met(order, person)}")
        text = _(
            "%(met)s Until it is said who %(name)s is, less is permitted: confirm the guardian, or record the order."
        )
        found.append(text % {"met": met, "name": name})
    return found


def protections_told(record: StudentRecord, today: date) -> list[ProtectionTold]:
    """Return why the student is protected, by the roster's mark and as stated by hand."""
    found = []
    if record.marked is not None:
        kind, seen = str(KINDS[record.marked]), _("the roster marks the student")
        found.append(ProtectionTold(kind, record.marked_since, None, seen, waits=False, paper=None))
    found += [
        ProtectionTold(str(KINDS[each.kind]), each.since, each.until, each.seen, each.lifting is not None, each.paper)
        for each in record.protections
        if each.is_open(today)
    ]
    return found


def links_told(unit: Unit, record: StudentRecord, links: Sequence[Link]) -> list[LinkTold]:
    """Return links with their recordings, for a list of what closes."""
    names = guardians_called(record)
    shares = {each.share.id: each.share for each in unit.shares.stored_of(link.share_id for link in links)}
    current = unit.assets.current_of([each.asset_key for each in shares.values()])
    found = []
    for link in links:
        share = shares.get(link.share_id)
        if share is None:
            continue
        stored = current.get(share.asset_key)
        found.append(
            LinkTold(
                stored.asset.id if stored is not None else None,
                share.asset_key.rpartition("/")[2],
                recipient_in_words(share.recipient, share.kind, names),
                share.purpose,
                link.openings,
            )
        )
    return found


def downs_told(unit: Unit, downs: Sequence[tuple[str, date, date]]) -> list[DownTold]:
    """Return publications to take down: each is given by its share, its day and the day by which it has to be down."""
    shares = {each.share.id: each.share for each in unit.shares.stored_of(share for share, _published, _due in downs)}
    current = unit.assets.current_of([each.asset_key for each in shares.values()])
    found = []
    for share_id, published, due in downs:
        share = shares.get(share_id)
        if share is None:
            continue
        stored, title = current.get(share.asset_key), share.asset_key.rpartition("/")[2]
        found.append(DownTold(stored.asset.id if stored is not None else None, title, share.purpose, published, due))
    return found


def papers_of(unit: Unit, record: StudentRecord) -> set[str]:
    """Return the digests of the copies of papers on file for a student."""
    found = {each.paper for each in record.guardianships if each.paper}
    found |= {each.paper for each in record.protections if each.paper}
    return found | set(consent_papers(unit, record).values())


def consent_papers(unit: Unit, record: StudentRecord) -> dict[str, str]:
    """Return the digests of the scans of consents, by the consent."""
    papers = {each: paper_in(proof) for each, proof in unit.people.consent_proofs(record.id).items()}
    return {each: paper for each, paper in papers.items() if paper is not None}


def paper_in(proof: str | None) -> str | None:
    """Return the digest of the scan that a consent's proof names; None where there is none."""
    found = _PAPER.search(proof or "")
    return found[1] if found else None


def _day(when: date) -> str:
    return date_format(when, "DATE_FORMAT")
