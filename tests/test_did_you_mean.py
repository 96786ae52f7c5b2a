"""What is guessed where a word is not known, and where nothing is: a wrong guess is worse than none."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from case_builder import a_portrait

from dam_plugin.errors import CaseError, SettingsError
from dam_plugin.model import ActorRole, RecipientRole
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.case_problems import SAID_FOR
from dam_plugin.settings import FILE_NAME, Settings


def guess_for(field: str, word: str) -> str | None:
    """What is guessed for the role of the recipient or of the actor; None when nothing is."""
    raw = a_portrait().raw()
    raw["share"][field]["role"] = word
    with pytest.raises(CaseError) as caught:
        parse_case(raw)
    (problem,) = caught.value.problems
    assert problem.path == f"share.{field}.role"
    _, meant, guess = problem.message.partition("; did you mean '")
    return guess.removesuffix("'?") if meant else None


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("pubic", "public"),
        ("Public", "public"),
        ("law enforcement", "law_enforcement"),
        ("school-official", "school_official"),
        ("parents", "parent"),
    ],
)
def test_a_misspelt_role_is_told_with_the_right_one(word: str, meant: str) -> None:
    assert guess_for("recipient", word) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("police", "law_enforcement"),
        ("Police", "law_enforcement"),
        ("school", "school_official"),
        ("student", "eligible_student"),
        ("press", "public"),
        ("media", "public"),
        ("juvenile", "juvenile_office"),
        ("CD", "childrens_division"),
    ],
)
def test_what_people_call_a_recipient_is_told_with_the_role(word: str, meant: str) -> None:
    assert guess_for("recipient", word) == meant


@pytest.mark.parametrize("word", ["polite", "officer", "emissary", "patron", "teacher", "prosecutor", "x" * 10_000])
def test_a_word_that_is_some_other_word_is_not_guessed_at(word: str) -> None:
    assert guess_for("recipient", word) is None


def test_nothing_is_guessed_that_cannot_stand_there() -> None:
    assert guess_for("actor", "custodain") == "custodian"
    assert guess_for("actor", "police") is None
    assert guess_for("actor", "media") is None


def test_whatever_people_say_stands_for_a_role_and_is_none_itself() -> None:
    assert set(SAID_FOR.values()) <= set(get_args(RecipientRole))
    assert not set(SAID_FOR) & {*get_args(RecipientRole), *get_args(ActorRole)}


def of_settings(folder: Path, toml: str = "", **variables: str) -> str:
    (folder / FILE_NAME).write_text(toml, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.load(folder, variables)
    return str(caught.value)


@pytest.mark.parametrize("key", ["foo", "hello", "distance", "color"])
def test_that_a_setting_is_the_districts_is_no_reason_to_guess(tmp_path: Path, key: str) -> None:
    assert of_settings(tmp_path, f"[district]\n{key} = 1").endswith("is not known here: remove it")
    variable = f"DAM_PLUGIN_DISTRICT__{key.upper()}"
    assert of_settings(tmp_path, **{variable: "1"}).endswith("is not known here: remove it")


@pytest.mark.parametrize("name", ["DAM_PLUGIN_FOO", "DAM_PLUGIN_PORT", "DAM_PLUGIN_DEBUG"])
def test_that_a_variable_is_the_plugins_is_no_reason_to_guess(tmp_path: Path, name: str) -> None:
    assert of_settings(tmp_path, **{name: "1"}).endswith("is not known here: remove it")


@pytest.mark.parametrize(
    ("toml", "meant"),
    [
        ("[district]\nbucket = 'b'", "bucket"),
        ("holidays = []", "district.holidays"),
        ("[distrct]\nholidays = []", "district"),
        ("[district]\ndirectory_notise = 1", "district.directory_notice"),
    ],
)
def test_a_setting_in_the_wrong_table_or_misspelt_is_told_with_the_right_one(
    tmp_path: Path, toml: str, meant: str
) -> None:
    assert of_settings(tmp_path, toml).endswith(f"; did you mean '{meant}'?")


def test_one_underscore_instead_of_two_is_told(tmp_path: Path) -> None:
    told = of_settings(tmp_path, DAM_PLUGIN_DISTRICT_HOLIDAYS="2026-09-07")
    assert told.endswith("; did you mean 'DAM_PLUGIN_DISTRICT__HOLIDAYS'?")
