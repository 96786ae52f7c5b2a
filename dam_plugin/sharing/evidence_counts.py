"""Which evidence of a share counts before another person has looked at it. What does not count is not in the case. Pure.

What a finding has verified counts as it is (`finding_kinds.evidence_of`); this is about what comes with the share itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dam_plugin.model import CUSTODIANS, Share
from dam_plugin.pseudonyms import folded_id
from dam_plugin.sharing.secret_order import (
    GROUNDS,
    division_ground,
    is_of_division,
    is_verified_care,
)

# What one person states of these, with the value that it has until a second person confirms it.
_TAKES_TWO: Mapping[str, Mapping[str, Any]] = {"order": {"notified": []}, "pre_adjudication": {"certified": False}}
# The letter that tells a family of an order before it is answered.
NOTICE_KIND = "subpoena-notice"
# What an order has on file of telling the families.
_OF_NOTICE = {"notified", "answer_on", "at_once", "proceeding"}
_INTEREST = ("legitimate_interest", "records_authorized")
_STATE_IT = "`dam-plugin queue finding ID evidence --evidence FILE --file PAPER`"
OWN_INTEREST = (
    "Nobody certifies their own interest: what was written of the school official who asks counts once the custodian has "
    "looked at it, `dam-plugin queue finding ID reviewed`."
)
STAFF_INTEREST = (
    "On this recording the custodian decides which school official has an interest: what other staff wrote of it counts once "
    "the custodian has looked at it, `dam-plugin queue finding ID reviewed`."
)
NOT_SECRET_YET = (
    "That the family is not told of this order does not count yet, so it is answered only once each family was told. It "
    f"counts with its ground (`secret_by`: {GROUNDS}) and a copy of the paper, once a second "
    f"person has confirmed it: {_STATE_IT}."
)
REPORT_WAITS = (
    "A report to the Children's Division releases nothing yet: the records custodian or an administrator answers it (`--as "
    "custodian:NAME`, `--as designee:NAME`), with the report's number or the day on which it was made (`report`, "
    "`reported_on`), and who verified the agency, or the office that was called back (`confirmed_by`). RSMo 210.115."
)
CARE_WAITS = (
    "That the Children's Division is responsible for a student releases nothing yet: the records custodian or an "
    "administrator answers it (`--as custodian:NAME`, `--as designee:NAME`), with the court order or the placement "
    "(`placement`: its number, or where it is kept), and who verified the agency, or the office that was called back "
    "(`confirmed_by`). 20 U.S.C. 1232g(b)(1)(L); 34 CFR 99.31(c)."
)
NAMES_NOBODY_HERE = (
    "This paper names nobody who is known to be in this recording, so it stays sealed and urgent: it may be about a report "
    "(RSMo 210.150). Attach the paper that names a student of this recording, or ask the Children's Division for its ground; "
    "where the recording is not tagged yet, tag it first."
)
ASK_THE_GROUND = (
    "The Children's Division has not said on which ground it asks: ask for the number or the day of the report "
    "(`child_welfare: {ground: mandated_report}`), or for the court order or placement (`legal_responsibility`). Until the "
    "custodian knows, it is treated as a report: sealed and urgent. RSMo 210.115; 20 U.S.C. 1232g(b)(1)(L)."
)
CERTIFIED_ON_PAPER = (
    "That the juvenile authorities certified that they pass it on to nobody (34 CFR 99.38(b)) does not count by word alone: it "
    f"counts once the custodian has verified it with a copy of the written certification: {_STATE_IT}."
)
WAITS_FOR_TWO = (
    "On this recording one person's word does not release anything: {} counts once a second person has confirmed it: "
    f"{_STATE_IT}, and `dam-plugin queue approve`."
)


@dataclass(frozen=True, slots=True)
class Counted:
    """The evidence that counts, as plain data, and a sentence for staff on each part that does not count yet."""

    evidence: dict[str, Any]
    why_not: tuple[str, ...] = ()


def counted(share: Share, *, by_two: bool, approved: Iterable[Mapping[str, Any]] = ()) -> Counted:
    """Return what counts of a share's evidence.

    `by_two`: it takes two people to loosen something on the recording. `approved` are evidence blocks that a second person
    confirmed for it. What a referral is decided on again was verified, except for one's own interest.
    """
    found = _without_welfare(share, _without_interest(share, Counted(dict(share.evidence)), by_two=by_two))
    if share.referral is not None:
        return found
    confirmed = [dict(each) for each in approved]
    found = _with_notice(found, confirmed)
    if by_two:
        return _without_one_persons_word(found, confirmed)
    return _less(found, without_certification(found.evidence), CERTIFIED_ON_PAPER)


def is_requester(share: Share, *ids: str | None) -> bool:
    """Whether one of these ids is the recipient's (`folded_id`)."""
    return folded_id(share.recipient.id or "") in {folded_id(each or "") for each in ids} - {""}


def is_same_paper(one: object, other: object) -> bool:
    """Whether two blocks `order` are the same paper, whatever they say of who was told of it, and of which day."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    first, second = ({"notice_required": True, **each} for each in (one, other))
    return all(first.get(name) == second.get(name) for name in {*first, *second} - _OF_NOTICE)


def without_secrecy(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return evidence in which each family has to be told of the order."""
    order = evidence.get("order")
    if not isinstance(order, Mapping) or order.get("notice_required") is not False:
        return dict(evidence)
    return {**evidence, "order": {**order, "notice_required": True}}


def without_certification(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return evidence in which the juvenile authorities certify nothing: that counts with its paper alone (34 CFR 99.38(b))."""
    before = evidence.get("pre_adjudication")
    if not isinstance(before, Mapping) or not before.get("certified"):
        return dict(evidence)
    return {**evidence, "pre_adjudication": {**before, "certified": False}}


def _without_interest(share: Share, found: Counted, *, by_two: bool) -> Counted:
    """Leave out what a school official says of their own interest (34 CFR 99.31(a)(1)(ii)).

    Where it takes two people, leave out what other staff say of it, too: the custodian looks first.
    """
    if share.recipient.role != "school_official":
        return found
    user = share.user if share.referral is None else None
    evidence = {name: value for name, value in found.evidence.items() if name not in _INTEREST}
    if is_requester(share, share.actor.id, user):
        return _less(found, evidence, OWN_INTEREST)
    staff_alone = share.referral is None and share.actor.role not in CUSTODIANS
    return _less(found, evidence, STAFF_INTEREST) if by_two and staff_alone else found


def is_unverified_welfare(share: Share) -> bool:
    """Whether the Children's Division claims a ground without what makes it true: a caller alone is nobody (34 CFR 99.31(c)).

    RULING report-verified: it takes the custodian or an administrator, and who verified the agency or was called back. A
    mandated report has its number or its day; legal responsibility has the court order or placement (20 U.S.C.
    1232g(b)(1)(L): an agency with the right to the student's case plan).
    """
    ground = division_ground(share)
    if ground != "mandated_report":
        return ground is not None and not is_verified_care(share)
    welfare = share.evidence["child_welfare"]
    day = welfare.get("reported_on")
    is_past = day is not None and (share.at is None or date.fromisoformat(str(day)) <= share.at.astimezone().date())
    on_paper = bool(welfare.get("report")) or is_past
    return share.actor.role not in CUSTODIANS or not on_paper or not welfare.get("confirmed_by")


def _without_welfare(share: Share, found: Counted) -> Counted:
    if not is_unverified_welfare(share):
        waits = share.secret and is_of_division(share) and share.evidence.keys() <= {"child_welfare"}
        if not waits or division_ground(share) == "mandated_report":
            return found
        # Verified responsibility for a student of this recording opens the request.
        why = ASK_THE_GROUND if division_ground(share) is None else NAMES_NOBODY_HERE
        return replace(found, why_not=(*found.why_not, why))
    others = {name: value for name, value in found.evidence.items() if name != "child_welfare"}
    return _less(found, others, REPORT_WAITS if division_ground(share) == "mandated_report" else CARE_WAITS)


def _with_notice(found: Counted, approved: list[dict[str, Any]]) -> Counted:
    """Have each family told, whatever an order is said to forbid that nobody confirmed (34 CFR 99.31(a)(9)(ii))."""
    if any(each.get("order") == found.evidence.get("order") for each in approved):
        return found
    return _less(found, without_secrecy(found.evidence), NOT_SECRET_YET)


def _without_one_persons_word(found: Counted, approved: list[dict[str, Any]]) -> Counted:
    evidence = dict(found.evidence)
    left_out = []
    for name, until_then in _TAKES_TWO.items():
        block = evidence.get(name)
        if not isinstance(block, Mapping) or any(each.get(name) == block for each in approved):
            continue
        waits = [part for part, value in until_then.items() if block.get(part, value) not in (value, None, ())]
        if waits:
            evidence[name] = {**block, **until_then}
            left_out += [f"`{name}.{part}`" for part in waits]
    return _less(found, evidence, WAITS_FOR_TWO.format(" and ".join(left_out))) if left_out else found


def _less(found: Counted, evidence: dict[str, Any], why: str) -> Counted:
    if evidence == found.evidence:
        return found
    return replace(found, evidence=evidence, why_not=(*found.why_not, why))
