"""One piece of work of the custodian's queue as its page tells it: the case in sentences, the findings, what can be done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dam_hooks.desk.apps import services
from dam_hooks.desk.finding_forms import Offered, answering, offered
from dam_hooks.desk.finding_words import CHOICES, FIELDS, QUESTIONS
from dam_hooks.desk.person_names import Names, names_in
from dam_hooks.desk.plain_words import plain
from dam_hooks.desk.queue_words import (
    KINDS,
    DecisionTold,
    Why,
    decision_texts,
    decision_told,
    who_asks,
    who_did,
    who_is,
)
from dam_hooks.desk.told import Card, Seen, card, seen_in
from dam_plugin.custodian.case_notes import notes_of
from dam_plugin.custodian.missing import Missing, missing_of
from dam_plugin.custodian.request_register import before_meeting, came_on
from dam_plugin.custodian.work import Work, decision_now, decision_on_file, was_given_on_evidence, whom_to_offer
from dam_plugin.intake.two_people import is_key, is_same_person
from dam_plugin.model import Actor, Decision, ReferralKind
from dam_plugin.procedure.clauses import source
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import decides, links_on_evidence
from dam_plugin.store import StoredAsset, StoredFinding, SystemUser, Unit
from dam_plugin.store.codec import canonical, to_plain

STATES: Mapping[str, Any] = {
    "pending": gettext_lazy("waits for a second person"),
    "applied": gettext_lazy("counts"),
    "rejected": gettext_lazy("rejected"),
    "stale": gettext_lazy("never took effect: what it was about had changed, or the request was closed"),
}
# The kinds of work that a person closes with what was handed over.
HANDED_OVER = ("sunshine", "inspection", "official", "transfer")


@dataclass(frozen=True, slots=True)
class FindingTold:
    """A finding in words: what was found, by whom, in which state; `before` and `after` are the decisions, while it waits."""

    id: str
    title: str
    said: tuple[tuple[str, str], ...]
    at: datetime
    by: str
    state: str
    is_pending: bool
    settled_by: str
    is_mine: bool
    before: DecisionTold | None
    after: DecisionTold | None
    is_undecided: bool
    rests_on: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MissingTold:
    """What is missing, in a sentence, and the forms that answer it."""

    why: Why
    answers: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class CaseTold:
    """A piece of work as its page tells it. `stamp` tells whether somebody worked on it since the page was shown."""

    id: str
    title: str
    facts: tuple[str, ...]
    due: date
    is_overdue: bool
    is_open: bool
    is_secret: bool
    owner: str | None
    card: Card | None
    file: str
    seen: tuple[Seen, ...]
    missing: tuple[MissingTold, ...]
    others: tuple[Offered, ...]
    now: DecisionTold | None
    notes: tuple[str, ...]
    findings: tuple[FindingTold, ...]
    handed_over: tuple[str, ...]
    to_offer: tuple[str, ...]
    may_hand_over: bool
    may_withdraw: bool
    may_seal: bool
    students: tuple[str, ...]
    stamp: str


def may_hand_over(work: Work) -> bool:
    """Whether something that was handed over can be recorded for a piece of work."""
    return work.referral.kind in HANDED_OVER


def may_seal(work: Work) -> bool:
    """Whether a piece of work can be sealed: somebody outside asks, and it may be about a report."""
    is_outsiders = may_hand_over(work) and not work.share.recipient.is_family
    return work.referral.is_open and not work.referral.secret and is_outsiders


def may_withdraw(unit: Unit, work: Work) -> bool:
    """Whether something was given on the evidence, or is open that this recipient was given on evidence."""
    return bool(links_on_evidence(unit, work.share)) or was_given_on_evidence(services(), unit, work.referral)


def stamp_of(work: Work) -> str:
    """Return what changes whenever somebody works on a referral."""
    referral = work.referral
    told = {
        "share": referral.share_id,
        "missing": referral.missing,
        "closed": referral.closed_at,
        "secret": referral.secret,
        "evidence": referral.evidence_share,
        "findings": [(each.id, each.state, each.share_id, each.approver) for each in work.findings],
        "handed_over": [each.share.id for each in work.handed_over],
    }
    return hashlib.sha256(canonical(to_plain(told)).encode()).hexdigest()[:32]


def stored_of(services: Services, work: Work) -> StoredAsset | None:
    """Return the recording of a referral; None where it has left the library."""
    with services.store.reading() as unit:
        return unit.assets.current(work.referral.asset_key)


def case_told(services: Services, work: Work, by: Actor, user: SystemUser) -> CaseTold:
    """Return a piece of work as its page tells it to the custodian or a designee, who signed in as `user`."""
    referral, share = work.referral, work.share
    family = referral.students if referral.kind == "offer" else ()
    notes = notes_of(services, share, but=referral.id, offered=family)
    now = decision_now(services, referral.id, by) if referral.is_open and _decides(work) else None
    came, to_offer = came_on(services, referral), whom_to_offer(services, referral)
    meeting = before_meeting(services, referral, share.recipient) if referral.is_open else None
    with services.store.reading() as unit:
        kept = unit.shares.share(referral.share_id)
    missing = missing_of(referral, share, decision_on_file(services, referral, kept), notes)
    with services.store.reading() as unit:
        stored = unit.assets.current(referral.asset_key)
        texts = [*(f"{each.text} {each.remedy}" for each in missing), *notes.told, share.recipient.id or ""]
        texts += [each.id or "" for each in to_offer]
        texts += [to_text(each) for each in work.findings] + [str(dict(work.on_file)), referral.closing or ""]
        texts += [f"{each.share.recipient.id} {' '.join(each.decision['basis'])}" for each in work.handed_over]
        compared = [each for told in work.compared.values() for each in (told.before, told.after)]
        texts += [text for each in (*compared, *([now] if now else [])) for text in decision_texts(each)]
        in_it = tuple(stored.tagging.students) if stored is not None else ()
        names = names_in(unit, texts, (*referral.students, *share.names, *in_it))
        seen = seen_in(unit, stored) if stored is not None else ()
        is_on_evidence = may_withdraw(unit, work)
    offers = offered(referral.kind) if referral.is_open else ()
    answers = answering({kind for each in missing for kind in each.answered_by}, offers)
    title = referral.asset_key.rpartition("/")[2]
    facts = [*_facts(work, names, title, came), *([names.told(meeting.clock.sentence)] if meeting else [])]
    return CaseTold(
        referral.id,
        str(KINDS[referral.kind]),
        tuple(facts),
        referral.due,
        work.is_overdue,
        referral.is_open,
        referral.secret,
        referral.owner,
        card(stored) if stored is not None else None,
        title,
        seen,
        tuple(dict.fromkeys(MissingTold(_why(each, names), answering(each.answered_by, offers)) for each in missing)),
        tuple(each for each in offers if each not in answers),
        decision_told(now, names) if now is not None else None,
        tuple(names.told(each) for each in notes.told),
        tuple(finding_told(work, each, names, user) for each in work.findings),
        tuple(_handed_over(work, names)),
        tuple(names.of(each.id or "") for each in to_offer),
        may_hand_over(work),
        is_on_evidence,
        may_seal(work),
        tuple(names.shown),
        stamp_of(work),
    )


def _why(each: Missing, names: Names) -> Why:
    return Why(names.told(each.text), names.told(each.remedy), source(each.clause), each.clause)


def _decides(work: Work) -> bool:
    return decides("reviewed", work.referral.kind)


# The first sentence of a case, by its kind; of the other kinds somebody asks.
_ASKS = gettext_lazy("%(who)s asks for %(file)s (%(purpose)s).")
_SENTENCES: Mapping[ReferralKind, Any] = {
    "publication": gettext_lazy("The district wants to publish %(file)s (%(purpose)s)."),
    "offer": gettext_lazy(
        "%(file)s goes whole to every family whose child it shows; this is the family of %(students)s."
    ),
    "review": gettext_lazy("%(file)s was given to %(who)s in an emergency."),
    "found_later": gettext_lazy("%(file)s was given to %(who)s before %(students)s was found in it."),
    "take_down": gettext_lazy("%(file)s was published (%(purpose)s), and shows %(students)s."),
    "statement_owed": gettext_lazy("%(file)s was given to %(who)s; it shows %(students)s."),
    "notice_owed": gettext_lazy("%(file)s was given to %(who)s; it shows %(students)s."),
}


def _facts(work: Work, names: Names, file: str, came: date) -> Iterator[str]:
    """Yield the case in sentences."""
    referral, share = work.referral, work.share
    who, students = who_asks(share, names), names.named(referral.students)
    said = str(_SENTENCES.get(referral.kind, _ASKS)) % {
        "who": who,
        "file": file,
        "purpose": share.purpose,
        "students": students,
    }
    is_by_name = share.recipient.id not in (None, "", share.recipient.role)
    yield said if is_by_name else f"{said[0].upper()}{said[1:]}"
    yield _("It came on %(day)s.") % {"day": date_format(came)}
    if share.actor.id:
        yield _("%(who)s entered it last.") % {"who": who_did(share.actor)}
    if share.names:
        yield _("Asked for by name: %(names)s.") % {"names": names.named(share.names)}
    yield from _of_evidence(work, names)
    if referral.closed_at is not None:
        yield _("Closed on %(day)s by %(who)s: %(how)s") % {
            "day": date_format(referral.closed_at),
            "who": referral.closed_by or _("the procedure"),
            "how": plain(referral.closing or "", named=names.within),
        }


def _of_evidence(work: Work, names: Names) -> Iterator[str]:
    """Yield what the requester brought: a threat, a paper, and the return date of an order."""
    evidence = work.share.evidence
    if threat := (evidence.get("emergency") or {}).get("threat"):
        yield _("The threat, as it was stated: %(threat)s") % {"threat": threat}
    if work.on_file:
        said = "; ".join(f"{name}: {value}" for name, value in said_of_evidence(work.on_file, names))
        yield _("What the requester wrote down: %(said)s") % {"said": said}
    days = work.order_days
    if days is None:
        return
    if work.referral.due in (days.paper, *days.registered.values()):
        yield _("It is due on the return date of the order.")
    yield from (names.told(each) for each in days.apart())


def _handed_over(work: Work, names: Names) -> Iterator[str]:
    for each in work.handed_over:
        shown = names.named(each.decision["basis"])
        yield _("To %(who)s; it shows %(students)s.") % {"who": who_is(each.share.recipient, names), "students": shown}


def to_text(finding: StoredFinding) -> str:
    """Return what a finding says as one text, to look for names in."""
    return canonical(to_plain([finding.content, finding.evidence]))


def finding_told(work: Work, finding: StoredFinding, names: Names, user: SystemUser) -> FindingTold:
    """Return a finding in words, as `user` reads it."""
    compared = work.compared.get(finding.id)
    behind = finding.approver if is_key(finding.user) else finding.user
    return FindingTold(
        finding.id,
        str(QUESTIONS[finding.kind].title),
        tuple(said_in(finding.kind, finding.content, names)),
        finding.at,
        who_did(finding.by),
        str(STATES[finding.state]),
        finding.state == "pending",
        who_did(finding.approved_by) if finding.approved_by is not None else "",
        behind is not None and is_same_person(behind, user),
        decision_told(compared.before, names) if compared is not None else None,
        decision_told(compared.after, names) if compared is not None else None,
        finding.state == "applied"
        and finding.share_id is None
        and work.referral.is_open
        and decides(finding.kind, work.referral.kind),
        tuple(said_of_evidence(finding.evidence, names)) if finding.state == "pending" else (),
    )


def decisions_told(services: Services, *decisions: Decision) -> tuple[tuple[DecisionTold, ...], Names]:
    """Return decisions in words, and the names in them."""
    with services.store.reading() as unit:
        names = names_in(unit, [text for each in decisions for text in decision_texts(each)])
    return tuple(decision_told(each, names) for each in decisions), names


def said_in(kind: str, content: Mapping[str, Any], names: Names) -> Iterator[tuple[str, str]]:
    """Yield what a finding says, field by field, in words."""
    if kind == "evidence":
        yield from said_of_evidence(content.get("evidence") or {}, names)
        content = {"file": content.get("file")}
    for name, value in content.items():
        told = _said(name, value, names)
        if told:
            yield str(FIELDS[name].title), told


def said_of_evidence(evidence: Mapping[str, Any], names: Names) -> Iterator[tuple[str, str]]:
    """Yield what an evidence block says, in words."""
    for block, value in evidence.items():
        parts = value.items() if isinstance(value, Mapping) else [(block, value)]
        for name, each in parts:
            told = _said(name, each, names)
            if told:
                yield str(FIELDS[name].title) if name in FIELDS else name, told


def _said(name: str, value: Any, names: Names) -> str:
    if name == "file":
        return _("on file") if value else ""
    if value is True:
        return _("yes")
    if value is False:
        return _("no") if name in ("was_threat", "notice_required", "recipient_needs_it") else ""
    if value is None or value in ("", [], ()):
        return ""
    if isinstance(value, list | tuple):
        persons = [each.get("student", "") if isinstance(each, Mapping) else str(each) for each in value]
        return names.named(persons)
    text = str(value)
    return str(CHOICES[text]) if text in CHOICES and name not in ("why", "how", "seen", "found") else names.within(text)
