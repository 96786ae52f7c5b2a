"""Unites the findings of all readers of one file into `Facts`, without doubles and with limits.

It also notes contradictions between standards: in people, keywords, captions, events. A note never holds a name.
Contradicting values are all kept; of events, the first counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TypeVar

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion
from dam_tagging.metadata.containers.blocks import Text
from dam_tagging.metadata.fields.frame import Focus, Frame

T = TypeVar("T")
MAX_ITEMS = 10_000
MAX_TEXT = 1_000
MAX_CAPTION = 10_000
MAX_FREE_TEXT = 1_000_000
OVERLAP = 200
MAX_PROBLEMS = 100
ODD_SIGNS = 0.02
"""Largest share of control characters in a text."""
MAX_DEPTH = 20
PEOPLE_HEADS = frozenset({"people", "persons", "person"})
"""A hierarchy that starts with one of these words names a person in its last part."""
IIM_LIMITS = {"IPTC Keywords": 64, "IPTC ObjectName": 64, "IPTC Headline": 256, "IPTC Caption-Abstract": 2000}
"""Bytes at which IIM 4.2 cuts its values: a cut value is no contradiction."""
KEYWORDS = ("dc:subject", "IPTC Keywords")
CAPTIONS = (
    ("dc:title", "IPTC ObjectName"),
    ("photoshop:Headline", "IPTC Headline"),
    ("dc:description", "IPTC Caption-Abstract"),
    ("dc:description", "Image ImageDescription"),
    ("IPTC Caption-Abstract", "Image ImageDescription"),
)
"""Properties that hold the same text (MWG Guidelines 2.0, chapter 5)."""


@dataclass(slots=True)
class FactsBuilder:
    """Collects the findings of several readers. If a finding has to be dropped or cut, the result is `partial`.

    `persons` are kept with their number among equal ones in one list, so that two lists unite to the longer one. `parts`
    counts the parts of keywords that hold several. `free` counts the characters of all texts. `orientation` is the
    orientation of the described picture, from a file that holds no picture; `turned` is the file's own. `made_by` is the
    camera's maker, model and serial number.
    """

    frame: Frame = field(default_factory=Frame)
    persons: dict[tuple[NamedPerson, int], None] = field(default_factory=dict)
    regions: dict[NamedRegion, None] = field(default_factory=dict)
    keywords: dict[Keyword, None] = field(default_factory=dict)
    parts: int = 0
    paths: dict[tuple[str, ...], str] = field(default_factory=dict)
    captions: dict[Keyword, None] = field(default_factory=dict)
    texts: dict[Keyword, None] = field(default_factory=dict)
    rights: dict[Keyword, None] = field(default_factory=dict)
    free: int = 0
    locations: dict[str, None] = field(default_factory=dict)
    owners: dict[str, None] = field(default_factory=dict)
    events: dict[Keyword, None] = field(default_factory=dict)
    markers: dict[Keyword, None] = field(default_factory=dict)
    made_by: tuple[str, str, str] = ("", "", "")
    focus: Focus | None = None
    orientation: int | None = None
    turned: int | None = None
    taken: str | None = None
    problems: dict[str, None] = field(default_factory=dict)
    damaged: bool = False

    def note(self, sentence: str) -> None:
        """Keep a note on an oddity that hides no finding."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems[sentence] = None

    def damage(self, sentence: str) -> None:
        """Keep a problem that may hide a finding: the file then counts as read in part."""
        self.damaged = True
        self.note(sentence)

    def person(self, name: str, source: str) -> None:
        """Keep a person named by a property."""
        self.persons_of([(name, ())], source)

    def persons_of(self, people: Iterable[tuple[str, Sequence[str]]], source: str) -> None:
        """Keep the people of one list, by name, by ids, or both. A name that is twice in the list belongs to two people.

        The same name with the same id is one person.
        """
        alike: Counter[NamedPerson] = Counter()
        for given, ids in people:
            name = self._text(given, source)
            kept = [identifier for text in ids if (identifier := self._text(text, source))]
            if name or kept:
                person = NamedPerson(name, source, kept[0] if kept else None, tuple(kept[1:]))
                alike[person] += 1
                self._keep(self.persons, (person, 1 if kept else alike[person]), source)

    def bounded(self, items: Sequence[T], source: str) -> Sequence[T]:
        """Return the items of a list, up to the limit."""
        if len(items) > MAX_ITEMS:
            self.damage(f"{source} holds more than {MAX_ITEMS} entries; the rest was not read")
        return items[:MAX_ITEMS]

    def region(self, region: NamedRegion) -> None:
        """Keep a region of the upright picture."""
        name, kind = self._text(region.name or "", region.source), self._text(region.kind, region.source)
        if (name or None, kind) != (region.name, region.kind):
            region = replace(region, name=name or None, kind=kind)
        self._keep(self.regions, region, region.source)

    def keyword(self, text: str, source: str) -> None:
        """Keep a keyword."""
        if (text := self._written(text, source, MAX_TEXT)) and self._few_parts(text, source):
            self._keep(self.keywords, Keyword(text, source), source)

    def keywords_of(self, text: str, separator: str, source: str) -> None:
        """Keep the keywords of a field that has all of them in one text."""
        for part in text.split(separator, MAX_ITEMS):
            self.keyword(part.strip(), source)

    def path(self, text: str, separator: str, source: str) -> None:
        """Keep a hierarchy such as `People|Name`."""
        self.hierarchy(self._text(text, source).split(separator), source)

    def hierarchy(self, names: Sequence[str], source: str) -> None:
        """Keep a hierarchy by its names, from the top down."""
        if len(names) > MAX_DEPTH:
            self.damage(f"a hierarchy in {source} is deeper than {MAX_DEPTH} levels and was cut")
        parts = tuple(part for one in names[:MAX_DEPTH] if (part := self._text(one, source)))
        new = bool(parts) and parts not in self.paths and all(self._few_parts(part, source) for part in parts)
        if new and self._room(self.paths, source):
            self.paths[parts] = source

    def caption(self, text: str, source: str) -> None:
        """Keep a caption, title or comment."""
        if text := self._written(text, source, MAX_CAPTION):
            self._keep(self.captions, Keyword(text, source), source)

    def free_text(self, text: str, source: str) -> None:
        """Keep a text without another field. A long text is kept in parts, up to the limit of all texts together."""
        self._free(self.texts, text.replace("\0", ""), source)

    def right(self, text: str, source: str) -> None:
        """Keep a text about makers, owners, permitted uses or status.

        Such a text names no person in the recording, but it may forbid its use.
        """
        text = text.replace("\0", " ")
        odd = sum(not (sign.isprintable() or sign.isspace()) for sign in text)
        # Data other than text, such as a small picture, is ignored.
        if odd <= ODD_SIGNS * len(text) + 1 and any(map(_may_say_no, text)):
            self._free(self.rights, text, source)

    def _free(self, shelf: dict[Keyword, None], text: str, source: str) -> None:
        for part in _in_parts(text):
            kept = Keyword(part, source)
            if kept in shelf:
                continue
            if self.free + len(part) > MAX_FREE_TEXT:
                self.damage(f"the file holds more than {MAX_FREE_TEXT} characters of free text; {source} was cut")
                return
            self.free += len(part)
            self._keep(shelf, kept, source)

    def held(self) -> set[str]:
        """Return every text kept so far in which names are searched, without the space around it."""
        shelves = (self.keywords, self.captions, self.events, self.markers, self.texts)
        listed = {kept.text.strip() for shelf in shelves for kept in shelf}
        named = {text for person, _ in self.persons for text in (person.name, person.id, *person.more_ids) if text}
        marked = {text for region in self.regions for text in (region.name, region.kind) if text}
        of_paths = {text for path in self.paths for text in (*path, "|".join(path), "/".join(path))}
        return listed.union(named, marked, of_paths, self.locations, {self.taken or ""})

    def absorb(self, other: FactsBuilder) -> None:
        """Add the facts of a file inside this one. Its regions name people, but lie in another picture."""
        for person in dict.fromkeys(person for person, _ in other.persons):
            self._keep(self.persons, (person, 1), person.source)
        for region in other.regions:
            if region.name and region.shows_person:
                self.region(replace(region, stale=True))
        for path, source in other.paths.items():
            self.hierarchy(path, source)
        for place in other.locations:
            self.location(place, "location")
        shelves = (
            (other.keywords, self.keyword),
            (other.captions, self.caption),
            (other.events, self.event),
            (other.markers, self.marker),
            (other.texts, self.free_text),
            (other.rights, self.right),
        )
        for shelf, keep in shelves:
            for kept in shelf:
                keep(kept.text, kept.source)
        for sentence in other.problems:
            self.note(sentence)
        self.damaged = self.damaged or other.damaged

    def marker(self, text: str, source: str) -> None:
        """Keep a text that restricts a recording or keeps it for a purpose."""
        if text := self._written(text, source, MAX_CAPTION):
            self._keep(self.markers, Keyword(text, source), source)

    def camera(self, maker: str, model: str, serial: str, source: str) -> None:
        """Keep the maker, model and serial number of the camera that are not known yet; each may be empty."""
        known_maker, known_model, known_serial = self.made_by
        self.made_by = (
            known_maker or self._text(maker, source),
            known_model or self._text(model, source),
            known_serial or self._text(serial, source),
        )

    def location(self, text: str, source: str) -> None:
        """Keep the name of a place."""
        if text := self._text(text, source):
            self._keep(self.locations, text, source)

    def owner(self, text: str, source: str) -> None:
        """Keep the name of the person who made or owns the recording."""
        if text := self._text(text, source):
            self._keep(self.owners, text, source)
            self.right(text, source)

    def event(self, text: str, source: str) -> None:
        """Keep the event that is shown."""
        if text := self._text(text, source):
            self._keep(self.events, Keyword(text, source), source)

    def recorded(self, text: str, source: str) -> None:
        """Keep the day and time of recording as written, unless another property gave them before."""
        if self.taken is None:
            self.taken = self._text(text, source) or None

    def text(self, item: Text) -> None:
        """Keep a text of the container itself."""
        match item.kind:
            case "taken":
                self.recorded(item.text, item.source)
            case "keyword":
                self.keywords_of(item.text, item.separator, item.source)
            case "owner":
                self.owner(item.text, item.source)
            case "person":
                self.person(item.text, item.source)
            case "event":
                self.event(item.text, item.source)
            case "caption":
                self.caption(item.text, item.source)
            case "text":
                self.free_text(item.text, item.source)
            case "rights":
                self.right(item.text, item.source)

    def facts(self, media_type: str, orientation: int | None) -> Facts:
        """Return all findings as facts; `partial` if a part was damaged, dropped or cut."""
        persons = (*(person for person, _ in self.persons), *dict.fromkeys(self._persons_of_paths()))
        for sentence in contradictions(persons, self.regions, self.keywords, self.captions, self.events):
            self.note(sentence)
        return Facts(
            media_type=media_type,
            state="partial" if self.damaged else "read",
            orientation=orientation or self.orientation,
            image_size=self.frame.upright,
            persons=persons,
            regions=tuple(self.regions),
            keywords=tuple(self.keywords),
            hierarchies=tuple(self.paths),
            captions=tuple(self.captions),
            event=next((event.text for event in self.events), None),
            more_events=tuple(dict.fromkeys(event.text for event in self.events))[1:],
            locations=tuple(self.locations),
            owner="; ".join(self.owners) or None,
            taken=self.taken,
            official_markers=tuple(self.markers),
            camera=self._camera(),
            focus_area=self.focus.area(self.frame) if self.focus else None,
            problems=tuple(self.problems),
            texts=tuple(self.texts),
            rights=tuple(self.rights),
        )

    def _camera(self) -> str | None:
        maker, model, serial = self.made_by
        if model.casefold().startswith(maker.casefold()):
            maker = ""
        return " ".join(part for part in (maker, model, serial) if part) or None

    def _persons_of_paths(self) -> Iterable[NamedPerson]:
        """Yield the names of people in `People|...` hierarchies. A path that leads to longer paths is a group, not a person."""
        groups = {path[:depth] for path in self.paths for depth in range(1, len(path))}
        for path, source in self.paths.items():
            if len(path) > 1 and path[0].casefold() in PEOPLE_HEADS and path not in groups:
                yield NamedPerson(path[-1], source)

    def _text(self, text: str, source: str) -> str:
        """Return a name without the space around it."""
        return self._written(text.replace("\0", "").strip(), source, MAX_TEXT)

    def _written(self, text: str, source: str, limit: int) -> str:
        """Return a text as written, with the space around it; nothing if it has only space."""
        text = text.replace("\0", "")
        if text.isspace():
            return ""
        if len(text) > limit:
            self.damage(f"a text in {source} is longer than {limit} characters and was cut")
        return text[:limit]

    def _few_parts(self, text: str, source: str) -> bool:
        """Count the parts of a keyword, as rules split it; return whether they are still within the limit."""
        self.parts += text.count(",") + text.count(";")
        if self.parts <= MAX_ITEMS:
            return True
        self.damage(f"the keywords hold more than {MAX_ITEMS} entries; {source} was not read whole")
        return False

    def _keep(self, shelf: dict[T, None], item: T, source: str) -> None:
        if item not in shelf and self._room(shelf, source):
            shelf[item] = None

    def _room(self, shelf: Mapping[T, object], source: str) -> bool:
        if len(shelf) < MAX_ITEMS:
            return True
        self.damage(f"{source} holds more than {MAX_ITEMS} entries; the rest was not read")
        return False


def _may_say_no(sign: str) -> bool:
    """Whether a character may belong to a sign that says no: to words, to a switch that is off, or to a picture."""
    return sign.isalpha() or sign == "0" or ord(sign) > 0x2000


def _in_parts(text: str) -> Iterator[str]:
    """Yield a text in parts of at most MAX_CAPTION characters.

    Each part begins with the end of the part before, so that every name is whole in one of them.
    """
    for at in range(0, max(len(text) - OVERLAP, 1), MAX_CAPTION - OVERLAP):
        if part := text[at : at + MAX_CAPTION].strip():
            yield part


def contradictions(
    persons: Iterable[NamedPerson],
    regions: Iterable[NamedRegion],
    keywords: Iterable[Keyword],
    captions: Iterable[Keyword],
    events: Iterable[Keyword],
) -> Iterator[str]:
    """Yield a sentence for each pair of properties that should agree and do not."""
    named = [(person.source, person.name) for person in persons]
    named += [(region.source, region.name) for region in regions if region.name and region.shows_person]
    people = _by_source(named)
    for one, other in combinations(people, 2):
        # One property may name fewer people than the other. That is no contradiction.
        if not (people[one] <= people[other] or people[other] <= people[one]):
            yield f"{one} and {other} do not name the same people; both were taken"
    words = _by_source((keyword.source, keyword.text) for keyword in keywords)
    if _differ(words, *KEYWORDS, lambda one, other: one == other):
        yield f"{KEYWORDS[0]} and {KEYWORDS[1]} do not hold the same keywords; both were taken"
    told = _by_source((caption.source, caption.text) for caption in captions)
    for one, other in CAPTIONS:
        # Only one of the two properties has a caption in several languages.
        if _differ(told, one, other, lambda some, others: bool(some & others)):
            yield f"{one} and {other} do not hold the same text; both were taken"
    yield from _of_events(_by_source((event.source, event.text) for event in events))


def _of_events(told: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield a sentence for each property that gives another event than the one that counts."""
    if not told:
        return
    first, *others = told
    if len(told[first]) > 1:
        yield f"{first} gives more than one event; the first was taken"
    for other in others:
        if not told[other] <= told[first]:
            yield f"{first} and {other} do not give the same event; the first was taken"


def _differ(texts: Mapping[str, set[str]], one: str, other: str, agree: Callable[[set[str], set[str]], bool]) -> bool:
    if one not in texts or other not in texts:
        return False
    limit = min((IIM_LIMITS[name] for name in (one, other) if name in IIM_LIMITS), default=None)
    return not agree(
        *({text.encode()[:limit].decode(errors="ignore").strip() for text in texts[name]} for name in (one, other))
    )


def _by_source(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source, text in pairs:
        if text:
            found[source].add(" ".join(text.casefold().split()))
    return dict(found)
