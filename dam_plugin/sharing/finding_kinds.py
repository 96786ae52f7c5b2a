"""The kinds of findings that a custodian may state about a referral. Each kind is one class and holds all its rules.

The command line, the HTTP bodies and the queue's texts are made from these classes. The functions at the end say which
evidence counts when a referral is decided again. Who may state a finding, and what follows, is in
`custodian/findings.py`.
"""
# ruff: noqa: ARG002 - most kinds need not know about which referral they are

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, get_args

from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.model import Actor, Appearance, Look, Referral, ReferralKind, Share
from dam_plugin.procedure.case import parse_evidence
from dam_plugin.procedure.exceptions import NO_EVIDENCE, PROVEN_TOGETHER, can_wait, settled_by, students_named
from dam_plugin.store import StoredFinding, Unit
from dam_plugin.store.codec import canonical, from_plain, to_plain
from dam_tagging.facts import DirectoryStatus

LONGEST_TEXT = 2_000
FoundMeaning = Literal["preserved", "changed", "destroyed"]


class Finding:
    """A finding of any kind. A kind is a frozen dataclass below this one; its fields are what the store keeps.

    A kind that leaves `kind`, `written` or `answers` out fails when this module is imported.
    """

    __slots__ = ()

    # The word for it in the store, on the command line and over HTTP.
    kind: ClassVar[str]
    # What follows that word on the command line: its form in the help, the options that only this kind has, whether a
    # word may follow, and the words that are allowed (empty = any text).
    written: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    takes_word: ClassVar[bool] = True
    words: ClassVar[tuple[str, ...]] = ()
    # The clauses of reasons that this finding answers.
    answers: ClassVar[tuple[str, ...]]
    # Whether the referral's share is decided again with it.
    decides: ClassVar[bool] = True
    # The kind of referral that this finding ends, and the start of the error where another finding is stated about it.
    ends: ClassVar[ReferralKind | None] = None
    ends_told: ClassVar[str] = ""

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for a finding that says nothing about such a referral; CaseError for bad evidence."""

    def ending(self, referral: ReferralKind) -> str | None:
        """Return how this finding closes such a referral; None if the referral stays open or the share decides it."""
        return None

    def look(self) -> Mapping[str, Any]:
        """Return the fields of a `Look` that this finding fills; empty if it is not about the recording itself."""
        return {}

    def students(self) -> set[str]:
        """Return the pseudonyms of the students that the finding names."""
        return set()


@dataclass(frozen=True, slots=True)
class MeaningFound(Finding):
    """The effect of hiding the others on the meaning of the recording (34 CFR 99.12(a))."""

    kind: ClassVar[str] = "meaning"
    written: ClassVar[str] = "preserved|changed|destroyed"
    words: ClassVar[tuple[str, ...]] = get_args(FoundMeaning)
    answers: ClassVar[tuple[str, ...]] = ("REDACT-MEANING",)

    meaning: FoundMeaning

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word."""
        if self.meaning not in self.words:
            raise InputError(f"the meaning is one of {', '.join(self.words)}")

    def look(self) -> Mapping[str, Any]:
        """Return the meaning."""
        return {"meaning": self.meaning}


@dataclass(frozen=True, slots=True)
class PersonIdentified(Finding):
    """The people in the recording: these persons, the number of people without a name (null = not stated), or no one."""

    kind: ClassVar[str] = "identified"
    written: ClassVar[str] = "--person ID[@x,y,w,h][@TIME] … | --nobody | --unidentified N"
    options: ClassVar[tuple[str, ...]] = ("--person", "--nobody", "--unidentified")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ("HOLD-UNKNOWN-PERSON", "HOLD-UNTAGGED", "REDACT-UNABLE")

    persons: tuple[Appearance, ...] = ()
    unidentified: int | None = None
    nobody: bool = False

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for a contradiction, and where nothing is said."""
        if self.nobody and (self.persons or self.unidentified):
            raise InputError("nobody, and people in it, exclude each other")
        if not (self.nobody or self.persons or self.unidentified is not None):
            raise InputError(
                "say who is in it (--person), that nobody is, or how many nobody can name (--unidentified)"
            )
        if self.unidentified is not None and self.unidentified < 0:
            raise InputError("how many people nobody can name is 0 or more")

    def look(self) -> Mapping[str, Any]:
        """Return the people."""
        return {"persons": self.persons, "nobody": self.nobody, "unidentified": self.unidentified}

    def students(self) -> set[str]:
        """Return the persons' pseudonyms."""
        return {each.student for each in self.persons}


@dataclass(frozen=True, slots=True)
class Classified(Finding):
    """Whether it is directory information."""

    kind: ClassVar[str] = "directory"
    written: ClassVar[str] = "eligible|not_eligible|undetermined"
    words: ClassVar[tuple[str, ...]] = get_args(DirectoryStatus)
    answers: ClassVar[tuple[str, ...]] = ("EX4-NOT-DIRECTORY", "HOLD-UNCLASSIFIED")

    directory_status: DirectoryStatus

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word."""
        if self.directory_status not in self.words:
            raise InputError(f"directory information is one of {', '.join(self.words)}")

    def look(self) -> Mapping[str, Any]:
        """Return the status."""
        return {"directory_status": self.directory_status}


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A copy in the bucket: its hash, its key and version there, media type and size in bytes. Its own name is not kept."""

    sha256: str
    key: str
    version_id: str | None
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class EvidenceVerified(Finding):
    """Evidence that the custodian verified, as the block `evidence` of a case. `file` (never over HTTP): a copy of the paper.

    It replaces the evidence on file under the same name, so that two papers are never mixed.
    """

    kind: ClassVar[str] = "evidence"
    written: ClassVar[str] = "--evidence FILE [--file COPY.pdf]"
    options: ClassVar[tuple[str, ...]] = ("--evidence", "--file")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = settled_by("evidence")

    evidence: Mapping[str, Any]
    file: EvidenceFile | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for evidence of nothing, of several things, or for what cannot wait; CaseError for no block."""
        evidence = parse_evidence(dict(self.evidence))
        names = {name for name in self.evidence if getattr(evidence, name) != getattr(NO_EVIDENCE, name)}
        if not all(can_wait(name, self.evidence[name]) for name in names):
            raise InputError(
                "what cannot wait goes by `dam-plugin break-glass` (an emergency) or a share with the evidence (a "
                "mandated report): nothing stands in its way there"
            )
        if not names or len(names) < len(self.evidence):
            raise InputError(
                "the evidence says nothing: write what you have verified, as in the block `evidence` of a case"
            )
        if not any(names <= together for together in PROVEN_TOGETHER):
            raise InputError(
                f"a finding verifies one thing, and this names {', '.join(sorted(names))}: state each by itself"
            )

    def students(self) -> set[str]:
        """Return the students that the evidence names."""
        named = students_named(parse_evidence(dict(self.evidence)))
        return {student for _, students in named for student in students}


@dataclass(frozen=True, slots=True)
class AttorneyAsked(Finding):
    """That the district's attorney was asked, and the answer once there is one."""

    kind: ClassVar[str] = "attorney"
    written: ClassVar[str] = "[ANSWER]"
    answers: ClassVar[tuple[str, ...]] = ("LEGALITY",)
    decides: ClassVar[bool] = False

    answer: str | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for an answer without words, or one that is too long."""
        if self.answer is not None:
            _check_text(self.answer, "say what the attorney answered, or leave it out until there is an answer")


@dataclass(frozen=True, slots=True)
class OfferedToAll(Finding):
    """How the recording was offered to the family of an offer: by letter, on the telephone, at the school."""

    kind: ClassVar[str] = "offered"
    written: ClassVar[str] = "--how TEXT"
    options: ClassVar[tuple[str, ...]] = ("--how",)
    answers: ClassVar[tuple[str, ...]] = settled_by("offered")
    ends: ClassVar[ReferralKind | None] = "offer"
    ends_told: ClassVar[str] = "an offer to a family is closed by `offered`"

    how: str

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another kind of referral, and for no text or one that is too long."""
        if referral != "offer":
            raise InputError("only an offer to a family can have been offered: `dam-plugin queue list` shows them")
        _check_text(self.how, "say how it was offered, such as 'letter of 5 October'")

    def ending(self, referral: ReferralKind) -> str | None:
        """Return how it was offered."""
        return f"offered: {self.how}"


@dataclass(frozen=True, slots=True)
class Reviewed(Finding):
    """That the custodian looked at it: a request is decided again as the custodian's, the review of an emergency ends."""

    kind: ClassVar[str] = "reviewed"
    written: ClassVar[str] = "[TEXT]"
    answers: ClassVar[tuple[str, ...]] = ("CUSTODIAN", *settled_by("reviewed"))
    ends: ClassVar[ReferralKind | None] = "review"
    ends_told: ClassVar[str] = "an emergency is `reviewed`"

    found: str = ""

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for the review of an emergency without a text, and for a text that is too long."""
        if referral == "review" or self.found:
            _check_text(
                self.found, "say what was found of the emergency: whether it was one, and who has the recording now"
            )

    def ending(self, referral: ReferralKind) -> str | None:
        """Return what was found of an emergency; a request goes on."""
        return f"reviewed: {self.found}" if referral == "review" else None


def by_word(kinds: Iterable[type[Finding]]) -> Mapping[str, type[Finding]]:
    """Return the kinds by their words. Raises TypeError for a kind that leaves a part of itself out."""
    kinds = tuple(kinds)
    for each in kinds:
        for part in ("kind", "written", "answers"):
            if part not in vars(each):
                raise TypeError(f"the finding {each.__name__} leaves out `{part}`")
    return {each.kind: each for each in kinds}


KINDS = by_word(
    (MeaningFound, PersonIdentified, Classified, EvidenceVerified, AttorneyAsked, OfferedToAll, Reviewed),
)
# The kind of finding that answers a reason, by the reason's clause. A reason without one is answered as its remedy says.
ANSWERED_BY: Mapping[str, str] = {clause: each.kind for each in KINDS.values() for clause in each.answers}
_ENDED_BY: Mapping[ReferralKind, type[Finding]] = {each.ends: each for each in KINDS.values() if each.ends}


def plain(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data, which `read_finding` reads again."""
    made: dict[str, Any] = to_plain(finding)
    return made


def read_finding(kind: str, content: Mapping[str, Any]) -> Finding:
    """Return the finding that is kept as plain data of its kind. Raises StoreError if the data does not fit."""
    return from_plain(KINDS[kind], dict(content))


def check(finding: Finding, referral: ReferralKind) -> None:
    """Check that a finding says something about such a referral, and can wait for one.

    Raises InputError, and CaseError for evidence that is no block of a case.
    """
    ended_by = _ENDED_BY.get(referral)
    if ended_by and finding.kind not in (ended_by.kind, AttorneyAsked.kind):
        raise InputError(
            f"{ended_by.ends_told}, and its recording is asked for by a share of its own: '{finding.kind}' changes "
            "nothing here"
        )
    finding.check(referral)


def decides(kind: str, referral: ReferralKind) -> bool:
    """Whether the share of such a referral is decided again with a finding of this kind."""
    return referral not in _ENDED_BY and KINDS[kind].decides


def look_of(finding: Finding, at: datetime, by: Actor, *, approved: bool) -> Look | None:
    """Return a finding as a custodian's look at the recording; None if it is not about the recording itself."""
    fields = finding.look()
    return Look(at, by, approved=approved, **fields) if fields else None


def need_share(unit: Unit, share_id: str) -> Share:
    """Return the share that a referral is about. Raises UnknownThing."""
    kept = unit.shares.share(share_id)
    if kept is None:
        raise UnknownThing("the share of this referral is not on record: restore the database from a backup")
    return kept.share


def written_evidence(unit: Unit, referral: Referral) -> dict[str, Any]:
    """Return the evidence that the requester last wrote down; it is not verified. Raises UnknownThing."""
    return dict(need_share(unit, referral.evidence_share).evidence) if referral.evidence_share else {}


def evidence_digest(written: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an evidence block, in hex, to compare it with another."""
    return hashlib.sha256(canonical(to_plain(dict(written))).encode()).hexdigest()


def evidence_that_counts(written: Mapping[str, Any], findings: Iterable[StoredFinding]) -> dict[str, Any]:
    """Return the evidence that a referral is decided on: what the findings verify, where a later one replaces an earlier.

    What the requester wrote down counts if a finding `reviewed` it and it is unchanged. Verified evidence replaces it.
    """
    findings = list(findings)
    now = evidence_digest(written)
    was_reviewed = any(each.kind == Reviewed.kind and each.on_file == now for each in findings)
    evidence = evidence_that_can_wait(written) if was_reviewed else {}
    for each in findings:
        evidence |= _verified(each)
    return evidence


def evidence_that_can_wait(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return an evidence block without an emergency and a mandated report: those release at once or not at all."""
    return {name: value for name, value in written.items() if can_wait(name, value)}


def evidence_to_approve(finding: StoredFinding) -> dict[str, Any]:
    """Return the evidence that a finding lets count: what it verifies itself, or what it `reviewed`."""
    return finding.evidence if finding.kind == Reviewed.kind else _verified(finding)


def _verified(finding: StoredFinding) -> dict[str, Any]:
    return dict(finding.content["evidence"]) if finding.kind == EvidenceVerified.kind else {}


def _check_text(text: str, remedy: str) -> None:
    if not text.strip():
        raise InputError(remedy)
    if len(text) > LONGEST_TEXT:
        raise InputError(f"a finding has at most {LONGEST_TEXT:,} characters: put the rest on paper")
