"""Builds raw cases for tests: a district whose directory route is open, one student in focus, and what a test changes.

Each method changes one thing and returns the builder, so that a test reads as a sentence.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

from dam_plugin.model import Decision, Reason
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.decide import decide

TODAY = "2026-10-02"
MINOR, ADULT = "2010-03-01", "2007-05-01"


class CaseBuilder:
    """A raw case under construction; `raw()` is a copy of it, `decide()` its decision."""

    def __init__(self) -> None:
        self._case: dict[str, Any] = {
            "id": "c1",
            "at": TODAY,
            "district": {
                "directory_notice": "2026-08-20",
                "opt_out_window_ends": "2026-09-04",
                "directory_includes_images": True,
            },
            "asset": {"id": "a1", "tagging": "complete", "directory_status": "eligible", "appearances": []},
            "students": [],
            "consents": [],
            "share": {
                "kind": "request",
                "purpose": "website",
                "actor": {"id": "u1", "role": "custodian"},
                "recipient": {"id": "asker", "role": "public"},
                "evidence": {},
            },
        }

    # The people

    def student(self, student: str, *, born: str | None = MINOR, **more: Any) -> Self:
        """Add a student: a minor whose one guardian is `p1` for `s1`, `p2` for `s2`, ..."""
        self._case["students"].append({"id": student, "born": born, "guardians": [f"p{student[1:]}"], **more})
        return self

    def shows(self, student: str, prominence: str = "focus", **more: Any) -> Self:
        """Let a student (added when new) appear: identifiable and located unless told otherwise."""
        if student not in [row["id"] for row in self._case["students"]]:
            self.student(student)
        row = {"student": student, "prominence": prominence, "identifiable": True, "located": True, **more}
        self._case["asset"]["appearances"].append(row)
        return self

    def knows(self, student: str, **changes: Any) -> Self:
        """Change what is known of a student."""
        next(row for row in self._case["students"] if row["id"] == student).update(changes)
        return self

    def opted_out(self, student: str, **changes: Any) -> Self:
        """Let the family of a student opt out, since 25 August unless told otherwise."""
        return self.knows(student, opted_out={"since": "2026-08-25", **changes})

    def consent(self, student: str, **changes: Any) -> Self:
        """Add a consent that holds: in ink, by the first guardian, for the share's purpose, for the public."""
        guardian = next(row for row in self._case["students"] if row["id"] == student)["guardians"][0]
        valid = {
            "student": student,
            "signed_by": guardian,
            "signed_on": "2026-09-10",
            "signature": "ink",
            "purpose": self._case["share"]["purpose"],
            "parties": ["public"],
        }
        self._case["consents"].append({**valid, **changes})
        return self

    # The rest

    def on(self, day: str) -> Self:
        """Decide on another day."""
        self._case["at"] = day
        return self

    def district(self, **changes: Any) -> Self:
        """Change the district's directory policy."""
        self._case["district"].update(changes)
        return self

    def asset(self, **changes: Any) -> Self:
        """Change the recording."""
        self._case["asset"].update(changes)
        return self

    def redactable(self, meaning: str = "preserved") -> Self:
        """Let the recording be redactable, its meaning as a custodian found it."""
        return self.asset(redactable=True, meaning=meaning)

    def not_directory(self) -> Self:
        """Mark the recording as not directory information."""
        return self.asset(directory_status="not_eligible")

    def used_for(self, purpose: str, *students: str) -> Self:
        """Add an official use."""
        self._case["asset"].setdefault("official_uses", []).append({"purpose": purpose, "students": list(students)})
        return self

    def share(self, **changes: Any) -> Self:
        """Change the share."""
        self._case["share"].update(changes)
        return self

    def published(self) -> Self:
        """Make the share the district's own publication by media staff."""
        self.share(kind="publication").by("media_staff")
        return self.to("public", "public")

    def by(self, role: str) -> Self:
        """Let another member of staff act."""
        self._case["share"]["actor"]["role"] = role
        return self

    def to(self, role: str, recipient: str | None = None, *, known: bool = True) -> Self:
        """Let another recipient ask, whom the roster knows unless told otherwise."""
        self._case["share"]["recipient"] = {"role": role, "id": recipient, "known": known}
        return self

    def evidence(self, **changes: Any) -> Self:
        """Put evidence on file."""
        self._case["share"]["evidence"].update(changes)
        return self

    # What comes of it

    def raw(self) -> dict[str, Any]:
        """Return a copy of the raw case."""
        return deepcopy(self._case)

    def decide(self) -> Decision:
        """Return the decision on the case."""
        return decide(parse_case(self.raw()))

    def outcome(self) -> str:
        """Return the outcome's word."""
        return self.decide().outcome.word

    def clauses(self) -> list[str]:
        """Return the clauses of the reasons, in order."""
        return [each.clause for each in self.decide().reasons]

    def said(self, clause: str) -> Reason:
        """Return the reason of one clause."""
        return next(each for each in self.decide().reasons if each.clause == clause)


def a_case() -> CaseBuilder:
    """Return a case with nobody in it."""
    return CaseBuilder()


def a_portrait() -> CaseBuilder:
    """Return a case with the one student s1 in focus."""
    return CaseBuilder().shows("s1")


def a_fight() -> CaseBuilder:
    """Return a case with s1 and s2 in focus, kept for discipline, not directory information."""
    return CaseBuilder().shows("s1").shows("s2").not_directory().used_for("discipline", "s1", "s2")
