"""What a family's consents come to beside its opt-outs on a day, for any recording: which count, and which are doubtful.

All that tells people of a consent asks here, so that it says what is decided (`procedure.terms.consent_faults`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from dam_plugin.model import RECIPIENT_ROLES, Actor, Consent, OptOut, StudentRecord
from dam_plugin.procedure.case import Case, CaseAsset, CaseRecipient, CaseShare
from dam_plugin.procedure.terms import DOUBTFUL, consent_faults, has_rights, seen_as_ruled
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import consent_in_order, is_without_right, opt_outs_for
from dam_plugin.store.people import KeptConsent, KeptOptOut


@dataclass(frozen=True, slots=True)
class ConsentBeside:
    """A consent as confirmed, with the opt-outs in force for its purpose, and why it does not count (empty: it does)."""

    id: str
    consent: Consent
    purpose: str
    opt_outs: tuple[KeptOptOut, ...]
    faults: tuple[str, ...]

    @property
    def opens(self) -> bool:
        """Whether it permits what an opt-out on file refuses."""
        return bool(self.opt_outs) and not self.faults

    @property
    def is_doubtful(self) -> bool:
        """Whether nothing but an opt-out that is as new or newer keeps it from counting, until the family confirms it."""
        return self.faults == (DOUBTFUL,)


def consents_beside(
    services: Services,
    record: StudentRecord,
    consents: Iterable[KeptConsent],
    opt_outs: Collection[KeptOptOut],
    day: date,
) -> Iterator[ConsentBeside]:
    """Yield what each consent to a purpose of the district comes to on a day, for whom it names and what it names."""
    purposes, rulings = services.settings.purposes, services.rulings
    holds_rights = has_rights(record, day, rulings)
    for kept in consents:
        purpose = purposes.whole(kept.consent.purpose or "")
        if purpose is None:
            continue
        found = opt_outs_for(opt_outs, purpose, day, purposes)
        # Of a student with the rights, none that another stated makes a consent doubtful.
        reaching = [each for each in found if not (holds_rights and is_without_right(record, each, rulings))]
        consent = consent_in_order(kept, record, reaching.copy, day, rulings)
        last = max((each.opt_out.since for each in reaching), default=None)
        faults = _faults(services, consent, record, OptOut(last) if last is not None else None, day, purpose)
        yield ConsentBeside(kept.id, consent, purpose, tuple(found), faults)


def _faults(
    services: Services, consent: Consent, record: StudentRecord, opted_out: OptOut | None, day: date, purpose: str
) -> tuple[str, ...]:
    """Return why a consent holds for no publication for a purpose, of any party and recording that it names."""
    named = next((each for each in consent.parties if each not in RECIPIENT_ROLES), None)
    role = "public" if named is not None or not consent.parties else consent.parties[0]
    share = CaseShare("publication", purpose, Actor("media_staff"), CaseRecipient(role, named))
    student = replace(record.student_on(day), opted_out=opted_out)
    return consent_faults(
        replace(consent, assets=None, purpose=purpose),
        seen_as_ruled(student, services.rulings),
        Case("any", day, CaseAsset("any"), share),
    )
