"""Takes back a consent that nobody ever gave, such as a brother's that was entered for his sister: it was never so.

The first person's word ends it from its first day on, since that shows less. It takes two for the record of disclosures to say
that what went out on it was given by mistake (34 CFR 99.30, 99.32), and for the letter. What a family gave and takes back is
`choices.revoke_consent`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from dam_plugin.custodian.choices import end_consent
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.intake.two_people import check_another, require_person
from dam_plugin.ledger.corrected import CONSENT_MISTAKE, NEVER_GIVEN, NEVER_GIVEN_ASKED, ByTwo, never_given
from dam_plugin.ledger.student import TAKEN_BACK_BEFORE, record_of
from dam_plugin.model import CUSTODIANS, Actor, Consent, LettingGo
from dam_plugin.services import Services
from dam_plugin.store import SystemUser, Unit

# What a person saw, or may have.
_WENT_OUT = ("asked", "published", "viewed", "handed over")


@dataclass(frozen=True, slots=True)
class NeverGiven:
    """Whose consent was taken back, by whom it was noted as signed, and the links that closed.

    `waits`: the consent counts for nothing, and the record says nothing of it until a second person says the same.
    """

    student: str
    signed_by: str | None
    waits: bool
    closed: ClosedLinks


def say_never_given(services: Services, consent_id: str, why: str, by: Actor, user: SystemUser) -> NeverGiven:
    """Keep a first person's word that nobody ever gave a consent, or a second one's, by which it is so on the record.

    From the first word on it permits nothing, of any day; links that stood on it close, and publications are to be taken down.
    Raises InputError for a role that is not the custodian or a designee, without a reason, for a host's key, of what two people
    have said already, and where the same person says it twice; UnknownThing for an unknown consent.
    """
    if by.role not in CUSTODIANS:
        raise InputError(
            "only the records custodian or a designee says that nobody gave a consent: ask them, or add --as custodian:NAME"
        )
    if not why.strip():
        raise InputError("say how the mistake came about, and where the paper is: --why")
    require_person(user, "takes no consent back", f"dam-plugin consent revoke {consent_id} --never-given …")
    waits = False

    def end(unit: Unit) -> Consent:
        nonlocal waits
        unit.referrals.one_at_a_time()
        student = unit.people.consent(consent_id).student
        if consent_id in never_given(unit, services.ledger, {student}):
            raise InputError("two people said already that nobody ever gave this consent: there is nothing left to say")
        first = never_given(unit, services.ledger, {student}, NEVER_GIVEN_ASKED).get(consent_id)
        waits = first is None
        told = {"by": asdict(by), "why": why, "system_user": asdict(user)}
        if first is not None:
            check_another(_wish(first), LettingGo(by, user.id, user.name, services.now(), why), user)
            told["first"] = {name: first[1][name] for name in ("by", "system_user", "why")}
        details = {"consent": consent_id, "done": NEVER_GIVEN_ASKED if waits else NEVER_GIVEN, **told}
        services.ledger.append(
            unit,
            at=services.now(),
            kind=CONSENT_MISTAKE,
            subject=CONSENT_MISTAKE,
            details=details,
            students=[student],
        )
        return unit.people.revoke_consent(consent_id, first_day)

    with services.store.reading() as unit:
        kept = unit.people.consent(consent_id)
    first_day = kept.consent.signed_on or services.now().date()
    closed = end_consent(services, end, first_day)
    return NeverGiven(kept.student, kept.consent.signed_by, waits, closed)


def given_on_consent(services: Services, consent_id: str, on: date) -> int:
    """Return how many recordings went out on a consent, by its purpose, after a day on which it was taken back."""
    if on >= services.now().date():
        return 0
    with services.store.reading() as unit:
        consent = unit.people.consent(consent_id).consent
        lines = record_of(unit, services.ledger, consent.student, rulings=services.rulings)
    zone, permits = services.now().tzinfo, services.settings.purposes.permits
    found = {
        line.recording or line.share
        for line in lines
        if line.what in _WENT_OUT
        and line.outcome in ("allow", "redact")
        and TAKEN_BACK_BEFORE in (line.remark or "")
        and on < line.at.astimezone(zone).date()
        and permits(consent.purpose, line.interest or "")
    }
    return len(found)


def _wish(first: ByTwo) -> LettingGo:
    entry, told = first
    user = told["system_user"]
    return LettingGo(Actor(**told["by"]), user["id"], user["name"], entry.at, told["why"])
