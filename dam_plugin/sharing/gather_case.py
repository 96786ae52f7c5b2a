"""Gathers the case of a share for `decide`: what the store knows of the recording, its students and the share.

Only here do kept records become a case; nothing is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date
from functools import lru_cache

from dam_plugin.errors import NO_SUCH_STUDENT, CaseError, UnknownThing
from dam_plugin.model import Asset, Consent, OptOut, Recipient, Share, Student, StudentRecord, Tagging
from dam_plugin.procedure.case import (
    Case,
    CaseAppearance,
    CaseAsset,
    CaseOfficialUse,
    CaseRecipient,
    CaseShare,
    District,
    fits_together,
    parse_case,
    parse_evidence,
    plain_case,
)
from dam_plugin.procedure.exceptions import FAMILY, Evidence, students_named
from dam_plugin.procedure.purposes import PurposeList
from dam_plugin.redaction import formats
from dam_plugin.settings import District as DistrictSettings
from dam_plugin.settings import Settings
from dam_plugin.sharing.whereabouts import is_located
from dam_plugin.store import Unit
from dam_plugin.store.people import KeptConsent
from dam_tagging.facts import TaggingState

_PLAIN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_ANY_ID = "any"


class CaseGatherer:
    """Gathers the cases of one day from one transaction; a student who is in several of them is read once."""

    def __init__(self, unit: Unit, settings: Settings, at: date) -> None:
        """Read nothing yet."""
        self._unit = unit
        self._at = at
        self._purposes = settings.purposes
        self._district = district_policy(settings.district, settings.purposes)
        self._students: dict[str, StudentRecord | None] = {}
        self._consents: dict[str, list[KeptConsent]] = {}
        self._bent: set[str] = set()
        self._families: dict[str, bool] = {}
        self._assets: set[str] = set()
        self._checked: dict[Hashable, tuple[Tagging, Case]] = {}

    def read(self, students: Iterable[str], assets: Iterable[str] = ()) -> None:
        """Read the records of these students in few statements; an unknown student fails only in a case about them.

        `assets` are the ids of the recordings whose cases are asked for next.
        """
        unread = set(assets).difference(self._assets)
        if unread:
            self._assets |= unread
            self._bent |= self._unit.assets.bent(unread)
        missing = set(students).difference(self._students)
        if not missing:
            return
        found = self._unit.people.students_of(missing)
        self._students.update({each: found.get(each) for each in missing})
        consents = self._unit.people.kept_consents(missing)
        for kept in consents:
            self._consents.setdefault(kept.student, []).append(kept)
        self._bent |= self._unit.people.bent(missing, consents)

    def student(self, student: str) -> StudentRecord | None:
        """Return a student who was read, None for an unknown one."""
        return self._students.get(student)

    def is_bent(self, case: Case) -> bool:
        """Whether a case rests on rows that were changed beside the program: its recording's, or a student's.

        Such a case is decided only in an emergency.
        """
        return bool(self._bent) and not self._bent.isdisjoint({case.asset.id, *(each.id for each in case.students)})

    def case(
        self,
        asset: Asset,
        tagging: Tagging,
        share: Share,
        *,
        key_id: str | None = None,
        others_redact: bool = False,
    ) -> Case:
        """Return the case of a share, as `gather` does; its students are read where they were not."""
        evidence = parse_evidence(share.evidence)
        purpose = self._purposes.word(share.purpose) or share.purpose
        named = _students_named(tagging, share, evidence)
        self.read(named, [asset.id])
        asked = CaseShare(
            kind=share.kind,
            purpose=purpose,
            actor=share.actor,
            recipient=CaseRecipient(share.recipient.role, share.recipient.id, self._knows(share.recipient, named)),
            names=share.names,
            evidence=_reaching(evidence, asset, key_id),
        )
        # A tagging is known by its identity, and kept so that the identity stays unique: comparing taggings takes longer.
        alike = (asset, id(tagging), purpose, *named, key_id, others_redact)
        known = self._checked.get(alike)
        case = _with_share(known[1], share.id, asked) if known else None
        if case is None:
            case = self._case(asset, tagging, share, asked, named, key_id=key_id, others_redact=others_redact)
            self._checked[alike] = tagging, case
        return case

    def _case(
        self,
        asset: Asset,
        tagging: Tagging,
        share: Share,
        asked: CaseShare,
        named: Sequence[str],
        *,
        key_id: str | None,
        others_redact: bool,
    ) -> Case:
        case = Case(
            id=share.id,
            at=self._at,
            asset=case_asset(asset, tagging, redactable=others_redact or formats.can_redact(asset.media_type)),
            share=asked,
            district=self._district,
            students=tuple(_student(self._need(each), asked.purpose, self._at, self._purposes) for each in named),
            consents=tuple(
                _for_this(_for_purpose(consent, asked.purpose, self._purposes), key_id, asset.id)
                for consent in self._consents_of(named)
            ),
        )
        return _through_the_gate(case)

    def _knows(self, recipient: Recipient, named: Iterable[str]) -> bool:
        """Whether the roster knows a parent or an adult student; True for all other recipients, who need not be known."""
        person = recipient.id
        if recipient.role not in FAMILY:
            return True
        if person is None:
            return False
        if person not in self._families:
            # Mostly it is their own child, who was read already.
            theirs = (record for each in named if (record := self._students[each]) is not None)
            close = any(person == each.id or person in each.guardians for each in theirs)
            self._families[person] = close or self._unit.people.is_family(person)
        return self._families[person]

    def _need(self, student: str) -> StudentRecord:
        record = self._students[student]
        if record is None:
            raise UnknownThing(NO_SUCH_STUDENT)
        return record

    def _consents_of(self, students: Iterable[str]) -> Iterator[Consent]:
        kept = [each for student in students for each in self._consents.get(student, ())]
        return (each.consent for each in sorted(kept, key=KeptConsent.order))


def _through_the_gate(case: Case) -> Case:
    """Return a case as the gate of case files lets it through, the same again at once: that looks at nothing else.

    An id that is another role's name, say, would match a consent it must not.
    """
    if is_plain_id(case.id):
        # An unhashable or refused case takes the long way, whose error names its own id.
        with suppress(TypeError, CaseError):
            return replace(_let_through(replace(case, id=_ANY_ID)), id=case.id)
    return parse_case(plain_case(case))


@lru_cache(maxsize=256)
def _let_through(case: Case) -> Case:
    return parse_case(plain_case(case))


def is_plain_id(text: str) -> bool:
    """Whether it is a case's id of letters, digits and hyphens alone, which the gate always lets through."""
    return _PLAIN_ID.fullmatch(text) is not None


def _with_share(known: Case, share_id: str, asked: CaseShare) -> Case | None:
    """Return a checked case with another share in it; None if the share does not pass, so that the caller checks it whole.

    The gate checks each field by itself and then whether all fit together: a share alone is checked in a case in which no
    student is shown.
    """
    about = _students_of_share(asked.names, asked.evidence)
    alone = replace(
        known,
        id=share_id,
        asset=CaseAsset(known.asset.id),
        share=asked,
        students=tuple(each for each in known.students if each.id in about),
        consents=(),
    )
    try:
        checked = _through_the_gate(alone)
    except CaseError:
        return None
    case = replace(known, id=checked.id, share=checked.share)
    return case if fits_together(case) else None


def students_named_in(tagging: Tagging, share: Share) -> list[str]:
    """Return every student that the case of a share is about, sorted. Raises CaseError for bad evidence."""
    return _students_named(tagging, share, parse_evidence(share.evidence))


def case_asset(asset: Asset, tagging: Tagging, *, redactable: bool = False) -> CaseAsset:
    """Return the asset block of a case; `redactable`: a copy can be made of its format in which somebody is hidden."""
    return CaseAsset(
        id=asset.id,
        tagging=_state(tagging),
        directory_status=tagging.directory_status,
        official_uses=tuple(CaseOfficialUse(use.purpose, use.students) for use in tagging.official_uses),
        record_pii=tagging.record_pii,
        closed=tagging.closed,
        confidential=tagging.confidential,
        unidentified_people=tagging.unidentified_people,
        redactable=redactable,
        meaning=tagging.meaning,
        appearances=tuple(
            CaseAppearance(each.student, each.prominence, each.identifiable, is_located(each, asset.media_type))
            for each in tagging.appearances
        ),
    )


def _state(tagging: Tagging) -> TaggingState:
    """Return whether it is known who is in a recording. INVARIANT: complete is earned: without a ground it is pending."""
    return "pending" if tagging.state == "complete" and tagging.ground is None else tagging.state


def students_in(tagging: Tagging) -> list[str]:
    """Return every student a tagging names, sorted."""
    return sorted(tagging.students)


def _students_named(tagging: Tagging, share: Share, evidence: Evidence) -> list[str]:
    return sorted(tagging.students.union(_students_of_share(share.names, evidence)))


def _students_of_share(names: Iterable[str], evidence: Evidence | None) -> set[str]:
    return {*names, *(student for _, students in students_named(evidence) for student in students)}


def _student(record: StudentRecord, purpose: str, at: date, purposes: PurposeList) -> Student:
    return replace(record.student, opted_out=_opt_out(record.opt_outs, purpose, at, purposes))


def _opt_out(opt_outs: Sequence[OptOut], purpose: str, at: date, purposes: PurposeList) -> OptOut | None:
    """Return the opt-out that counts for the purpose: the last made that is in force, else one that reaches it, else any.

    The last one made is the strictest: it makes every consent doubtful that was signed before it.

    RULING spelling-of-purposes: an opt-out reaches a purpose by whichever word of the district's list either is called
    (`Social media`, `facebook`), and every purpose where the list does not know its word: what a family wrote down is
    not undone by how staff type it.
    """
    reaching = [each for each in opt_outs if purposes.reaches(each.purposes, purpose)]
    in_force = [each for each in reaching if each.is_in_force(at)]
    last = max(in_force, key=lambda each: each.since, default=None)
    chosen = last or next(iter(reaching or opt_outs), None)
    if chosen is None or chosen not in reaching or chosen.purposes is None:
        return chosen
    words = [purposes.word(each) for each in chosen.purposes]
    known = [each for each in words if each is not None]
    return replace(chosen, purposes=tuple(dict.fromkeys((*known, purpose))) if len(known) == len(words) else None)


def _for_purpose(consent: Consent, purpose: str, purposes: PurposeList) -> Consent:
    """Return a consent under the share's word for its purpose; where the list knows it not, or not in whole, it is to nothing.

    INVARIANT: the procedure compares the two to the letter, so no word that the list does not know may stay the share's own.
    """
    if consent.purpose is None:
        return consent
    if purposes.permits(consent.purpose, purpose):
        return replace(consent, purpose=purpose)
    word = purposes.whole(consent.purpose) or consent.purpose
    return replace(consent, purpose=None if word == purpose else word)


def _reaching(evidence: Evidence, asset: Asset, key_id: str | None) -> Evidence:
    """Return the evidence; where its order names the object's key, it names the asset."""
    order = evidence.order
    if order is None or order.assets is None:
        return evidence
    named = tuple(asset.id if each in (asset.key, key_id) else each for each in order.assets)
    return replace(evidence, order=replace(order, assets=named))


def _for_this(consent: Consent, key_id: str | None, asset_id: str) -> Consent:
    """Return a consent; where it names the object's key, it names the asset too."""
    if consent.assets is None or key_id not in consent.assets:
        return consent
    return replace(consent, assets=(*consent.assets, asset_id))


def district_policy(district: DistrictSettings, purposes: PurposeList | None = None) -> District:
    """Return the directory policy of a district's settings as a case has it, its purposes by the words of a list."""
    policy = District(**district.model_dump(include={field.name for field in fields(District)}))
    if policy.directory_limited_to is None or purposes is None:
        return policy
    limited = tuple(dict.fromkeys(purposes.whole(each) or each for each in policy.directory_limited_to))
    return replace(policy, directory_limited_to=limited)
