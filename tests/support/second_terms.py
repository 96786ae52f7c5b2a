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
    def asks_before_adjudication(self) -> bool:
        police = self.role == "law_enforcement" and bool(self.preadjudicated & self.related)
        return self.role == "juvenile_office" or police

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
