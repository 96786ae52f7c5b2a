"""What a custodian can find about a referral: what each finding says, asks of the words in it, and changes. Pure.

Who may find it, and what becomes of it, is in `findings.py` and `approvals.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from dam_plugin.errors import InputError
from dam_plugin.model import Actor, Appearance, Look, ReferralKind
from dam_plugin.procedure.case import Evidence, parse_evidence
from dam_plugin.store.codec import from_plain, to_plain
from dam_tagging.facts import DirectoryStatus

LONGEST_TEXT = 2_000
FoundMeaning = Literal["preserved", "changed", "destroyed"]
# What proves one thing stands together; a finding verifies one of them, so that a paper covers no more than it says.
_PROVEN_TOGETHER = (
    frozenset({"legitimate_interest", "records_authorized"}),
    frozenset({"pre_adjudication"}),
    frozenset({"order"}),
    frozenset({"child_welfare"}),
)


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A copy in the bucket: its hash, its key and version there, media type and size in bytes. Its own name is not kept."""

    sha256: str
    key: str
    version_id: str | None
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class MeaningFound:
    """What hiding the others does to what the recording means (34 CFR 99.12(a))."""

    meaning: FoundMeaning


@dataclass(frozen=True, slots=True)
class PersonIdentified:
    """Who is in the recording: these persons, how many nobody can name (null = not said), or nobody at all."""

    persons: tuple[Appearance, ...] = ()
    unidentified: int | None = None
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Classified:
    """Whether it is directory information."""

    directory_status: DirectoryStatus


@dataclass(frozen=True, slots=True)
class EvidenceVerified:
    """What the custodian has verified, as the block `evidence` of a case, with the copy of the paper that says so.

    It takes the place of what was on file under the same name: nothing of two papers is mixed.
    """

    evidence: Mapping[str, Any]
    file: EvidenceFile | None = None


@dataclass(frozen=True, slots=True)
class AttorneyAsked:
    """That the district's attorney was asked, and the answer once there is one."""

    answer: str | None = None


@dataclass(frozen=True, slots=True)
class OfferedToAll:
    """How the recording was offered to the family of an offer: by letter, on the telephone, at the school."""

    how: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """That the custodian looked at it: a request is decided again as the custodian's, the review of an emergency ends."""

    found: str = ""


Found: TypeAlias = (
    MeaningFound | PersonIdentified | Classified | EvidenceVerified | AttorneyAsked | OfferedToAll | Reviewed
)

KINDS: Mapping[str, type[Found]] = {
    "meaning": MeaningFound,
    "identified": PersonIdentified,
    "directory": Classified,
    "evidence": EvidenceVerified,
    "attorney": AttorneyAsked,
    "offered": OfferedToAll,
    "reviewed": Reviewed,
}
_KIND_OF = {cls: kind for kind, cls in KINDS.items()}
_ENDS: Mapping[ReferralKind, str] = {"offer": "offered", "review": "reviewed"}


def kind_of(found: Found) -> str:
    """Return the word under which a finding is kept."""
    return _KIND_OF[type(found)]


def plain(found: Found) -> dict[str, Any]:
    """Return a finding as plain data, which `found_of` reads again."""
    made: dict[str, Any] = to_plain(found)
    return made


def found_of(kind: str, content: Mapping[str, Any]) -> Found:
    """Return the finding that is kept as plain data of its kind; raise StoreError where it is none."""
    return from_plain(KINDS[kind], dict(content))


def check(found: Found, referral: ReferralKind) -> None:
    """Raise InputError for what says nothing, is no finding about such a referral, or cannot wait for one.

    Raises CaseError for evidence that is no block of a case.
    """
    kind = kind_of(found)
    ends = _ENDS.get(referral)
    if ends and kind not in (ends, "attorney"):
        what = "an offer to a family is closed by `offered`" if ends == "offered" else "an emergency is `reviewed`"
        raise InputError(f"{what}, and its recording is asked for by a share of its own: '{kind}' changes nothing here")
    match found:
        case OfferedToAll() if referral != "offer":
            raise InputError("only an offer to a family can have been offered: `dam-plugin queue list` shows them")
        case OfferedToAll(how=text):
            _check_text(text, "say how it was offered, such as 'letter of 5 October'")
        case Reviewed(found=text) if referral == "review" or text:
            _check_text(text, "say what was found of the emergency: whether it was one, and who has the recording now")
        case AttorneyAsked(answer=str(text)):
            _check_text(text, "say what the attorney answered, or leave it out until there is an answer")
        case MeaningFound(meaning=meaning) if meaning not in get_args(FoundMeaning):
            raise InputError(f"the meaning is one of {', '.join(get_args(FoundMeaning))}")
        case Classified(directory_status=status) if status not in get_args(DirectoryStatus):
            raise InputError(f"directory information is one of {', '.join(get_args(DirectoryStatus))}")
        case PersonIdentified():
            _check_persons(found)
        case EvidenceVerified(evidence=block):
            _check_evidence(block)


def decides(kind: str, referral: ReferralKind) -> bool:
    """Whether a finding of this kind decides the share of such a referral again; what the attorney says decides nothing."""
    return referral not in _ENDS and kind != "attorney"


def ends(found: Found, referral: ReferralKind) -> str | None:
    """Return how a finding ends such a referral by itself; None where it goes on, or the share that follows decides."""
    match found:
        case OfferedToAll(how=how):
            return f"offered: {how}"
        case Reviewed(found=text) if referral == "review":
            return f"reviewed: {text}"
    return None


def look_of(found: Found, at: datetime, by: Actor, *, approved: bool) -> Look | None:
    """Return a finding as a custodian's look where it is about the recording itself, else None."""
    match found:
        case MeaningFound(meaning=meaning):
            return Look(at, by, meaning=meaning, approved=approved)
        case PersonIdentified(persons=persons, unidentified=unidentified, nobody=nobody):
            return Look(at, by, persons, nobody, unidentified, approved=approved)
        case Classified(directory_status=status):
            return Look(at, by, directory_status=status, approved=approved)
    return None


def evidence_of(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence that a finding puts on file; empty where it is about something else."""
    return dict(content["evidence"]) if kind == "evidence" else {}


def students_of(found: Found) -> set[str]:
    """Return the students whom a finding names."""
    match found:
        case PersonIdentified(persons=persons):
            return {each.student for each in persons}
        case EvidenceVerified(evidence=block):
            evidence = parse_evidence(dict(block))
            parts = (evidence.pre_adjudication, evidence.child_welfare)
            named = {student for each in parts if each for student in each.students}
            return named.union(evidence.order.notified if evidence.order else ())
    return set()


def _check_text(text: str, remedy: str) -> None:
    if not text.strip():
        raise InputError(remedy)
    if len(text) > LONGEST_TEXT:
        raise InputError(f"a finding has at most {LONGEST_TEXT:,} characters: put the rest on paper")


def _check_persons(found: PersonIdentified) -> None:
    if found.nobody and (found.persons or found.unidentified):
        raise InputError("nobody, and people in it, exclude each other")
    if not (found.nobody or found.persons or found.unidentified is not None):
        raise InputError("say who is in it (--person), that nobody is, or how many nobody can name (--unidentified)")
    if found.unidentified is not None and found.unidentified < 0:
        raise InputError("how many people nobody can name is 0 or more")


_NOTHING = Evidence()


def _check_evidence(block: Mapping[str, Any]) -> None:
    evidence = parse_evidence(dict(block))
    names = {name for name in block if getattr(evidence, name) != getattr(_NOTHING, name)}
    welfare = evidence.child_welfare
    if "emergency" in names or (welfare is not None and welfare.ground == "mandated_report"):
        raise InputError(
            "what cannot wait goes by `dam-plugin break-glass` (an emergency) or a share with the evidence (a mandated "
            "report): nothing stands in its way there"
        )
    if not names or len(names) < len(block):
        raise InputError(
            "the evidence says nothing: write what you have verified, as in the block `evidence` of a case"
        )
    if not any(names <= together for together in _PROVEN_TOGETHER):
        raise InputError(
            f"a finding verifies one thing, and this names {', '.join(sorted(names))}: state each by itself"
        )
