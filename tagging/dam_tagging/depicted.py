"""Who a file says is in the recording: students of the roster, and how many others that nobody could name. No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dam_tagging.facts import NOBODY, Facts, Finding, NamedRegion, Region, parts
from dam_tagging.people import Match, RosterIndex, normalise

Place = Literal["list", "region", "keyword", "caption"]

AREA = "area"
"""A region that its file does not declare to be a human: its title names a person only if the roster knows it."""

SAME_OVERLAP = 0.9
"""Two boxes of one student that overlap more are one box, drawn by two standards."""

COVERED_OVERLAP = 0.3
COVERED_RATIO = 0.15
"""A face is the named person's if the boxes overlap so much, or its centre lies inside and it is not far smaller."""


MANY = 500
"""Beyond so many boxes none is compared with the others: each counts as somebody."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and by which properties one student is named.

    `subject`: one region is marked as the main subject; `captioned`: nothing but captions and titles names them.
    """

    regions: tuple[Region, ...] = ()
    sources: tuple[str, ...] = ()
    subject: bool = False
    captioned: bool = False


@dataclass(frozen=True, slots=True)
class Depicted:
    """Everyone who is named or marked. `largest` is the largest person's region, as a share of the picture."""

    students: dict[str, Sighting]
    unidentified: int
    largest: float
    findings: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """How many people are named or marked; 0 says only that nobody said."""
        return len(self.students) + self.unidentified


@dataclass(slots=True)
class _Mention:
    """One place that names somebody."""

    name: str
    source: str
    match: Match
    place: Place
    region: NamedRegion | None = None
    id: str | None = None

    @property
    def who(self) -> str:
        """What tells one person from another: the name as it is compared, or the id where there is no name."""
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


def depicted(facts: Facts, roster: RosterIndex, faces: Sequence[Region]) -> Depicted:
    """Return the students that the file names and the number of other people it names or marks.

    A name that several standards give counts once, one that a list of people gives twice counts twice. `faces` are a
    detector's boxes, of which one inside a named region is that person.
    """
    mentions = list(_mentions(facts, roster))
    _settle_namesakes(mentions)
    students: dict[str, _Gathered] = defaultdict(_Gathered)
    for mention in mentions:
        if mention.match.student is not None:
            students[mention.match.student].add(mention)
    strangers = list(_strangers(mentions))
    shown = [one for one in facts.regions if not one.stale and _shows_person(one)]
    named = [one.region for one in shown if one.name]
    unnamed = _unnamed(facts, faces, named)
    findings = [
        *_student_findings(mentions),
        *(_stranger_finding(mention, count) for mention, count in strangers),
        *_unnamed_findings(unnamed),
    ]
    seen = [*faces, *(one.region for one in shown)]
    return Depicted(
        students={
            student: Sighting(tuple(one.regions), tuple(one.sources), one.subject, one.captioned)
            for student, one in students.items()
        },
        unidentified=sum(count for _, count in strangers) + unnamed,
        largest=max((region.area for region in seen), default=0.0),
        findings=tuple(findings),
    )


def overlap(one: Region, other: Region) -> float:
    """Return the overlap of two boxes as a share of what they cover together (0 to 1)."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (one.area + other.area - both)


def _mentions(facts: Facts, roster: RosterIndex) -> Iterable[_Mention]:
    """Yield every place that names a person; keywords, titles and captions only where the roster knows the name."""
    for person in facts.persons:
        match = roster.match(person.name, person.id, person.more_ids)
        yield _Mention(person.name, person.source, match, "list", id=person.id)
    for region in facts.regions:
        if not region.name or region.kind.casefold() in NOBODY:
            continue
        match = roster.match(region.name)
        if region.kind != AREA or match.kind != "unknown":
            yield _Mention(region.name, region.source, match, "region", region)
    # However often the keywords or captions of one property say a name, it is one person's.
    told = {(mention.place, mention.source, mention.who): mention for mention in _told(facts, roster)}
    yield from told.values()


def _told(facts: Facts, roster: RosterIndex) -> Iterable[_Mention]:
    """Yield the names of the roster that stand in keywords, hierarchies and captions."""
    words = [(keyword.text, keyword.source) for keyword in facts.keywords]
    words += [(part, "hierarchy") for path in facts.hierarchies for part in path]
    for text, source in dict.fromkeys(words):
        yield from _of_keyword(text, source, roster)
    for caption in dict.fromkeys(facts.captions):
        for name, match in roster.mentioned(caption.text):
            yield _Mention(name, caption.source, match, "caption")


def _of_keyword(text: str, source: str, roster: RosterIndex) -> Iterable[_Mention]:
    """Yield the name that a keyword is, or else the names that stand in it between `;` or `,`."""
    match = roster.match(text)
    if match.kind != "unknown":
        yield _Mention(text, source, match, "keyword")
        return
    for part in parts(text):
        yield from _of_keyword(part, source, roster)


def _settle_namesakes(mentions: Sequence[_Mention]) -> None:
    """Let an id settle the same name elsewhere in the file, unless a source gives the name more often than ids do."""
    settled: dict[str, set[str]] = defaultdict(set)
    given: Counter[tuple[str, str]] = Counter()
    for mention in mentions:
        if mention.match.by_id and mention.match.student:
            settled[mention.who].add(mention.match.student)
        given[mention.who, mention.source] += 1
    repeated = {who for (who, _), count in given.items() if count > 1}
    for mention in mentions:
        known = settled.get(mention.who, set())
        if mention.match.kind == "ambiguous" and len(known) == 1 and mention.who not in repeated:
            mention.match = Match("exact", next(iter(known)), by_id=True)


def _strangers(mentions: Iterable[_Mention]) -> Iterable[tuple[_Mention, int]]:
    """Yield the names that leave somebody unidentified, and how many: whom a list names beyond the students it means."""
    groups: dict[str, list[_Mention]] = defaultdict(list)
    for mention in mentions:
        groups[mention.who].append(mention)
    for group in groups.values():
        known = {mention.match.student for mention in group if mention.match.student is not None}
        nobody = next((mention for mention in group if mention.match.student is None), None)
        count = max(_most_listed(group) - len(known), int(nobody is not None))
        if count:
            yield nobody or group[0], count


def _most_listed(group: Iterable[_Mention]) -> int:
    """Return how many people of one name the list that names most of them holds; an id tells who is listed again."""
    listed: dict[str, set[str | int]] = defaultdict(set)
    for number, mention in enumerate(group):
        if mention.place == "list":
            by_id = mention.match.student if mention.match.by_id else None
            listed[mention.source].add(by_id or number)
    return max(map(len, listed.values()), default=0)


def _shows_person(region: NamedRegion) -> bool:
    return region.kind.casefold() not in NOBODY and region.kind != AREA


def _unnamed(facts: Facts, faces: Sequence[Region], named: Sequence[Region]) -> int:
    """Count faces and people's regions that belong to nobody named; each named region takes one face at most."""
    marked = [region for region in facts.regions if not region.name and _shows_person(region)]
    if len(marked) + len(faces) + len(named) > MANY:
        return len(marked) + len(faces)
    lost = len(_distinct([region.region for region in marked if region.stale]))
    boxes = _distinct([*(region.region for region in marked if not region.stale), *faces])
    free = _distinct(named)
    left = 0
    for box in boxes:
        owner = max((one for one in free if _covers(one, box)), key=lambda one: overlap(one, box), default=None)
        if owner is None:
            left += 1
        else:
            free.remove(owner)
    return left + lost


def _distinct(boxes: Iterable[Region]) -> list[Region]:
    """Return the boxes without those that show the same as an earlier one."""
    kept: list[Region] = []
    for box in boxes:
        if all(overlap(box, other) < COVERED_OVERLAP for other in kept):
            kept.append(box)
    return kept


def _covers(named: Region, face: Region) -> bool:
    if overlap(named, face) >= COVERED_OVERLAP:
        return True
    x, y = face.x + face.w / 2, face.y + face.h / 2
    inside = named.x <= x <= named.x + named.w and named.y <= y <= named.y + named.h
    return inside and face.area >= COVERED_RATIO * named.area


def _student_findings(mentions: Iterable[_Mention]) -> list[Finding]:
    found: dict[Finding, None] = {}
    for mention in mentions:
        if mention.match.student is not None:
            how = "an id" if mention.match.by_id else f"the name ({mention.match.kind})"
            why = f"named in {mention.source}; {how} fits one student of the roster"
            found[Finding("student", mention.match.student, why, mention.source)] = None
            if mention.region is not None and mention.region.stale:
                why = f"{mention.match.student}: the region in {mention.source} was not drawn on this picture"
                found[Finding("region", "stale", why, mention.source)] = None
    return list(found)


def _stranger_finding(mention: _Mention, count: int) -> Finding:
    reasons = {"ambiguous": "fits several students of the roster", "unknown": "fits no student of the roster"}
    reason = reasons.get(mention.match.kind, "is listed more often than it is known whom it means")
    why = f"a name in {mention.source} {reason}"
    return Finding("unidentified_people", str(count), why, mention.source)


def _unnamed_findings(count: int) -> list[Finding]:
    if not count:
        return []
    why = "faces are marked or were found that belong to nobody who is named"
    return [Finding("unidentified_people", str(count), why, "regions")]
