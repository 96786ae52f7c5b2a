"""The nouns of the field, frozen. No I/O. `dam_tagging.facts` has the nouns about a file's contents (Facts, Tagging, …)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, get_args

from pydantic import ConfigDict

from dam_plugin.fields import CLOSED, Flag, Id, IsoDate, Limit, ListOf, Purposes, Text
from dam_plugin.procedure.exceptions import FAMILY, ROLES
from dam_plugin.pseudonyms import folded_id, person_id
from dam_tagging.facts import (
    Appearance,
    Closure,
    DirectoryStatus,
    Facts,
    Finding,
    Interval,
    Keyframe,
    MaintainedBy,
    Meaning,
    OfficialUse,
    Region,
    Tagging,
    Truth,
)
from dam_tagging.names.same_name import may_be_same_name

__all__ = [
    "CUSTODIANS",
    "Actor",
    "Appearance",
    "Asset",
    "AssetEvent",
    "Closure",
    "Consent",
    "CourtOrder",
    "Decision",
    "Facts",
    "Finding",
    "Former",
    "Guardianship",
    "GuardianshipKind",
    "HoldGround",
    "HoldKind",
    "HoldSeal",
    "InPerson",
    "Interval",
    "Keyframe",
    "LedgerEntry",
    "LettingGo",
    "Link",
    "LinkTerms",
    "Look",
    "MaintainedBy",
    "OfficialUse",
    "OptOut",
    "Outcome",
    "Reason",
    "Recipient",
    "Referral",
    "ReferralKind",
    "Region",
    "Release",
    "Review",
    "Share",
    "ShareKind",
    "Student",
    "StudentRecord",
    "Tagging",
    "Truth",
    "besides_who",
    "still_said",
]

ShareKind = Literal["request", "publication"]
ActorRole = Literal["media_staff", "custodian", "designee"]
# Who answers requests for the district.
CUSTODIANS = ("custodian", "designee")
ACTOR_ROLES: tuple[str, ...] = get_args(ActorRole)
# Each exception of the procedure names its own recipients. Everybody else is the public.
RECIPIENT_ROLES: tuple[str, ...] = tuple(ROLES)
if TYPE_CHECKING:
    RecipientRole: TypeAlias = str
else:
    RecipientRole = Literal[RECIPIENT_ROLES]
Signature = Literal["ink", "electronic", "none"]
ReleaseTag = Literal["hold", "staff", "open"]


class Outcome(IntEnum):
    """The outcomes of a share, from loosest to strictest: `max()` of several outcomes is the strictest."""

    ALLOW = 0
    REDACT = 1
    REFER = 2
    DENY = 3

    @property
    def word(self) -> str:
        """The word shown to people and written in a decision: allow, redact, refer, deny."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class AssetEvent:
    """An object of the bucket was stored, replaced or deleted: its key, and what is known of it.

    None: not known, and the bucket is asked what is newest. `etag` has no quotes, `sequencer` orders S3's events of one
    key, `size` is in bytes.
    """

    key: str
    version_id: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One version of one object of the host. Key, version and ETag identify it; sha256 is null until a whole read.

    `content` stands for a picture and does not depend on its metadata. `likeness` stands for a picture that looks like
    it (null: not known).
    """

    id: str
    key: str
    version_id: str | None
    etag: str
    size: int
    media_type: str = "application/octet-stream"
    sha256: str | None = None
    content: str | None = None
    likeness: str | None = None


# The first day of an opt-out without a known day: it was in force from the beginning.
LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class OptOut:
    """A directory opt-out: from `since` until `ended` (exclusive); `purposes` null = all."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    since: IsoDate
    ended: IsoDate | None = None
    purposes: Purposes = None

    def is_open(self, on: date) -> bool:
        """Whether it has not ended by a day; one that is yet to begin is open, too."""
        return self.ended is None or self.ended > on

    def is_in_force(self, on: date) -> bool:
        """Whether it counts on a day, for the purposes that it has."""
        return self.since <= on and self.is_open(on)


@dataclass(frozen=True, slots=True)
class Student:
    """A student as a case knows them: pseudonym, birth date (null = taken as a minor), who holds a parent's rights.

    `postsecondary_since`: the day from which a student who is `postsecondary` attends (null = on every day). `died`: age
    stops on that day. `ward`: a court gave an adult's rights to guardians (RSMo 475). `representatives`: who inspects the
    record in the place of one of the guardians (34 CFR 300.613(b)(3)); `own_representatives`: in the place of the student who
    holds the rights, and named them. `protected`: where this student is must not become known (RSMo 589.664; a no-contact
    order). `may_answer_until`: the last day on which the family of a new student may still answer the notice (34 CFR
    99.37(a)(3)).
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Id
    born: IsoDate | None = None
    postsecondary: Flag = False
    postsecondary_since: IsoDate | None = None
    died: IsoDate | None = None
    ward: Flag = False
    guardians: ListOf[Id] = ()
    representatives: ListOf[Id] = ()
    own_representatives: ListOf[Id] = ()
    opted_out: OptOut | None = None
    protected: Flag = False
    may_answer_until: IsoDate | None = None


class _StatedByHand:
    """What a custodian states of a student by hand: from `since` through `until` (null = no end), and not from `ended` on."""

    __slots__ = ()

    since: date
    until: date | None
    ended: date | None
    lifting: LettingGo | None

    @property
    def never_was_so(self) -> bool:
        """Whether two people said that it never was so, on no day: an order about somebody else, another student's paper."""
        return self.lifting is not None and self.lifting.never == "so"

    def is_open(self, on: date) -> bool:
        """Whether it has not ended by a day; one that is yet to begin is open, too."""
        return (self.until is None or on <= self.until) and (self.ended is None or on < self.ended)

    def is_in_force(self, on: date) -> bool:
        """Whether it counts on a day: on none where it never was so."""
        return not self.never_was_so and self.since <= on and self.is_open(on)

    def has_held(self, on: date) -> bool:
        """Whether it counted at some time of a day: on the day that ended it, too."""
        return self.since <= on <= min(each for each in (self.until, self.ended, date.max) if each is not None)


# What a custodian states of a person and a student: who holds a parent's rights, who is the eligible student, that the
# student attends a college and so holds the rights before 18 (34 CFR 99.3, 99.5(a)), that the student died on the day
# `since`, so that age stopped there, of whom a student is a dependent for
# tax, whom a court made an adult's guardian (RSMo 475), that its letters leave the adult the right to their own record (RSMo
# 475.080), who inspects in the place of a guardian (34 CFR 300.613(b)(3)), whom a court order keeps from a parent's rights,
# or from the student's place, whom a student's protection is not against, who is another person than whom an order limits,
# who was not shown to be any of these, and who never was a guardian, whatever a roster or a statement said before.
GuardianshipKind = Literal[
    "guardian",
    "self",
    "college",
    "died",
    "dependent",
    "appointed",
    "retained",
    "representative",
    "limited",
    "whereabouts",
    "not_against",
    "another",
    "stranger",
    "never",
]
# What is kept from a parent: by a paper that revokes it every right (34 CFR 99.4; RSMo 452.375, 452.376), or only where the
# student can be found, as an order or a protection says, too (RSMo 589.660).
LIMITS: tuple[GuardianshipKind, ...] = ("limited", "whereabouts")
# What gives somebody the rights of a parent, and is nothing of a person who never was a guardian.
OF_GUARDIANS: tuple[GuardianshipKind, ...] = ("guardian", "appointed")
# What may be said never to have been so. Of a guardian it is said of the person (`never`).
MAY_NEVER_HAVE_BEEN: tuple[GuardianshipKind, ...] = (*LIMITS, "representative", "dependent", "self")
# What takes two people to end.
ENDED_BY_TWO: tuple[GuardianshipKind, ...] = (*LIMITS, "never")
# What the custodian alone reads: that an order is on file, and who was told apart from whom it is about.
OF_ORDERS: tuple[GuardianshipKind, ...] = (*LIMITS, "another")
# By which statement a guardian is somebody else than whom an order is about.
_TOLD_APART: tuple[GuardianshipKind, ...] = ("guardian", "appointed", "another")


@dataclass(frozen=True, slots=True)
class Guardianship(_StatedByHand):
    """What a custodian stated by hand of a person (`guardian`, an id) and a student; it survives every roster.

    It holds from `since` through `until` (null = no end), and not from the day `ended` on. `seen` says what was seen,
    `paper` is the SHA-256 of a copy of it, in hex. `system_…` is the user of the operating system, or a host's key, that
    stated it. `by_two`: a second person approved it. `lifting`: a first person wants it to end, which takes two. `name` and
    `relation` (mother, grandfather) are those of a guardian whom the roster does not name; a limit with a `name` is about a
    person whom its order names and the roster lacked, so that it meets whoever comes into the roster under that name.
    `represents` is the guardian, or the student who holds the rights, for whom a representative asks; theirs is the `name`.
    `at` is when it was entered, null before that.
    """

    student: str
    guardian: str
    what: GuardianshipKind
    since: date
    seen: str
    by: Actor
    until: date | None = None
    paper: str | None = None
    system_id: str = ""
    system_name: str = ""
    by_two: bool = False
    ended: date | None = None
    lifting: LettingGo | None = None
    name: str | None = None
    relation: str | None = None
    represents: str | None = None
    id: str = ""
    at: datetime | None = field(default=None, compare=False, repr=False)

    def means(self, other: Guardianship) -> bool:
        """Whether both say the same of the same person."""
        said = other.guardian, other.what, other.represents
        return (self.guardian, self.what, self.represents) == said


# Why it must not become known where a student is: the state's address confidentiality program (RSMo 589.664), an order
# against contact, a placement in foster care where the district protects it, or what the custodian has seen besides.
ProtectionKind = Literal["address-confidentiality", "no-contact-order", "foster-care", "other"]
PROTECTION_KINDS: tuple[ProtectionKind, ...] = get_args(ProtectionKind)


@dataclass(frozen=True, slots=True)
class Protection(_StatedByHand):
    """What a custodian stated by hand: where this student is must not become known; it survives every roster.

    It holds from `since` through `until` (null = no end), and not from the day `ended` on. The other fields are those of a
    `Guardianship`.
    """

    student: str
    kind: ProtectionKind
    since: date
    seen: str
    by: Actor
    until: date | None = None
    paper: str | None = None
    system_id: str = ""
    system_name: str = ""
    ended: date | None = None
    lifting: LettingGo | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """A teacher or another member of staff, as a roster or a portrait index has them: no student.

    `id` is a pseudonym, and `names` (the first is the display name) leave the store only by `roster staff --names`. `role`
    is the roster's word.
    """

    id: str
    names: tuple[str, ...]
    role: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class StudentRecord:
    """A student on the roster: the student of a case, with names and every opt-out on file.

    `id` is the plugin's pseudonym. `names` (the first is the display name) and `roster_id` leave the store only by
    `student find|show` and `--names`. `guardian_names` maps a guardian's pseudonym to a name; one whom an order limits stays
    in it after they left the roster, behind those who were there with them and before whoever came since. `given` and
    `family` are the name's two parts on the roster (null = the roster has only the whole name). `former_names` are the names
    on earlier rosters: recordings may still have them, and no page shows them. `died` and `guardians` are the roster's;
    `guardianships` were stated by hand; `death` and `guardians_on` say what holds by both. `marked` is the
    roster's mark of a protected student (`marked_since`: the day of the import that made it), `protections` were
    stated by hand, and `is_protected` says what holds by both. `enrolled` are the times on the roster as imports saw
    them, each from a day (null = from before the first import) until another (exclusive; null = still). `answered_on`
    is when the family was known to have answered the notice of directory information, `notified_on` when it was given
    the notice, where that is known of this family by itself. `answers_id` is the pseudonym of the id by which the file of
    families' answers names the student, where that is not `roster_id`.
    """

    id: str
    roster_id: str
    names: tuple[str, ...]
    born: date | None = None
    postsecondary: bool = False
    grade: str | None = None
    active: bool = True
    guardians: tuple[str, ...] = ()
    guardian_names: tuple[tuple[str, str], ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    given: str | None = None
    family: str | None = None
    former_names: tuple[str, ...] = ()
    died: date | None = None
    marked: ProtectionKind | None = None
    marked_since: date | None = None
    enrolled: tuple[tuple[date | None, date | None], ...] = ()
    answered_on: date | None = None
    notified_on: date | None = None
    answers_id: str | None = None
    guardianships: tuple[Guardianship, ...] = ()
    protections: tuple[Protection, ...] = ()

    @property
    def student(self) -> Student:
        """The student as far as the roster knows them, without names and opt-outs; `student_on` is as a case knows them."""
        return Student(
            id=self.id,
            born=self.born,
            postsecondary=self.postsecondary,
            died=self.died,
            guardians=self.guardians,
            protected=self.marked is not None,
        )

    def student_on(self, day: date, *, by_two: bool = False) -> Student:
        """Return the student as a case of a day knows them, without opt-outs; `by_two` is as for `guardians_on`."""
        since = None if self.postsecondary else self.in_college_since(day, by_two=by_two)
        return replace(
            self.student,
            postsecondary=self.postsecondary or since is not None,
            postsecondary_since=since,
            died=self.death(by_two=by_two),
            guardians=self.guardians_on(day, by_two=by_two),
            representatives=self.representatives_on(day, by_two=by_two),
            own_representatives=self.own_representatives_on(day, by_two=by_two),
            protected=self.is_protected(day),
            # What one person stated of a death gives nobody a right here, and ends a court's guardianship all the same.
            ward=bool(self.appointed_on(day)) and not self.has_died(day),
        )

    def in_college_since(self, day: date, *, by_two: bool = False) -> date | None:
        """Return since when a student attends a college on a day without a break, as a custodian stated it; None: does not.

        `by_two` is as for `guardians_on`. A roster's `postsecondary` counts beside it, for every day.
        """
        stated = [each for each in self.guardianships if each.what == "college" and (each.by_two or not by_two)]
        since, last = None, day
        while begun := [each.since for each in stated if each.is_in_force(last)]:
            since = min(begun)
            if since == date.min:
                break
            last = since - timedelta(days=1)
        return since

    def death(self, *, by_two: bool = False) -> date | None:
        """Return the day on which a student died, as a custodian stated it, else by the roster; None: neither says it.

        `by_two` is as for `guardians_on`; the roster's day counts for either.
        """
        stated = (each for each in self.guardianships if each.what == "died" and each.ended is None)
        day = next((each.since for each in stated if each.by_two or not by_two), None)
        return self.died if day is None else day

    def has_died(self, day: date) -> bool:
        """Whether a student had died by a day."""
        died = self.death()
        return died is not None and died <= day

    def is_protected(self, day: date) -> bool:
        """Whether it must not become known on a day where the student is, by the roster's mark or as stated by hand."""
        return self.marked is not None or any(each.is_in_force(day) for each in self.protections)

    def will_be_protected(self, day: date) -> bool:
        """Whether the student is protected on a day, or by what is to begin later."""
        return self.marked is not None or any(each.is_open(day) for each in self.protections)

    def says_no(self, day: date) -> bool:
        """Whether the student is protected or opted out of everything: who may not know which of both, is told neither."""
        return self.is_protected(day) or any(each.purposes is None and each.is_open(day) for each in self.opt_outs)

    @property
    def ever_guardians(self) -> tuple[str, ...]:
        """The ids of all who are or were guardians, by the roster or as a custodian stated it; not of representatives."""
        stated = (each.guardian for each in self.guardianships if each.what in OF_GUARDIANS)
        ever = dict.fromkeys((*self.guardians, *stated, *(each for each, _ in self.guardian_names)))
        return tuple(each for each in ever if not self.never_was(each))

    def never_was(self, person: str, day: date | None = None, *, by_two: bool = False) -> bool:
        """Whether a person was no guardian on a day (null: ever), whatever a roster or a statement said: it was a mistake.

        Once two people said so it is so of every day; the first one's word counts from its day on, and not `by_two`, as for
        what was given, ended or signed. What two people state of the person later, as after an adoption, counts all the same.
        """
        said = [
            each
            for each in self.guardianships
            if (each.guardian, each.what, each.ended) == (person, "never", None)
            and (each.by_two or (day is not None and each.since <= day and not by_two))
        ]
        return bool(said) and not any(
            each.guardian == person
            and each.what in OF_GUARDIANS
            and each.by_two
            # What was stated on the very day of a word that only one person said is what it is about.
            and (each.since >= said[0].since if said[0].by_two else each.since > said[0].since)
            and each.is_in_force(each.since if day is None else day)
            for each in self.guardianships
        )

    def without_who_never_was(self) -> StudentRecord:
        """Return the record without those on the roster of whom two people said that they never were a guardian.

        Whom a court's order limits keeps the name: by it the order finds the person under another id.
        """
        never = {each.guardian for each in self.guardianships if each.what == "never" and self.never_was(each.guardian)}
        if not never:
            return self
        nameless = never - {each.guardian for each in self.guardianships if each.what in LIMITS}
        return replace(
            self,
            guardians=tuple(each for each in self.guardians if each not in never),
            guardian_names=tuple(each for each in self.guardian_names if each[0] not in nameless),
        )

    @property
    def named_guardians(self) -> tuple[tuple[str, str], ...]:
        """Every guardian's id with a name, as the roster or a custodian has written it, also of a guardian of before."""
        by_hand = {each.guardian: each.name for each in self.guardianships if each.name and each.represents is None}
        return tuple({**by_hand, **dict(self.guardian_names)}.items())

    @property
    def named_representatives(self) -> tuple[tuple[str, str], ...]:
        """The id and the name of everybody who was ever stated to ask for a guardian, or for the student."""
        return tuple({each.guardian: each.name for each in self.guardianships if each.represents and each.name}.items())

    def guardians_on(self, day: date, *, by_two: bool = False) -> tuple[str, ...]:
        """Return who holds a parent's rights on a day: the roster's guardians and those stated by hand.

        A guardian whom a court order limits is left out (RSMo 452.375, 452.376), and so is who never was one; one from whom an
        order keeps only where the student can be found is not. `by_two`: of those stated by hand only those count whom two
        people stated; a limit always counts. Of an adult for whom a court appointed guardians, these alone hold them.
        """
        stated = self.stated_on(day, "guardian", by_two=by_two)
        limited = self.stated_on(day, "limited")
        held = self.appointed_on(day) or (*self.guardians, *stated)
        return tuple(each for each in dict.fromkeys(held) if each not in limited and not self.never_was(each, day))

    def appointed_on(self, day: date) -> tuple[str, ...]:
        """Return whom a court appointed as an adult's guardians (RSMo 475), once two people stated it."""
        return self.stated_on(day, "appointed", by_two=True)

    def retains_on(self, day: date, *, by_two: bool = False) -> bool:
        """Whether the letters of a court's guardianship leave the student the right to their own record (RSMo 475.080).

        `by_two` is as for `guardians_on`. Letters of a later day say anew what they leave.
        """
        letters = [each for each in self.guardianships
                   if each.what == "appointed" and each.by_two and each.is_in_force(day)]  # fmt: skip
        since = max((each.since for each in letters), default=None)
        return since is not None and any(
            each.since >= since
            for each in self.guardianships
            if each.what == "retained" and each.is_in_force(day) and (each.by_two or not by_two)
        )

    def representatives_on(self, day: date, *, by_two: bool = False) -> tuple[str, ...]:
        """Return who inspects the record on a day in the place of a guardian; `by_two` is as for `guardians_on`.

        It ends when the guardian's right ends, and nobody represents a guardian from whom a court order keeps the record.
        """
        holders = self.guardians_on(day, by_two=by_two)
        limited = self.stated_on(day, "limited")
        return tuple(
            dict.fromkeys(
                each.guardian
                for each in self.guardianships
                if each.represents in holders
                and each.guardian not in (*holders, *limited)
                and each.is_in_force(day)
                and (each.by_two or not by_two)
            )
        )

    def own_representatives_on(self, day: date, *, by_two: bool = False) -> tuple[str, ...]:
        """Return whom the student named to inspect the record on a day; `by_two` is as for `guardians_on`.

        It counts while the rights are the student's (34 CFR 99.5), and gives nothing to whom a court order limits.
        """
        limited = self.stated_on(day, "limited")
        named = (
            each.guardian
            for each in self.guardianships
            if each.represents == self.id and each.is_in_force(day) and (each.by_two or not by_two)
        )
        return tuple(dict.fromkeys(each for each in named if each not in limited))

    def inspectors_on(self, day: date) -> frozenset[str]:
        """Return who may inspect the record on a day: the student, the guardians, and who represents one of them."""
        guardians, representatives = self.guardians_on(day), self.representatives_on(day)
        return frozenset((self.id, *guardians, *representatives, *self.own_representatives_on(day)))

    def represented_by(self, person: str, day: date) -> tuple[str, ...]:
        """Return for whom a person was stated to ask on a day: guardians, also without a parent's rights, or the student."""
        return tuple(
            each.represents
            for each in self.guardianships
            if each.represents is not None and each.guardian == person and each.is_in_force(day)
        )

    def stated_on(self, day: date, what: GuardianshipKind, *, by_two: bool = False) -> tuple[str, ...]:
        """Return the persons of whom a custodian stated this, as far as it counts on a day; of an order all whom it meets."""
        stated = [
            each
            for each in self.guardianships
            if each.what == what and each.is_in_force(day) and (each.by_two or not by_two)
        ]
        if what in OF_GUARDIANS:
            stated = [each for each in stated if not self.never_was(each.guardian, day)]
        if what not in LIMITS:
            return tuple(each.guardian for each in stated)
        return tuple(dict.fromkeys(person for each in stated for person in self.met_by(each, day)))

    def met_by(self, order: Guardianship, day: date) -> tuple[str, ...]:
        """Return the persons whom a court order limits on a day: whom it is about, and who may be the same person.

        These are the roster's guardians who may be called so, and, where that person's id has left the roster, whoever
        came into it since: unless the custodian has said, or verified, that such a guardian is somebody else.
        """
        told_apart = {
            person for what in _TOLD_APART for person in self.stated_on(day, what, by_two=what == "appointed")
        }
        others = (each for each in self.guardians if each != order.guardian and each not in told_apart)
        return (order.guardian, *(each for each in others if self._may_be_met(order, each)))

    def _may_be_met(self, order: Guardianship, person: str) -> bool:
        """Whether a guardian of the roster may be whom an order is about, by the name or by when they came."""
        names = dict(self.named_guardians)
        called = order.name or names.get(order.guardian, "")
        if may_be_same_name(called, names.get(person, "")):
            return True
        listed = [each for each, _ in self.guardian_names]
        left = [
            place
            for place, each in enumerate(listed)
            if each not in self.guardians
            and (each == order.guardian or (order.name is not None and may_be_same_name(order.name, names[each])))
        ]
        if left:
            return person not in listed[: left[0]]
        # An earlier version kept nothing of a guardian who left the roster: nobody knows who was there with them.
        return order.name is None and not self._is_traced(order.guardian)

    def _is_traced(self, person: str) -> bool:
        """Whether it is known who or where a limited person is: on the roster, by a name, or stated by hand as somebody."""
        by_hand = (each.guardian for each in self.guardianships if each.what not in OF_ORDERS)
        return person in (*self.guardians, *by_hand) or person in dict(self.named_guardians)

    def untold_on(self, day: date) -> tuple[tuple[Guardianship, str], ...]:
        """Return each order with a guardian whom it meets, and of whom nobody has said whether they are that person."""
        limits = self.limits_from(day)
        own = {
            (each.guardian, what)
            for each in limits
            for what in (each.what, *(LIMITS if each.what == "limited" else ()))
        }
        return tuple(
            (order, each) for order in limits for each in self.met_by(order, day)[1:] if (each, order.what) not in own
        )

    def _is_nameless(self, person: str, day: date) -> bool:
        """Whether the roster has no name of a guardian, and an order names somebody whom the roster lacked."""
        by_name = any(each.name is not None for each in self.limits_from(day))
        return by_name and person in self.guardians and not dict(self.guardian_names).get(person)

    def limits_on(self, day: date, person: str) -> tuple[Guardianship, ...]:
        """Return the court orders in force that limit a person's rights, in whole or in part."""
        return tuple(
            each
            for each in self.guardianships
            if each.what in LIMITS and each.is_in_force(day) and person in self.met_by(each, day)
        )

    def has_guardian(self, person: str, day: date) -> bool:
        """Whether the roster names a person as a guardian of the student, or a custodian stated it, with rights or without."""
        is_named = person in self.guardians and not self.never_was(person, day)
        return is_named or person in self.stated_on(day, "guardian")

    def limits_from(self, day: date) -> tuple[Guardianship, ...]:
        """Return the court orders in force on a day, or from a later one, that limit anybody's rights, in whole or in part."""
        limits = (each for each in self.guardianships if each.what in LIMITS)
        return tuple(each for each in limits if each.since > day or each.is_in_force(day))

    def is_to_be_looked_at(self, person: str, day: date, *, by_two: bool = False, without_place: bool = False) -> bool:
        """Whether the custodian looks first before a guardian has this student's record.

        So it is where it is kept from the guardian where the student can be found, and of a protected student, until the
        two people have stated that the protection is not against this guardian: unless the record was found to tell no place
        (`without_place`), since neither takes a parent's right to the record (34 CFR 99.4; RSMo 589.660). And so it is of
        a guardian whom the roster does not name, where an order is on file of somebody whom the roster lacked. A
        representative waits where a guardian does for whom they ask; whom the student named waits where the place is kept
        from them.
        """
        if person in self.own_representatives_on(day, by_two=by_two):
            return person in self.stated_on(day, "whereabouts") and not without_place
        if person in self.representatives_on(day):
            others = self.represented_by(person, day)
            kept = person in self.stated_on(day, "whereabouts") and not without_place
            return kept or any(
                self.is_to_be_looked_at(each, day, by_two=by_two, without_place=without_place) for each in others
            )
        kept_from = person in self.stated_on(day, "whereabouts") and not without_place
        if person not in self.guardians_on(day):
            return kept_from
        verified = person in self.stated_on(day, "guardian", by_two=by_two)
        may_be_against = self.is_protected(day) and not self.is_not_against(person, day) and not without_place
        return kept_from or may_be_against or (self._is_nameless(person, day) and not verified)

    def is_not_against(self, person: str, day: date) -> bool:
        """Whether two people stated that a protection of the student is not against this person; what one says counts nothing.

        That somebody is a guardian says nothing of it: either parent may be the one from whom the place is kept.
        """
        return person in self.stated_on(day, "not_against", by_two=True)

    def is_shown_without_place(self, guardian: str, day: date) -> bool:
        """Whether a guardian reads the student's record without what could tell where the student can be found, now or soon."""
        kept = any(each.what == "whereabouts" and guardian in self.met_by(each, day) for each in self.limits_from(day))
        may_be_against = self.will_be_protected(day) and not self.is_not_against(guardian, day)
        return kept or may_be_against or self.is_to_be_looked_at(guardian, day)

    def kept_from(self, day: date) -> tuple[str, ...]:
        """Return from whom the record, or where the student is, is or may be kept on a day: by an order, or a protection.

        Of a protected student these are the guardians of whom two people did not state that the protection is not against them.
        """
        by_order = (person for each in self.limits_from(day) for person in self.met_by(each, day))
        return tuple(dict.fromkeys((*by_order, *self.to_be_looked_at(day))))

    def to_be_looked_at(self, day: date, *, by_two: bool = False) -> tuple[str, ...]:
        """Return the guardians before whom the custodian looks first: see `is_to_be_looked_at`."""
        return tuple(each for each in self.guardians_on(day) if self.is_to_be_looked_at(each, day, by_two=by_two))

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every name by which a recording or a text may mean the student."""
        return (*self.names, *self.former_names)


@dataclass(frozen=True, slots=True)
class Consent:
    """A written consent: the student, the signer, the day, the purpose and the parties (`assets` null = any).

    `after_opt_out`: of an opt-out of the day on which it was signed, the custodian stated that the consent was signed after it,
    or the family said so. Only a case says so (`gather_case`); what is kept has it beside the consent.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student: Id
    signed_by: Id | None = None
    signed_on: IsoDate | None = None
    signature: Signature = "none"
    authenticated: Flag = False
    purpose: Text | None = None
    parties: ListOf[Id] = ()
    assets: Limit = None
    expires: IsoDate | None = None
    revoked_on: IsoDate | None = None
    after_opt_out: Flag = False

    def __post_init__(self) -> None:
        """Write the signer's id as the plugin does."""
        if self.signed_by is not None:
            object.__setattr__(self, "signed_by", person_id(self.signed_by))

    def is_in_force(self, day: date) -> bool:
        """Whether it counts on a day by its days alone."""
        begun = self.signed_on is not None and self.signed_on <= day
        revoked = self.revoked_on is not None and self.revoked_on <= day
        return begun and not revoked and (self.expires is None or day <= self.expires)


def role_and_id(role: str | None, person: str | None) -> str:
    """Return who somebody is as `ROLE:ID`, or the role alone where there is no id."""
    return ":".join(filter(None, (role, person)))


@dataclass(frozen=True, slots=True)
class Actor:
    """The member of staff who shares."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    role: ActorRole
    id: Id | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would receive the recording. A guardian's or a student's id is the plugin's own, however it was typed."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    role: RecipientRole
    id: Id | None = None

    def __post_init__(self) -> None:
        """Write the id of a guardian or a student as the plugin does."""
        # INVARIANT: by another spelling a court order or a protection would not be found.
        if self.role in FAMILY and self.id is not None:
            object.__setattr__(self, "id", person_id(self.id))

    @property
    def is_family(self) -> bool:
        """Whether it is a parent or an eligible student, who asks for a record of their own."""
        return self.role in FAMILY

    @property
    def who(self) -> tuple[str, str]:
        """Role and id as they are compared (`folded_id`); `public` is `public:public`, too.

        It is the one answer to whether two requests are the same one's.
        """
        folded = folded_id(self.id or "")
        return self.role, "" if folded == folded_id(self.role) else folded


EMERGENCY_DAYS = 3


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """The limits of a link: `days` from now, at most so many `openings` (null = any number).

    A link of an emergency lives `EMERGENCY_DAYS` where nobody says another number of days than the default.
    `word`: it opens only with a word. The person who shares tells the recipient the word in another way than the link.
    """

    days: int = 30
    openings: int | None = None
    word: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """One attempt to share one asset. `evidence` is the case's evidence block as plain data, `terms` the link's.

    `referral` is the one that the custodian decides again by it; null: somebody asks. `answers` is the request of the
    register that it answers, if it answers one. `secret`: it is made under an order that forbids telling the family
    (`secret_order.py`); what the host says of that counts for nothing. `user` is the name of the system's user who shares
    at the command line, or of the account that is signed in at the desk; null: a host shares.
    """

    id: str
    asset_key: str
    kind: ShareKind
    purpose: str
    actor: Actor
    recipient: Recipient
    names: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    terms: LinkTerms = LinkTerms()
    referral: str | None = None
    answers: str | None = None
    secret: bool = False
    user: str | None = None


@dataclass(frozen=True, slots=True)
class InPerson:
    """A disclosure without a link and its day: handed over by hand, or seen and heard in the office.

    `students` are people that it shows besides those of the decision. `referral` is the work that it answers. `enrolled` is
    what shows of each student that they seek to enroll, or are enrolled, in the school that it went to. `before_notice`: it
    went out on an order before the families were told of it. `law` is the federal law by which an agency got it, `paper` the
    SHA-256 of the copy that shows it, in hex. `statement_of` are the students whose families' statements went along with it,
    `statement_owed` those whose statements did not although they were on file, and `without_statement` says why.
    """

    what: Literal["handed over", "viewed"]
    on: date
    how: str | None = None
    minutes: int | None = None
    students: tuple[str, ...] = ()
    referral: str | None = None
    enrolled: tuple[tuple[str, str], ...] = ()
    before_notice: bool = False
    law: str | None = None
    paper: str | None = None
    statement_of: tuple[str, ...] = ()
    statement_owed: tuple[str, ...] = ()
    without_statement: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: the clause's id, one sentence in plain words, and the students it is about."""

    clause: str
    text: str
    students: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The procedure's answer. `redact` is sorted; `basis`: visible directly related student to clause id."""

    outcome: Outcome
    redact: tuple[str, ...] = ()
    basis: dict[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    record_disclosure: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """A third party's voice on a decision: it may only be stricter. `redact` names students to hide besides ours."""

    outcome: Outcome
    reason: str
    redact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A copy under `released/`, made and proven; `proof` is kept with it. No student's name is in `key`."""

    id: str
    key: str
    sha256: str
    source_key: str
    source_version: str | None
    source_etag: str
    redacted: tuple[str, ...]
    state: str
    version_id: str | None = None
    proof: dict[str, Any] = field(default_factory=dict)


# A link that was given so many wrong words opens nothing any more, and is closed.
MOST_WRONG_WORDS = 10


@dataclass(frozen=True, slots=True)
class Link:
    """A link handed out: its id, the share and release it opens; the token itself is kept only as a hash.

    It opens at most `most_openings` times (null = any number), and only with the word whose hash is `word_hash` where it
    has one. `openings` is how many there were, `wrong_words` how often a wrong word was given. `secret`: its share is.
    """

    id: str
    share_id: str
    release_id: str
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    closed_why: str | None = None
    openings: int = 0
    most_openings: int | None = None
    word_hash: str | None = field(default=None, repr=False)
    wrong_words: int = 0
    secret: bool = False


# What a referral asks of the custodian: a Sunshine request, a parent's or eligible student's inspection, a request of an
# official or an agency, the district's own publication, an offer to a family (EX2-MULTI), the review of an emergency, what was
# given out before somebody was found in it, a family's statement that did not go along with what was given out, the notice of
# an order that forbade telling and does so no more, a publication that a family's answer reaches and that is to be taken down.
ReferralKind = Literal[
    "sunshine",
    "inspection",
    "official",
    "transfer",
    "publication",
    "offer",
    "review",
    "found_later",
    "statement_owed",
    "notice_owed",
    "take_down",
]
# Referrals about what was given out already: their share is not decided again.
AFTERWARDS: tuple[ReferralKind, ...] = ("review", "found_later", "statement_owed", "notice_owed", "take_down")
# The district's own work: nobody asked for it, and it answers no request.
NOT_ASKED_FOR: tuple[ReferralKind, ...] = ("offer", *AFTERWARDS)
# Referrals in which somebody waits for the recording: it may not be destroyed meanwhile (34 CFR 99.10(e)).
ASKED_FOR: tuple[ReferralKind, ...] = ("sunshine", "inspection", "official", "transfer", "offer")
# Why a recording is held: a request for it waits, a subpoena names it, or a lawsuit is pending or expected.
HoldKind = Literal["request", "subpoena", "litigation"]
# Why nobody but the custodian is told of a hold: an order forbids it (34 CFR 99.31(a)(9)(ii)), or the district's counsel asks
# for it in a matter that is closed (RSMo 610.021(1)).
HoldGround = Literal["grand_jury", "law_enforcement", "ex_parte", "counsel"]


@dataclass(frozen=True, slots=True)
class Referral:
    """A piece of work for the custodian: its share, what is missing (clause ids), when it is due, whose it is.

    `request_key` is the same when the same is asked for again. `students` are those of the family an offer goes to.
    `owner` and `closed_by` are ids of staff. `closing` says how it ended. `evidence_share` is the last share on which
    an asking person wrote down evidence (null: there is none). That evidence counts for nothing until the custodian has
    looked at it. `secret`: it is about an order that forbids telling the family.
    """

    id: str
    kind: ReferralKind
    share_id: str
    asset_key: str
    request_key: str
    missing: tuple[str, ...]
    opened_at: datetime
    due: date
    students: tuple[str, ...] = ()
    owner: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing: str | None = None
    evidence_share: str | None = None
    secret: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it waits still."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Look:
    """A person's answers after looking at a recording. Null or empty means no answer: an earlier answer still counts.

    `nobody` = the only students in it are those in `persons`, besides the `unidentified`: the number of people who could not
    be named. `times_anew` = earlier answers on places and times of these `persons` no longer count. `meaning` = the effect
    of hiding a person on the meaning; only a custodian may state it. `approved` = a second person approved it.
    `cannot_be_redacted`, `closures` (they add), `reopened` (the closures that end) and `maintained_by` are a custodian's
    findings, too, and `why` is their reason; so are `mistaken_uses`, the official uses that were entered by mistake (with
    students: of these alone). `system_user` (number and name) is the first of two people whose look waits for the second.
    `waits`: it says who is in a recording that takes two people; until the second one says the same, it is held, and no more.
    `takes_back`: the look of the same person at that moment no longer counts; such a look says nothing else.
    """

    at: datetime
    by: Actor
    persons: tuple[Appearance, ...] = ()
    nobody: bool = False
    unidentified: int | None = None
    directory_status: DirectoryStatus | None = None
    official_uses: tuple[OfficialUse, ...] = ()
    closed: str | None = None
    confidential: str | None = None
    times_anew: bool = False
    meaning: Meaning | None = None
    approved: bool = False
    cannot_be_redacted: bool | None = None
    closures: tuple[Closure, ...] = ()
    reopened: tuple[Closure, ...] = ()
    maintained_by: MaintainedBy | None = None
    why: str | None = None
    system_user: tuple[str, str] | None = None
    mistaken_uses: tuple[OfficialUse, ...] = ()
    waits: bool = False
    takes_back: datetime | None = None


def still_said(looks: Sequence[Look]) -> list[Look]:
    """Return the looks that count. Of one that was taken back, only what it says besides who is in the recording does."""
    gone = {(each.by, each.takes_back) for each in looks if each.takes_back is not None}
    said = [besides_who(each) if (each.by, each.at) in gone else each for each in looks if each.takes_back is None]
    return [each for each in said if each != Look(each.at, each.by)]


def besides_who(look: Look) -> Look:
    """Return a look without who is in the recording, and where."""
    return replace(look, persons=(), nobody=False, unidentified=None, times_anew=False)


@dataclass(frozen=True, slots=True)
class LettingGo:
    """A custodian's wish to let go of what is kept: who, as which user, when and why. Another person has to agree.

    `never`: what was stated never was so, as one person says (`asked`), or two (`so`); null: it ends from that day on.
    """

    by: Actor
    user_id: str
    user_name: str
    at: datetime
    why: str
    never: Literal["asked", "so"] | None = None


@dataclass(frozen=True, slots=True)
class HoldSeal:
    """The seal of a hold: who claims that nobody may be told of it, with the SHA-256 of the kept copy of what says so.

    It is a claim until a second person confirms it. `ending` is the first of the two people who end a confirmed one.
    """

    paper: str
    claimed: LettingGo
    confirmed: LettingGo | None = None
    ending: LettingGo | None = None

    @property
    def is_claim(self) -> bool:
        """Whether one person alone stands behind it."""
        return self.confirmed is None


@dataclass(frozen=True, slots=True)
class CourtOrder:
    """A court's order to destroy a recording: its number, its day, and the SHA-256 of the copy that is kept."""

    id: str
    day: date
    paper: str


@dataclass(frozen=True, slots=True)
class Former:
    """The strictest of a recording's former taggings, kept until a person lets it go, with its date and origin.

    `tagging` null: nothing is kept. `named_before`: all of it was said of another picture, such as one under the same
    key. `let_go` is what a custodian already let go: if the same comes again from elsewhere, it holds nothing. `asked`
    waits for a second person.
    """

    tagging: Tagging | None = None
    since: datetime | None = None
    comes_from: tuple[str, ...] = ()
    named_before: bool = False
    let_go: Tagging | None = None
    asked: LettingGo | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the chain: `body` is the salted digest of the details, `subject` an id that identifies no person.

    `secret`: it is in the sealed book, a chain of its own (`chain.py`).
    """

    seq: int
    at: datetime
    kind: str
    subject: str
    body: str
    previous: str
    hash: str
    secret: bool = False
