from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import InputError, SettingsError
from dam_plugin.pseudonyms import Pseudonyms, own_id, own_ids, own_ids_within, person_id

KEY = "k" * 32
ids = st.text(min_size=1)


@given(ids)
def test_a_pseudonym_has_its_prefix_and_letters_that_are_not_mistaken(text: str) -> None:
    pseudonyms = Pseudonyms(KEY)
    person = "[0-9A-HJKMNP-TV-Z]{12}"
    assert re.fullmatch(f"S-{person}", pseudonyms.student(text))
    assert re.fullmatch(f"G-{person}", pseudonyms.guardian(text))
    assert re.fullmatch("a-[0-9A-HJKMNP-TV-Z]{16}", pseudonyms.asset(text))


@given(ids, ids)
def test_two_ids_have_one_pseudonym_exactly_when_they_are_equal(one: str, other: str) -> None:
    same = Pseudonyms(KEY).student(one) == Pseudonyms(KEY).student(other)
    assert same == (one == other)


def test_a_pseudonym_stays_the_same_over_versions_of_the_program() -> None:
    assert Pseudonyms(KEY).student("1001") == "S-5XMXHTAW7T4A"


@given(ids)
def test_another_key_gives_another_pseudonym(text: str) -> None:
    assert Pseudonyms(KEY).student(text) != Pseudonyms("x" * 32).student(text)


@given(ids)
def test_the_same_id_as_student_guardian_and_asset_cannot_be_linked(text: str) -> None:
    pseudonyms = Pseudonyms(KEY)
    tails = {made[2:14] for made in (pseudonyms.student(text), pseudonyms.guardian(text), pseudonyms.asset(text))}
    assert len(tails) == 3


def test_ten_thousand_numbers_do_not_collide() -> None:
    pseudonyms = Pseudonyms(KEY)
    assert len({pseudonyms.student(str(number)) for number in range(10_000)}) == 10_000


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(Pseudonyms(KEY))


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="PSEUDONYM_KEY"):
        Pseudonyms("")


@pytest.mark.parametrize("kind", ["student", "guardian", "asset", "plan", "decision", "state"])
def test_an_empty_id_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match=kind):
        getattr(Pseudonyms(KEY), kind)("")


def test_a_plan_has_a_long_name_that_nobody_makes_without_the_key() -> None:
    plan = Pseudonyms(KEY).plan("who is hidden, and where")
    assert len(plan) == len("p-") + 26
    assert len({plan, Pseudonyms(KEY + "x").plan("who is hidden, and where"), Pseudonyms(KEY).plan("elsewhere")}) == 3


def test_what_stands_for_a_decision_is_no_plan_and_no_state_of_the_same_text() -> None:
    pseudonyms = Pseudonyms(KEY)
    made = (pseudonyms.decision("a case"), pseudonyms.state("a case"), pseudonyms.plan("a case"))
    assert [each[:2] for each in made] == ["d-", "f-", "p-"]
    assert len({each[2:] for each in made}) == 3


@pytest.mark.parametrize(
    "typed",
    [
        "g-8xb6q0zmc1g8", " G - 8XB6 Q0ZM C1G8 ", "g\N{EN DASH}8xb6q0zmc1g8", "G-8XB6QOZMClG8", "g8xb6q0zmc1g8",
        "\N{CYRILLIC CAPITAL LETTER KOMI SJE}-8\N{CYRILLIC SMALL LETTER HA}b6q0zmc1g8",
    ],
)  # fmt: skip
def test_an_id_typed_otherwise_is_that_id(typed: str) -> None:
    assert person_id(typed) == "G-8XB6Q0ZMC1G8"


@pytest.mark.parametrize("text", ["Gloria Marshal", "stranger-9", "G-2031", "G-8XB6Q0ZMC1G", "T-8xb6q0zmc1g8", "", "-"])
def test_what_is_no_id_stays_as_it_is(text: str) -> None:
    assert person_id(text) == text


@pytest.mark.parametrize(
    "own",
    ["S-8XB6Q0ZMC1G8", "G-8XB6Q0ZMC1G8", "T-8XB6Q0ZMC1G8", "a-8XB6Q0ZMC1G88XB6", "RQ-000012", "hd-00ab12cd", "rf-00ab12cd34ef"],
)  # fmt: skip
def test_an_id_of_any_kind_is_read_in_any_case_alone_and_within_an_argument(own: str) -> None:
    for typed in (own, own.lower(), own.upper(), own.replace("-", "\N{EN DASH}").swapcase()):
        assert own_id(typed) == own
        assert own_ids_within(f"--to=parent:{typed},{typed}@0.1,0.2") == f"--to=parent:{own},{own}@0.1,0.2"
        assert own_ids({"names": [typed, 3, None]}) == {"names": [own, 3, None]}


@pytest.mark.parametrize(
    "text",
    ["Sports day 2026", "sportsday2026", "Grades 1 to 2022", "S-8XB6Q0ZMC1G8.JPG", "HD-2026", "RF-PHOTOGRAPHS", ""],
)
def test_what_is_no_id_of_any_kind_stays_as_it_is(text: str) -> None:
    assert own_ids_within(text) == text
