"""The kinds of findings that a custodian may state about a referral. Each kind is one class and holds all its rules.

The command line, the HTTP bodies and the queue's texts are made from these classes. The functions at the end say which
evidence counts when a referral is decided again. Who may state a finding, and what follows, is in
`custodian/findings.py`.
"""
# ruff: noqa: ARG002 - most kinds need not know about which referral they are

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal, cast, get_args

from dam_plugin.errors import NO_SUCH_STUDENT, InputError, UnknownThing
from dam_plugin.ledger.same_order import are_apart, orders_of
from dam_plugin.model import (
    AFTERWARDS,
    CUSTODIANS,
    Actor,
    Appearance,
    Closure,
    Guardianship,
    GuardianshipKind,
    Link,
    Look,
    OfficialUse,
    Outcome,
    Referral,
    ReferralKind,
    Share,
    StudentRecord,
    Tagging,
)
from dam_plugin.procedure.case import parse_evidence
from dam_plugin.procedure.clauses import ASKED_BY_NAME, LINK_UNSEEN, OWN_MATTER, RIGHTS_OF_WARD, STATEMENT
from dam_plugin.procedure.exceptions import FAMILY, NO_EVIDENCE, PROVEN_TOGETHER, can_wait, settled_by, students_named
from dam_plugin.procedure.protection import may_be_against
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import comes_of_age, has_rights
from dam_plugin.pseudonyms import person_id
from dam_plugin.sharing.closed_records import (
    closing,
    is_by_another_law,
    is_ferpa_alone,
    is_unit_record,
    subdivision,
    unit_record,
)
from dam_plugin.sharing.evidence_counts import counted, without_certification, without_secrecy
from dam_plugin.sharing.gather_case import NOTHING, REVIEWED, STAY, Supposed, needs_two
from dam_plugin.sharing.same_person import check_another_person, check_not_mistyped, check_told_apart, why_met
from dam_plugin.sharing.secret_order import check_ground, forbids_telling
from dam_plugin.store import StoredAsset, StoredFinding, SystemUser, Unit
from dam_plugin.store.codec import canonical, from_plain, to_plain
from dam_tagging.facts import ClosureKind, DirectoryStatus, OfficialPurpose
from dam_tagging.names.same_name import may_be_same_name

LONGEST_TEXT = 2_000
StayState = Literal["stands", "lifted"]
FoundMeaning = Literal["preserved", "changed", "destroyed"]


@dataclass(frozen=True, slots=True)
class About:
    """What a finding is stated about: the request, the recording's tags, the day, who states it, and the roster.

    `records` are the students of the recording and of the finding, by pseudonym. `doubtful` returns the ids of a student's
    consents that wait for the family's word in this request. `rulings` are the district's. `alike` are ids on file that differ
    in one character from that of who asks.
    """

    request: Share
    tagging: Tagging
    day: date
    by: Actor
    user: SystemUser
    records: Mapping[str, StudentRecord]
    doubtful: Callable[[str], Iterable[str]]
    rulings: Rulings
    alike: tuple[str, ...] = ()

    def need_record(self, student: str) -> StudentRecord:
        """Return a student of the roster. Raises UnknownThing."""
        record = self.records.get(student)
        if record is None:
            raise UnknownThing(NO_SUCH_STUDENT)
        return record

    def holds_rights(self, student: str) -> bool:
        """Whether a student holds the rights on the day."""
        return has_rights(self.need_record(student), self.day, self.rulings)


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
    # The field that the word on the command line fills; the others are filled by the options of their names.
    word_fills: ClassVar[str] = ""

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for a finding that says nothing about such a referral; CaseError for bad evidence."""

    def ending(self, referral: ReferralKind) -> str | None:
        """Return how this finding closes such a referral; None if the referral stays open or the share decides it."""
        return None

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the fields of a `Look` that this finding fills; empty if it is not about the recording itself.

        Raises InputError for a finding that says nothing about a recording with these tags.
        """
        return {}

    def of_people(self, about: About) -> Supposed:
        """Return what the finding puts on file of people: guardianships, the family's word on consents.

        Raises InputError for what cannot be so, UnknownThing for a student who is not on the roster.
        """
        return NOTHING

    def check_about(self, about: About) -> None:
        """Raise InputError for a finding that changes nothing for who asks, or cannot be so."""

    def takes_two(self) -> bool:
        """Whether it takes two people on any recording."""
        return False

    def then(self, referral_id: str) -> str:
        """Return what the person does next, in a sentence; "" for nothing."""
        return ""

    def named_students(self) -> set[str]:
        """Return the pseudonyms of the students that the finding names: those in its field `students`, if it has one."""
        return set(getattr(self, "students", ()))


@dataclass(frozen=True, slots=True)
class MeaningFound(Finding):
    """The effect of hiding the others on the meaning of the recording (34 CFR 99.12(a))."""

    kind: ClassVar[str] = "meaning"
    written: ClassVar[str] = "preserved|changed|destroyed"
    words: ClassVar[tuple[str, ...]] = get_args(FoundMeaning)
    answers: ClassVar[tuple[str, ...]] = ("REDACT-MEANING", "COPY-REVIEW")

    meaning: FoundMeaning

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word."""
        if self.meaning not in self.words:
            raise InputError(f"the meaning is one of {', '.join(self.words)}")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the meaning."""
        return {"meaning": self.meaning}


@dataclass(frozen=True, slots=True)
class PersonIdentified(Finding):
    """The people in the recording: these persons, the number of people without a name (null = not stated), or no one.

    `nobody` with persons: nobody else is in it, whoever its tags name.
    """

    kind: ClassVar[str] = "identified"
    written: ClassVar[str] = "--person ID[@x,y,w,h][@TIME] … [--nobody] | --nobody | --unidentified N"
    options: ClassVar[tuple[str, ...]] = ("--person", "--nobody", "--unidentified")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ("HOLD-UNKNOWN-PERSON", "HOLD-UNTAGGED", "REDACT-UNABLE")

    persons: tuple[Appearance, ...] = ()
    unidentified: int | None = None
    nobody: bool = False

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for a contradiction, and where nothing is said."""
        if self.nobody and self.unidentified:
            raise InputError("nobody else, and people whom nobody can name, exclude each other")
        if not (self.nobody or self.persons or self.unidentified is not None):
            raise InputError(
                "say who is in it (--person), that nobody is, or how many nobody can name (--unidentified)"
            )
        if self.unidentified is not None and self.unidentified < 0:
            raise InputError("how many people nobody can name is 0 or more")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the people."""
        return {"persons": self.persons, "nobody": self.nobody, "unidentified": self.unidentified}

    def named_students(self) -> set[str]:
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

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
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
    """Evidence that the custodian verified, as the block `evidence` of a case. `file`: a copy of the paper.

    It replaces the evidence on file under the same name, so that two papers are never mixed.
    """

    kind: ClassVar[str] = "evidence"
    written: ClassVar[str] = "--evidence FILE [--file COPY.pdf]"
    options: ClassVar[tuple[str, ...]] = ("--evidence", "--file")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = (*settled_by("evidence"), "COPY-FIRST")

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
        if "dependent" in names:
            raise InputError("a dependent for tax is stated as `dependent`, which stays on file for later requests")
        if not names or len(names) < len(self.evidence):
            raise InputError(
                "the evidence says nothing: write what you have verified, as in the block `evidence` of a case"
            )
        if not any(names <= together for together in PROVEN_TOGETHER):
            raise InputError(
                f"a finding verifies one thing, and this names {', '.join(sorted(names))}: state each by itself"
            )
        if evidence.pre_adjudication and evidence.pre_adjudication.certified and self.file is None:
            raise InputError(
                "a certification of the juvenile authorities is in writing, and kept with a copy of the paper: --file PAPER"
            )
        if forbids_telling(self.evidence):
            check_ground(evidence.order)
            if self.file is None:
                raise InputError(
                    "an order that forbids telling the family is kept with a copy of the paper: --file PAPER"
                )

    def takes_two(self) -> bool:
        """Return whether it says that nobody is told of an order, which takes two people on any recording."""
        return forbids_telling(self.evidence)

    def named_students(self) -> set[str]:
        """Return the students that the evidence names."""
        named = students_named(parse_evidence(dict(self.evidence)))
        return {student for _, students in named for student in students}


@dataclass(frozen=True, slots=True)
class OrderStayed(Finding):
    """That a court stayed the order by which the recording is asked for, or that it lifted the stay. `file`: its paper.

    While a stay stands, nothing goes out to this recipient on the order; what was given on it closes. One person may lift it:
    what the order asks for besides is on file as before.
    """

    kind: ClassVar[str] = STAY
    written: ClassVar[str] = "stands|lifted --why TEXT [--file COPY.pdf]"
    options: ClassVar[tuple[str, ...]] = ("--why", "--file")
    words: ClassVar[tuple[str, ...]] = get_args(StayState)
    word_fills: ClassVar[str] = "state"
    answers: ClassVar[tuple[str, ...]] = ()

    state: StayState
    why: str
    file: EvidenceFile | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word, and where it is not said which court did so and when."""
        if self.state not in self.words:
            raise InputError(f"a stay is one of {', '.join(self.words)}")
        _check_text(self.why, "say which court stayed the order, or lifted the stay, and when: --why")

    def check_about(self, about: About) -> None:
        """Raise InputError where nobody asks with an order."""
        if not about.request.evidence.get("order"):
            raise InputError(
                "no order or subpoena is on file for this referral that a court could stay: state it first, `dam-plugin queue "
                "finding ID evidence --evidence FILE`"
            )


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
    """How the recording was offered to the family of an offer: by letter, on the telephone, at the school.

    `guardian`: to whom, where not everybody of the family may have it and no letter says so.
    """

    kind: ClassVar[str] = "offered"
    written: ClassVar[str] = "--how TEXT [--guardian G-…]"
    options: ClassVar[tuple[str, ...]] = ("--how", "--guardian")
    answers: ClassVar[tuple[str, ...]] = settled_by("offered")
    ends: ClassVar[ReferralKind | None] = "offer"
    ends_told: ClassVar[str] = "an offer to a family is closed by `offered`"

    how: str
    guardian: str | None = None

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
    """That the custodian looked at it: a request is decided again as the custodian's, the review of an emergency ends.

    `no_place`: no place, address, sign of a school or route can be told from this version of the recording. The guardian who
    asks may have it although it is, or may be, kept from them where the student can be found.
    """

    kind: ClassVar[str] = REVIEWED
    written: ClassVar[str] = (
        "[TEXT] (for a guardian from whom the whereabouts are kept: --no-place; of an emergency: --was-threat | --no-threat)"
    )
    options: ClassVar[tuple[str, ...]] = ("--was-threat", "--no-threat", "--no-place")
    answers: ClassVar[tuple[str, ...]] = (
        "CUSTODIAN",
        "CLOSED-REVIEW",
        ASKED_BY_NAME,
        OWN_MATTER,
        STATEMENT,
        LINK_UNSEEN,
        *settled_by("reviewed"),
    )
    ends: ClassVar[ReferralKind | None] = "review"
    ends_told: ClassVar[str] = "an emergency is `reviewed`"

    found: str = ""
    # Of an emergency: whether there was an articulable and significant threat (34 CFR 99.36); null = it is not said.
    was_threat: bool | None = None
    no_place: bool = False

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for the review of an emergency, or of places, without a text, and for a text that is too long."""
        if self.no_place and referral == "review":
            raise InputError("--no-place is about the request of a guardian, not about an emergency: leave it out")
        if self.no_place:
            _check_text(
                self.found, "say what you looked for: 'whole recording, with sound: no sign, street or bus number'"
            )
        if self.was_threat is not None and referral != "review":
            raise InputError("--was-threat and --no-threat are about the review of an emergency: leave them out")
        if referral == "review" or self.found:
            _check_text(
                self.found, "say what was found of the emergency: whether it was one, and who has the recording now"
            )

    def ending(self, referral: ReferralKind) -> str | None:
        """Return what was found of an emergency; a request goes on."""
        no_threat = "no threat: " if self.was_threat is False else ""
        return f"reviewed: {no_threat}{self.found}" if referral == "review" else None

    def check_about(self, about: About) -> None:
        """Raise InputError where nothing keeps the whereabouts from who asks, and where that alone is not what is open."""
        if self.no_place:
            _check_places_are_kept(about)


@dataclass(frozen=True, slots=True)
class DependentShown(Finding):
    """That students who hold the rights themselves are dependents of the requesting parent for tax (34 CFR 99.31(a)(8)).

    `seen` says what was seen. It stays on file for later requests through `until` (null = the end of this year).
    """

    kind: ClassVar[str] = "dependent"
    written: ClassVar[str] = "--student S-… … --seen TEXT [--until DAY] [--file COPY.pdf]"
    options: ClassVar[tuple[str, ...]] = ("--student", "--seen", "--until", "--file")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = settled_by("dependent")

    students: tuple[str, ...]
    seen: str
    until: date | None = None
    file: EvidenceFile | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a student, and where it is not said what was seen."""
        _check_students(self.students)
        _check_seen(self.seen)

    def of_people(self, about: About) -> Supposed:
        """Return the dependents. Raises InputError for a student without the rights, or with another parent."""
        parent = _asking(about, ("parent",))
        for student in _in_recording(about, self.students):
            check_dependent(about.need_record(student), parent, about.day, about.rulings)
        until = self.until or end_of_tax_year(about.day)
        return _stated(about, self.students, parent, "dependent", self.seen, until=until, file=self.file)


@dataclass(frozen=True, slots=True)
class ParentVerified(Finding):
    """Who the requesting person is, as was seen: a parent of these students, or the eligible student (34 CFR 99.31(c)).

    A person who asks as `parent` becomes a guardian of the students by hand, whatever later rosters say; of one who asks as
    `eligible_student` it says which student that is. `until` is the last day on which it holds (null = no end).
    `another_person`: it is not the person whom a court order or a protection of a student is about. `not_against`: the
    custodian knows whom the protection of these students is against, and it is not this guardian, which takes two people.
    """

    kind: ClassVar[str] = "parent_verified"
    written: ClassVar[str] = (
        "--student S-… … --seen TEXT [--not-against] [--another-person] [--until DAY] [--file COPY.pdf]"
    )
    options: ClassVar[tuple[str, ...]] = (
        *("--student", "--seen", "--not-against", "--another-person", "--until", "--file"),
    )
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ("EX2-RELATION",)

    students: tuple[str, ...]
    seen: str
    until: date | None = None
    file: EvidenceFile | None = None
    another_person: bool = False
    not_against: bool = False

    def takes_two(self) -> bool:
        """Return whether it lets a guardian of a protected student learn where the student is."""
        return self.not_against

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a student, and where it is not said what was seen."""
        _check_students(self.students)
        _check_seen(self.seen)

    def of_people(self, about: About) -> Supposed:
        """Return the relations. Raises InputError for a student who is their own guardian, or does not hold the rights."""
        person = _asking(about, FAMILY)
        students = _in_recording(about, self.students)
        what: GuardianshipKind = "guardian" if about.request.recipient.role == "parent" else "self"
        if what == "self":
            if len(students) != 1:
                raise InputError("a person who asks as an eligible student is one student: name that one (--student)")
            if not about.holds_rights(students[0]):
                raise InputError(
                    f"{students[0]} does not hold the rights yet (18, or in college): a parent asks, as parent:ID; who "
                    f"attends a college is stated first, `dam-plugin student college {students[0]} --seen TEXT`"
                )
        for student in students:
            check_guardian(about.need_record(student), person, what, about.day)
            check_no_order(about.need_record(student), person, about.day, another=self.another_person)
            if what == "guardian":
                check_another_person(about.need_record(student), person, None, about.day, another=self.another_person)
                check_not_mistyped(person, about.alike, another=self.another_person)
            check_not_against(about.need_record(student), person, what, about.day, said=self.not_against)
            _check_not_verified_yet(about, student, person, what)
        verified = _stated(about, students, person, what, self.seen, until=self.until, file=self.file)
        if not self.not_against:
            return verified
        cleared = _stated(about, students, person, "not_against", self.seen, until=self.until, file=self.file)
        return replace(verified, guardianships=(*verified.guardianships, *cleared.guardianships))


@dataclass(frozen=True, slots=True)
class RightRetained(Finding):
    """That the letters of a guardianship leave the adult who asks the right to their own record (RSMo 475.080; 34 CFR 99.5).

    The guardian's right stays. `seen` says what the letters leave, `file` is a copy of them. It holds through `until` (null =
    as long as the letters do).
    """

    kind: ClassVar[str] = "retained"
    written: ClassVar[str] = "--seen TEXT --file COPY.pdf [--until DAY]"
    options: ClassVar[tuple[str, ...]] = ("--seen", "--until", "--file")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = (RIGHTS_OF_WARD,)

    seen: str
    until: date | None = None
    file: EvidenceFile | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError where it is not said what the letters leave, and without a copy of them."""
        _check_text(self.seen, LEFT_BY_LETTERS)
        if self.file is None:
            raise InputError(COPY_OF_LETTERS)

    def of_people(self, about: About) -> Supposed:
        """Return the right that is left. Raises InputError for who has no guardian by a court."""
        person = _asking(about, ("eligible_student",))
        themselves = [
            each
            for each in sorted(about.tagging.students)
            if person == each or person in about.need_record(each).stated_on(about.day, "self")
        ]
        for student in themselves:
            check_retained(about.need_record(student), about.day)
            return _stated(about, [student], student, "retained", self.seen, until=self.until, file=self.file)
        raise InputError(f"'{person}' is not in this recording: check who asks, or who is tagged in it")


@dataclass(frozen=True, slots=True)
class NotVerified(Finding):
    """That the requesting person was not found to be a parent, or the student, of anybody in the recording.

    The request is then answered as anybody's. It counts for this person and these students until it is found otherwise.
    """

    kind: ClassVar[str] = "not_verified"
    written: ClassVar[str] = "--why TEXT"
    options: ClassVar[tuple[str, ...]] = ("--why",)
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ("EX2-RELATION",)

    why: str

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a reason."""
        _check_text(self.why, "say how it was looked into: --why")

    def of_people(self, about: About) -> Supposed:
        """Return the students to whom this person has no relation. Raises InputError where the roster knows one."""
        person = _asking(about, FAMILY)
        students = sorted(about.tagging.students)
        theirs = [each for each in students if person in about.need_record(each).guardians_on(about.day)]
        if theirs:
            raise InputError(
                f"this person is on file as a guardian of {', '.join(theirs)}: a court order against that is `rights_limited`"
            )
        return _stated(about, students, person, "stranger", self.why)


@dataclass(frozen=True, slots=True)
class RightsLimited(Finding):
    """That a paper revokes a parent's rights over these students (34 CFR 99.4; RSMo 452.375, 452.376), as a court order does.

    `file` is a copy of it. `only` "whereabouts": kept from them is only where the students can be found, so that a person
    looks each time; that may rest on a protection, without a paper against them (RSMo 589.660). `guardian` null: the parent
    who asks. `name` is that of a person whom the order names and who is no guardian on file. `seen` names what was seen. It
    holds from `since` (null = today) through `until` (null = no end), whatever rosters say. `same_person` are other ids of that
    person, which it limits too; `other_person` are those of somebody else who has a say by hand. To lift it takes two people.
    """

    kind: ClassVar[str] = "rights_limited"
    written: ClassVar[str] = (
        "--student S-… … --seen TEXT [--only whereabouts] [--guardian G-…] [--name NAME] [--same-person ID] "
        "[--other-person ID] [--since DAY] [--until DAY] [--file COPY.pdf]"
    )
    options: ClassVar[tuple[str, ...]] = (
        *("--student", "--seen", "--only", "--guardian", "--name", "--since", "--until", "--file"),
        *("--same-person", "--other-person"),
    )
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ()

    students: tuple[str, ...]
    seen: str
    guardian: str | None = None
    since: date | None = None
    until: date | None = None
    file: EvidenceFile | None = None
    only: str | None = None
    name: str | None = None
    same_person: tuple[str, ...] = ()
    other_person: tuple[str, ...] = ()

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a student, where the order is not named, and for another part of the rights."""
        if limit_of(self.only) == "limited" and self.file is None:
            raise InputError(REVOKED_BY_PAPER)
        if self.name is not None:
            _check_text(self.name, "write the name as the order has it: --name NAME")
        _check_students(self.students)
        _check_text(self.seen, "say which order it is: --seen 'order of the circuit court, 5 October'")

    def of_people(self, about: About) -> Supposed:
        """Return the limits. Raises InputError for a person who is no guardian of the student, without a name."""
        guardian = person_id(self.guardian) if self.guardian else _asking(about, ("parent",))
        same, others = tuple(map(person_id, self.same_person)), tuple(map(person_id, self.other_person))
        for student in self.students:
            record = about.need_record(student)
            check_limited(record, guardian, about.day, self.name)
            check_told_apart(record, guardian, self.name, about.day, same, others)
        stated = [
            _stated(
                about,
                self.students,
                each,
                limit_of(self.only),
                self.seen,
                since=self.since,
                until=self.until,
                file=self.file,
                name=self.name if each == guardian else None,
            )
            for each in dict.fromkeys((guardian, *same))
        ]
        # So that the order does not meet them by their names.
        stated += [_stated(about, self.students, each, "another", self.seen) for each in dict.fromkeys(others)]
        return Supposed(tuple(each for one in stated for each in one.guardianships))


@dataclass(frozen=True, slots=True)
class MeansFound(Finding):
    """That nobody can reasonably be hidden in the recording, nor isolated, by the means at hand; or that it can be done.

    For `none`, `inspection_offered` says how and when the family was offered to see it in the office, which comes first.
    """

    kind: ClassVar[str] = "means"
    written: ClassVar[str] = "none|available --why TEXT [--inspection-offered TEXT]"
    options: ClassVar[tuple[str, ...]] = ("--why", "--inspection-offered")
    words: ClassVar[tuple[str, ...]] = ("none", "available")
    word_fills: ClassVar[str] = "means"
    answers: ClassVar[tuple[str, ...]] = ("REDACT-UNABLE",)

    means: Literal["none", "available"]
    why: str
    inspection_offered: str = ""

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a reason, and where inspection was not offered first."""
        if self.means not in self.words:
            raise InputError(f"the means are one of {', '.join(self.words)}")
        _check_text(self.why, "say why nobody can be hidden, and what was tried: --why")
        if self.means == "none" or self.inspection_offered:
            _check_text(
                self.inspection_offered,
                "offer the family first to see it in the office, and say when and how: --inspection-offered 'telephone, 5 "
                "October'",
            )

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return whether it cannot be redacted."""
        return {"cannot_be_redacted": self.means == "none", "why": self.why}


class _Closing(Finding):
    """A finding that closes the recording through the day `until` (null = no end)."""

    __slots__ = ()

    until: date | None

    def of_people(self, about: About) -> Supposed:
        """Raise InputError for an end in the past."""
        check_until(self.until, about.day)
        return NOTHING


@dataclass(frozen=True, slots=True)
class Closed(_Closing):
    """That it is a closed record by a subdivision of RSMo 610.021, through the day `until` (null = no end).

    `law` goes with 610.021(14): that FERPA alone protects it, so that a family's request for its own record does not wait.
    """

    kind: ClassVar[str] = "closed"
    written: ClassVar[str] = "--subdivision '610.021(18)' --why TEXT [--law FERPA] [--until DAY]"
    options: ClassVar[tuple[str, ...]] = ("--subdivision", "--why", "--until", "--law")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ()

    subdivision: str
    why: str
    until: date | None = None
    law: str | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for no such subdivision, without a reason, and for another law than FERPA beside it."""
        subdivision(self.subdivision)
        if self.law is not None and not (is_by_another_law(self.subdivision) and is_ferpa_alone(self.law)):
            raise InputError(
                "beside a subdivision only FERPA is named, with 610.021(14): where another law protects the record, name it "
                "without --subdivision, --law 'RSMo 210.150', which makes it confidential"
            )
        _check_text(self.why, "say why it is closed: --why")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the closure."""
        return {"closures": (Closure("closed", closing(self.subdivision, self.law, self.why), self.until),)}


@dataclass(frozen=True, slots=True)
class Confidential(_Closing):
    """That another law than the Sunshine Law makes it confidential, through the day `until` (null = no end)."""

    kind: ClassVar[str] = "confidential"
    written: ClassVar[str] = "--law TEXT --why TEXT [--until DAY]"
    options: ClassVar[tuple[str, ...]] = ("--law", "--why", "--until")
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ()

    law: str
    why: str
    until: date | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a law or a reason."""
        _check_text(self.law, "name the law: --law 'RSMo 210.150'")
        _check_text(self.why, "say why it is confidential: --why")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the closure."""
        return {"closures": (Closure("confidential", f"{self.law}: {self.why}", self.until),)}


@dataclass(frozen=True, slots=True)
class Reopened(Finding):
    """That the recording is a closed record no more, or confidential no more: the reasons on file end. It takes two people."""

    kind: ClassVar[str] = "reopened"
    written: ClassVar[str] = "[closed|confidential] --why TEXT"
    options: ClassVar[tuple[str, ...]] = ("--why",)
    words: ClassVar[tuple[str, ...]] = get_args(ClosureKind)
    word_fills: ClassVar[str] = "what"
    answers: ClassVar[tuple[str, ...]] = ("CLOSED-CONSENT", "CLOSED", "CONFIDENTIAL")

    why: str
    what: ClosureKind = "closed"

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word, and without a reason."""
        if self.what not in self.words:
            raise InputError(f"what ends is one of {', '.join(self.words)}")
        _check_text(self.why, "say why it is open again: --why")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the closures that end. Raises InputError where there are none."""
        return {"reopened": closures_to_end(tagging, self.what), "why": self.why}

    def takes_two(self) -> bool:
        """Return true: opening a closed record takes two people on any recording."""
        return True


@dataclass(frozen=True, slots=True)
class UseMistaken(Finding):
    """That a recording was never used as its tags say: for discipline, say, or of that student. It takes two people.

    A use that was right never ends (the procedure: discipline and other official uses stick).
    """

    kind: ClassVar[str] = "mistaken_use"
    written: ClassVar[str] = "USE[:S-…] --why TEXT"
    options: ClassVar[tuple[str, ...]] = ("--why",)
    word_fills: ClassVar[str] = "use"
    answers: ClassVar[tuple[str, ...]] = ()

    use: str
    why: str

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for a use that does not exist, and without a reason."""
        official_use(self.use)
        _check_text(self.why, "say how the mistake was found: --why 'the report names another student'")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return the use that was entered by mistake. Raises InputError where the recording has none such."""
        mistaken = official_use(self.use)
        if not is_used(tagging, mistaken):
            uses = ", ".join(":".join((use.purpose, *use.students)) for use in tagging.official_uses)
            raise InputError(f"the recording has no official use '{self.use}': it has {uses or 'none'}")
        return {"mistaken_uses": (mistaken,), "why": self.why}

    def takes_two(self) -> bool:
        """Return true: without it the recording may be directory information."""
        return True

    def named_students(self) -> set[str]:
        """Return whom the use names."""
        return set(official_use(self.use).students)


@dataclass(frozen=True, slots=True)
class FamilyAsked(Finding):
    """How a family answered whether a consent stands that it signed before it opted out; `how` says who asked whom, and when.

    `stands`: the consents of these students count again from today. `revoked`: they are revoked from today on.
    """

    kind: ClassVar[str] = "asked_family"
    written: ClassVar[str] = "stands|revoked --student S-… … --how TEXT [--file COPY.pdf]"
    options: ClassVar[tuple[str, ...]] = ("--student", "--how", "--file")
    words: ClassVar[tuple[str, ...]] = ("stands", "revoked")
    word_fills: ClassVar[str] = "answer"
    answers: ClassVar[tuple[str, ...]] = ("CONSENT-DOUBTFUL",)

    students: tuple[str, ...]
    answer: Literal["stands", "revoked"]
    how: str
    file: EvidenceFile | None = None

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word, without a student, and where it is not said how the family answered."""
        if self.answer not in self.words:
            raise InputError(f"the answer is one of {', '.join(self.words)}")
        _check_students(self.students)
        _check_text(
            self.how, "say who asked whom, when, and how they answered: --how 'letter of the mother, 5 October'"
        )

    def of_people(self, about: About) -> Supposed:
        """Return the consents that stand or are revoked. Raises InputError for a student without a doubtful one."""
        found = {student: frozenset(about.doubtful(student)) for student in self.students}
        for student, consents in found.items():
            if not consents:
                raise InputError(f"no consent of {student} for this waits for the family's word")
        consents = frozenset[str]().union(*found.values())
        return Supposed(confirmed=consents) if self.answer == "stands" else Supposed(revoked=consents)


@dataclass(frozen=True, slots=True)
class CrowdDecided(Finding):
    """Whether somebody who asked by name for a student in the background, who opted out, is given the recording.

    `refuse` closes the request. `release` takes two people; the recording is then handed over by hand.
    """

    kind: ClassVar[str] = "crowd"
    written: ClassVar[str] = "release|refuse --why TEXT"
    options: ClassVar[tuple[str, ...]] = ("--why",)
    words: ClassVar[tuple[str, ...]] = ("release", "refuse")
    word_fills: ClassVar[str] = "answer"
    answers: ClassVar[tuple[str, ...]] = ("NAMED-IN-CROWD",)
    decides: ClassVar[bool] = False

    answer: Literal["release", "refuse"]
    why: str

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError for another word, and without a reason."""
        if self.answer not in self.words:
            raise InputError(f"the answer is one of {', '.join(self.words)}")
        _check_text(self.why, "say why: --why")

    def ending(self, referral: ReferralKind) -> str | None:
        """Return the refusal; a release is closed with what was handed over."""
        return f"refused: {self.why}" if self.answer == "refuse" else None

    def takes_two(self) -> bool:
        """Return whether it releases."""
        return self.answer == "release"

    def then(self, referral_id: str) -> str:
        """Return how a release is carried out."""
        if self.answer == "refuse":
            return ""
        said = "--disclosed-to ROLE:ID --basis EX4 --students S-… --why TEXT --as custodian:NAME"
        return f"Hand it over, and say so: dam-plugin queue close {referral_id} {said}"


# Words for whom the district hires, in English and Spanish: what they make or keep for it is its own.
_FOR_HIRE = re.compile(
    r"\b(?:sub-?contract\w*|contract(?:ors?|ed|ing)?|vendors?|suppliers?|providers?|bus(?:es)?|transport\w*|compan(?:y|ies)|"
    r"firms?|studios?|hired|outsourc\w*|contratistas?|proveedor\w*|empresas?|compañías?|companias?|autob[uú]s(?:es)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NotOurs(Finding):
    """That somebody else made the recording and keeps it, and not on the district's behalf (34 CFR 99.3). It takes two people.

    A bus contractor's camera works on our behalf: ours. A booster club's album is not ours while the club alone keeps it; in
    our library we keep it. An employee's telephone at work is ours. It is not ours where it lies in our bucket in passing.
    """

    kind: ClassVar[str] = "not_ours"
    written: ClassVar[str] = "--created-by WHO --kept-by WHO --not-for-us --why TEXT"
    options: ClassVar[tuple[str, ...]] = (
        "--created-by",
        "--kept-by",
        "--not-for-us",
        "--not-our-contractor",
        "--why",
    )
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ()

    created_by: str
    kept_by: str
    why: str
    not_for_us: bool = False
    not_our_contractor: bool = False

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError where a part of it is not said."""
        _check_text(self.created_by, "say who made it: --created-by")
        _check_text(self.kept_by, "say who keeps it: --kept-by")
        _check_text(self.why, "say why it lies in our bucket, and for how long: --why")
        if not self.not_for_us:
            raise InputError(
                "what somebody makes or keeps for us is ours, such as a bus contractor's recording: only where they do neither "
                "on our behalf, add --not-for-us"
            )
        found = next(filter(None, map(_FOR_HIRE.search, (self.created_by, self.kept_by, self.why))), None)
        if found is not None and not self.not_our_contractor:
            raise InputError(
                f"'{found[0]}' may be who works for the district, and what a contractor, a vendor or a bus company makes or "
                "keeps for us is ours (34 CFR 99.3): only where it works for somebody else, say in --why for whom, and add "
                "--not-our-contractor"
            )

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return that somebody else maintains it. Raises InputError for what the district uses: it maintains that."""
        if tagging.is_in_use:
            raise InputError(
                "what the district uses for discipline or another official purpose, or in a student's record, it maintains "
                "(34 CFR 99.3): this recording is ours, whoever made it"
            )
        if is_unit_record(tagging.why_closed("confidential")):
            raise InputError(
                "it is on file as a record of a law-enforcement unit, which not everybody may have (RSMo 610.100): where it is "
                "none, end that first, `dam-plugin custodian reopen KEY --confidential --why TEXT`; that takes two people"
            )
        hired = " (no contractor of the district's)" if self.not_our_contractor else ""
        return {
            "maintained_by": "other",
            "why": f"made by {self.created_by}, kept by {self.kept_by}{hired}: {self.why}",
        }

    def takes_two(self) -> bool:
        """Return true: it releases everything to anybody."""
        return True


@dataclass(frozen=True, slots=True)
class Ours(Finding):
    """That the district maintains the recording after all."""

    kind: ClassVar[str] = "ours"
    written: ClassVar[str] = "--why TEXT"
    options: ClassVar[tuple[str, ...]] = ("--why",)
    takes_word: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ()

    why: str

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError without a reason."""
        _check_text(self.why, "say why it is ours: --why")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return that the district maintains it."""
        return {"maintained_by": "district", "why": self.why}


@dataclass(frozen=True, slots=True)
class UnitRecord(Finding):
    """That it is a record of the district's law-enforcement unit, such as its police or school resource officers.

    All three have to be so (34 CFR 99.8(b)(1)): the unit made it, for a law-enforcement purpose, and the unit keeps it. A copy
    that another office of the district keeps, or that was made for discipline alone, is an education record (99.8(b)(2)). It
    is said of a recording, and answers no reason of a referral: `custodian unit-record`.
    """

    kind: ClassVar[str] = "unit_record"
    written: ClassVar[str] = "--created-by WHO --for-law-enforcement PURPOSE --kept-by WHO --why TEXT"
    answers: ClassVar[tuple[str, ...]] = ()

    created_by: str
    purpose: str
    kept_by: str
    why: str

    def check(self, referral: ReferralKind) -> None:
        """Raise InputError where one of the three is not said, or why it lies in our bucket."""
        _check_text(self.created_by, "say which officer or camera of the unit made it: --created-by")
        _check_text(self.purpose, "say for which law-enforcement purpose it was made: --for-law-enforcement")
        _check_text(self.kept_by, "say who of the unit keeps it: --kept-by")
        _check_text(self.why, "say why it lies in our bucket, and that no office of the school uses it: --why")

    def look(self, tagging: Tagging) -> Mapping[str, Any]:
        """Return that it is closed as the unit's. Raises InputError for what the school uses: it is an education record."""
        if tagging.is_in_use:
            raise InputError(IN_USE)
        if tagging.maintained_by == "other":
            raise InputError(
                "it is on file as somebody else's, which anybody may have: say first `dam-plugin custodian ours KEY --why TEXT`"
            )
        return {
            "closures": (Closure("confidential", unit_record(self.created_by, self.purpose, self.kept_by, self.why)),)
        }


IN_USE = (
    "what the school uses for discipline or another official purpose, in a student's record, or has given to a school "
    "official, is an education record, whoever made it (34 CFR 99.8(b)(2)): it is decided as that"
)

PUBLISHED = (
    "what the district has published, or put into a yearbook, an office of the school besides the unit keeps and uses: it is "
    "an education record, whoever made it (34 CFR 99.8(b)(2)), and is decided as that"
)


def by_word(kinds: Iterable[type[Finding]]) -> Mapping[str, type[Finding]]:
    """Return the kinds by their words. Raises TypeError for a kind that leaves a part of itself out."""
    kinds = tuple(kinds)
    for each in kinds:
        for part in ("kind", "written", "answers"):
            if part not in vars(each):
                raise TypeError(f"the finding {each.__name__} leaves out `{part}`")
    return {each.kind: each for each in kinds}


KINDS = by_word(
    (
        MeaningFound,
        PersonIdentified,
        Classified,
        EvidenceVerified,
        OrderStayed,
        DependentShown,
        ParentVerified,
        RightRetained,
        NotVerified,
        RightsLimited,
        FamilyAsked,
        MeansFound,
        Closed,
        Confidential,
        Reopened,
        UseMistaken,
        CrowdDecided,
        NotOurs,
        Ours,
        AttorneyAsked,
        OfferedToAll,
        Reviewed,
    ),
)
# The kinds of finding that answer a reason, by the reason's clause. A reason without one is answered as its remedy says.
ANSWERED_BY: Mapping[str, tuple[str, ...]] = {
    clause: tuple(each.kind for each in KINDS.values() if clause in each.answers)
    for clause in dict.fromkeys(clause for each in KINDS.values() for clause in each.answers)
}
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
    _check_fits(finding.kind, referral)
    finding.check(referral)


def fits(kind: str, referral: ReferralKind) -> bool:
    """Whether a finding of this kind says something about such a referral."""
    try:
        _check_fits(kind, referral)
    except InputError:
        return False
    return kind != OfferedToAll.kind or referral == "offer"


def _check_fits(kind: str, referral: ReferralKind) -> None:
    if referral == "statement_owed" and kind != AttorneyAsked.kind:
        raise InputError(
            "this is about a statement that is to be sent after, and no finding changes that: close it once it was sent, "
            "`dam-plugin queue close ID --why TEXT`"
        )
    if referral == "notice_owed" and kind != AttorneyAsked.kind:
        raise InputError(
            "this is about families who are to be told of an order, and no finding changes that: close it once they were told, "
            "`dam-plugin queue close ID --why TEXT`"
        )
    if referral == "take_down" and kind != AttorneyAsked.kind:
        raise InputError(
            "this is about a publication that is to be taken down, and no finding changes that: close it once it is down, "
            "`dam-plugin queue close ID --why TEXT`"
        )
    if referral == "found_later" and kind != AttorneyAsked.kind:
        raise InputError(
            "this is about what was given out already, and no finding changes that: close it once you know whether the "
            "families are told, `dam-plugin queue close ID --why TEXT`"
        )
    ended_by = _ENDED_BY.get(referral)
    if ended_by and kind not in (ended_by.kind, AttorneyAsked.kind):
        raise InputError(
            f"{ended_by.ends_told}, and its recording is asked for by a share of its own: '{kind}' changes nothing here"
        )


def decides(kind: str, referral: ReferralKind) -> bool:
    """Whether the share of such a referral is decided again with a finding of this kind."""
    return referral not in (*_ENDED_BY, *AFTERWARDS) and KINDS[kind].decides


def is_about_the_recording(kind: str) -> bool:
    """Whether a finding of this kind is a look at the recording."""
    return KINDS[kind].look is not Finding.look


def changes_what_is_on_file(kind: str) -> bool:
    """Whether a finding of this kind says something that stays on file: of the recording, or of people."""
    return is_about_the_recording(kind) or KINDS[kind].of_people is not Finding.of_people


def look_of(finding: Finding, at: datetime, by: Actor, tagging: Tagging, *, approved: bool) -> Look | None:
    """Return a finding as a custodian's look at the recording; None if it is not about the recording itself.

    Raises InputError for a finding that says nothing about a recording with these tags.
    """
    fields = finding.look(tagging)
    return Look(at, by, approved=approved, **fields) if fields else None


def links_on_evidence(unit: Unit, request: Share) -> list[Link]:
    """Return the open links to a request's recording that the same recipient was given on evidence, under the same seal.

    What was given on another order of the register is left out.
    """
    links = [each for each in unit.shares.links_of(asset_key=request.asset_key) if each.secret is request.secret]
    asked = unit.shares.asked_for(each.share_id for each in links)
    of_same = [
        each for each in links if each.share_id in asked and asked[each.share_id].recipient.who == request.recipient.who
    ]
    own, given = orders_of(unit, request), [each for each in of_same if asked[each.share_id].evidence]
    return [each for each in given if not are_apart(own, orders_of(unit, asked[each.share_id]))]


def check_not_used(unit: Unit, stored: StoredAsset) -> None:
    """Raise InputError for a recording that an office of the school besides the unit has or uses, under whichever key.

    A school official was given it, the district published it, or it was put into a yearbook set.
    """
    for key in (stored.asset.key, *(each.asset.key for each in unit.assets.copies_of(stored.asset))):
        given = [each.share for each in unit.shares.of_key(key) if each.outcome in _RELEASED]
        if any(each.recipient.role == "school_official" for each in given):
            raise InputError(IN_USE)
        if any(each.kind == "publication" for each in given) or unit.exports.sets_with(key):
            raise InputError(PUBLISHED)


_RELEASED = (Outcome.ALLOW.word, Outcome.REDACT.word)


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


def evidence_of(unit: Unit, referral: Referral, findings: Iterable[StoredFinding]) -> dict[str, Any]:
    """Return the evidence that a referral is decided on with these findings: see `evidence_that_counts`."""
    return evidence_that_counts(written_evidence(unit, referral), findings, _custodians_word(unit, referral))


def _custodians_word(unit: Unit, referral: Referral) -> dict[str, Any]:
    """Return what counts of the evidence on file because a custodian's own share brought it."""
    if not referral.evidence_share:
        return {}
    asked = need_share(unit, referral.evidence_share)
    if asked.actor.role not in CUSTODIANS:
        return {}
    stored = unit.assets.current(referral.asset_key)
    return counted(asked, by_two=stored is None or needs_two(stored.tagging)).evidence


def evidence_that_counts(
    written: Mapping[str, Any], findings: Iterable[StoredFinding], at_once: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the evidence that a referral is decided on: what the findings verify, where a later one replaces an earlier.

    What the requester wrote down counts if a finding `reviewed` it and it is unchanged; `at_once` is what counts of it
    before. Verified evidence replaces it. That nobody is told of an order, and a certification before adjudication, count only
    as verified.
    """
    findings = list(findings)
    now = evidence_digest(written)
    was_reviewed = any(each.kind == Reviewed.kind and each.on_file == now for each in findings)
    evidence = without_secrecy(evidence_that_can_wait(written if was_reviewed else at_once or {}))
    evidence = without_certification(evidence)
    for each in findings:
        evidence |= _verified(each)
    return evidence


def evidence_that_can_wait(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return an evidence block without an emergency and a mandated report: those release at once or not at all."""
    return {name: value for name, value in written.items() if can_wait(name, value)}


def evidence_to_approve(finding: StoredFinding) -> dict[str, Any]:
    """Return the evidence that a finding lets count: what it verifies itself, or what it `reviewed`."""
    if finding.kind == DependentShown.kind:
        return {"dependent": {"students": list(finding.content["students"])}}
    return finding.evidence if finding.kind == Reviewed.kind else _verified(finding)


def _verified(finding: StoredFinding) -> dict[str, Any]:
    return dict(finding.content["evidence"]) if finding.kind == EvidenceVerified.kind else {}


# What a finding about people is checked by; the commands without a referral ask the same.


def end_of_tax_year(day: date) -> date:
    """Return the last day on which a dependent is one without being shown anew."""
    return date(day.year, 12, 31)


def closures_to_end(tagging: Tagging, what: ClosureKind) -> tuple[Closure, ...]:
    """Return the reasons for which a recording is closed, or confidential. Raises InputError where there are none."""
    found = tagging.closed_by(what)
    if not found:
        raise InputError(f"this recording is not {what}: nothing is there to reopen")
    return found


def official_use(text: str) -> OfficialUse:
    """Return an official use that is written `USE[:S-…]`. Raises InputError for one that does not exist."""
    purpose, _, student = text.partition(":")
    known = get_args(OfficialPurpose)
    if purpose not in known:
        raise InputError(f"'{purpose}' is no official use: they are {', '.join(known)}")
    return OfficialUse(cast("OfficialPurpose", purpose), (student,) if student else ())


def is_used(tagging: Tagging, use: OfficialUse) -> bool:
    """Whether a recording is tagged with a use: of the same student, or of nobody in particular."""
    same = (each for each in tagging.official_uses if each.purpose == use.purpose)
    return any(set(use.students) <= set(each.students) if use.students else not each.students for each in same)


def check_until(until: date | None, day: date) -> None:
    """Raise InputError for a last day in the past."""
    if until is not None and until < day:
        raise InputError(f"{until} has passed: give a last day to come, or none")


def check_guardian(record: StudentRecord, person: str, what: GuardianshipKind, day: date) -> None:
    """Raise InputError for a student who would be their own guardian, and for a guardian's representative."""
    if any(each != record.id for each in record.represented_by(person, day)):
        raise InputError(
            f"'{person}' is on file for {record.id} as a guardian's representative, who is no guardian and no student: where "
            "that is wrong, end it first, `dam-plugin student guardian end`"
        )
    if what == "guardian" and person == record.id:
        raise InputError(
            f"{record.id} cannot be their own guardian: a student with the rights asks as eligible_student:ID"
        )


def _check_not_verified_yet(about: About, student: str, person: str, what: GuardianshipKind) -> None:
    """Raise InputError for a parent who is on file as one, so that a verification would change nothing."""
    record = about.need_record(student)
    known = what == "guardian" and person in record.guardians_on(about.day, by_two=True)
    if not known or record.is_to_be_looked_at(person, about.day, by_two=True):
        return
    passed = about.holds_rights(student)
    died = passed and record.has_died(about.day)
    left = (
        "the rights had become the student's own, and the student has died: decide what the family may see, and hand it over "
        "by hand (`queue close … --disclosed-to`)"
        if died
        else "the rights are the student's own now: what can be found is `dependent`"
        if passed
        else "what waits here is another thing, see `queue show`"
    )
    raise InputError(
        f"'{person}' is on file as a guardian of {student} already, and to verify it changes nothing: {left}"
    )


def _check_places_are_kept(about: About) -> None:
    """Raise InputError unless it is, or may be, kept from the guardian who asks where somebody in the recording can be found.

    A guardian whom the roster does not name is not let through by it, where an order is on file that may be against them.
    """
    person = _asking(about, ("parent",))
    by_two = needs_two(about.tagging)
    shown = [about.need_record(each) for each in sorted(about.tagging.students)]
    waits = [each for each in shown if each.is_to_be_looked_at(person, about.day, by_two=by_two)]
    left = [each.id for each in waits if each.is_to_be_looked_at(person, about.day, by_two=by_two, without_place=True)]
    if left:
        raise InputError(
            f"a court order on file for {', '.join(left)} names somebody whom the roster lacked, and the roster has no name of "
            "this person: verify first who it is (`parent_verified`)"
        )
    if not waits:
        raise InputError(
            "nothing on file keeps from this person where a student of this recording can be found: leave --no-place out"
        )


def check_no_order(record: StudentRecord, person: str, day: date, *, another: bool = False) -> None:
    """Raise InputError where a court order limits the person's rights, so that a verification would change nothing.

    An order stops a guardian who may be the person whom it is about (`StudentRecord.met_by`), unless it is `another` person.
    One that keeps the whereabouts alone stops nobody from being verified who is no guardian yet.
    """
    for each in record.limits_on(day, person):
        if each.guardian != person and not another:
            raise InputError(
                f"a court order on file for {record.id} ({each.id}) {why_met(each, person)}. Compare who this is with a paper "
                "that has a picture; where it is somebody else, add --another-person (over HTTP: another_person), which stays "
                "on record"
            )
        may_become = each.what == "whereabouts" and person not in record.guardians_on(day)
        if each.guardian == person and not may_become:
            raise InputError(
                (_PLACE_KEPT if each.what == "whereabouts" else _LIMITED).format(record.id, person, each.id)
            )


_LIMITED = (
    "a court order limits this person's rights over {0} ({2}), and no proof of who they are changes that: decide what it "
    "leaves and hand it over by hand, or end it first, `dam-plugin student guardian end {2}`"
)
_PLACE_KEPT = (
    "where {0} can be found is kept from this person ({2}), and they need no proof for what that leaves: the record is "
    "`dam-plugin ledger student {0} --for {1} --page FILE`, which tells no place, and a recording goes to them once you find "
    "that it tells none, `dam-plugin queue finding ID reviewed TEXT --no-place`"
)


def check_not_against(record: StudentRecord, person: str, what: GuardianshipKind, day: date, *, said: bool) -> None:
    """Raise InputError where to verify a guardian of a protected student opens nothing by itself, and where `said` is no use.

    `said`: the custodian knows whom the protection is against, and that it is not this person.
    """
    is_protected = what == "guardian" and record.will_be_protected(day)
    if said and not is_protected:
        raise InputError(
            f"no protection of {record.id} is on file that could be against a guardian: leave --not-against out"
        )
    if said and person in record.stated_on(day, "whereabouts"):
        raise InputError(f"where {record.id} can be found is kept from this person: leave --not-against out")
    known = person in record.guardians_on(day, by_two=True) and not record.is_not_against(person, day)
    if is_protected and not said and known and not record.is_to_be_looked_at(person, day, without_place=True):
        raise InputError(may_be_against(record.id, person))


def check_limited(
    record: StudentRecord, person: str, day: date, name: str | None = None, *, another: bool = False
) -> None:
    """Raise InputError for a person who is no guardian of the student, unless the order names them; see `check_named`."""
    is_known = person in (*record.guardians_on(day), *record.stated_on(day, "limited"))
    if name is None and not is_known:
        raise InputError(
            f"'{person}' is no guardian of {record.id}: `dam-plugin student show` lists who is. Where the order names somebody "
            "who is not on file, add --name NAME, as the paper has it; without a referral leave the id out: `dam-plugin "
            f"student guardian limit {record.id} --name NAME --seen TEXT --file COPY`"
        )
    if name is not None and person in record.guardians:
        raise InputError(f"'{person}' is a guardian on the roster of {record.id}: leave --name out")
    if name is not None:
        check_named(record, person, name, day, another=another)


def check_named(record: StudentRecord, person: str, name: str, day: date, *, another: bool) -> None:
    """Raise InputError where a guardian on file may be the person whom an order names, unless it is `another` person.

    Such a guardian has to be verified first: the order would meet them by the name.
    """
    names, verified = dict(record.named_guardians), record.stated_on(day, "guardian")
    for each in dict.fromkeys((*record.guardians, *verified)):
        if each == person or not may_be_same_name(name, names.get(each, "")):
            continue
        if not another:
            raise InputError(
                f"{each} is on file as a guardian of {record.id} and may be this person by the name. Where it is, give that id "
                "in place of the name; where it is somebody else, add --another-person"
            )
        if each not in verified:
            raise InputError(
                f"the order would meet {each} by the name: verify first who that is, `dam-plugin student guardian verify "
                f"{record.id} {each} --seen TEXT`"
            )


REVOKED_BY_PAPER = (
    "either parent keeps the rights unless a court order, a law or a legally binding paper revokes them (34 CFR 99.4): keep a "
    "copy of that paper, --file COPY. Where only the place is to be kept from this person, as for a protected student, that "
    "revokes nothing: --only whereabouts"
)


def limit_of(only: str | None) -> GuardianshipKind:
    """Return what is kept from a parent: all the rights, or only where the student can be found. Raises InputError."""
    if only not in (None, "whereabouts"):
        raise InputError(
            f"'{only}' is no part of a parent's rights that is kept apart: --only whereabouts, or leave it out"
        )
    return "limited" if only is None else "whereabouts"


def check_dependent(record: StudentRecord, parent: str, day: date, rulings: Rulings) -> None:
    """Raise InputError for a student without the rights, and for a person who is no guardian of the student."""
    if not has_rights(record, day, rulings):
        raise InputError(
            f"{record.id} is not 18 yet and not in college: a guardian sees the record anyway (EX2), without a proof of tax"
        )
    if parent not in record.guardians_on(day):
        raise InputError(f"'{parent}' is no guardian of {record.id}: find first who this person is (`parent_verified`)")


def check_appointed(record: StudentRecord, guardian: str, day: date) -> None:
    """Raise InputError for a student who is not 18 yet, and for a person who is no guardian of the student."""
    birthday = comes_of_age(record.student)
    if birthday is None or birthday > day:
        raise InputError(
            f"{record.id} is {'not 18 yet' if birthday else 'of an age that is not on file'}: of a minor, `dam-plugin student "
            "guardian verify` says who a court made the guardian"
        )
    if guardian not in (*record.guardians, *record.stated_on(day, "guardian")):
        raise InputError(
            f"'{guardian}' is no guardian of {record.id} yet: add the person first, `dam-plugin student guardian add`"
        )


LEFT_BY_LETTERS = "say what the letters leave the student: --seen 'letters of 5 October, section 3: her school record'"
COPY_OF_LETTERS = "it takes a copy of the letters of guardianship: --file COPY"


def check_retained(record: StudentRecord, day: date) -> None:
    """Raise InputError for a student over whom no court appointed a guardian: the rights are the student's, or a parent's."""
    if not record.appointed_on(day):
        raise InputError(
            f"no guardian by a court is on file for {record.id}, as two people state it (`dam-plugin student guardian "
            "appointed`): there is nothing that letters could leave"
        )


def check_representative(record: StudentRecord, person: str, guardian: str, day: date, rulings: Rulings) -> None:
    """Raise InputError for a guardian without the rights, and for somebody who can represent nobody here.

    Who may have the record already, or from whom an order keeps it, is no representative (34 CFR 300.613(b)(3), (c)).
    `guardian` is the student's own id where the student, who holds the rights, gave the authority (34 CFR 99.5, 99.30).
    """
    if guardian == record.id:
        _check_students_own(record, person, day, rulings)
        return
    if has_rights(record, day, rulings):
        raise InputError(
            f"the rights over the record are {record.id}'s own now, and no parent gives them to a representative: where the "
            f"student signed it, that is --for {record.id}"
        )
    if guardian not in record.guardians_on(day):
        raise InputError(
            f"'{guardian}' holds no parent's rights over {record.id}, and so nobody inspects the record for them: "
            f"`dam-plugin student show {record.id}` lists who does"
        )
    if person in (guardian, record.id, *record.guardians_on(day)) or person in record.stated_on(day, "self"):
        raise InputError(
            f"'{person}' is a guardian of {record.id}, or the student: a representative is another person, under an id of "
            "their own"
        )


def _check_students_own(record: StudentRecord, person: str, day: date, rulings: Rulings) -> None:
    """Raise InputError for a student without the rights, and for the student as their own representative."""
    if not has_rights(record, day, rulings):
        raise InputError(
            f"the rights over the record are not {record.id}'s own (18, or in college, and no guardian by a court): whoever "
            "holds them names a representative, --for G-…"
        )
    if person == record.id or person in record.stated_on(day, "self"):
        raise InputError(f"'{person}' is the student: a representative is another person, under an id of their own")


def _asking(about: About, roles: tuple[str, ...]) -> str:
    """Return the id of the person who asks. Raises InputError for another role, and for a request without an id."""
    who = about.request.recipient
    if who.role not in roles:
        raise InputError(
            f"this is asked for by {who.role}, not by {' or '.join(roles)}: the finding says nothing about it"
        )
    if who.id is None or who.id == who.role:
        raise InputError(f"the request names nobody: have it asked again as {who.role}:ID")
    return who.id


def _in_recording(about: About, students: tuple[str, ...]) -> tuple[str, ...]:
    for student in students:
        about.need_record(student)
        if student not in about.tagging.students:
            raise InputError(
                f"{student} is not in this recording: check the id, or state it by `dam-plugin student guardian`"
            )
    return students


def _stated(  # noqa: PLR0913 - a guardianship says as much
    about: About,
    students: Iterable[str],
    person: str,
    what: GuardianshipKind,
    seen: str,
    *,
    since: date | None = None,
    until: date | None = None,
    file: EvidenceFile | None = None,
    name: str | None = None,
) -> Supposed:
    since = since or about.day
    check_until(until, max(since, about.day))
    return Supposed(
        tuple(
            Guardianship(
                student=student,
                guardian=person,
                what=what,
                since=since,
                seen=seen,
                by=about.by,
                until=until,
                paper=file.sha256 if file else None,
                system_id=about.user.id,
                system_name=about.user.name,
                name=name,
            )
            for student in students
        )
    )


def _check_students(students: tuple[str, ...]) -> None:
    if not students:
        raise InputError("name the students: --student S-…")


def _check_seen(seen: str) -> None:
    _check_text(seen, "say what was seen: --seen 'birth certificate', --seen 'tax transcript of last year'")


def _check_text(text: str, remedy: str) -> None:
    if not text.strip():
        raise InputError(remedy)
    if len(text) > LONGEST_TEXT:
        raise InputError(f"a finding has at most {LONGEST_TEXT:,} characters: put the rest on paper")
