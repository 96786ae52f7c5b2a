"""Tests of texts and numbers in little memory, beside the plain dictionaries that they stand for."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.name_parts import NameParts
from dam_tagging.names.packed import Lengths, Lists, Numbers, Texts

WORDS = st.text("abcé 李", max_size=4)
NUMBERS = st.integers(0, 2**24 - 1)


@given(st.lists(WORDS), WORDS)
def test_a_text_is_known_by_its_number(texts: list[str], other: str) -> None:
    kept = Texts(texts)
    assert list(kept) == sorted(set(texts))
    assert [kept[number] for number in range(len(kept))] == list(kept)
    assert all(kept[number] == each for each in texts if (number := kept.number(each)) is not None)
    assert (other in kept, kept.number(other) is not None) == (other in texts, other in texts)


@given(st.lists(WORDS), WORDS)
def test_texts_that_begin_with_another_come_in_order(texts: list[str], start: str) -> None:
    assert list(Texts(texts).begun_by(start)) == sorted({each for each in texts if each.startswith(start)})


def test_a_text_with_half_a_letter_of_a_file_name_is_kept_as_it_is() -> None:
    texts = ["ava\udce9", "ava", "ben", "\U0001f600"]
    assert list(Texts(texts)) == sorted(texts)
    assert all(each in Texts(texts) for each in texts)
    assert "\udce9" not in Texts(texts)


@given(st.dictionaries(WORDS, st.sets(st.integers(1, 9))), WORDS)
def test_a_word_has_its_lengths_the_highest_first(lengths: dict[str, set[int]], other: str) -> None:
    kept = Lengths(lengths)
    wanted = {each: sorted(lengths.get(each, ()), reverse=True) for each in (*lengths, other)}
    assert {each: list(kept.of(each)) for each in wanted} == wanted


@given(st.lists(st.lists(st.integers(0, 2**31), min_size=1)))
def test_pairs_make_the_list_of_each_number(lists: list[list[int]]) -> None:
    kept = Lists.of_pairs((number, each) for number, values in enumerate(lists) for each in reversed(values))
    assert [list(kept[number]) for number in range(len(lists))] == [sorted(each) for each in lists]


@pytest.mark.parametrize("ids", [("S-2", "S-1"), ("S-1", "S-1")])
def test_parts_are_made_of_persons_in_order(ids: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="once, in the order"):
        NameParts(Person(each, ("Ava Example",)) for each in ids)


@given(st.lists(st.lists(st.integers(0, 50))), st.integers(0, 50))
def test_each_number_has_its_list(lists: list[list[int]], value: int) -> None:
    kept = Lists(map(sorted, lists))
    assert [list(kept[number]) for number in range(len(lists))] == [sorted(each) for each in lists]
    assert [kept.has(number, value) for number in range(len(lists))] == [value in each for each in lists]


@given(st.dictionaries(WORDS, st.lists(st.integers(0, 50))))
def test_a_text_has_its_list(lists: dict[str, list[int]]) -> None:
    texts = Texts((*lists, "nobody's"))
    kept = Lists.by(lists, texts)
    found = {each: list(kept[number]) for each in texts if (number := texts.number(each)) is not None}
    assert found == {**lists, "nobody's": lists.get("nobody's", [])}


@given(st.lists(st.tuples(WORDS, NUMBERS)), WORDS)
def test_a_key_has_its_numbers_once_and_in_order(pairs: list[tuple[str, int]], other: str) -> None:
    wanted = defaultdict[str, set[int]](set)
    for key, number in pairs:
        wanted[key].add(number)
    kept = Numbers(pairs)
    assert {key: kept.of(key) for key in (*wanted, other)} == {key: sorted(wanted[key]) for key in (*wanted, other)}


def test_what_is_added_counts_once_it_is_settled() -> None:
    kept = Numbers([("b", 2)])
    kept.add("a", 1)
    kept.settle()
    assert (kept.of("a"), kept.of("b"), kept.of("c")) == ([1], [2], [])


def test_two_names_with_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_tagging.names.packed._hash", lambda _: 7)
    index = RosterIndex([Person("S-1", ("Ava Example",)), Person("S-2", ("Ben Sample",))])
    assert [name for name, _ in index.mentioned("Example, Ava; Ben X. Sample; Cy Nobody")] == [
        "ava example",
        "ben sample",
    ]


def test_the_longest_form_of_a_name_is_told_first() -> None:
    index = RosterIndex([Person("S-1", ("Theodore Carl Lequmo Jr",))])
    assert [name for name, _ in index.mentioned("Theodore X. Lequmo")] == ["theodore carl lequmo jr"]


def test_a_student_who_is_given_twice_has_both_names_and_both_ids() -> None:
    index = RosterIndex([Person("S-1", ("Ava Example",), ("4217",)), Person("S-1", ("Ava Sample",), ("0815",))])
    assert index.names_of("S-1") == ("ava example", "ava sample")
    assert {index.match("", each).student for each in ("4217", "0815")} == {"S-1"}
