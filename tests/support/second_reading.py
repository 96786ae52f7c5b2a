"""The procedure read a second time, deliberately plain: raw case dicts in, no product code, to be compared with `decide`.

Sets and tables only. It answers the outcome, whom to hide, the basis, recordation, and the reasons in their order: each
a clause and the students it names, where the procedure says whom it names (`NOT_SAID` holds the other clauses).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from second_terms import Reading

STRICTNESS = ("allow", "redact", "refer", "deny")
RECORDED = {"EX5", "EX6", "EX7", "EX8", "EX9", "EX2-MULTI", "EX2-DEPENDENT", "EX2-REPRESENTATIVE"}
RECORDED_UNKNOWN = {"EX5", "EX7", "EX8", "EX9"}
PLAN_CLAUSE = {"A": "EX4-OPTOUT", "C": "EX3", "N": "REDACT"}
REDACT_CLAUSES = ("REDACT-UNABLE", "REDACT-NAMED", "REDACT-MEANING")
MEANING_ALLOWS = {"preserved": "ABCN", "changed": "AB", "destroyed": ""}


# Whom a reason names is compared only where the procedure says it. Why it is not, clause by clause:
_RELEASE = "a release: `basis` and `redact` say who is shown and who is hidden, no sentence says whom the reason names"
_REQUEST = "it is about the request, the recording or the evidence, and about no student"
_SHUT = "it shuts the recording for everyone; step 12 alone says `the students it stands in the way of`, which is all"
NOT_SAID = {
    **dict.fromkeys(
        ("SCOPE", "OPEN", "OPEN-UNRELATED", "EX4-CROWD", "EX1", "EX2", "EX2-MULTI", "EX3", "EX4", "EX5", "EX6", "EX7"),
        _RELEASE,
    ),
    **dict.fromkeys(("EX8", "EX9", "REDACT", "EX2-DEPENDENT", "EX2-REPRESENTATIVE"), _RELEASE),
    **dict.fromkeys(("NOTIFY-CUSTODIAN", "CUSTODIAN", "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON"), _REQUEST),
    **dict.fromkeys(("EX1-EVIDENCE", "EX5-EVIDENCE", "EX6-EVIDENCE"), _REQUEST),
    **dict.fromkeys(("EX7-EVIDENCE", "EX8-EVIDENCE", "EX9-EVIDENCE", "HOLD-UNCLASSIFIED"), _REQUEST),
    **dict.fromkeys(("EX2-RELATION", "CONSENT-DOUBTFUL", "CLOSED-CONSENT"), _REQUEST),
    **dict.fromkeys(("CLOSED", "CONFIDENTIAL", "LEGALITY"), _SHUT),
}
# Three clauses name students in one place of the procedure and not in another (the answer then holds None): EX4-OPTOUT as
# the reason of a redaction; EX7-NOTICE where it is not known who is in it; and what shuts the directory route, where
# everyone whom the open route would let through stays hidden anyway.

Named = list[str] | None
Reasons = dict[str, Named]


class Answer(NamedTuple):
    """What is compared: `reasons` are (clause, students or None) in order."""

    outcome: str
    redact: list[str]
    basis: dict[str, str]
    record_disclosure: bool
    reasons: list[tuple[str, Named]]

    @property
    def clauses(self) -> list[str]:
        """The clauses of the reasons, in order."""
        return [clause for clause, _ in self.reasons]


class Sketch(NamedTuple):
    """How steps 1 to 12 end, before the open questions: `whole` is the exception that covers the whole recording."""

    outcome: str
    reasons: Reasons
    redact: frozenset[str] = frozenset()
    whole: str = ""


def second_reading(case: dict[str, Any], ruled: frozenset[str] = frozenset()) -> Answer:
    """Return the answer of the procedure to a valid raw case; `ruled` are the rulings whose switches are in force."""
    terms = Reading(case, ruled)
    end = steps(terms)
    reasons, outcome = end.reasons, end.outcome
    if outcome != "allow":
        questions = open_questions(terms, end)
        reasons = each_once(questions, reasons) if outcome == "deny" else each_once(reasons, questions)
        outcome = "refer" if outcome == "deny" and questions else outcome
        reasons = each_once(reasons, not_said(lacking(terms)))
    basis = basis_of(terms, end) if outcome in ("allow", "redact") else {}
    redact = sorted(end.redact) if outcome == "redact" else []
    return Answer(outcome, redact, basis, recorded(terms, end, outcome, basis), list(reasons.items()))


def not_said(clauses: list[str]) -> Reasons:
    """Return reasons of which the procedure does not say whom they name."""
    return dict.fromkeys(clauses)


def each_once(*groups: Reasons) -> Reasons:
    """Return the reasons of all groups in order; of a clause that comes twice, the first."""
    once: Reasons = {}
    for group in groups:
        for clause, named in group.items():
            once.setdefault(clause, named)
    return once


def where_someone(reasons: dict[str, set[str]]) -> Reasons:
    """Return the reasons that name someone."""
    return {clause: sorted(named) for clause, named in reasons.items() if named}


def steps(t: Reading) -> Sketch:
    """Steps 1 to 12."""
    return (
        before_the_custodian(t) or by_the_custodian(t) or held(t) or unless_named(t, nobody_protected(t) or by_plan(t))
    )


def unless_named(t: Reading, end: Sketch) -> Sketch:
    """Asked for by name: a release that shows the crowd, to somebody who asked for one of the crowd who opted out."""
    wanted = t.wanted_from_the_crowd
    if t.kind == "request" and end.outcome in ("allow", "redact") and wanted:
        return Sketch("refer", {"NAMED-IN-CROWD": sorted(wanted)})
    return end


def before_the_custodian(t: Reading) -> Sketch | None:
    """Steps 1 to 3."""
    if t.asset.get("maintained_by", "district") == "other":
        return Sketch("allow", not_said(["SCOPE"]), whole="SCOPE")
    tell = [] if t.staff else ["NOTIFY-CUSTODIAN"]
    on_the_spot = t.role in ("emergency", "law_enforcement") and sure(t, t.emergency)
    if t.kind == "request" and t.threatened and (t.staff or on_the_spot):
        return Sketch("allow", not_said(["EX9", *tell]), whole="EX9")
    if t.role == "childrens_division" and reported(t) and (t.staff or sure(t, t.welfare)):
        return Sketch("allow", not_said(["EX8", *tell]), whole="EX8")
    if t.role == "school_official" and official_has_both(t):
        return unless_looked_at(t, "EX1", set())
    return None


def reported(t: Reading) -> bool:
    return bool(t.welfare.get("ground") == "mandated_report")


def sure(t: Reading, brought: dict[str, Any]) -> bool:
    """Whether staff may act on it themselves: by a switch somebody confirms it first."""
    return "staff-on-the-spot" not in t.ruled or bool(brought.get("confirmed_by"))


def unless_looked_at(t: Reading, clause: str, about: set[str]) -> Sketch:
    """An exception for the whole recording; by switches, somebody unnamed or a copy that could be made comes first."""
    if "anybody-unnamed" in t.ruled and t.strangers:
        return Sketch("refer", not_said(["HOLD-UNTAGGED"] * (not t.tagged) + ["HOLD-UNKNOWN-PERSON"]))
    meant = about or set(t.share.get("names") or [])
    hidden = t.related - meant if meant or len(t.related) > 1 else set()
    makes_sense = t.asset.get("meaning", "unreviewed") in ("unreviewed", "preserved")
    could = bool(hidden) and can_redact(t) and hidden <= t.located and makes_sense
    if "exceptions-before-redaction" in t.ruled and could and not (t.staff and t.evidence.get("copy_considered")):
        return Sketch("refer", {"COPY-FIRST": sorted(hidden)})
    return Sketch("allow", not_said([clause]), whole=clause)


def by_the_custodian(t: Reading) -> Sketch | None:
    """Steps 4 and 5."""
    if t.kind == "request" and not t.staff:
        return Sketch("refer", not_said(["CUSTODIAN"]))
    served = t.role == "juvenile_office" and t.preadjudicated and t.pre.get("certified")
    if served and "juvenile-whole" not in t.ruled:
        return unless_looked_at(t, "EX5", t.preadjudicated)
    if t.order_may_go:
        return unless_looked_at(t, "EX7", set())
    return None


def official_has_both(t: Reading) -> bool:
    return bool(t.evidence.get("legitimate_interest") and t.evidence.get("records_authorized"))


def held(t: Reading) -> Sketch | None:
    """Step 6."""
    if t.known:
        return None
    both = {"HOLD-UNTAGGED": not t.tagged, "HOLD-UNKNOWN-PERSON": t.strangers}
    return Sketch("refer", not_said([clause for clause, stands in both.items() if stands]))


def nobody_protected(t: Reading) -> Sketch | None:
    """Steps 7 and 8."""
    if t.related:
        if not t.confidential:
            return None
        question = bool(t.own) or bool(t.related & t.signed)
        return Sketch("refer", not_said(["LEGALITY"])) if question else Sketch("deny", not_said(["CONFIDENTIAL"]))
    if t.closed or t.confidential:
        if t.depicted and t.depicted <= t.signed:
            return Sketch("refer", not_said(["LEGALITY"]))
        both = {"CLOSED": t.closed, "CONFIDENTIAL": t.confidential}
        return Sketch("deny", not_said([clause for clause, stands in both.items() if stands]))
    if not t.depicted:
        return Sketch("allow", not_said(["OPEN"]))
    return Sketch("allow", not_said(["OPEN-UNRELATED", *(["EX4-CROWD"] if (t.depicted & t.out) - t.not_heard else [])]))


def plans(t: Reading) -> dict[str, set[str]]:
    """Step 9: whom each plan hides."""
    others = t.related - t.own
    found: dict[str, set[str]] = {}
    if t.route:
        found["A"] = (others & t.out) - t.signed
    if t.own:
        found["B"] = others - t.signed - (set() if not t.route else t.related - t.out)
    if not t.closed and not t.route and not t.own and t.related & t.signed:
        found["C"] = t.depicted - t.signed
    if not t.closed and not t.own:
        found["N"] = set(t.related)
    return found


def by_plan(t: Reading) -> Sketch:
    """Steps 9 to 12."""
    all_plans = plans(t)
    if not all(all_plans.values()):
        grounds = {ground_of(t, student) for student in t.related}
        first = next(clause for clause in ("EX4", "EX3", *sorted(t.mine.values())) if clause in grounds)
        return Sketch("allow", not_said([first]))
    stops = {name: obstacles(t, name, hidden) for name, hidden in all_plans.items()}
    feasible = [name for name in all_plans if not stops[name]]
    if feasible:
        best = min(
            feasible, key=lambda name: (len(all_plans[name] & t.focus), len(all_plans[name]), "ABCN".index(name))
        )
        why = [PLAN_CLAUSE.get(best, t.own_clause)]
        if best == "A":
            # Who is protected is named first, then who opted out, then of whom nobody has heard yet.
            hidden = all_plans["A"]
            said_no = hidden - t.protected - t.not_heard
            each = {"PROTECTED": hidden & t.protected, "EX4-OPTOUT": said_no, "EX4-WINDOW": hidden & t.not_heard}
            why = [clause for clause, students in each.items() if students]
        return Sketch("redact", not_said(why), frozenset(all_plans[best]))
    if t.own:
        given_up = t.asset.get("meaning") == "destroyed" or t.asset.get("cannot_be_redacted", False)
        if t.role in ("parent", "eligible_student") and given_up:
            return Sketch("allow", not_said(["EX2-MULTI"]))
        return Sketch("refer", where_someone({clause: stops["B"].get(clause, set()) for clause in REDACT_CLAUSES}))
    return Sketch("deny", why_denied(t, all_plans, stops))


def why_denied(t: Reading, all_plans: dict[str, set[str]], stops: dict[str, dict[str, set[str]]]) -> Reasons:
    """Step 12: each reason with the students it stands in the way of."""
    asked = all_plans["A"] if t.route else t.depicted - t.signed
    with_paper = {c["student"] for c in t.case.get("consents") or []}
    let_through = sorted(t.related - t.signed - t.out) or None
    not_heard = (t.related & t.not_heard) - t.signed
    in_window = None if let_through is None else sorted({*let_through, *not_heard})
    by_clause = {"CLOSED": None, "EX4-WINDOW": in_window}
    return {
        **{clause: by_clause.get(clause, let_through) for clause in t.shut},
        **where_someone({"PROTECTED": t.protected - t.own}),
        **where_someone({"EX4-OPTOUT": (t.related & t.out) - t.signed - t.protected - t.not_heard}),
        **({} if "EX4-WINDOW" in t.shut else where_someone({"EX4-WINDOW": not_heard})),
        **where_someone({"EX3-MISSING": asked - with_paper, "EX3-FORM": asked & with_paper}),
        **where_someone(
            {clause: set().union(*(found.get(clause, ()) for found in stops.values())) for clause in REDACT_CLAUSES}
        ),
    }


def obstacles(t: Reading, name: str, hidden: set[str]) -> dict[str, set[str]]:
    """Step 10: what stops a plan, and for whom."""
    meaning = t.asset.get("meaning", "unreviewed")
    holds_all_subjects = bool(t.focus) and t.focus <= hidden
    unseen = not holds_all_subjects and "unreviewed-meaning" not in t.ruled
    survives = unseen if meaning == "unreviewed" else name in MEANING_ALLOWS[meaning]
    found = {
        "REDACT-UNABLE": hidden - t.located if can_redact(t) else hidden,
        "REDACT-NAMED": hidden & set(t.share.get("names") or []),
        "REDACT-MEANING": set() if survives else hidden,
    }
    return {clause: students for clause, students in found.items() if students}


def can_redact(t: Reading) -> bool:
    return bool(t.asset.get("redactable", False)) and not t.asset.get("cannot_be_redacted", False)


def ground_of(t: Reading, student: str) -> str:
    if student in t.own:
        return t.mine[student]
    if t.route and student not in t.out:
        return "EX4"
    return "EX3" if student in t.signed else "EX2-MULTI"


def open_questions(t: Reading, end: Sketch) -> Reasons:
    not_told = t.related - set(t.order.get("notified") or [])
    asked_for = t.preadjudicated if t.asks_before_adjudication else set()
    grown = {s for s in t.related if t.is_child(s) and t.eligible(s, t.at)}
    status, meaning = t.asset.get("directory_status", "undetermined"), t.asset.get("meaning", "unreviewed")

    def looser(**instead: str) -> bool:
        there = steps(Reading(t.case, t.ruled, **instead)).outcome
        return STRICTNESS.index(there) < STRICTNESS.index(end.outcome)

    found: Reasons = {}
    if t.ordered and not t.order_may_go:
        found["EX7-NOTICE"] = sorted(not_told) if t.known else None
    if asked_for and not t.pre.get("certified"):
        found["PREADJ-CERTIFICATION"] = sorted(asked_for)
    if t.role == "parent" and not t.own and grown:
        found["RIGHTS-TRANSFERRED"] = sorted(grown)
    if status == "undetermined" and looser(directory_status="eligible"):
        found["HOLD-UNCLASSIFIED"] = None
    if t.kind == "request" and meaning == "unreviewed" and looser(meaning="preserved"):
        # Whom the copy would hide that somebody's review would allow.
        found["REDACT-MEANING"] = sorted(steps(Reading(t.case, t.ruled, meaning="preserved")).redact)
    if t.in_doubt & t.depicted and steps(Reading(t.case, t.ruled, doubts=False)).outcome != "deny":
        found["CONSENT-DOUBTFUL"] = None
    if t.closed and not t.confidential and t.known and t.depicted and t.depicted <= t.signed:
        found["CLOSED-CONSENT"] = None
    asks = t.kind == "request" and t.role in ("parent", "eligible_student")
    if asks and t.stranger and not t.own and t.related:
        found["EX2-RELATION"] = None
    return found


def lacking(t: Reading) -> list[str]:
    """What the recipient's own exception still asks for."""
    order, emergency = t.evidence.get("order"), t.evidence.get("emergency")
    # An emergency that is whole and was followed is lacking nothing; one that was not lacks who confirmed it.
    responder = t.role in ("emergency", "law_enforcement")
    lacks = {
        "EX1-EVIDENCE": t.role == "school_official" and not official_has_both(t),
        "EX5-EVIDENCE": t.role == "juvenile_office"
        and not (t.preadjudicated and t.pre.get("certified") and office_sees(t)),
        "EX6-EVIDENCE": t.role == "law_enforcement" and not t.own,
        "EX7-EVIDENCE": not (t.order_stands and t.reached) and (t.role == "court" or order is not None),
        "EX8-EVIDENCE": t.role == "childrens_division" and not t.own,
        "EX9-EVIDENCE": (t.role == "emergency" or emergency is not None) and (not t.threatened or responder),
    }
    return [clause for clause, lack in lacks.items() if lack]


def office_sees(t: Reading) -> bool:
    return bool(t.own) or "juvenile-whole" not in t.ruled


def basis_of(t: Reading, end: Sketch) -> dict[str, str]:
    shown = t.related - end.redact
    return {student: end.whole or ground_of(t, student) for student in shown}


def recorded(t: Reading, end: Sketch, outcome: str, basis: dict[str, str]) -> bool:
    """Recordation (34 CFR 99.32)."""
    if outcome == "deny":
        family = t.role in ("school_official", "parent", "eligible_student")
        return t.kind == "request" and bool(t.related) and not family
    return bool(RECORDED & set(basis.values())) or (end.whole in RECORDED_UNKNOWN and not t.known)
