"""Makes a Tagging from facts, rules and a roster: who is in a recording, how prominent, and what the rules say. No I/O.

Every decision leaves a finding. Findings name students only by pseudonym.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from dam_tagging.depicted import Depicted, Sighting, depicted
from dam_tagging.facts import (
    Appearance,
    DirectoryStatus,
    Facts,
    Finding,
    Ground,
    OfficialPurpose,
    OfficialUse,
    OpenWord,
    Region,
    Tagging,
    TaggingState,
    Truth,
)
from dam_tagging.match_students import RosterIndex
from dam_tagging.names.open_words import open_word_finding, open_words
from dam_tagging.names.signs import sign_finding, signs_in, told_sign
from dam_tagging.prominence import Scene, crowd_among, judge
from dam_tagging.rules.apply import Outcome, apply, joined, strictest
from dam_tagging.rules.conditions import Standing, Subject
from dam_tagging.rules.model import RuleSet

TAGGER = 2
"""The version of the tagging. It is raised when the tagging learns to see more, so that recordings tagged by an earlier
version are checked again."""

WHOSE = "a rule says that record information is shown, and the file does not say whose"
A_CROWD = "a crowd is in it, and by the settings a person looks at each"
NO_PLACE_FOR_A_FACE = frozenset({"event", "location"})
"""Properties in which a named person may be elsewhere: such a name settles no face."""

CompleteBy = Literal["counted", "looked", "metadata"]
"""The ways in which a tagging is complete without a person's look: faces were counted, there are none, or the file says
so."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """The district's settings on when the people in a recording are known.

    `trust_no_faces`: a picture without names needs no look if a detector found no face in it. `crowd_needs_look`: a
    person looks at each crowd, for example if a student is protected.
    """

    by: CompleteBy = "counted"
    trust_no_faces: bool = False
    crowd_needs_look: bool = False


@dataclass(frozen=True, slots=True)
class _Counted:
    """The number of people without a name.

    `faces`: how many of them a detector found. `crowd`: further faces, which need no name. `words`: a word of the file
    may mean a student. `missing`: how many named people have no face left.
    """

    unidentified: int
    words: bool
    faces: int
    crowd: int
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Families:
    """What families said, by pseudonym: whose said no, or is not known; whose may still answer; and the facts for rules.

    `unsettled` are both together. `standings` returns the facts about those of some students who are known.
    """

    said_no: frozenset[str] = frozenset()
    may_answer: frozenset[str] = frozenset()
    standings: Callable[[Collection[str]], Mapping[str, Standing]] = lambda _: {}
    unsettled: frozenset[str] = frozenset()

    @classmethod
    def of(cls, standings: Mapping[str, Standing]) -> Families:
        """Return what the facts about each student say."""
        said_no = frozenset(who for who, each in standings.items() if each.opted_out is not False)
        may_answer = frozenset(who for who, each in standings.items() if each.waits)
        known = dict(standings)
        return cls(
            said_no,
            may_answer,
            lambda some: {each: known[each] for each in some if each in known},
            said_no | may_answer,
        )


def tag(  # noqa: PLR0913 - what is known of a recording comes from as many places
    facts: Facts,
    key: str,
    rules: RuleSet,
    roster: RosterIndex,
    extra_findings: Sequence[Finding] = (),
    faces: Sequence[Region] | None = None,
    *,
    completeness: Completeness = Completeness(),
    families: Families = Families(),
    indexed: str | None = None,
    more_signs: Sequence[str] = (),
) -> Tagging:
    """Return the tagging of a recording by its facts.

    `faces` are a detector's boxes, fractions of the upright picture (None: no detector could look). `families`: what they
    said, and the roster's facts about each student, for rules. `indexed`: the student of this portrait by the index of a
    portrait volume. `more_signs`: a district's own words that say no (see `signs`).

    `extra_findings` are other taggers' voices under the tags `directory_status`, `official_use`, `closed`,
    `confidential`, `hold`, `background` (ignored: it would loosen), `student`, `focus`, `record_pii` (value: a pseudonym)
    and `unidentified_people` (value: a number). They can only make the result stricter.
    """
    denied = families.said_no
    people = depicted(facts, roster, faces or (), key, indexed, families.unsettled)
    words = open_words(facts, key, roster, denied, named=people.students.keys())
    signs = signs_in(facts, key, more_signs)
    standings = families.standings(people.students)
    known = tuple(standings[each] for each in people.students if each in standings)
    outcome = apply(rules, Subject(facts, key, people.count, known))
    voices = _Voices(extra_findings)
    appearances, prominence = _appearances(people, outcome, voices, facts.focus_area)
    counted = _counted(people, appearances, outcome, voices, words, has_looked=faces is not None)
    spoken_of = tuple(people.students) if outcome.record_pii else ()
    unsaid = (WHOSE,) if outcome.record_pii and not spoken_of else ()
    ground: Ground | None = None
    state, why = _state(facts, (*outcome.holds, *map(told_sign, signs), *unsaid, *voices.values("hold")))
    if state == "complete":
        named = bool(appearances or people.named)
        state, ground, why = (_of_some if named else _of_nobody)(people, faces, counted, completeness)
    return Tagging(
        state=state,
        appearances=appearances,
        directory_status=_status(outcome, voices),
        official_uses=tuple(OfficialUse(use) for use in dict.fromkeys((*outcome.official_uses, *voices.uses()))),
        record_pii=tuple(dict.fromkeys((*spoken_of, *voices.values("record_pii")))),
        closed=joined((outcome.closed, *voices.values("closed"))),
        confidential=joined((outcome.confidential, *voices.values("confidential"))),
        unidentified_people=counted.unidentified,
        meaning=outcome.meaning or "unreviewed",
        findings=(
            *people.findings,
            *_face_findings(counted),
            *map(open_word_finding, words),
            *map(sign_finding, signs),
            *prominence,
            *outcome.findings,
            *extra_findings,
            Finding("tagging", state, why, "tagging"),
        ),
        rules_digest=rules.digest,
        orientation=facts.orientation,
        ground=ground,
        open_words=words,
        faces=None if faces is None else tuple(faces),
        unnamed_faces=counted.faces,
        crowd=counted.crowd,
        tagger=TAGGER,
    )


class _Voices:
    """Other taggers' findings that say yes. Findings that they are unsure of change nothing else."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._certain = [finding for finding in findings if finding.truth is Truth.YES]

    def values(self, tag_name: str) -> list[str]:
        return [finding.value for finding in self._certain if finding.tag == tag_name]

    def number(self, tag_name: str) -> int:
        """Return the highest number given. A value that is no number counts as one person."""
        return max((int(value) if value.isdecimal() else 1 for value in self.values(tag_name)), default=0)

    def uses(self) -> list[OfficialPurpose]:
        """Return the official uses. An unknown purpose is `other`."""
        known = get_args(OfficialPurpose)
        return [cast("OfficialPurpose", value if value in known else "other") for value in self.values("official_use")]


def _status(outcome: Outcome, voices: _Voices) -> DirectoryStatus:
    """Return the strictest status; undetermined if no rule sets one. Another tagger can never loosen it."""
    known = get_args(DirectoryStatus)
    given = [
        cast("DirectoryStatus", value if value in known else "undetermined")
        for value in voices.values("directory_status")
    ]
    return strictest([outcome.directory_status or "undetermined", *given]) or "undetermined"


def _appearances(
    people: Depicted, outcome: Outcome, voices: _Voices, focus_area: Region | None
) -> tuple[tuple[Appearance, ...], tuple[Finding, ...]]:
    students = dict(people.students)
    for student in (*voices.values("student"), *voices.values("focus")):
        students.setdefault(student, Sighting(sources=("finding",)))
    # A person who is named only in a caption may not be in the picture, and makes no other person less prominent.
    count = sum(not sighting.captioned for sighting in students.values()) + people.unidentified + len(people.faces)
    scene = Scene(people=count, shares=people.shares, crowd=outcome.background, focus_area=focus_area)
    urged = frozenset(voices.values("focus"))
    appearances, findings = [], []
    for student, sighting in students.items():
        prominence, why = judge(sighting.regions, scene, subject=sighting.subject, titled=sighting.titled)
        if sighting.captioned and not sighting.titled:
            prominence, why = "unknown", "only a text names them, such as a caption, an event or a place"
        if student in urged:
            prominence, why = "focus", "another tagger says so"
        source = ", ".join(sighting.sources)
        appearances.append(Appearance(student, prominence=prominence, regions=tuple(sighting.regions), source=source))
        findings.append(Finding("prominence", prominence, f"{student}: {why}", source))
    return tuple(appearances), tuple(findings)


def _state(facts: Facts, hold: Sequence[str]) -> tuple[TaggingState, str]:
    if facts.state != "read":
        how = "was read only in part" if facts.state == "partial" else "could not be read"
        return "failed", f"the metadata {how}: {'; '.join(facts.problems) or 'no reason given'}"
    if hold:
        return "failed", f"held: {'; '.join(dict.fromkeys(hold))}"
    return "complete", "the file says who is in it"


def _counted(
    people: Depicted,
    appearances: Sequence[Appearance],
    outcome: Outcome,
    voices: _Voices,
    words: Sequence[OpenWord],
    *,
    has_looked: bool,
) -> _Counted:
    """Count the people without a name. Each name without a place settles one face; faces of a crowd need no name."""
    scene = Scene(people=people.count, shares=people.shares, crowd=outcome.background)
    crowd = crowd_among(people.faces, scene)
    names = _naming(people, appearances) + people.strangers
    unplaced = max(names - people.placed, 0)
    # Without a detector a marked face may be any person's. With a detector each name without a place settles one face.
    settled = unplaced if has_looked else 0
    boxes = people.marked + len(people.faces) - len(crowd)
    faces = max(boxes - settled, 0)
    # A word may mean a person who has one of these faces. So the larger number counts, not both.
    unidentified = max(people.strangers + faces, voices.number("unidentified_people"), int(bool(words)))
    return _Counted(unidentified, bool(words), faces, len(crowd), missing=max(unplaced - boxes, 0))


def _naming(people: Depicted, appearances: Sequence[Appearance]) -> int:
    """Count the students whose names settle faces.

    If a list, a region or a keyword names a person, then a student in a text may be elsewhere: its author, the namesake
    of a gym, an absent person. The name of an event or a place never settles a face.
    """
    sightings = [people.students.get(each.student, Sighting()) for each in appearances]
    listed = sum(not each.captioned for each in sightings)
    told = sum(each.captioned and not frozenset(each.sources) <= NO_PLACE_FOR_A_FACE for each in sightings)
    return listed or told


def _face_findings(counted: _Counted) -> list[Finding]:
    findings = []
    if counted.faces:
        why = "faces are marked or were found that belong to nobody who is named"
        findings.append(Finding("unidentified_people", str(counted.faces), why, "regions"))
    if counted.crowd:
        why = "small faces behind the subjects were found: a crowd, of whom nobody has to be named"
        findings.append(Finding("crowd", str(counted.crowd), why, "faces"))
    return findings


_Verdict = tuple[TaggingState, Ground | None, str]


def _of_some(
    people: Depicted, faces: Sequence[Region] | None, counted: _Counted, completeness: Completeness
) -> _Verdict:
    """Return the verdict on a recording that names people: whether all people are known, on which ground, and why."""
    missing = _not_counted(people, faces, counted, completeness)
    if missing is None:
        return "complete", "counted", "the faces were counted, and there are no more than people who are named"
    if completeness.by == "metadata":
        return "complete", "metadata", "the file says who is in it; by the settings that is enough"
    return "pending", None, f"{missing}; a person has to look"


def _may_miss(faces: Sequence[Region] | None) -> int:
    """Return how many named people may have turned away.

    If a list names all who are present, each face may be any person's.
    """
    return max(1, len(faces or ()) // 3)


def _not_counted(
    people: Depicted, faces: Sequence[Region] | None, counted: _Counted, completeness: Completeness
) -> str | None:
    """Return why counting does not settle who is in a recording; None if it does."""
    hindrances = (
        (completeness.by == "looked", "by the settings only a person says who is in it"),
        (faces is None, "the file names somebody, and nobody counted who else is in it"),
        (counted.words, "a word in it may be a student"),
        (counted.unidentified > 0, "somebody in it is not named"),
        (counted.missing > _may_miss(faces), "far more people are named than faces were found"),
        # RULING faces-unseen: the named people turned away, are masked or far off. Others may be there as well.
        (not (faces or people.placed), "the file names somebody, and no face was found to be theirs"),
        (counted.crowd > 0 and completeness.crowd_needs_look, A_CROWD),
    )
    return next((why for hinders, why in hindrances if hinders), None)


def _of_nobody(
    people: Depicted, faces: Sequence[Region] | None, counted: _Counted, completeness: Completeness
) -> _Verdict:
    """Return the same verdict as `_of_some`, for a file without names. People may be there even if a detector found no face."""
    del people
    if counted.words:
        return "pending", None, "a word in it may be a student; a person has to look"
    if counted.unidentified:
        one = counted.unidentified == 1
        return (
            "pending",
            None,
            f"{'1 person is' if one else f'{counted.unidentified} people are'} in it, and nobody is named",
        )
    if faces is None:
        return "pending", None, "nothing in the file says who is in it; a person has to look"
    if counted.crowd and completeness.crowd_needs_look:
        return "pending", None, f"{A_CROWD}; a person has to look"
    if completeness.trust_no_faces:
        return (
            "complete",
            "counted",
            "nothing in the file names anybody, and no face was found; by the settings that is enough",
        )
    return "pending", None, "nothing in the file says who is in it, and no face was found; a person has to look"
