"""What a host sends about the custodian's queue: the list, a finding of each kind, an approval, a rejection. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

from dam_hooks.http.bodies import Word
from dam_plugin.fields import CLOSED, Count, Flag, Id, InSchema, ListOf, Text
from dam_plugin.model import Actor, Appearance, Interval, Region
from dam_plugin.sharing.finding_kinds import (
    AttorneyAsked,
    Classified,
    EvidenceVerified,
    Finding,
    FoundMeaning,
    MeaningFound,
    OfferedToAll,
    PersonIdentified,
    Reviewed,
)
from dam_tagging.facts import DirectoryStatus, Prominence


def _fraction(value: float) -> float:
    if not 0 <= value <= 1:
        raise PydanticCustomError("fraction", "must be a fraction from 0 to 1")
    return value


def _seconds(value: float) -> float:
    if not (value >= 0 and math.isfinite(value)):
        raise PydanticCustomError("seconds", "must be a number of seconds from the start")
    return value


def _forwards(value: Stretch) -> Stretch:
    if value.end <= value.start:
        raise PydanticCustomError("forwards", "must end after it starts")
    return value


def _inside(value: Box) -> Box:
    if not (value.w > 0 and value.h > 0 and value.x + value.w <= 1 and value.y + value.h <= 1):
        raise PydanticCustomError("inside", "must be a box inside the picture, in fractions of it")
    return value


Fraction = Annotated[float, Strict(), AfterValidator(_fraction), InSchema({"minimum": 0, "maximum": 1})]
Seconds = Annotated[float, Strict(), AfterValidator(_seconds), InSchema({"minimum": 0})]


@dataclass(frozen=True, slots=True)
class Box:
    """Where somebody is: fractions of the upright picture, from its top left."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    x: Fraction
    y: Fraction
    w: Fraction
    h: Fraction


@dataclass(frozen=True, slots=True)
class Stretch:
    """When somebody is there: seconds from the start."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A student who is in the recording, by pseudonym: where in a picture, or when in a recording that has times."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student: Id
    prominence: Prominence = "unknown"
    regions: ListOf[Annotated[Box, AfterValidator(_inside)]] = ()
    intervals: ListOf[Annotated[Stretch, AfterValidator(_forwards)]] = ()
    heard: ListOf[Annotated[Stretch, AfterValidator(_forwards)]] = ()

    @property
    def appearance(self) -> Appearance:
        """The person as a look has them."""
        return Appearance(
            self.student,
            self.prominence,
            regions=tuple(Region(each.x, each.y, each.w, each.h) for each in self.regions),
            intervals=tuple(Interval(each.start, each.end) for each in self.intervals),
            heard=tuple(Interval(each.start, each.end) for each in self.heard),
        )


@dataclass(frozen=True, slots=True)
class FoundMeaningBody:
    """What hiding the others does to what the recording means."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["meaning"]
    meaning: FoundMeaning

    @property
    def found(self) -> Finding:
        """The finding."""
        return MeaningFound(self.meaning)


@dataclass(frozen=True, slots=True)
class FoundPersonsBody:
    """Who is in the recording, how many nobody can name, or that nobody is."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["identified"]
    persons: ListOf[PersonSeen] = ()
    unidentified: Count | None = None
    nobody: Flag = False

    @property
    def found(self) -> Finding:
        """The finding."""
        return PersonIdentified(tuple(each.appearance for each in self.persons), self.unidentified, self.nobody)


@dataclass(frozen=True, slots=True)
class FoundDirectoryBody:
    """Whether it is directory information."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["directory"]
    directory_status: DirectoryStatus

    @property
    def found(self) -> Finding:
        """The finding."""
        return Classified(self.directory_status)


@dataclass(frozen=True, slots=True)
class FoundEvidenceBody:
    """What was verified, as the block `evidence` of a case. A copy of the paper goes by `dam-plugin queue finding`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["evidence"]
    evidence: dict[str, Any]

    @property
    def found(self) -> Finding:
        """The finding."""
        return EvidenceVerified(self.evidence)


@dataclass(frozen=True, slots=True)
class FoundAttorneyBody:
    """That the attorney was asked; the answer once there is one."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["attorney"]
    answer: Text | None = None

    @property
    def found(self) -> Finding:
        """The finding."""
        return AttorneyAsked(self.answer)


@dataclass(frozen=True, slots=True)
class FoundOfferedBody:
    """How the recording was offered to the family of an offer."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["offered"]
    how: Text

    @property
    def found(self) -> Finding:
        """The finding."""
        return OfferedToAll(self.how)


@dataclass(frozen=True, slots=True)
class FoundReviewedBody:
    """That the custodian looked at it; of an emergency, what was found."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["reviewed"]
    text: Text | None = None

    @property
    def found(self) -> Finding:
        """The finding."""
        return Reviewed(self.text or "")


FoundBody: TypeAlias = Annotated[
    FoundMeaningBody
    | FoundPersonsBody
    | FoundDirectoryBody
    | FoundEvidenceBody
    | FoundAttorneyBody
    | FoundOfferedBody
    | FoundReviewedBody,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class ListAsked:
    """Which referrals: those that wait, `all`, only `overdue` ones, only one `owner`'s."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    overdue: Flag = False
    all: Flag = False
    owner: Word | None = None


@dataclass(frozen=True, slots=True)
class ReferralsBody:
    """The custodian's queue is asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["referral.list"]
    data: ListAsked


@dataclass(frozen=True, slots=True)
class FindingStated:
    """What the `actor` (custodian or designee) found about a referral."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    referral: Word
    actor: Actor
    finding: FoundBody


@dataclass(frozen=True, slots=True)
class FindingBody:
    """A finding is stated."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["finding.stated"]
    data: FindingStated


@dataclass(frozen=True, slots=True)
class FindingApproved:
    """A finding that waits, and who approves it: it is refused, since a host's key proves no person."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    finding: Word
    actor: Actor


@dataclass(frozen=True, slots=True)
class ApprovalBody:
    """A finding is approved."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["finding.approved"]
    data: FindingApproved


@dataclass(frozen=True, slots=True)
class FindingRejected:
    """A finding that waits, who rejects it, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    finding: Word
    actor: Actor
    why: Text


@dataclass(frozen=True, slots=True)
class RejectionBody:
    """A finding is rejected."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["finding.rejected"]
    data: FindingRejected
