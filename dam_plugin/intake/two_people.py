"""Loosening takes two people: who may be the second, whether a change loosens, and letting go of former tags.

Two people are two users of the operating system. A role and id (`--as`) are only asserted, and a host's key proves no
person. INVARIANT: a change is compared with the state without all statements by one person only. So a release cannot
pass as two harmless halves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

from dam_plugin.errors import InputError, NotAnother
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.intake.looks import lasting_part
from dam_plugin.intake.original_access import access_to_original, write_object_tags
from dam_plugin.intake.strictest_tags import (
    of_same_picture,
    students_shown_less,
    students_with_opt_outs,
    tags_that_hold,
    what_would_loosen,
)
from dam_plugin.intake.tag_changes import TagChange, changes_between, is_looser, strictest
from dam_plugin.ledger.request_key import fold_case
from dam_plugin.model import (
    CUSTODIANS,
    NOT_ASKED_FOR,
    Actor,
    Decision,
    Former,
    LettingGo,
    Outcome,
    Referral,
    Share,
    Tagging,
)
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import evidence_of, need_share, read_finding
from dam_plugin.sharing.gather_case import NOTHING, REVIEWED, CaseGatherer, Supposed, needs_two
from dam_plugin.sharing.share import case_of_share, decide_gathered
from dam_plugin.store import StoredAsset, StoredFinding, SystemUser, Unit

# Shares that wait are decided again as the custodian's, also for another person's look.
_CUSTODIAN = Actor("custodian")
_KEY = "key:"
# Who can, as each refusal ends.
WHO_CAN = "another user of the operating system can, at the command line"
NOTHING_WAITS = "nothing of this recording waits to loosen: `dam-plugin review --looser` lists what does"


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a finding: the recording before and after, and what it puts on file of people."""

    before: StoredAsset
    after: StoredAsset
    of_people: Supposed = NOTHING


@dataclass(frozen=True, slots=True)
class ComparedDecisions:
    """The decisions on a share: before a finding, and with it and all other statements.

    `before` uses the tags as they are, `settled` the tags without looks by one person only; both use evidence with two
    people behind it.
    """

    before: Decision
    settled: Decision
    after: Decision

    @property
    def is_looser(self) -> bool:
        """Whether the finding releases more than either: one person may have seen more people, or more that releases."""
        return less_strict(self.before, self.after) or less_strict(self.settled, self.after)


@dataclass(frozen=True, slots=True)
class WouldLoosen:
    """A recording with changes that would loosen it, the former tags that prevent them, and a first person's yes."""

    stored: StoredAsset
    changes: tuple[TagChange, ...]

    @property
    def former(self) -> Former:
        """The former tags."""
        return self.stored.former or Former()


def is_key(user: SystemUser) -> bool:
    """Whether this user is a host's key, and not a person's account."""
    return user.id.startswith(_KEY)


def host_user(host: str) -> SystemUser:
    """Return the user that a request over HTTP is recorded under: a host's keys are one user, and no person."""
    return SystemUser(f"{_KEY}{host}", f"{_KEY}{host}")


def is_same_person(first: SystemUser, second: SystemUser) -> bool:
    """Whether two accounts count as one person: the same number, or the same name (case is ignored)."""
    return fold_case(first.id) == fold_case(second.id) or fold_case(first.name) == fold_case(second.name)


def require_person(user: SystemUser, act: str, command: str) -> None:
    """Raise InputError if a host's key does an `act` that takes a person at the command line (`command`)."""
    if is_key(user):
        raise InputError(f"a host's key proves no person and {act}: {WHO_CAN}: `{command}`")


def require_another(first: SystemUser, second: SystemUser, did: str, command: str) -> None:
    """Raise NotAnother if the person who `did` something would also let it take effect."""
    if is_same_person(first, second):
        raise NotAnother(f"'{second.name}' {did} and cannot approve it, whatever --as says: {WHO_CAN}: `{command}`")


def is_one_person(asked: LettingGo, by: Actor, user: SystemUser) -> bool:
    """Whether who asked and who answers now are one account, or call themselves by one name."""
    same_name = (by.id or "").casefold() == (asked.by.id or "").casefold()
    return same_name or is_same_person(SystemUser(asked.user_id, asked.user_name), user)


def check_another(asked: LettingGo, wish: LettingGo, user: SystemUser) -> None:
    """Raise NotAnother where both are one account, or call themselves by one name."""
    if is_one_person(asked, wish.by, user):
        raise NotAnother(
            f"this takes two people, and you said yes already: {WHO_CAN}, as another custodian or designee"
        )


def takes_two_people(
    services: Services, unit: Unit, referral: Referral, finding: StoredFinding, effect: Effect
) -> bool:
    """Whether it takes two people to let a finding take effect: it moves a recording of FOR_TWO toward release.

    It counts by the recording's tags and by the decision on any share of it that waits. Some findings take two people on
    any recording; so does whatever shows a student less whose family said no, or who is protected.
    """
    if read_finding(finding.kind, finding.content).takes_two() or _takes_out_denied(services, unit, effect):
        return True
    if not (needs_two(effect.before.tagging) or needs_two(effect.after.tagging)):
        return False
    if tags_loosen(effect.before.tagging, effect.after.tagging):
        return True
    if _is_released_by(services, unit, referral, finding, effect):
        return True
    # Who was told of an order is confirmed ahead of the day of its answer, so that nothing is left to do on that day.
    told = ((finding.evidence or {}).get("order") or {}).get("notified")
    return bool(told) and (
        _is_answered_sooner(unit, referral, finding)
        or _is_released_by(services, unit, referral, finding, effect, on_its_day=True)
    )


def _is_answered_sooner(unit: Unit, referral: Referral, finding: StoredFinding) -> bool:
    """Whether a finding has an order answered on an earlier day than what counts already, or on none."""
    known = evidence_of(unit, referral, [each for each in applied_findings(unit, referral) if each.id != finding.id])
    before, after = ((each or {}).get("order") or {} for each in (known, finding.evidence))
    days = [(before.get(name), after.get(name)) for name in ("answer_on", "return_on")]
    return any(old is not None and (new is None or str(new) < str(old)) for old, new in days)


def _takes_out_denied(services: Services, unit: Unit, effect: Effect) -> bool:
    """Whether a finding shows a student less than before who has opted out or is protected: it would no longer hide them."""
    less, today = set(students_shown_less(effect.before.tagging, effect.after.tagging)), services.now().date()
    protected = (each for each in unit.people.students_of(less).values() if each.will_be_protected(today))
    return bool(students_with_opt_outs(unit, less, today)) or any(protected)


def look_loosens(services: Services, unit: Unit, before: StoredAsset, after: StoredAsset) -> Referral | None:
    """Return the referral for which a look would loosen something, on a recording that takes two people; else None.

    Tags count where the recording waits in the queue or a second person was asked about it. Decisions count on shares that
    wait and on shares about which a second person was asked, with all stated evidence.
    """
    if not (needs_two(before.tagging) or needs_two(after.tagging)):
        return None
    concerned = list(_waiting(unit, before))
    known = {each.id for each in concerned}
    to_two = dict.fromkeys(each.referral_id for each in unit.referrals.by_two(before.asset))
    to_others = (unit.referrals.need(each) for each in to_two if each not in known)
    # An order decides whatever the tags say, and a refusal would tell of it.
    concerned += [each for each in to_others if not each.secret]
    if concerned and tags_loosen(before.tagging, after.tagging):
        return concerned[0]
    deciding = _Deciding(services, unit)
    for each in concerned:
        request = replace(asked_again(unit, each, _CUSTODIAN, applied_findings(unit, each)), asset_key=before.asset.key)
        then, now = deciding.or_none(before, request), deciding.or_none(after, request)
        if now is not None and (then is None or less_strict(then, now)):
            return each
    return None


def compare_decisions(
    services: Services, unit: Unit, referral: Referral, finding: StoredFinding, effect: Effect
) -> ComparedDecisions:
    """Return the decision on a referral's share before and after a finding. Raises InputError if none can be made."""
    return next(_all_compared(services, unit, referral, finding, effect))


def tags_loosen(before: Tagging, after: Tagging) -> bool:
    """Whether tags move toward release, or no longer mark a student to be hidden where they were marked.

    Any change of the meaning loosens: each meaning releases the recording to somebody who would not get it otherwise.
    """
    moved = before.meaning != after.meaning or not _places(before) <= _places(after)
    return moved or is_looser(changes_between(before, after))


def less_strict(before: Decision, after: Decision) -> bool:
    """Whether a decision releases more than another: a looser outcome, or a copy that no longer hides each student."""
    if after.outcome != before.outcome:
        return after.outcome < before.outcome
    return after.outcome is Outcome.REDACT and not set(before.redact) <= set(after.redact)


def asked_again(unit: Unit, referral: Referral, by: Actor, findings: Iterable[StoredFinding]) -> Share:
    """Return a referral's share as the custodian asks for it again, on the evidence of findings."""
    request = need_share(unit, referral.share_id)
    return replace(
        request,
        actor=by,
        evidence=evidence_of(unit, referral, findings),
        referral=referral.id,
    )


def applied_findings(unit: Unit, referral: Referral) -> list[StoredFinding]:
    """Return the findings of a referral that took effect, oldest first."""
    return [each for each in unit.referrals.findings(referral.id) if each.state == "applied"]


def approved_findings(findings: Iterable[StoredFinding]) -> list[StoredFinding]:
    """Return the findings with two people behind them."""
    return [each for each in findings if each.approver]


def as_approved_by_two(unit: Unit, stored: StoredAsset) -> StoredAsset:
    """Return a recording tagged without looks by one person only, except for their lasting official uses and restrictions.

    Looks before an approval count with it: the person who approved saw them.
    """
    copies = (each.asset for each in of_same_picture(stored.asset, unit.assets.same_picture(stored.asset)))
    same = {stored.asset.id, *(each.id for each in copies if each.key == stored.asset.key)}
    ends = [
        each.settled_at
        for each in unit.referrals.by_two(stored.asset)
        if each.state == "applied" and each.asset_id in same and each.settled_at
    ]
    until = max(ends, default=None)
    looks = []
    # Also one that was taken back since: that was one person's word.
    for look in unit.assets.looks(stored.asset.id):
        kept = look if look.approved or (until is not None and look.at <= until) else lasting_part(look)
        if kept is not None:
            looks.append(kept)
    return replace(stored, tagging=tags_that_hold(stored.machine, looks, stored.former))


def all_that_would_loosen(services: Services) -> list[WouldLoosen]:
    """Return the recordings that would loosen if a person agreed, oldest first."""
    with services.store.reading() as unit:
        return [
            WouldLoosen(each, what_would_loosen(each.machine, unit.assets.looks(each.asset.id), each.former))
            for each in unit.assets.loosening()
        ]


def let_go(services: Services, key: str, why: str, by: Actor, user: SystemUser) -> StoredAsset:
    """Let go of a recording's former tags; or keep the first person's wish, if it takes two people.

    Raises InputError for a role that is not the custodian or a designee, without a reason, where nothing waits, or where
    the same person says yes twice; UnknownThing. Restrictions that a person or the district stated stay.
    """
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee lets tags loosen: add --as custodian:NAME")
    if not why.strip():
        raise InputError("say why the tags may loosen: --why")
    require_person(user, "lets no tags loosen", f"dam-plugin loosen {key} …")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stored = unit.assets.need(key)
        looks = unit.assets.looks(stored.asset.id)
        former = stored.former
        if former is None or former.tagging is None or not what_would_loosen(stored.machine, looks, former):
            raise InputError(NOTHING_WAITS)
        wish = LettingGo(by, user.id, user.name, services.now(), why)
        free = tags_that_hold(stored.machine, looks, None)
        second = needs_two(stored.tagging) or needs_two(free)
        if second and former.asked is None:
            kept = replace(stored, former=replace(former, asked=wish), updated_at=services.now())
            return _kept(services, unit, kept, wish, "asked")
        if second and former.asked is not None:
            check_another(former.asked, wish, user)
        gone = former.tagging if former.let_go is None else strictest(former.let_go, former.tagging)
        kept = replace(
            stored,
            former=Former(let_go=_plain(gone)),
            tagging=free,
            release_tag=access_to_original(free, services.now().date()),
            loosens=False,
            updated_at=services.now(),
        )
        _kept(services, unit, kept, wish, "let go")
    write_object_tags(services, kept)
    recheck_links(services, asset_key=key)
    return kept


def _is_released_by(
    services: Services,
    unit: Unit,
    referral: Referral,
    finding: StoredFinding,
    effect: Effect,
    *,
    on_its_day: bool = False,
) -> bool:
    """Whether a share of the recording that waits would be decided more loosely with a finding, today or `on_its_day`."""
    try:
        compared = _all_compared(services, unit, referral, finding, effect, on_its_day=on_its_day)
        return any(each.is_looser for each in compared)
    except InputError:
        # Another share's rows no longer make a case: a second person looks.
        return True


def _all_compared(
    services: Services,
    unit: Unit,
    referral: Referral,
    finding: StoredFinding,
    effect: Effect,
    *,
    on_its_day: bool = False,
) -> Iterator[ComparedDecisions]:
    """Yield the decisions on the finding's own referral, and on each other one of the recording that waits.

    `on_its_day`: as if the day had come on which an order is answered.
    """
    deciding = _Deciding(services, unit, replace(NOTHING, on_its_day=on_its_day))
    settled_tags = as_approved_by_two(unit, effect.before)
    # As it counts once two people stand behind it.
    by_two = replace(
        effect.of_people,
        guardianships=tuple(replace(each, by_two=True) for each in effect.of_people.guardianships),
        reviewed=frozenset({referral.id} if finding.kind == REVIEWED else ()),
        no_place=frozenset({referral.id} if finding.content.get("no_place") else ()),
        on_its_day=on_its_day,
    )
    with_finding = _Deciding(services, unit, by_two)
    others = [each for each in _waiting(unit, effect.before) if each.id != referral.id]
    for each in (referral, *others):
        findings = [known for known in applied_findings(unit, each) if known.id != finding.id]
        findings += [finding] if each.id == referral.id else []
        without, with_it = (asked_again(unit, each, finding.by, of) for of in (approved_findings(findings), findings))
        yield ComparedDecisions(
            deciding(effect.before, without), deciding(settled_tags, without), with_finding(effect.after, with_it)
        )


class _Deciding:
    """Decides shares on supposed states of recordings; one transaction gives the records of the people in them."""

    def __init__(self, services: Services, unit: Unit, supposed: Supposed = NOTHING) -> None:
        self._services = services
        self._gathering = CaseGatherer(
            unit, services.settings, services.now().date(), supposed, rulings=services.rulings
        )

    def __call__(self, stored: StoredAsset, request: Share) -> Decision:
        case = case_of_share(self._services, self._gathering, stored, request)
        return decide_gathered(self._gathering, case, request, self._services.rulings)

    def or_none(self, stored: StoredAsset, request: Share) -> Decision | None:
        """Return the decision; None if the rows make no case, so that nothing is released."""
        try:
            return self(stored, request)
        except InputError:
            return None


def _waiting(unit: Unit, stored: StoredAsset) -> Iterator[Referral]:
    for each in unit.referrals.listed(asset_key=stored.asset.key):
        if each.kind not in NOT_ASKED_FOR:
            yield each


def _places(tagging: Tagging) -> set[tuple[str, object]]:
    """Return each place and time of each student who can be identified."""
    return {
        (seen.student, place)
        for seen in tagging.appearances
        if seen.identifiable
        for place in (*seen.regions, *seen.intervals, *seen.keyframes, *seen.heard)
    }


def _kept(services: Services, unit: Unit, stored: StoredAsset, wish: LettingGo, done: str) -> StoredAsset:
    unit.assets.save(stored)
    told = {"done": done, "by": asdict(wish.by), "user": wish.user_name, "why": wish.why}
    services.ledger.append(
        unit,
        at=services.now(),
        kind="loosened",
        subject=stored.asset.id,
        details=told,
        students=stored.tagging.students,
    )
    return stored


def _plain(tagging: Tagging) -> Tagging:
    return replace(tagging, findings=())
