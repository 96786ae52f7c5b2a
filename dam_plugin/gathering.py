"""Gather a case: what the store knows about an asset, its students and a share, as `decide` takes it.

The one place where kept records become a case; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dam_plugin.model import Asset, Consent, OptOut, Share, Student, StudentRecord, Tagging
from dam_plugin.presence import is_located
from dam_plugin.procedure.case import (
    Case,
    CaseAppearance,
    CaseAsset,
    CaseOfficialUse,
    CaseShare,
    District,
    Evidence,
    parse_case,
    parse_evidence,
    plain_case,
)
from dam_plugin.purposes import folded_purpose
from dam_plugin.redaction import formats
from dam_plugin.settings import District as DistrictSettings
from dam_plugin.settings import Settings
from dam_plugin.store import Unit


def gather(  # noqa: PLR0913 - a case is gathered from as many places
    unit: Unit,
    settings: Settings,
    asset: Asset,
    tagging: Tagging,
    share: Share,
    at: date,
    *,
    key_id: str | None = None,
    others_redact: bool = False,
) -> Case:
    """Return the case of a share of an asset on a day; `key_id` is its key's pseudonym, by which consents may name it.

    `others_redact`: a third party is attached that may redact what we cannot. Raises CaseError for what a case
    file could not say either, and UnknownThing for a student whom nobody has.
    """
    evidence = parse_evidence(share.evidence)
    named = _students_named(tagging, share, evidence)
    case = Case(
        id=share.id,
        at=at,
        asset=case_asset(asset, tagging, redactable=others_redact or formats.can_redact(asset.media_type)),
        share=CaseShare(
            kind=share.kind,
            purpose=share.purpose,
            actor=share.actor,
            recipient=share.recipient,
            names=share.names,
            evidence=evidence,
        ),
        district=policy_of(settings.district),
        students=tuple(_student(unit.people.need(each), share.purpose, at) for each in named),
        consents=tuple(_for_this(consent, key_id, asset.id) for _, consent in unit.people.consents(named)),
    )
    # The same gate as a case file's: an id that is another role's name, say, would match a consent it must not.
    return parse_case(plain_case(case))


def case_asset(asset: Asset, tagging: Tagging, *, redactable: bool = False) -> CaseAsset:
    """Return the asset block of a case; `redactable`: a copy can be made of its format in which somebody is hidden."""
    return CaseAsset(
        id=asset.id,
        tagging=tagging.state,
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


def students_of(tagging: Tagging) -> list[str]:
    """Return every student a tagging names, sorted."""
    return sorted(tagging.students)


def _students_named(tagging: Tagging, share: Share, evidence: Evidence) -> list[str]:
    named = tagging.students.union(share.names)
    if evidence.pre_adjudication is not None:
        named = named.union(evidence.pre_adjudication.students)
    if evidence.order is not None:
        named = named.union(evidence.order.notified)
    if evidence.child_welfare is not None:
        named = named.union(evidence.child_welfare.students)
    return sorted(named)


def _student(record: StudentRecord, purpose: str, at: date) -> Student:
    return Student(
        id=record.id,
        born=record.born,
        postsecondary=record.postsecondary,
        guardians=record.guardians,
        opted_out=_opt_out(record.opt_outs, purpose, at),
    )


def _opt_out(opt_outs: Sequence[OptOut], purpose: str, at: date) -> OptOut | None:
    """Return the opt-out that counts for the purpose: the first in force, else the first that reaches it, else any.

    RULING spelling-of-purposes: an opt-out reaches a purpose however either is spelt (`Social media`, `social_media`):
    what a family wrote down is not undone by how staff type it.
    """
    reaching = [
        each
        for each in opt_outs
        if each.purposes is None or folded_purpose(purpose) in map(folded_purpose, each.purposes)
    ]
    in_force = [each for each in reaching if each.since <= at and (each.ended is None or each.ended > at)]
    chosen = next(iter(in_force or reaching or opt_outs), None)
    if chosen is not None and chosen in reaching and chosen.purposes is not None:
        return replace(chosen, purposes=(*chosen.purposes, purpose))
    return chosen


def _for_this(consent: Consent, key_id: str | None, asset_id: str) -> Consent:
    """Return a consent; where it names the object's key, it names the asset too."""
    if consent.assets is None or key_id not in consent.assets:
        return consent
    return replace(consent, assets=(*consent.assets, asset_id))


def policy_of(district: DistrictSettings) -> District:
    """Return the directory policy of a district's settings as a case has it."""
    return District(**district.model_dump(exclude={"holidays", "name"}))
