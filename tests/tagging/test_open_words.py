"""Whoever may be a student is one until somebody has looked; what cannot be one holds nothing up."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import school_files
import written_ways
from written_ways import DOUBLE, LATIN_OF, OTHER_SCRIPTS, PLACES, WAYS, WORDS_ALONE, School, roster_of

from dam_tagging.depicted import depicted
from dam_tagging.facts import Facts, Keyword, NamedPerson, Region, Tagging
from dam_tagging.open_words import MOST_LETTERS, MOST_MEANT, MOST_OPEN, open_words
from dam_tagging.people import Person, RosterIndex
from dam_tagging.rules.matchers import Standing
from dam_tagging.rules.model import RuleSet
from dam_tagging.tag import Completeness, tag

PERSONS = [
    Person("S-P", ("Ava Kim",), ("4100077",)),
    Person("S-J", ("Jordan Lee", "Jordan Brooks"), ("0012345",)),
    Person("S-2", ("Jordan Castillo",)),
    Person("S-R", ("Robert Smith",), ("314",)),
    Person("S-M", ("María Fernanda García López",)),
    Person("S-H", ("Emma Smith-Jones",)),
    Person("S-G", ("Grace Will",)),
    Person("S-O", ("Jörg O'Brien",)),
    Person("S-C", ("Ana de la Cruz",)),
    Person("S-D", ("Ewan McDonald",)),
    Person("S-I", ("Иван Соколов",)),
    Person("S-L", ("李小龙",)),
    Person("S-U", ("Nia Müller",)),
]
ROSTER = RosterIndex.of(PERSONS)
PERMITTED = {"S-P", "S-2"}
DENIED = frozenset(each.id for each in PERSONS) - PERMITTED
ROSTERS = 40
STANDINGS = {each.id: Standing(opted_out=each.id in DENIED) for each in PERSONS}


def said(text: str, denied: frozenset[str] = DENIED, **more: object) -> dict[str, tuple[str, ...]]:
    facts = Facts(state="read", captions=(Keyword(text, "dc:description"),), **more)  # type: ignore[arg-type]
    return {each.word: each.students for each in open_words(facts, "events/IMG_1.jpg", ROSTER, denied)}


def tagged(facts: Facts, key: str = "events/IMG_1.jpg", **more: object) -> Tagging:
    return tag(facts, key, RuleSet(), ROSTER, standings=STANDINGS, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "student"),
    [
        ("Bobby Smith", "S-R"),
        ("Smith, Bob", "S-R"),
        ("J. Lee", "S-J"),
        ("J Lee", "S-J"),
        ("JLee", "S-J"),
        ("jlee14", "S-J"),
        ("Jordan L.", "S-J"),
        ("JordanL", "S-J"),
        ("Jordn Lee", "S-J"),
        ("Jodran Lee", "S-J"),
        ("Maria Lopez", "S-M"),
        ("Fernanda García", "S-M"),
        ("Emma Jones", "S-H"),
        ("Lee Jordan", "S-J"),
        ("J\u043erdan Lee", "S-J"),
        ("Joerg OBrien", "S-O"),
        ("Ivan Sokolov", "S-I"),
        ("Nia Mueller", "S-U"),
        ("Ana Delacruz", "S-C"),
        ("Ewan MacDonald", "S-D"),
        ("Ewan Mc Donald", "S-D"),
        ("the Smithe twins", "S-R"),
        ("los hermanos García", "S-M"),
        ("J0rdan Lee", "S-J"),
        ("12345", "S-J"),
        ("number 0012345", "S-J"),
        ("小龙 wins", "S-L"),
        ("Grace W.", "S-G"),
        ("Will Grace", "S-G"),
        ("J. Brooks", "S-J"),
        # What an attacker thought of.
        ("J o r d a n  L e e", "S-J"),
        ("J-o-r-d-a-n", "S-J"),
        ("Jord Lee", "S-J"),
        ("Jordie at the fair", "S-J"),
        ("#TeamJordan", "S-J"),
        ("#jordanstrong", "S-J"),
        ("mailto:jlee@school.example", "S-J"),
        ("Jorrdan Leee", "S-J"),
        ("Captain Jordan", "S-J"),
        ("Jordan Homecoming Court", "S-J"),
        ("Jordan Track Star", "S-J"),
        ("Jordan Co-captain", "S-J"),
        ("Photo by Sam Reyes. Jordan wins", "S-J"),
        ("Photo by Sam Reyes; J. Lee", "S-J"),
        ("Mac Donald", "S-D"),
        ("the Lees", "S-J"),
        ("JORDAN M LEE", "S-J"),
        ("MVP Jordan!", "S-J"),
        ("Jordan (left)", "S-J"),
        ("a good day for Grace", "S-G"),
        ("Grace Wins Gold", "S-G"),
        ("\U0001f13foe and \U0001f139ordan", "S-J"),
        ("Emma Smyth", "S-H"),
        ("Jordan  \n Leee", "S-J"),
    ],
)
def test_a_word_that_may_be_an_opted_out_student_is_open(text: str, student: str) -> None:
    assert student in {who for each in said(text).values() for who in each}


@pytest.mark.parametrize(
    "text",
    [
        "and three teammates",
        "with friends",
        "y otros",
        "con sus amigos",
        "\\12h\\",
        "and #12",
        "plus 2 more",
        "and one more student",
        "and Player 12",
    ],
)
def test_people_without_a_name_are_open_and_nobody_is_said_to_be_meant(text: str) -> None:
    assert list(said(f"Ava Kim {text}").values()) == [()]


@pytest.mark.parametrize(
    "text",
    [
        "Ava Kim wins", "Ava Kim #12", "Coach Lee", "Mr. Smith", "Lee Street", "García Field", "Smith Hall", "May Day",
        "We're #1", "Room #12", "Photo by J. Lee", "Grace Lutheran Church", "They will grace the stage", "Homecoming 2026",
        "Wind and rain in May", "Varsity Soccer vs. Smith", "the girls soccer team", "C:\\2026\\08\\", "", "...",
    ],
)  # fmt: skip
def test_what_speaks_of_no_student_is_closed(text: str) -> None:
    assert said(text) == {}


def test_a_lone_name_of_an_opted_out_student_is_open_wherever_it_stands_and_anothers_in_a_list_of_people() -> None:
    assert "Jordan" in said("Great day for Jordan at the fair")
    assert said("Great day for Castillo at the fair", frozenset()) == {}
    assert said("Ava Kim and Castillo", frozenset()) == {"Castillo": ("S-2",)}
    assert said("Castillo scores", frozenset()) == {"Castillo": ("S-2",)}


def test_a_common_word_is_open_in_a_list_of_people_or_alone_as_a_keyword() -> None:
    assert said("The grace of dance") == {}
    assert said("Ava Kim and Grace") == {"Grace": ("S-G",)}
    alone = Facts(state="read", keywords=(Keyword("Grace", "dc:subject"),))
    assert [each.word for each in open_words(alone, "a.jpg", ROSTER, DENIED)] == ["Grace"]


def test_a_word_that_can_only_be_somebody_who_is_named_is_settled_unless_an_opted_out_one_bears_it() -> None:
    shown = (NamedPerson("Jordan Castillo", "Iptc4xmpExt:PersonInImage"),)
    assert said("Castillo scores", persons=shown) == {}
    assert said("J. Castillo scores", persons=shown) == {}
    assert said("Jordan scores", persons=shown) == {"Jordan": ("S-J",)}
    assert said("Jordan scores", DENIED - {"S-J"}, persons=shown) == {}


def test_a_name_split_over_a_folder_and_a_file_or_over_two_keywords_is_open() -> None:
    assert open_words(Facts(state="read"), "soccer/Lee/Jordan.jpg", ROSTER, DENIED)
    two = Facts(state="read", keywords=(Keyword("Jordan", "dc:subject"), Keyword("Lee", "dc:subject")))
    assert open_words(two, "a.jpg", ROSTER, DENIED)


def test_an_open_word_leaves_somebody_unidentified_and_its_finding_holds_no_name() -> None:
    result = tagged(Facts(state="read", captions=(Keyword("Ava Kim and Bobby Smith", "dc:title"),)))
    assert result.unidentified_people == 1
    assert [(each.word, each.source, each.students) for each in result.open_words] == [
        ("Bobby Smith", "dc:title", ("S-R",))
    ]
    told = " ".join(f"{each.value} {each.why} {each.source}" for each in result.findings).casefold()
    assert "bobby" not in told
    assert "smith" not in told


@pytest.mark.parametrize(
    "text",
    [
        "Ava Kim won the spelling bee (not pictured)",
        "Not shown: Ava Kim",
        "Ava Kim, absent from the photo, sent her speech",
        "Ava Kim no aparece en la foto",
    ],
)
def test_whom_a_caption_calls_absent_settles_no_face(text: str) -> None:
    facts = Facts(media_type="image/jpeg", state="read", captions=(Keyword(text, "dc:description"),))
    result = tagged(facts, faces=[Region(0.3, 0.3, 0.2, 0.2)])
    assert (result.state, result.unidentified_people) == ("pending", 1)


def test_an_open_word_alone_waits_for_a_person() -> None:
    said = Facts(state="read", captions=(Keyword("Bobby Smith", "dc:title"),))
    result = tagged(said, faces=[], completeness=Completeness(trust_no_faces=True))
    assert (result.state, result.findings[-1].why) == ("pending", "a word in it may be a student; a person has to look")


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("events/lee_jordan_gr7.jpg", "file name"),
        ("events/JordanLee2.jpg", "file name"),
        ("events/jordan-lee-0012.jpg", "file name"),
        ("portraits/0012345.jpg", "file name"),
        ("portraits/12345_final.jpg", "file name"),
        ("portraits/S0012345-2.jpg", "file name"),
        ("Jordan Lee/IMG_1.jpg", "folder name"),
        ("events/Jordan%20Lee.jpg", "file name"),
    ],
)
def test_a_full_name_or_an_id_in_a_key_names_the_student(key: str, source: str) -> None:
    result = tagged(Facts(state="read"), key)
    assert [(each.student, each.source) for each in result.appearances] == [("S-J", source)]
    assert (result.unidentified_people, result.open_words) == (0, ())


@pytest.mark.parametrize(
    "text",
    [
        "J&ouml;rg O&#39;Brien",
        "J%C3%B6rg%20O'Brien",
        "#JörgOBrien",
        "@jorg.obrien",
        "\uff2aorg O\u2019Brien",
        "O'Brien, Jörg",
    ],
)
def test_a_full_name_is_found_however_it_is_encoded(text: str) -> None:
    result = tagged(Facts(state="read", captions=(Keyword(text, "dc:title"),)))
    assert [each.student for each in result.appearances] == ["S-O"]


def test_a_name_in_a_text_without_spaces_is_found() -> None:
    assert set(depicted(Facts(state="read", texts=(Keyword("今天李小龙踢球", "comment"),)), ROSTER, ()).students) == {
        "S-L"
    }


def test_a_hostile_file_leaves_few_words_open_and_what_is_too_long_is_open_as_it_is() -> None:
    many = Facts(state="read", keywords=tuple(Keyword(f"Jordan{'x' * n} Lee", "dc:subject") for n in range(3, 300)))
    assert len(open_words(many, "a.jpg", ROSTER, DENIED)) <= MOST_OPEN
    long = Facts(state="read", texts=(Keyword("a " * MOST_LETTERS, "text track"),))
    assert [each.students for each in open_words(long, "a.jpg", ROSTER, DENIED)] == [()]
    alike = RosterIndex.of(Person(f"S-{n}", (f"Jordan Lee{n}",)) for n in range(100))
    (word,) = open_words(Facts(state="read", texts=(Keyword("Jordan", "x"),)), "a.jpg", alike, {"S-7"})
    assert word.students[0] == "S-7"
    assert len(word.students) == MOST_MEANT


@pytest.fixture(scope="module")
def alike() -> School:
    made = random.Random(14)  # noqa: S311 - no secret
    persons = roster_of(500, 1)
    special = {each.id for each in persons if each.names[0] in (*OTHER_SCRIPTS, *DOUBLE, *LATIN_OF)}
    return School.of(persons, frozenset(special | {each.id for each in made.sample(persons, 60)}))


def test_no_opted_out_student_goes_unseen_however_and_wherever_they_are_written(
    alike: School, procedure_seed: int, record_figure: Counter[str]
) -> None:
    made = random.Random(procedure_seed)  # noqa: S311 - no secret
    assert (len(WAYS) >= 60, len(PLACES) >= 25, len(alike.persons) >= 500) == (True, True, True)
    unseen = []
    tried: Counter[str] = Counter()
    for way in WAYS:
        for place in PLACES:
            for key, facts, student, text in written_ways.pictures(alike, way, place, made):
                tried[way] += 1
                state, unidentified, named, _ = alike.tagged(key, facts)
                if state == "complete" and not unidentified and student.id not in named:
                    unseen.append((way, place.name, text, student.names[0]))
    record_figure["open words: opted-out students written somehow beside a permitted one"] = tried.total()
    record_figure["open words: of these in a whole release"] = len(unseen)
    assert not unseen, unseen[:20]
    assert set(tried) == set(WAYS)


def test_few_pictures_of_permitted_students_alone_wait_for_a_word(
    procedure_seed: int, record_figure: Counter[str]
) -> None:
    held, of = Counter[str](), 0
    for seed in range(procedure_seed, procedure_seed + ROSTERS):
        made = random.Random(seed)  # noqa: S311 - no secret
        persons, denied = school_files.school(500, 0.08, made)
        roster = RosterIndex.of(persons)
        standings = {each.id: Standing(opted_out=each.id in denied) for each in persons}
        for key, facts in school_files.pictures(persons, denied, 30, made):
            result = tag(facts, key, RuleSet(), roster, standings=standings, completeness=WORDS_ALONE)
            of += 1
            if result.unidentified_people or result.state != "complete":
                held[", ".join(each.word for each in result.open_words) or result.findings[-1].why] += 1
    record_figure["open words: pictures of permitted students alone"] = of
    record_figure["open words: of these held for nothing"] = held.total()
    assert held.total() <= of / 10, held.most_common(20)
