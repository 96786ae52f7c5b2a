"""How students are written in files: a roster of alike ones, the ways to write a name, the places it stands in.

And the other way round: what files of a school say of pictures that show permitted students alone.
"""

from __future__ import annotations

import html
import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.find_names import names_in
from dam_tagging.names.open_words import ABBREVIATED
from dam_tagging.names.ordinary import ORDINARY, TOWNS, WORDS_AND_NAMES
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.names.visible_text import fold
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Completeness, Families, tag

# What words alone let through: nobody counts faces.
WORDS_ALONE = Completeness(by="metadata")
BOX = Region(0.3, 0.3, 0.2, 0.3)

GIVEN = """
Jordan Ava Liam Emma Noah Olivia Grace Hunter Will May August Mark Robert Elizabeth William Katherine Joseph Madison Tyler
José María Guadalupe Francisco Ignacio Jesús Zoë Jörg Søren Łukasz Chloë Renée Siân Bo Li An Yi Ty Mei-Ling Mary-Kate DeShawn
LaToya O'Shea Priya Amina Mohammed Sofia Mateo Alejandro Benjamin Samuel Theodore Isabella Charlotte Abigail Nathaniel
""".split()
FAMILY = """
Lee Smith Johnson Garcia Müller O'Brien McDonald Kim Nguyen Patel Li Wu Ng Will Field Brown Hernández Peña Rodríguez Kowalski
Novák Virtanen Øby Strauß Petersen Anderson Johansson Martinez Lopez Jackson Washington Young Hill Baker Cruz Okafor Yusuf
Lindqvist Whitfield Gallagher Thompson Fitzgerald Castillo Delgado Ramirez Nowak Fischer Weber Schröder Bakker
""".split()
OTHER_SCRIPTS = (
    *(
        "李雷",
        "王 小明",
        "陳美玲",
        "김 민준",
        "이서연",
        "田中 さくら",
        "佐藤健",
        "Иван Соколов",
        "Анна Петрова",
        "Дмитрий Кузнецов",
    ),
    *("فاطمة الزهراء", "محمد علي", "Νίκος Παπαδόπουλος", "नेहा शर्मा", "דוד כהן", "สมชาย ใจดี"),
)
DOUBLE = (
    *(
        "María Fernanda García López",
        "José Luis Hernández Cruz",
        "Ana Sofía de la Cruz Ramírez",
        "Luis Ángel Martínez Peña",
    ),
    *(
        "Ava Smith-Jones",
        "Liam O'Brien-Kim",
        "Emma Lee-Anderson",
        "Noah van der Berg",
        "Sara de la Rosa",
        "Mary Ann Lee",
    ),
    *(
        "Grace Will",
        "Bo Li",
        "An Yi",
        "Will Grace",
        "May Field",
        "Hunter Young",
        "Mark Hill",
        "August Baker",
        "Jordan Lee Jr.",
    ),
)


def roster_of(size: int, seed: int) -> list[Person]:
    """Return so many students who are alike: few given and family names, each with a number; some with a further name."""
    made = random.Random(seed)  # noqa: S311 - a roster, no secret
    names = dict.fromkeys((*OTHER_SCRIPTS, *DOUBLE))
    while len(names) < size:
        names[f"{made.choice(GIVEN)} {made.choice(FAMILY)}"] = None
    persons = []
    for number, name in enumerate(names):
        further = (f"{name.split()[0]} Brooks",) if number % 25 == 24 else ()
        persons.append(Person(f"S-{number:04}", (name, *further), (f"{4100000 + number * 37}",)))
    return persons


def ascii_of(text: str) -> str:
    """Return a text without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each))


def given_of(name: str) -> str:
    """Return the first word of a name."""
    return name.split(maxsplit=1)[0]


def family_of(name: str) -> str:
    """Return the last word of a name that is no suffix."""
    return [word for word in name.split() if word != "Jr."][-1]


def is_latin(name: str) -> bool:
    """Whether a name is written in Latin letters, in two words or more."""
    return " " in name and all(not each.isalpha() or unicodedata.name(each).startswith("LATIN") for each in name)


def _common(word: str) -> bool:
    plain = ascii_of(word).casefold()
    return plain in ORDINARY or plain in WORDS_AND_NAMES or len(plain) < 3


def _latin(way: Callable[[str, str, random.Random], str | None]) -> Callable[[Person, random.Random], str | None]:
    """Return a way that is for Latin names alone, given the first and the last word of the name."""

    def written(person: Person, made: random.Random) -> str | None:
        name = person.names[0]
        return way(given_of(name), family_of(name), made) if is_latin(name) else None

    return written


def _any(way: Callable[[str], str | None]) -> Callable[[Person, random.Random], str | None]:
    return lambda person, made: way(person.names[0])


def _wrong(word: str, made: random.Random) -> str | None:
    """Return a word with one letter wrong; None where it is too short for that."""
    if len(word) < 4:
        return None
    at = made.randrange(1, len(word) - 1)
    letter = made.choice("aeioust")
    return made.choice(
        [
            word[:at] + letter + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


def _typo(given: str, family: str, made: random.Random) -> str | None:
    if made.random() < 0.5 and (wrong := _wrong(given, made)):
        return f"{wrong} {family}"
    wrong = _wrong(family, made)
    return f"{given} {wrong}" if wrong else None


def _nickname(given: str, family: str, made: random.Random) -> str | None:
    short = sorted(called_otherwise(ascii_of(given).casefold()))
    short = [each for each in short if len(each) > 2]
    return f"{made.choice(short).title()} {family}" if short else None


ALIKE = str.maketrans(
    "aeopcxyiAEOPCTHKMB",
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0410\u0415\u041e\u0420\u0421\u0422\u041d\u041a\u041c\u0412",
)
GERMAN = str.maketrans({"ö": "oe", "ü": "ue", "ä": "ae", "ø": "oe", "Ø": "Oe", "Ö": "Oe", "ß": "ss"})
SOUNDS_ALIKE = (("v", "ff"), ("ph", "f"), ("ck", "k"), ("y", "ie"), ("i", "y"), ("ll", "l"), ("tt", "t"), ("z", "s"))


def _sounds_alike(word: str) -> str | None:
    """Return a word as one may write it who only heard it; None where it has no such letters, or is short."""
    plain = ascii_of(word)
    ways = (plain[0] + plain[1:].replace(one, other, 1) for one, other in SOUNDS_ALIKE if one in plain[1:])
    return next((way for way in ways if len(way) > 4 and len(plain) > 4), None)


def _in_cyrillic(word: str) -> str | None:
    letters = dict(zip("abvgdezijklmnoprstufh", "абвгдезийклмнопрстуфх", strict=True))
    plain = ascii_of(word).lower()
    return "".join(letters[each] for each in plain).title() if len(plain) > 2 and set(plain) <= set(letters) else None


LATIN_OF = {"Иван Соколов": "Ivan Sokolov", "Анна Петрова": "Anna Petrova", "Дмитрий Кузнецов": "Dmitry Kuznetsov"}
FULLWIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
ENDED = ("'s", "\u2019s", "em", "owi", "ovi", "lla", "nin", "ego", "ito")


def _is_lone(word: str) -> bool:
    return not _common(word)


WAYS: dict[str, Callable[[Person, random.Random], str | None]] = {
    "full": _any(lambda name: name),
    "lower": _any(str.lower),
    "upper": _any(str.upper),
    "without accents": _any(ascii_of),
    "decomposed": _any(lambda name: unicodedata.normalize("NFD", name)),
    "entities": _any(lambda name: html.escape(name).encode("ascii", "xmlcharrefreplace").decode()),
    "an entity for a letter": _any(lambda name: f"&#{ord(name[0])};{name[1:]}"),
    "percent": _any(quote),
    "percent of all": _any(lambda name: "".join(f"%{byte:02X}" for byte in name.encode())),
    "zero width": _any(lambda name: "\u200b".join(name)),
    "bidi": _any(lambda name: f"\u202a{name}\u202c"),
    "zero width for a space": _any(lambda name: name.replace(" ", "\u200b")),
    "soft hyphen": _any(lambda name: name[:2] + "\u00ad" + name[2:]),
    "fullwidth": _latin(lambda given, family, made: f"{given} {family}".translate(FULLWIDTH)),
    "no-break space": _any(lambda name: name.replace(" ", "\u00a0")),
    "two spaces": _any(lambda name: name.replace(" ", "  ")),
    "line break": _any(lambda name: name.replace(" ", "\n")),
    "full stops": _any(lambda name: name.replace(" ", ".")),
    "underscores": _any(lambda name: name.replace(" ", "_")),
    "hyphens": _any(lambda name: name.replace(" ", "-")),
    "hashtag": _any(lambda name: "#" + name.title().replace(" ", "").replace("-", "").replace(".", "").replace("'", "")),
    "hashtag in lower case": _any(lambda name: "#" + name.lower().replace(" ", "")),
    "handle": _any(lambda name: "@" + name.lower().replace(" ", "")),
    "handle with a full stop": _any(lambda name: "@" + name.lower().replace(" ", ".")),
    "camel case": _any(lambda name: name.replace(" ", "")),
    "camel case and a number": _any(lambda name: name.replace(" ", "") + "2"),
    "name of a file": _latin(lambda given, family, made: f"{family}_{given}_gr7".lower()),
    "name of a file, given name first": _latin(lambda given, family, made: f"{given}-{family}-0012".lower()),
    "with a comma": _latin(lambda given, family, made: f"{family}, {given}"),
    "with a comma, capitals": _latin(lambda given, family, made: f"{family.upper()}, {given}"),
    "family name first": _latin(lambda given, family, made: f"{family} {given}"),
    "written together": _latin(lambda given, family, made: f"{given}{family}".lower()),
    "written together, capitals": _latin(lambda given, family, made: f"{given}{family}".upper()),
    "written together, turned": _latin(lambda given, family, made: f"{family}{given}".capitalize()),
    "in a run of its script": _any(lambda name: f"今天{name.replace(' ', '')}踢球" if "\u3040" <= name[0] <= "\u9fff" else None),
    "alias": lambda person, made: person.names[1] if len(person.names) > 1 else None,
    "nickname": _latin(_nickname),
    "nickname, family name first": _latin(
        lambda given, family, made: (short := _nickname(given, family, made)) and ", ".join(reversed(short.rsplit(" ", 1)))
    ),
    "initial with a full stop": _latin(lambda given, family, made: f"{given[0]}. {family}" if len(family) > 1 else None),
    "initial": _latin(lambda given, family, made: f"{given[0]} {family}"),
    "initial, together": _latin(lambda given, family, made: f"{given[0]}{family}"),
    "initial, together with a number": _latin(lambda given, family, made: f"{given[0]}{family}14".lower() if len(family) > 2 else None),
    "given name and initial": _latin(lambda given, family, made: f"{given} {family[0]}."),
    "given name and initial without a full stop": _latin(lambda given, family, made: f"{given} {family[0]}"),
    "given name and initial, together": _latin(lambda given, family, made: f"{given}{family[0]}"),
    "family name and initial": _latin(lambda given, family, made: f"{family}, {given[0]}."),
    "one letter wrong": _latin(_typo),
    "one letter wrong, turned": _latin(lambda given, family, made: (wrong := _typo(given, family, made)) and " ".join(reversed(wrong.split()))),
    "with a middle initial": _latin(lambda given, family, made: f"{given} Q. {family}"),
    "with a middle name": _latin(lambda given, family, made: f"{given} Rosalind {family}"),
    "half of a double name": lambda person, made: (
        f"{given_of(person.names[0])} {person.names[0].split()[-2]}"
        if person.names[0] in DOUBLE[:4] else f"{given_of(person.names[0])} {person.names[0].split('-')[-1]}"
        if "-" in person.names[0].split()[-1] and is_latin(person.names[0]) else None
    ),
    "second given name": lambda person, made: (
        f"{person.names[0].split()[1]} {person.names[0].split()[2]}" if person.names[0] in DOUBLE[:2] else None
    ),
    "letters that look alike": _latin(lambda given, family, made: f"{given} {family}".translate(ALIKE)),
    "one letter that looks alike": _latin(
        lambda given, family, made: f"{given[0]}{given[1:].translate(ALIKE)} {family}" if len(given) > 1 else None
    ),
    "umlauts in two letters": _any(lambda name: name.translate(GERMAN) if name.translate(GERMAN) != name else None),
    "in Latin letters": _any(lambda name: LATIN_OF.get(name)),
    "owned": _latin(lambda given, family, made: f"{given} {family}'s solo"),
    "case ending": _latin(lambda given, family, made: f"{given} {family}{made.choice(ENDED)}" if len(family) > 3 else None),
    "case endings": _latin(lambda given, family, made: f"{given}em {family}em" if min(len(given), len(family)) > 3 else None),
    "given name alone": _latin(lambda given, family, made: given if _is_lone(given) else None),
    "family name alone": _latin(lambda given, family, made: family if _is_lone(family) else None),
    "given name in lower case": _latin(lambda given, family, made: given.lower() if _is_lone(given) else None),
    "given name, owned": _latin(lambda given, family, made: f"{given}'s solo" if _is_lone(given) else None),
    "given name alone, a letter wrong": _latin(lambda given, family, made: _wrong(given, made) if _is_lone(given) and len(given) > 5 else None),
    "family name alone, a letter wrong": _latin(lambda given, family, made: _wrong(family, made) if _is_lone(family) and len(family) > 5 else None),
    "family name alone, as it sounds": _latin(lambda given, family, made: _sounds_alike(family) if _is_lone(family) else None),
    "given name in another alphabet": _latin(lambda given, family, made: _in_cyrillic(given)),
    "initials with full stops": _latin(
        lambda given, family, made: f"{given[0]}.{family[0]}." if f"{given[0]}{family[0]}".casefold() not in ABBREVIATED else None
    ),
    "twins": _latin(lambda given, family, made: f"the {family} twins" if _is_lone(family) else None),
    "twins with a letter wrong": _latin(lambda given, family, made: f"the {family}e twins" if _is_lone(family) and len(family) > 3 else None),
    "brothers": _latin(lambda given, family, made: f"The {family} brothers" if _is_lone(family) else None),
    "hermanos": _latin(lambda given, family, made: f"los hermanos {family}" if _is_lone(family) else None),
    "shares the family name": _latin(lambda given, family, made: f"{given} and Zed {family}"),
    "digits for letters": _latin(
        lambda given, family, made: f"{given.lower().translate(str.maketrans('oe', '03'))} {family}"
        if given[0].lower() not in "oe" and len(given) > 3 and set(given.lower()) & {"o", "e"} else None
    ),
    "emoji within": _any(lambda name: name[:2] + "\U0001f389" + name[2:]),
    "teammates": lambda person, made: made.choice(("and three teammates", "with friends", "and 2 others", "y otros", "con sus amigos")),
    "somebody unnamed": lambda person, made: made.choice(("and ???", "and the gang", "(name withheld)", "and another", "two more players")),
    "number on a shirt": lambda person, made: f"and #{made.randrange(2, 60)}",
    "unresolved code": lambda person, made: f"\\{made.randrange(1, 60)}h\\",
    "id": lambda person, made: person.external_ids[0],
    "id in the name of a file": lambda person, made: f"portrait_{person.external_ids[0]}",
}  # fmt: skip
"""Each way to write a student: the text, or None where a name has no such form."""

LISTS = ("dc:subject", "lr:hierarchicalSubject")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: given the text it returns facts and a key."""

    name: str
    put: Callable[[str], dict[str, object]]
    is_path: bool = False


def _keyword(source: str) -> Callable[[str], dict[str, object]]:
    return lambda text: {"keywords": (Keyword("Soccer", source), Keyword(text, source))}


def _caption(source: str) -> Callable[[str], dict[str, object]]:
    return lambda text: {"captions": (Keyword(text, source),)}


def _texts(source: str) -> Callable[[str], dict[str, object]]:
    return lambda text: {"texts": (Keyword(text, source),)}


def _head(*head: str) -> Callable[[str], dict[str, object]]:
    return lambda text: {"hierarchies": ((*head, text),)}


def _region(kind: str) -> Callable[[str], dict[str, object]]:
    return lambda text: {"regions": (NamedRegion(text, kind, BOX, "mwg-rs:Regions"),)}


PLACES = (
    Place("keyword", _keyword("dc:subject")),
    Place("IPTC keyword", _keyword("IPTC Keywords")),
    Place("several in a keyword", lambda text: {"keywords": (Keyword(f"Gym; {text}; Fall", "XPKeywords"),)}),
    Place("hierarchy People", _head("People")),
    Place("hierarchy Students", _head("Students", "Grade 7")),
    Place("hierarchy Personen", _head("Personen")),
    Place("hierarchy Who", _head("Who")),
    Place("hierarchy Equipo", _head("Equipo")),
    Place("description", _caption("dc:description")),
    Place("title", _caption("dc:title")),
    Place("headline", _caption("photoshop:Headline")),
    Place("label", _caption("xmp:Label")),
    Place("album", _caption("ID3v1 Album")),
    Place("face", _region("Face")),
    Place("pet", _region("Pet")),
    Place("focus", _region("Focus")),
    Place("bar code", _region("BarCode")),
    Place("area", _region("area")),
    Place("person shown", lambda text: {"persons": (NamedPerson(text, "Iptc4xmpExt:PersonInImage"),)}),
    Place("event", lambda text: {"event": text}),
    Place("a further event", lambda text: {"event": "Fair", "more_events": (text,)}),
    Place("location", lambda text: {"locations": (text,)}),
    Place("instructions", lambda text: {"official_markers": (Keyword(text, "photoshop:Instructions"),)}),
    Place("comment", _texts("JPEG comment")),
    Place("text track", _texts("text track")),
    Place("file name", lambda text: {}, is_path=True),
    Place("folder name", lambda text: {}, is_path=True),
)
FRAMES = ("{}", "{} at the fair", "Winners: {}", "Ms. Ortega and {}", "{} (grade 7)")
"""What may stand around a name; a list of names and a path hold it as it is."""
FRAMED = frozenset(
    {"description", "title", "headline", "event", "a further event", "instructions", "comment", "text track"}
)
ALONE = frozenset({"given name alone", "family name alone", "given name in lower case", "given name, owned"})


@dataclass(frozen=True, slots=True)
class School:
    """A roster, ready to be searched: who said no."""

    persons: tuple[Person, ...]
    index: RosterIndex
    standings: dict[str, Standing]

    @classmethod
    def of(cls, persons: list[Person], denied: frozenset[str]) -> School:
        """Prepare a roster."""
        standings = {each.id: Standing("7", active=True, opted_out=each.id in denied) for each in persons}
        return cls(tuple(persons), RosterIndex(persons), standings)

    @property
    def permitted(self) -> list[Person]:
        """Those who did not say no."""
        return [each for each in self.persons if not self.standings[each.id].opted_out]

    @property
    def denied(self) -> list[Person]:
        """Those who said no."""
        return [each for each in self.persons if self.standings[each.id].opted_out]

    def tagged(self, key: str, facts: dict[str, object]) -> tuple[str, int, frozenset[str], tuple[str, ...]]:
        """Return state, how many are unidentified, who is named and which words are open."""
        result = tag(
            Facts(**{"state": "read", **facts}),
            key,
            RuleSet(),
            self.index,
            families=Families.of(self.standings),
            completeness=WORDS_ALONE,
        )  # type: ignore[arg-type]
        return result.state, result.unidentified_people, result.students, tuple(each.word for each in result.open_words)


def pictures(
    school: School, way: str, place: Place, made: random.Random
) -> Iterator[tuple[str, dict[str, object], Person, str]]:
    """Yield pictures of a permitted student, rightly named, and an opted-out one, written in a way: key, facts, who, text."""
    for _ in range(40):
        student = made.choice(school.denied)
        written = WAYS[way](student, made)
        if written is None or _names_another(school, written, student):
            continue
        if place.name == "location" and way == "initials with full stops":
            continue
        # In a property for places a town is the town.
        if place.name == "location" and way in ALONE and fold(written.removesuffix("'s solo")) in TOWNS:
            continue
        permitted = made.choice(school.permitted)
        key = "events/2026/IMG_2231.jpg"
        text = written
        if place.name in FRAMED:
            text = made.choice(FRAMES).format(written)
        if place.is_path:
            text = written.replace("/", "-").replace("\n", " ")
            key = f"events/{text}.jpg" if place.name == "file name" else f"events/{text}/IMG_2231.jpg"
        facts = place.put(text)
        who = NamedPerson(permitted.names[0], "Iptc4xmpExt:PersonInImage")
        facts["persons"] = (who, *facts.get("persons", ()))  # type: ignore[misc]
        yield key, facts, student, text
        return


def _names_another(school: School, written: str, student: Person) -> bool:
    """Whether a text is another student's name in full: then the file says that it is the other one."""
    found = [school.index.match(written), *(match for _, match in names_in(written, school.index))]
    return any(match.student not in (None, student.id) for match in found)
