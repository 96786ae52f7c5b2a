"""The procedure read a second time, deliberately plain: raw case dicts in, no product code, to be compared with `decide`.

Sets and tables only. It answers the outcome, whom to hide, the basis, recordation, and the clauses in their order.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

STRICTNESS = ("allow", "redact", "refer", "deny")
ROUTE_CLAUSES = (
    "EX4-NOTICE",
    "EX4-WINDOW",
    "EX4-DEFINITION",
    "EX4-LIMITED",
    "EX4-DISCIPLINE",
    "EX4-NOT-DIRECTORY",
    "CLOSED",
)
WHOLE_RECORDING = {"SCOPE", "EX1", "EX5", "EX7", "EX8", "EX9"}
RECORDED = {"EX5", "EX6", "EX7", "EX8", "EX9", "EX2-MULTI"}
RECORDED_UNKNOWN = {"EX5", "EX7", "EX8", "EX9"}
PLAN_CLAUSE = {"A": "EX4-OPTOUT", "C": "EX3", "N": "REDACT"}
MEANING_ALLOWS = {"preserved": "ABCN", "changed": "AB", "destroyed": ""}


class Answer(NamedTuple):
    """What is compared: `clauses` are the reasons' ids in order."""

    outcome: str
    redact: list[str]
    basis: dict[str, str]
    record_disclosure: bool
    clauses: list[str]


class Sketch(NamedTuple):
    """How steps 1 to 12 end, before the open questions: `whole` is the exception that covers the whole recording."""

    outcome: str
    clauses: list[str]
    redact: frozenset[str] = frozenset()
    whole: str = ""


def second_reading(case: dict[str, Any]) -> Answer:
    """Return the answer of the procedure to a valid raw case."""
    terms = Reading(case)
    end = steps(terms)
    clauses = list(end.clauses)
    outcome = end.outcome
    if outcome != "allow":
        questions = open_questions(terms, end)
        clauses = [*questions, *clauses] if outcome == "deny" else [*clauses, *questions]
        outcome = "refer" if outcome == "deny" and questions else outcome
        clauses += lacking(terms)
    basis = basis_of(terms, end) if outcome in ("allow", "redact") else {}
    redact = sorted(end.redact) if outcome == "redact" else []
    return Answer(outcome, redact, basis, recorded(terms, end, outcome, basis), list(dict.fromkeys(clauses)))


class Reading:
    """The terms, read from the raw case with its defaults."""

    def __init__(self, case: dict[str, Any], **instead: str) -> None:
        self.case, self.at = case, case["at"]
        asset = {**case["asset"], **instead}
        self.asset, self.share = asset, case["share"]
        self.purpose, self.kind = self.share["purpose"], self.share["kind"]
        self.role = self.share["recipient"]["role"]
        self.who = self.share["recipient"].get("id")
        self.staff = self.share["actor"]["role"] in ("custodian", "designee")
        self.students = {s["id"]: s for s in case.get("students") or []}
        evidence = self.share.get("evidence") or {}
        self.evidence = evidence
        self.pre = evidence.get("pre_adjudication") or {}
        self.order = evidence.get("order") or {}
        self.welfare = evidence.get("child_welfare") or {}
        self.emergency = evidence.get("emergency") or {}
        self.tagged = asset.get("tagging", "pending") == "complete"
        self.strangers = asset.get("unidentified_people", 0) > 0
        self.known = self.tagged and not self.strangers
        rows = asset.get("appearances") or []
        seen = [row for row in rows if row.get("identifiable", True)]
        told = set(asset.get("record_pii") or [])
        self.located = {row["student"] for row in rows if row.get("located", False)}
        self.depicted = {row["student"] for row in seen} | told
        self.focus = {row["student"] for row in seen if row.get("prominence", "unknown") in ("focus", "unknown")}
        self.related = self.focus | told
        for use in asset.get("official_uses") or []:
            self.related |= self.depicted & set(use.get("students") or self.depicted)
        self.out = {s for s in self.students if self.opted_out(s)}
        self.signed = {c["student"] for c in case.get("consents") or [] if self.holds(c)}
        self.closed, self.confidential = bool(asset.get("closed")), bool(asset.get("confidential"))
        self.shut = self.route_shut_by()
        self.route = not self.shut and not self.confidential
        self.own, self.own_clause = self.read_own()

    def eligible(self, student: str, day: str) -> bool:
        row = self.students[student]
        if row.get("postsecondary", False):
            return True
        if row.get("born") is None:
            return False
        born = date.fromisoformat(row["born"])
        leap_day = (born.month, born.day) == (2, 29)
        birthday = (born.year + 18, 3, 1) if leap_day else (born.year + 18, born.month, born.day)
        return parts(day) >= birthday

    def opted_out(self, student: str) -> bool:
        row = self.students[student].get("opted_out")
        if row is None:
            return False
        over = row.get("ended") is not None and row["ended"] <= self.at
        reaches = row.get("purposes") is None or self.purpose in row["purposes"]
        return row["since"] <= self.at and not over and reaches

    def holds(self, consent: dict[str, Any]) -> bool:
        student, signer, day = consent["student"], consent.get("signed_by"), consent.get("signed_on")
        signature = consent.get("signature", "none")
        signed = signature == "ink" or (signature == "electronic" and consent.get("authenticated", False))
        if not signed or day is None or day > self.at:
            return False
        if self.eligible(student, self.at):
            right_person = signer == student and self.eligible(student, day)
        else:
            right_person = signer in (self.students[student].get("guardians") or [])
        party = {self.who, self.role, "public"} & set(consent.get("parties") or [])
        assets = consent.get("assets")
        expires, revoked = consent.get("expires"), consent.get("revoked_on")
        return bool(
            right_person
            and consent.get("purpose") == self.purpose
            and party
            and (assets is None or self.asset["id"] in assets)
            and (expires is None or self.at <= expires)
            and (revoked is None or self.at < revoked)
        )

    def route_shut_by(self) -> list[str]:
        district = self.case.get("district") or {}
        notice, ends = district.get("directory_notice"), district.get("opt_out_window_ends")
        limited = district.get("directory_limited_to")
        uses = {use["purpose"] for use in self.asset.get("official_uses") or []}
        open_when = (
            notice is not None and notice <= self.at and parts(self.at) < a_year_after(notice),
            ends is None or (self.at > ends and (notice is None or ends >= notice)),
            district.get("directory_includes_images", False),
            limited is None or self.purpose in limited,
            "discipline" not in uses,
            self.asset.get("directory_status", "undetermined") == "eligible",
            not self.closed,
        )
        return [clause for clause, fine in zip(ROUTE_CLAUSES, open_when, strict=True) if not fine]

    def read_own(self) -> tuple[set[str], str]:
        listed: set[str] = set()
        clause = ""
        if self.role == "parent":
            clause = "EX2"
            listed = {s for s in self.students if self.is_child(s) and not self.eligible(s, self.at)}
        elif self.role == "eligible_student":
            clause = "EX2"
            listed = {s for s in self.students if s == self.who and self.eligible(s, self.at)}
        elif self.role == "law_enforcement" and self.pre.get("certified"):
            clause, listed = "EX6", set(self.pre.get("students") or [])
        elif self.role == "childrens_division" and self.welfare.get("ground") == "legal_responsibility":
            clause, listed = "EX8", set(self.welfare.get("students") or [])
        return self.related & listed, clause

    def is_child(self, student: str) -> bool:
        return self.who in (self.students[student].get("guardians") or [])

    @property
    def preadjudicated(self) -> set[str]:
        return self.depicted & set(self.pre.get("students") or [])

    @property
    def threatened(self) -> bool:
        return bool(self.emergency.get("threat") and self.emergency.get("recipient_needs_it"))

    @property
    def ordered(self) -> bool:
        return self.kind == "request" and bool(self.order.get("verified"))

    @property
    def order_may_go(self) -> bool:
        notice_needed = self.order.get("notice_required") is not False
        told = self.known and self.related <= set(self.order.get("notified") or [])
        return self.ordered and (told or not notice_needed)


def parts(day: str) -> tuple[int, int, int]:
    """Return a day as (year, month, day)."""
    read = date.fromisoformat(day)
    return read.year, read.month, read.day


def a_year_after(day: str) -> tuple[int, int, int]:
    """Return the first day on which a notice of `day` no longer holds."""
    year, month, number = parts(day)
    return (year + 1, 3, 1) if (month, number) == (2, 29) else (year + 1, month, number)


def steps(t: Reading) -> Sketch:
    """Steps 1 to 12."""
    return before_the_custodian(t) or by_the_custodian(t) or held(t) or nobody_protected(t) or by_plan(t)


def before_the_custodian(t: Reading) -> Sketch | None:
    """Steps 1 to 3."""
    if t.asset.get("maintained_by", "district") == "other":
        return Sketch("allow", ["SCOPE"], whole="SCOPE")
    tell = [] if t.staff else ["NOTIFY-CUSTODIAN"]
    if t.kind == "request" and t.threatened and (t.staff or t.role in ("emergency", "law_enforcement")):
        return Sketch("allow", ["EX9", *tell], whole="EX9")
    if t.role == "childrens_division" and t.welfare.get("ground") == "mandated_report":
        return Sketch("allow", ["EX8", *tell], whole="EX8")
    if t.role == "school_official" and official_has_both(t):
        return Sketch("allow", ["EX1"], whole="EX1")
    return None


def by_the_custodian(t: Reading) -> Sketch | None:
    """Steps 4 and 5."""
    if t.kind == "request" and not t.staff:
        return Sketch("refer", ["CUSTODIAN"])
    if t.role == "juvenile_office" and t.preadjudicated and t.pre.get("certified"):
        return Sketch("allow", ["EX5"], whole="EX5")
    if t.order_may_go:
        return Sketch("allow", ["EX7"], whole="EX7")
    return None


def official_has_both(t: Reading) -> bool:
    return bool(t.evidence.get("legitimate_interest") and t.evidence.get("records_authorized"))


def held(t: Reading) -> Sketch | None:
    """Step 6."""
    if t.known:
        return None
    return Sketch(
        "refer", [*([] if t.tagged else ["HOLD-UNTAGGED"]), *(["HOLD-UNKNOWN-PERSON"] if t.strangers else [])]
    )


def nobody_protected(t: Reading) -> Sketch | None:
    """Steps 7 and 8."""
    if t.related:
        if not t.confidential:
            return None
        question = bool(t.own) or bool(t.related & t.signed)
        return Sketch("refer", ["LEGALITY"]) if question else Sketch("deny", ["CONFIDENTIAL"])
    if t.closed or t.confidential:
        if t.depicted and t.depicted <= t.signed:
            return Sketch("refer", ["LEGALITY"]) if t.confidential else Sketch("allow", ["EX3"])
        both = {"CLOSED": t.closed, "CONFIDENTIAL": t.confidential}
        return Sketch("deny", [clause for clause, stands in both.items() if stands])
    if not t.depicted:
        return Sketch("allow", ["OPEN"])
    return Sketch("allow", ["OPEN-UNRELATED", *(["EX4-CROWD"] if t.depicted & t.out else [])])


def plans(t: Reading) -> dict[str, set[str]]:
    """Step 9: whom each plan hides."""
    others = t.related - t.own
    found: dict[str, set[str]] = {}
    if t.route:
        found["A"] = (others & t.out) - t.signed
    if t.own:
        found["B"] = others - t.signed - (set() if not t.route else t.related - t.out)
    if not t.route and not t.own and t.related & t.signed:
        found["C"] = t.depicted - t.signed
    if not t.closed and not t.own:
        found["N"] = set(t.related)
    return found


def by_plan(t: Reading) -> Sketch:
    """Steps 9 to 12."""
    all_plans = plans(t)
    if not all(all_plans.values()):
        grounds = {ground_of(t, student) for student in t.related}
        first = next(clause for clause in ("EX4", "EX3", t.own_clause) if clause in grounds)
        return Sketch("allow", [first])
    stops = {name: obstacles(t, name, hidden) for name, hidden in all_plans.items()}
    feasible = [name for name in all_plans if not stops[name]]
    if feasible:
        best = min(
            feasible, key=lambda name: (len(all_plans[name] & t.focus), len(all_plans[name]), "ABCN".index(name))
        )
        return Sketch("redact", [PLAN_CLAUSE.get(best, t.own_clause)], frozenset(all_plans[best]))
    in_the_way = {clause for found in stops.values() for clause in found}
    last = ("REDACT-UNABLE", "REDACT-NAMED", "REDACT-MEANING")
    if t.own:
        if t.role in ("parent", "eligible_student") and t.asset.get("meaning") == "destroyed":
            return Sketch("allow", ["EX2-MULTI"])
        return Sketch("refer", [clause for clause in last if clause in stops["B"]])
    asked = all_plans["A"] if t.route else t.depicted - t.signed
    with_paper = {c["student"] for c in t.case.get("consents") or []}
    flags = {
        **dict.fromkeys(t.shut, True),
        "EX4-OPTOUT": bool((t.related & t.out) - t.signed),
        "EX3-MISSING": bool(asked - with_paper),
        "EX3-FORM": bool(asked & with_paper),
        **{clause: clause in in_the_way for clause in last},
    }
    return Sketch("deny", [clause for clause, stands in flags.items() if stands])


def obstacles(t: Reading, name: str, hidden: set[str]) -> list[str]:
    """Step 10: what stops a plan."""
    meaning = t.asset.get("meaning", "unreviewed")
    holds_all_subjects = bool(t.focus) and t.focus <= hidden
    survives = not holds_all_subjects if meaning == "unreviewed" else name in MEANING_ALLOWS[meaning]
    found = []
    if not t.asset.get("redactable", False) or hidden - t.located:
        found.append("REDACT-UNABLE")
    if hidden & set(t.share.get("names") or []):
        found.append("REDACT-NAMED")
    if not survives:
        found.append("REDACT-MEANING")
    return found


def ground_of(t: Reading, student: str) -> str:
    if student in t.own:
        return t.own_clause
    if t.route and student not in t.out:
        return "EX4"
    return "EX3" if student in t.signed else "EX2-MULTI"


def open_questions(t: Reading, end: Sketch) -> list[str]:
    children = {s for s in t.related if t.is_child(s)}
    looser = STRICTNESS.index(end.outcome)
    listed_by_police = t.role == "law_enforcement" and bool(t.preadjudicated & t.related)
    uncertified = bool(t.preadjudicated) and not t.pre.get("certified")
    status, meaning = t.asset.get("directory_status", "undetermined"), t.asset.get("meaning", "unreviewed")

    def would_be(**instead: str) -> int:
        return STRICTNESS.index(steps(Reading(t.case, **instead)).outcome)

    stands = {
        "EX7-NOTICE": t.ordered and not t.order_may_go,
        "PREADJ-CERTIFICATION": uncertified and (t.role == "juvenile_office" or listed_by_police),
        "RIGHTS-TRANSFERRED": t.role == "parent" and not t.own and any(t.eligible(s, t.at) for s in children),
        "HOLD-UNCLASSIFIED": status == "undetermined" and would_be(directory_status="eligible") < looser,
        "REDACT-MEANING": t.kind == "request" and meaning == "unreviewed" and would_be(meaning="preserved") < looser,
    }
    return [clause for clause, stand in stands.items() if stand]


def lacking(t: Reading) -> list[str]:
    """What the recipient's own exception still asks for."""
    order, emergency = t.evidence.get("order"), t.evidence.get("emergency")
    lacks = {
        "EX1-EVIDENCE": t.role == "school_official" and not official_has_both(t),
        "EX5-EVIDENCE": t.role == "juvenile_office" and not (t.preadjudicated and t.pre.get("certified")),
        "EX6-EVIDENCE": t.role == "law_enforcement" and not t.own,
        "EX7-EVIDENCE": not t.order.get("verified") and (t.role == "court" or order is not None),
        "EX8-EVIDENCE": t.role == "childrens_division" and not t.own,
        "EX9-EVIDENCE": not t.threatened and (t.role == "emergency" or emergency is not None),
    }
    return [clause for clause, lack in lacks.items() if lack]


def basis_of(t: Reading, end: Sketch) -> dict[str, str]:
    shown = t.related - end.redact
    return {student: end.whole or ground_of(t, student) for student in shown}


def recorded(t: Reading, end: Sketch, outcome: str, basis: dict[str, str]) -> bool:
    """Recordation (34 CFR 99.32)."""
    if outcome == "deny":
        family = t.role in ("school_official", "parent", "eligible_student")
        return t.kind == "request" and bool(t.related) and not family
    return bool(RECORDED & set(basis.values())) or (end.whole in RECORDED_UNKNOWN and not t.known)
