"""An order that forbids telling the family: which requests are under one. Pure.

34 CFR 99.32(d)(5) asks for no record of who sought or received records under a grand jury's or another law enforcement
subpoena whose existence must not be disclosed, or under an ex parte order (34 CFR 99.31(a)(9)(ii)). All that is done under
such an order is kept in the ledger's sealed book, and shown to the custodian alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Share
from dam_plugin.procedure.case import parse_evidence
from dam_plugin.procedure.exceptions import Order, SecretBy, can_wait

# Which paper each ground asks for (34 CFR 99.31(a)(9)(ii)(A) to (C)).
PAPERS: Mapping[SecretBy, str] = {
    "grand_jury": "subpoena",
    "law_enforcement": "subpoena",
    "ex_parte": "judicial_order",
}
# Who serves such an order on a district.
SERVE_ORDERS = ("court", "law_enforcement")
DIVISION = "childrens_division"
# The grounds as a sentence has them.
GROUNDS = " or ".join((", ".join([*PAPERS][:-1]), [*PAPERS][-1]))


def is_secret(request: Share) -> bool:
    """Whether somebody asks with an order of which the family is not to be told, verified or not.

    What is released at once, in an emergency or for a mandated report, is not released under the order. An emergency is
    recorded; a report is sealed for itself: `is_report`.
    """
    return request.kind == "request" and forbids_telling(request.evidence)


def is_of_division(request: Share) -> bool:
    """Whether the Children's Division asks."""
    return request.kind == "request" and request.recipient.role == DIVISION


def division_ground(request: Share) -> str | None:
    """Return the ground on which the Children's Division is said to ask, verified or not; None where none is stated."""
    welfare = request.evidence.get("child_welfare")
    return welfare.get("ground") if is_of_division(request) and isinstance(welfare, Mapping) else None


def is_report(request: Share, shown: Collection[str]) -> bool:
    """Whether what the Children's Division asks may be about a report (RSMo 210.115): the custodian knows no better yet.

    The custodian knows better with a ground that is verified: legal responsibility for a student who is `shown` in the
    recording, or an order of which families are told.

    RULING report-is-sealed: reports, and who made them, are confidential (RSMo 210.150), and the parent who reads the record
    may be the one reported. So all of it is kept in the sealed book, until the custodian lifts that (`lift_seal`). This is
    the plugin's reading; the district's attorney may settle it otherwise.
    """
    if not is_of_division(request) or division_ground(request) == "mandated_report":
        return is_of_division(request)
    order = request.evidence.get("order")
    is_told = isinstance(order, Mapping) and order.get("verified") is True and order.get("notice_required") is not False
    return not students_in_care(request, shown) and not (is_told and request.actor.role in CUSTODIANS)


def is_verified_order(request: Share) -> bool:
    """Whether a custodian says that counsel has verified the court's order or the subpoena by which somebody asks."""
    order = request.evidence.get("order")
    is_verified = isinstance(order, Mapping) and order.get("verified") is True
    return is_verified and request.kind == "request" and request.actor.role in CUSTODIANS


def is_verified_care(request: Share) -> bool:
    """Whether a custodian says with a paper, and who verified the agency, that the Division is responsible for a student."""
    if division_ground(request) != "legal_responsibility" or request.actor.role not in CUSTODIANS:
        return False
    welfare = request.evidence["child_welfare"]
    return bool(welfare.get("placement")) and bool(welfare.get("confirmed_by"))


def students_in_care(request: Share, shown: Collection[str]) -> frozenset[str]:
    """Return those `shown` in a recording for whom the Division is responsible, as was verified (20 U.S.C. 1232g(b)(1)(L)).

    INVARIANT: a paper about other students is no ground: what is asked may still be about a report.
    """
    listed = request.evidence["child_welfare"].get("students") if is_verified_care(request) else None
    return frozenset(shown).intersection(listed) if isinstance(listed, list | tuple) else frozenset()


def can_be_sealed(request: Share) -> bool:
    """Whether a share could be made under such an order: a request that releases nothing at once on another ground."""
    return request.kind == "request" and all(can_wait(name, block) for name, block in request.evidence.items())


def may_be_under_order(request: Share) -> bool:
    """Whether a share is of a recipient who serves such orders, or comes with one that is said to forbid telling."""
    return request.recipient.role in SERVE_ORDERS or forbids_telling(request.evidence)


def check_ground(order: Order | None) -> None:
    """Raise InputError for an order without one of the grounds on which the law lets a district tell nobody."""
    if order is None or order.secret_by is None or PAPERS[order.secret_by] != order.kind:
        grounds = ", ".join(f"`kind: {kind}` with `secret_by: {ground}`" for ground, kind in PAPERS.items())
        raise InputError(
            "the families are told of an order (`notice_required: true`), unless the court or the agency that issued it "
            f"forbids it, by 34 CFR 99.31(a)(9)(ii): write {grounds}. Where a parent is a party to a court proceeding about "
            "child abuse, neglect or dependency, and it is an order in that proceeding, leave `notice_required` out, and "
            "record that for each student of this parent: `dam-plugin letter effort … --party NUMBER` (20 U.S.C. "
            "1232g(b)(2)(B)); other families are told"
        )


def check_claim(request: Share) -> None:
    """Raise InputError for a request on an order that is said to forbid telling, without a ground; CaseError for bad evidence.

    INVARIANT: nothing is put out of everybody's sight without a ground.
    """
    if is_secret(request):
        check_ground(parse_evidence(request.evidence).order)


def ground_of(word: str | None) -> SecretBy:
    """Return the ground of a word. Raises InputError for none or an unknown one."""
    for ground in PAPERS:
        if word == ground:
            return ground
    raise InputError(
        "nothing is sealed without a ground (34 CFR 99.31(a)(9)(ii)): say whose order forbids telling the family, "
        f"--secret-by {'|'.join(PAPERS)}"
    )


def forbids_telling(evidence: Mapping[str, Any]) -> bool:
    """Whether a block of evidence has an order that forbids, or does not require, telling the family."""
    order = evidence.get("order")
    secret = isinstance(order, Mapping) and order.get("notice_required") is False
    return secret and all(can_wait(name, block) for name, block in evidence.items())
