"""Counts the people in a recording by its file: students of the roster, and the number of unidentified others. No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dam_tagging.facts import AREA, NOBODY, Facts, Finding, NamedRegion, Region
from dam_tagging.match_students import AMBIGUOUS, CONTRADICTED, UNKNOWN, Match, RosterIndex, normalise
from dam_tagging.names.find_names import mentioned_in, named_by_path, names_in, texts
from dam_tagging.names.searched_texts import path_parts
from dam_tagging.names.visible_text import legible

Place = Literal["list", "region", "keyword", "caption"]

SAME_OVERLAP = 0.9
"""Two boxes of one student that overlap more than this are one box that two standards give."""

ONE_FACE_OVERLAP = 0.3
"""Two boxes without a name that overlap this much show the same face."""

COVERED_SHARE = 0.5
COVERED_RATIO = 0.15
"""A face is the named person's if the two boxes share this much of the smaller box, and the smaller box is not too
small."""

HAIR = 0.01
"""Share of the picture by which a box may stick out of the box that it lies in."""

MANY = 500
"""With more boxes than this, boxes are not compared: each counts as another person."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The places and properties in which one student is named.

    `subject`: one region is marked as the main subject. `captioned`: only captions and titles name the student. `titled`:
    the property of a caption or title that names only this student.
    """

    regions: tuple[Region, ...] = ()
    sources: tuple[str, ...] = ()
    subject: bool = False
    captioned: bool = False
    titled: str | None = None


@dataclass(frozen=True, slots=True)
class Depicted:
    """The people that a file names or marks. `shares`: people's regions and faces, each as a share of the picture.

    `named`: the file names a person, who may be missing on the roster. `strangers`: how many names fit no student, or
    several. `marked`: how many people's regions have no name. `faces`: how many faces a detector found beside all these
    regions. `placed`: how many named people have a region.
    """

    students: dict[str, Sighting]
    named: bool
    strangers: int
    marked: int
    faces: tuple[Region, ...]
    placed: int
    shares: tuple[float, ...]
    findings: tuple[Finding, ...]

    @property
    def unidentified(self) -> int:
        """Number of people in the recording without a name of the roster."""
        return self.strangers + self.marked

    @property
    def count(self) -> int:
        """Number of people who are named or marked, or have a further face; 0 means unknown."""
        return len(self.students) + self.unidentified + len(self.faces)


@dataclass(slots=True)
class _Mention:
    """One place in the file that names a person."""

    name: str
    source: str
    match: Match
    place: Place
    region: NamedRegion | None = None
    id: str | None = None

    @property
    def who(self) -> str:
        """The key that tells two people apart: the name as it is compared, or the id if there is no name."""
        return normalise(self.name) or f"id {self.id}"


@dataclass(slots=True)
class _Gathered:
    regions: list[Region] = field(default_factory=list)
    sources: dict[str, None] = field(default_factory=dict)
    subject: bool = False
    captioned: bool = True

    def add(self, mention: _Mention) -> None:
        self.sources[mention.source] = None
        self.captioned = self.captioned and mention.place == "caption"
        marked = mention.region
        if marked is None or marked.stale:
            return
        self.subject = self.subject or marked.subject
        many = len(self.regions) > MANY
        if many or all(overlap(marked.region, known) < SAME_OVERLAP for known in self.regions):
            self.regions.append(marked.region)


def depicted(
    facts: Facts,
    roster: RosterIndex,
    faces: Sequence[Region],
    key: str = "",
    indexed: str | None = None,
    denied: Collection[str] = (),
) -> Depicted:
    """Return the students that the file and its key name, and the number of other people it names or marks.

    A name in several standards counts once. A name that is twice in one list of people counts twice. `faces` are a
    detector's boxes. A box inside a named region is that person. `indexed` is the student of this portrait by the index
    of a portrait volume. It settles which of several namesakes the file names. If the file itself names another student
    with that name, one person counts as unidentified. `denied` are the students whose family said no or has not answered: a
    name that has a word of theirs is nobody's of the staff, and one that may be short for theirs is no other student's.
    """
    mentions = list(_mentions(facts, roster, key))
    _settle_namesakes(mentions)
    against = _settle_by_index(mentions, roster, indexed) if indexed is not None else None
    _doubt_short_forms(mentions, roster, denied)
    students: dict[str, _Gathered] = defaultdict(_Gathered)
    for mention in mentions:
        if mention.match.student is not None:
            students[mention.match.student].add(mention)
    strangers = list(_strangers(mentions, roster, denied))
    titled = _titled(facts, roster)
    shown = [one for one in facts.regions if not one.stale and one.shows_person]
    named = [one.region for one in shown if one.name]
    marked, left = _unnamed(facts, faces, named)
    findings = [
        *_student_findings(mentions),
        *(_stranger_finding(mention, count) for mention, count in strangers),
        *([_against_finding(against)] if against else []),
    ]
    # A face that a detector finds in a person's region is not another person.
    seen = [*(one.region for one in shown), *faces]
    return Depicted(
        students={
            student: Sighting(tuple(one.regions), tuple(one.sources), one.subject, one.captioned, titled.get(student))
            for student, one in students.items()
        },
        named=bool(mentions),
        strangers=sum(count for _, count in strangers) + int(against is not None),
        marked=marked,
        faces=left,
        placed=len(_distinct(named)) if len(named) <= MANY else len(named),
        shares=tuple(region.area for region in (_distinct(seen) if len(seen) <= MANY else seen)),
        findings=tuple(findings),
    )


def unsettled_names(
    facts: Facts, roster: RosterIndex, key: str = "", denied: Collection[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Return the names that leave a person unidentified, each once as written, with its property; `denied` as in `depicted`."""
    mentions = list(_mentions(facts, roster, key))
    _settle_namesakes(mentions)
    _doubt_short_forms(mentions, roster, denied)
    strangers = _strangers(mentions, roster, denied)
    return tuple((one.name, one.source) for one, _ in strangers if one.match.student is None and one.name)


def faces_beside(faces: Sequence[Region], named: Sequence[Region]) -> tuple[Region, ...]:
    """Return a detector's boxes outside of named people's boxes. Each named box accounts for at most one face."""
    return _unnamed(Facts(), faces, named)[1]


def shows_one_face(one: Region, other: Region) -> bool:
    """Whether two boxes of a detector show the same face: they overlap, or the middle of one is in the other."""
    return overlap(one, other) >= ONE_FACE_OVERLAP or _holds_middle(one, other) or _holds_middle(other, one)


def is_within(one: Region, other: Region) -> bool:
    """Whether a box lies in another box, with a tolerance of a hundredth of the picture."""
    left, top = one.x >= other.x - HAIR, one.y >= other.y - HAIR
    return left and top and one.x + one.w <= other.x + other.w + HAIR and one.y + one.h <= other.y + other.h + HAIR


def _holds_middle(one: Region, other: Region) -> bool:
    x, y = other.x + other.w / 2, other.y + other.h / 2
    return one.x <= x <= one.x + one.w and one.y <= y <= one.y + one.h


def overlap(one: Region, other: Region) -> float:
    """Return the overlap of two boxes as a share of the area that they cover together (0 to 1)."""
    both = _shared(one, other)
    return both / (one.area + other.area - both) if both else 0.0


def _shared(one: Region, other: Region) -> float:
    """Return the area that two boxes share, as a share of the picture."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return max(width, 0.0) * max(height, 0.0)


def _mentions(facts: Facts, roster: RosterIndex, key: str) -> Iterable[_Mention]:
    """Yield every place that names a person. Keywords, texts and paths count only if the roster knows the name."""
    for person in facts.persons:
        match = roster.match(legible(person.name), person.id, person.more_ids)
        yield _Mention(person.name, person.source, match, "list", id=person.id)
    for region in facts.regions:
        if not region.name or _is_nobody(region):
            continue
        match = roster.match(legible(region.name))
        if region.kind != AREA or match.kind != "unknown":
            yield _Mention(region.name, region.source, match, "region", region)
    # A name in the keywords or captions of one property belongs to one person, even if it stands there several times.
    told = {
        (mention.place, mention.source, mention.who, mention.match): mention for mention in _told(facts, roster, key)
    }
    yield from told.values()


def _is_nobody(region: NamedRegion) -> bool:
    return region.kind.casefold() in NOBODY


def _told(facts: Facts, roster: RosterIndex, key: str) -> Iterable[_Mention]:
    """Yield the roster's names that are in keywords, hierarchies, texts, other labels and the key."""
    words = [(keyword.text, keyword.source) for keyword in facts.keywords]
    words += [(part, "hierarchy") for path in facts.hierarchies for part in path]
    for text, source in dict.fromkeys(words):
        for name, match in names_in(text, roster):
            yield _Mention(name, source, match, "keyword")
    for caption in texts(facts):
        for name, match in mentioned_in(caption.text, roster):
            yield _Mention(name, caption.source, match, "caption")
    for part, place in path_parts(key) if key else ():
        for name, match in named_by_path(part, roster):
            yield _Mention(name, place, match, "keyword")
    # A region that shows no person may have a student's name, but does not locate the student.
    for region in facts.regions:
        if region.name and (
            _is_nobody(region) or (region.kind == AREA and roster.match(region.name).kind == "unknown")
        ):
            for name, match in names_in(region.name, roster):
                yield _Mention(name, region.source, match, "caption")


def _titled(facts: Facts, roster: RosterIndex) -> dict[str, str]:
    """Return the students who are the only ones that a caption or title names, with the first such property."""
    alone: dict[str, str] = {}
    for caption in texts(facts):
        named = {match for _, match in mentioned_in(caption.text, roster)}
        students = {match.student for match in named}
        if len(students) == 1 and (student := students.pop()) is not None:
            alone.setdefault(student, caption.source)
    return alone


def _settle_namesakes(mentions: Sequence[_Mention]) -> None:
    """Let an id settle the same name elsewhere in the file, unless a source has the name more often than there are ids."""
    settled: dict[str, set[str]] = defaultdict(set)
    given: Counter[tuple[str, str]] = Counter()
    for mention in mentions:
        if mention.match.by_id and mention.match.student:
            settled[mention.who].add(mention.match.student)
        given[mention.who, mention.source] += 1
    repeated = {who for (who, _), count in given.items() if count > 1}
    for mention in mentions:
        known = settled.get(mention.who, set())
        # An id that contradicts its own name stays a contradiction.
        if mention.match == AMBIGUOUS and len(known) == 1 and mention.who not in repeated:
            mention.match = Match("exact", next(iter(known)), by_id=True)


def _doubt_short_forms(mentions: Sequence[_Mention], roster: RosterIndex, denied: Collection[str]) -> None:
    """Let a name count as ambiguous that a denied student may be called by as well, unless an id or an index settles it."""
    for mention in mentions:
        match = mention.match
        known = match.by_id or match.by_index or match.student is None or match.student in denied
        if not known and roster.also_meant(mention.name, denied):
            mention.match = AMBIGUOUS


def _settle_by_index(mentions: Sequence[_Mention], roster: RosterIndex, indexed: str) -> _Mention | None:
    """Let a portrait index settle which of several namesakes a file names; return the first mention of another namesake.

    A name that is several times in one source belongs to several people, and the index is about one of them.
    """
    given = Counter((mention.who, mention.source) for mention in mentions)
    repeated = {who for (who, _), count in given.items() if count > 1}
    for mention in mentions:
        if mention.match == AMBIGUOUS and mention.who not in repeated and roster.may_mean(mention.name, indexed):
            mention.match = Match("exact", indexed, by_index=True)
    others = (each for each in mentions if each.match.student not in (None, indexed))
    return next((each for each in others if roster.share_a_name(each.match.student or "", indexed)), None)


def _strangers(
    mentions: Iterable[_Mention], roster: RosterIndex, denied: Collection[str] = ()
) -> Iterable[tuple[_Mention, int]]:
    """Yield each name that leaves people unidentified, and their number: the people of a list less its students.

    A member of staff who is named once, without an id, is no stranger.
    """
    groups: dict[str, list[_Mention]] = defaultdict(list)
    for mention in mentions:
        groups[mention.who].append(mention)
    for group in groups.values():
        known = {mention.match.student for mention in group if mention.match.student is not None}
        nobody = next((mention for mention in group if mention.match.student is None), None)
        count = max(_most_listed(group) - len(known), int(nobody is not None))
        is_staff = count == 1 and all(each.match == UNKNOWN and each.id is None for each in group)
        if count and not (is_staff and roster.names_staff(group[0].name, denied)):
            yield nobody or group[0], count


def _most_listed(group: Iterable[_Mention]) -> int:
    """Return the number of people of one name in the list that has most of them. An id shows who is listed again."""
    listed: dict[str, set[str | int]] = defaultdict(set)
    for number, mention in enumerate(group):
        if mention.place == "list":
            by_id = mention.match.student if mention.match.by_id else None
            listed[mention.source].add(by_id or number)
    return max(map(len, listed.values()), default=0)


def _unnamed(facts: Facts, faces: Sequence[Region], named: Sequence[Region]) -> tuple[int, tuple[Region, ...]]:
    """Return the number of people's regions without a name, and the faces outside of these and of all named regions.

    Each named region accounts for at most one face or one region without a name.
    """
    marked = [region for region in facts.regions if not region.name and region.shows_person]
    if len(marked) + len(faces) + len(named) > MANY:
        return len(marked), tuple(faces)
    lost = len(_distinct([region.region for region in marked if region.stale]))
    boxes = _distinct([region.region for region in marked if not region.stale])
    free = _distinct(named)
    alone = [box for box in boxes if not _taken(box, free)]
    beside = [face for face in _distinct([*boxes, *faces])[len(boxes) :] if not _taken(face, free)]
    return len(alone) + lost, tuple(beside)


def _taken(box: Region, free: list[Region]) -> bool:
    """Whether a free named region shows the person in a box; that region is then no longer free."""
    owner = max((one for one in free if _covers(one, box)), key=lambda one: overlap(one, box), default=None)
    if owner is not None:
        free.remove(owner)
    return owner is not None


def _distinct(boxes: Iterable[Region]) -> list[Region]:
    """Return the boxes without those that show the same face as an earlier box."""
    kept: list[Region] = []
    for box in boxes:
        if all(overlap(box, other) < ONE_FACE_OVERLAP for other in kept):
            kept.append(box)
    return kept


def _covers(named: Region, face: Region) -> bool:
    smaller, larger = sorted((named.area, face.area))
    return smaller >= COVERED_RATIO * larger and _shared(named, face) > COVERED_SHARE * smaller


def _student_findings(mentions: Iterable[_Mention]) -> list[Finding]:
    found: dict[Finding, None] = {}
    for mention in mentions:
        if mention.match.student is not None:
            how = "an id" if mention.match.by_id else f"the name ({mention.match.kind})"
            why = f"named in {mention.source}; {how} fits one student of the roster"
            if mention.match.by_index:
                why = f"named in {mention.source}; the portrait index says which student of that name"
            found[Finding("student", mention.match.student, why, mention.source)] = None
            if mention.region is not None and mention.region.stale:
                why = f"{mention.match.student}: the region in {mention.source} was not drawn on this picture"
                found[Finding("region", "stale", why, mention.source)] = None
    return list(found)


def _stranger_finding(mention: _Mention, count: int) -> Finding:
    reasons = {"ambiguous": "fits several students of the roster", "unknown": "fits no student of the roster"}
    reason = reasons.get(mention.match.kind, "is listed more often than it is known whom it means")
    if mention.match == CONTRADICTED:
        reason = "stands with ids that do not fit it, or not one another"
    why = f"a name in {mention.source} {reason}"
    return Finding("unidentified_people", str(count), why, mention.source)


def _against_finding(mention: _Mention) -> Finding:
    why = f"the portrait index and {mention.source} name two students of one name; a person has to look"
    return Finding("unidentified_people", "1", why, "portrait index")
