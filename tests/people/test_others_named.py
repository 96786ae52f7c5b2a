"""Who else a text may name is found by the index: it tells every text as the whole roster would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from databases import DATABASES, open_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dam_plugin.model import Actor, Guardianship, StudentRecord
from dam_plugin.people.names_in_text import OtherStudents
from dam_plugin.people.others_named import others_named_in
from dam_plugin.store import Store
from dam_plugin.store.people import Extent

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
OWN = "S-000000000001"
# Many share words, letters, or how they are written together; some are words of sentences, or of what stands in their place.
NAMES = (
    "Hannah Lee",
    "Lee Hannah",
    "Ann Alee",
    "Anna Lee",
    "Annalee",
    "Caleb Núñez",
    "Caleb Nunez",
    "Will van der Berg",
    "van der Berg",
    "María-José O'Brien",
    "Maria Jose",
    "Mo Li",
    "A B",
    "Al",
    "Rose",
    "Student",
    "Another Student",
    "李 小龙",
    "李小龙",
    "小龙",
    "王",
    "\uff46iona Ross",
    "\u0421aleb",
    "Jess Ross",
)
NUMBERS = ("", "104300", "104217", "104-217", "SN-77-A", "an-na", "77")
JOINTS = ("", " ", ", ", "-", "_", "'s ", ": ", "\n", ". ", "\u200b", "打人")
IDS = ("S-000000000002", "s_000000000001", "parent:G-1", "104217", "sn77a", "104-217", "77", "another student")


@pytest.fixture(scope="module", params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(request.param, Path(tmp_path_factory.mktemp("names"))) as opened:
        yield opened


def _written(name: str) -> st.SearchStrategy[str]:
    """Give a name, a word of it, or either as people write them."""
    words = [*name.split(), name, name.replace(" ", ""), f"{name}s", ", ".join(reversed(name.split()))]
    return st.sampled_from([each for word in words for each in (word, word.lower(), word.upper(), word.title())])


TEXTS = st.lists(
    st.tuples(st.one_of(st.sampled_from(NAMES).flatmap(_written), st.sampled_from(IDS)), st.sampled_from(JOINTS)),
    max_size=6,
).map(lambda pieces: "".join(piece for each in pieces for piece in each))
STUDENTS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
        st.lists(st.sampled_from(NAMES), max_size=1),
        st.lists(st.sampled_from(NAMES), max_size=2),
        st.sampled_from(NAMES) | st.none(),
    ),
    min_size=1,
    max_size=6,
)


def _roster(drawn: list[tuple[list[str], list[str], list[str], str | None]]) -> list[tuple[StudentRecord, str | None]]:
    return [
        (
            StudentRecord(
                f"S-{number:012}",
                NUMBERS[number] if number < len(NUMBERS) else f"1{number}",
                tuple(names),
                former_names=tuple(each for each in former if each not in names),
                guardians=("G-1",),
                guardian_names=tuple((f"G-{at}", name) for at, name in enumerate(guardians)),
            ),
            stated,
        )
        for number, (names, former, guardians, stated) in enumerate(drawn, 1)
    ]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(drawn=STUDENTS, texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_a_text_is_told_as_the_whole_roster_would(
    store: Store, drawn: list[tuple[list[str], list[str], list[str], str | None]], texts: list[str]
) -> None:
    roster = _roster(drawn)
    with store.writing() as unit, unit.rehearsal():
        unit.people.upsert_roster([record for record, _ in roster], NOW, Extent(whole=False))
        for record, name in roster:
            if name is not None:
                unit.people.add_guardianship(_stated(record.id, name), NOW)
        own = unit.people.need(OWN)
        everybody = OtherStudents(own, unit.people.students())
        found = others_named_in(unit.people, own, texts)
        told = [(each, found.without(each), found.of_whole_names().without(each)) for each in texts]
    assert told == [(each, everybody.without(each), everybody.of_whole_names().without(each)) for each in texts]


def test_a_name_of_two_words_is_found_beside_a_double_name_of_the_same_words(store: Store) -> None:
    drawn = [(["Hannah Lee"], [], [], None), (["María-José O'Brien"], [], [], None), (["Maria Jose"], [], [], None)]
    with store.writing() as unit, unit.rehearsal():
        unit.people.upsert_roster([record for record, _ in _roster(drawn)], NOW, Extent(whole=False))
        found = others_named_in(unit.people, unit.people.need(OWN), ["Jose, Maria"])
        assert found.of_whole_names().without("Jose, Maria") == "another student"


def _stated(student: str, name: str) -> Guardianship:
    by = Actor("custodian", "records-office")
    return Guardianship(student, "aunt-7", "guardian", date(2026, 9, 1), "a paper", by, name=name)


def test_of_many_with_one_name_few_are_read(store: Store) -> None:
    record = StudentRecord("S-0", "r-0", ("Caleb Smith",), guardian_names=(("G-0", "Jo Smith"),))
    others = [replace(record, id=f"S-{number}", roster_id=f"r-{number}") for number in range(1, 60)]
    own = StudentRecord("S-OWN", "r-own", ("Ada Quill",))
    text = "Jo Smith told Caleb Smith; Smiths and Calebs, and nobody else"
    with store.writing() as unit, unit.rehearsal():
        unit.people.upsert_roster([own, record, *others], NOW)
        asked = OtherStudents(own, ()).asked(text)
        found = unit.people.named_by(asked.words, asked.wholes, own.id)
        told = others_named_in(unit.people, own, [text]).without(text)
    # Anybody called so, one for each of: Caleb, Smith, Jo, and the two whole names.
    assert 0 < len(found) <= 5
    assert told == "another student told another student; another student and another student, and nobody else"
