"""The terms of the procedure, read a second time from the raw case with its defaults: see `second_reading.py`."""

from __future__ import annotations

from datetime import date
from typing import Any

ROUTE_CLAUSES = (
    "EX4-NOTICE",
    "EX4-WINDOW",
    "EX4-DEFINITION",
    "EX4-LIMITED",
    "EX4-DISCIPLINE",
    "EX4-NOT-DIRECTORY",
    "CLOSED",
)


class Reading:
    """The terms, read from the raw case with its defaults."""

    def __init__(
        self, case: dict[str, Any], ruled: frozenset[str] = frozenset(), *, doubts: bool = True, **instead: str
    ) -> None:
        self.case, self.at, self.doubts, self.ruled = case, case["at"], doubts, ruled
        asset = {**case["asset"], **instead}
        self.asset, self.share = asset, case["share"]
        self.purpose, self.kind = self.share["purpose"], self.share["kind"]
        self.role = self.share["recipient"]["role"]
        self.who = self.share["recipient"].get("id")
        self.stranger = not self.share["recipient"].get("known", True)
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
        self.protected = {s for s in self.depicted if self.students[s].get("protected", False)}
        self.related |= self.protected
        self.out = {s for s in self.students if self.opted_out(s)}
        self.not_heard = {s for s in self.students if not self.opted_out(s) and self.may_answer(s)}
        self.out |= self.not_heard
        papers = [c for c in case.get("consents") or [] if self.holds(c)]
        self.signed = {c["student"] for c in papers if not (doubts and self.doubted(c))}
        self.in_doubt = {c["student"] for c in papers if self.doubted(c)} - self.signed
        self.closed, self.confidential = bool(asset.get("closed")), bool(asset.get("confidential"))
        self.shut = self.route_shut_by()
        self.route = not self.shut and not self.confidential
        self.mine = self.read_own()
        self.own = set(self.mine)

    def eligible(self, student: str, day: str) -> bool:
        row = self.students[student]
        if row.get("ward", False) and not (row.get("died") and row["died"] <= day):
            return False
        if row.get("postsecondary", False) and "postsecondary" not in self.ruled:
            begun = row.get("postsecondary_since")
            if begun is None or not day < begun:
                return True
        if row.get("born") is None:
            return False
        born = date.fromisoformat(row["born"])
        leap_day = (born.month, born.day) == (2, 29)
        birthday = (born.year + 18, 3, 1) if leap_day else (born.year + 18, born.month, born.day)
        # Nobody grows older after death.
        return min(parts(each) for each in (day, row.get("died")) if each) >= birthday

    def opted_out(self, student: str) -> bool:
        return bool(self.students[student].get("protected", False)) or self.said_no(student)

    def may_answer(self, student: str) -> bool:
        """Whether the family of a new student is within its own time to answer the notice."""
        last_day = self.students[student].get("may_answer_until")
        return last_day is not None and not self.at > last_day

    def said_no(self, student: str) -> bool:
        row = self.students[student].get("opted_out")
        if row is None:
            return False
        over = row.get("ended") is not None and row["ended"] <= self.at
        reaches = row.get("purposes") is None or self.purpose in row["purposes"]
        return row["since"] <= self.at and not over and reaches

    def doubted(self, consent: dict[str, Any]) -> bool:
        no = self.students[consent["student"]].get("opted_out")
        if no is None or not self.said_no(consent["student"]):
            return False
        last_word = consent.get("after_opt_out", False)
        return bool(no["since"] > consent["signed_on"] or (no["since"] == consent["signed_on"] and not last_word))

    def holds(self, consent: dict[str, Any]) -> bool:
        if self.students[consent["student"]].get("protected", False):
            return False
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

    def read_own(self) -> dict[str, str]:
        """The recipient's own students of D, each with its clause."""
        found: dict[str, str] = {}
        for student in self.students:
            grown = self.eligible(student, self.at)
            named = "EX2-REPRESENTATIVE" if grown and self.is_named_by(student) else ""
            if self.role == "parent" and self.is_child(student):
                taxed = student in ((self.evidence.get("dependent") or {}).get("students") or [])
                found[student] = "EX2" if not grown else "EX2-DEPENDENT" if taxed else named
            elif self.role == "parent" and named:
                found[student] = named
            elif self.role == "parent" and self.is_represented(student):
                found[student] = "" if grown else "EX2-REPRESENTATIVE"
            elif self.role == "eligible_student" and student == self.who and grown:
                found[student] = "EX2"
            elif self.role == "law_enforcement" and self.pre.get("certified"):
                found[student] = "EX6" if student in (self.pre.get("students") or []) else ""
            elif self.role == "juvenile_office" and self.pre.get("certified") and "juvenile-whole" in self.ruled:
                found[student] = "EX5" if student in (self.pre.get("students") or []) else ""
            elif self.role == "childrens_division" and self.welfare.get("ground") == "legal_responsibility":
                found[student] = "EX8" if student in (self.welfare.get("students") or []) else ""
        return {student: clause for student, clause in found.items() if clause and student in self.related}

    @property
    def own_clause(self) -> str:
        """Own's clause, where one has to stand for all of them."""
        return min(self.mine.values(), default="")

    def is_child(self, student: str) -> bool:
        return self.who in (self.students[student].get("guardians") or [])

    def is_represented(self, student: str) -> bool:
        return self.who in (self.students[student].get("representatives") or [])

    def is_named_by(self, student: str) -> bool:
        return self.who in (self.students[student].get("own_representatives") or [])

    @property
    def wanted_from_the_crowd(self) -> set[str]:
        """Those of the crowd who opted out, asked for by name by somebody whose own they are not."""
        wanted = (set(self.share.get("names") or []) & self.depicted & self.out) - self.related
        sends = (self.is_child, self.is_represented, self.is_named_by)
        own = {s for s in wanted if self.role == "parent" and any(each(s) for each in sends)}
        return wanted - own - ({self.who or ""} if self.role == "eligible_student" else set())

    @property
    def preadjudicated(self) -> set[str]:
        return self.depicted & set(self.pre.get("students") or [])

    @property
    def asks_before_adjudication(self) -> bool:
        one_by_one = ("law_enforcement", "juvenile_office") if "juvenile-whole" in self.ruled else ("law_enforcement",)
        if self.role in one_by_one:
            return bool(self.preadjudicated & self.related)
        return self.role == "juvenile_office"

    @property
    def threatened(self) -> bool:
        return bool(self.emergency.get("threat") and self.emergency.get("recipient_needs_it"))

    @property
    def reached(self) -> bool:
        return self.order.get("assets") is None or self.asset["id"] in self.order["assets"]

    @property
    def ordered(self) -> bool:
        return self.kind == "request" and self.order_stands and self.reached

    @property
    def order_stands(self) -> bool:
        complete = all(self.order.get(each) for each in ("issued_by", "verified_by", "assets"))
        return bool(self.order.get("verified")) and (complete or "order-from-anyone" not in self.ruled)

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
