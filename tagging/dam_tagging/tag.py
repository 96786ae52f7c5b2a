"""Facts, rules and a roster -> Tagging: who is in a recording, how prominent, and what the rules say of it. No I/O.

Every decision leaves a finding; findings name students by pseudonym alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast, get_args

from dam_tagging.depicted import Depicted, Sighting, depicted
from dam_tagging.facts import (
    Appearance,
    DirectoryStatus,
    Facts,
    Finding,
    OfficialPurpose,
    OfficialUse,
    Region,
    Tagging,
    TaggingState,
    Truth,
)
from dam_tagging.open_words import open_word_finding, open_words
from dam_tagging.people import RosterIndex
from dam_tagging.prominence import Scene, judge
from dam_tagging.rules.apply import Outcome, apply, joined, strictest
from dam_tagging.rules.matchers import Standing, Subject
from dam_tagging.rules.model import RuleSet
from dam_tagging.signs import sign_finding, signs_in, told_sign

WHOSE = "a rule says that record information is shown, and the file does not say whose"


def tag(  # noqa: PLR0913 - what is known of a recording comes from as many places
    facts: Facts,
    key: str,
    rules: RuleSet,
    roster: RosterIndex,
    extra_findings: Sequence[Finding] = (),
    faces: Sequence[Region] | None = None,
    *,
    trust_no_faces: bool = False,
    standings: Mapping[str, Standing] | None = None,
    more_signs: Sequence[str] = (),
) -> Tagging:
    """Return what a recording's facts mean for people.

    `faces` are a detector's boxes (None: none ran), fractions of the upright picture; `trust_no_faces`: where it found
    none in a picture that names nobody, no person has to look. `standings`: what the roster says of each student that
    rules may ask for. `more_signs`: what else says no in a district's files (`signs`).

    `extra_findings` are other taggers' voices under the tags `directory_status`, `official_use`, `closed`,
    `confidential`, `hold`, `background` (ignored: it would loosen), `student`, `focus`, `record_pii` (value: a
    pseudonym) and `unidentified_people` (value: a number); they can only make the result stricter.
    """
    people = depicted(facts, roster, faces or (), key)
    denied = frozenset(who for who, each in (standings or {}).items() if each.opted_out is not False)
    words = open_words(facts, key, roster, denied, named=people.students.keys())
    signs = signs_in(facts, key, more_signs)
    known = tuple(standings[each] for each in people.students if each in standings) if standings else ()
    outcome = apply(rules, Subject(facts, key, people.count, known))
    voices = _Voices(extra_findings)
    appearances, prominence = _appearances(people, outcome, voices, facts.focus_area)
    unidentified = max(people.unidentified, voices.number("unidentified_people"), int(bool(words)))
    spoken_of = tuple(people.students) if outcome.record_pii else ()
    unsaid = (WHOSE,) if outcome.record_pii and not spoken_of else ()
    state, why = _state(facts, (*outcome.holds, *map(told_sign, signs), *unsaid, *voices.values("hold")))
    if state == "complete" and not (appearances or people.named):
        state, why = _of_nobody(faces, people.unidentified, trusted=trust_no_faces)
        if words and not people.unidentified:
            state, why = "pending", "a word in it may be a student; a person has to look"
    return Tagging(
        state=state,
        appearances=appearances,
        directory_status=_status(outcome, voices),
        official_uses=tuple(OfficialUse(use) for use in dict.fromkeys((*outcome.official_uses, *voices.uses()))),
        record_pii=tuple(dict.fromkeys((*spoken_of, *voices.values("record_pii")))),
        closed=joined((outcome.closed, *voices.values("closed"))),
        confidential=joined((outcome.confidential, *voices.values("confidential"))),
        unidentified_people=unidentified,
        meaning=outcome.meaning or "unreviewed",
        findings=(
            *people.findings,
            *map(open_word_finding, words),
            *map(sign_finding, signs),
            *prominence,
            *outcome.findings,
            *extra_findings,
            Finding("tagging", state, why, "tagging"),
        ),
        rules_digest=rules.digest,
        orientation=facts.orientation,
        open_words=words,
    )


class _Voices:
    """Other taggers' findings that say yes; what they are unsure of is kept as a finding alone."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._certain = [finding for finding in findings if finding.truth is Truth.YES]

    def values(self, tag_name: str) -> list[str]:
        return [finding.value for finding in self._certain if finding.tag == tag_name]

    def number(self, tag_name: str) -> int:
        """Return the highest number given; a value that is no number still says that there is somebody."""
        return max((int(value) if value.isdecimal() else 1 for value in self.values(tag_name)), default=0)

    def uses(self) -> list[OfficialPurpose]:
        """Return the official uses; a purpose that we do not know is `other`."""
        known = get_args(OfficialPurpose)
        return [cast("OfficialPurpose", value if value in known else "other") for value in self.values("official_use")]


def _status(outcome: Outcome, voices: _Voices) -> DirectoryStatus:
    """Return the strictest status; where no rule speaks it is undetermined, which no other voice may loosen."""
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
    # Whom only a caption names may not be in the picture, and makes nobody else less prominent.
    count = sum(not sighting.captioned for sighting in students.values()) + people.unidentified
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


def _of_nobody(faces: Sequence[Region] | None, unidentified: int, *, trusted: bool) -> tuple[TaggingState, str]:
    """Return the state of a file that names nobody: that no face was found is not that nobody is there."""
    if unidentified:
        found = "1 face was found" if unidentified == 1 else f"{unidentified} faces were found"
        return "pending", f"{found}, and nobody is named"
    if faces is None:
        return "pending", "nothing in the file says who is in it; a person has to look"
    if trusted:
        return "complete", "nothing in the file names anybody, and no face was found; by the settings that is enough"
    return "pending", "nothing in the file says who is in it, and no face was found; a person has to look"
