"""The words of letters: days, moments, money, deadlines, grounds and parties in both languages."""

from __future__ import annotations

import re
from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.custodian.letter_facts import LANGUAGES, Money
from dam_plugin.custodian.letter_words import (
    counted_in_words,
    day_in_words,
    grounds_of,
    in_words,
    moment_in_words,
    party_in_words,
    place_in_words,
    purpose_in_words,
    recording_told,
)
from dam_plugin.procedure.outside_words import Language
from dam_plugin.procedure.purposes import STARTER_PACK

DAY = date(2026, 10, 5)


def test_days_and_moments_are_written_as_people_write_them() -> None:
    assert day_in_words(DAY, "en") == "October 5, 2026"
    assert day_in_words(DAY, "es") == "5 de octubre de 2026"
    moments = [datetime(2026, 10, 5, hour, 5) for hour in (0, 1, 12, 13)]  # noqa: DTZ001 - a wall clock
    assert [moment_in_words(each, "en") for each in moments] == [
        "October 5, 2026, at 12:05 a.m.",
        "October 5, 2026, at 1:05 a.m.",
        "October 5, 2026, at 12:05 p.m.",
        "October 5, 2026, at 1:05 p.m.",
    ]
    assert moment_in_words(moments[1], "es") == "5 de octubre de 2026, a la 1:05 a. m."
    assert moment_in_words(moments[3], "es") == "5 de octubre de 2026, a la 1:05 p. m."
    assert moment_in_words(moments[2], "es") == "5 de octubre de 2026, a las 12:05 p. m."
    assert moment_in_words(datetime(2026, 10, 5), "en") == "October 5, 2026"  # noqa: DTZ001 - as above


def test_what_is_no_value_is_written_as_nothing() -> None:
    assert in_words(Money(123456), "es") == "$1,234.56"
    assert in_words(0, "en") == "0"
    assert [in_words(each, "en") for each in (None, True, (), object())] == [None] * 4


@given(st.dates(), st.sampled_from(LANGUAGES))
def test_no_two_days_are_written_alike(day: date, language: Language) -> None:
    told = day_in_words(day, language)
    assert re.findall(r"\d+", told) in (
        [str(day.day), str(day.year)],
        [str(day.year)] if day.day == day.year else [str(day.day), str(day.year)],
    )


def test_a_deadline_says_how_it_came_about() -> None:
    skipped = {date(2026, 10, 10): "Saturday", date(2026, 10, 12): "holiday"}
    assert counted_in_words(3, "business days", date(2026, 10, 8), skipped, "en") == (
        "That is three business days after October 8, 2026. Not counted: Saturday, October 10, 2026; Monday, October 12, 2026 "
        "(a holiday)."
    )
    assert counted_in_words(3, "business days", date(2026, 10, 8), skipped, "es") == (
        "Son tres días hábiles después del 8 de octubre de 2026. No se cuentan: sábado 10 de octubre de 2026; lunes 12 de "
        "octubre de 2026 (feriado)."
    )
    assert counted_in_words(1, "business days", DAY, {}, "es") == "Es un día hábil después del 5 de octubre de 2026."
    assert "45 días" in counted_in_words(45, "calendar days", DAY, {}, "es")
    assert counted_in_words(0, "the day itself", DAY, {}, "es") == "Es el día que le dimos."
    assert "último día hábil antes" in counted_in_words(1, "business days before", DAY, {}, "es")


# Grounds


def test_a_ground_tells_no_student_and_no_reason_of_the_staff() -> None:
    reasons = [
        {"clause": "EX4-OPTOUT", "text": "A parent of S-104 has opted out", "students": ["S-104"]},
        {"clause": "CLOSED", "text": "The recording is a closed record: Jordan was suspended.", "students": []},
        {"clause": "THIRD-PARTY", "text": "The plugin 'x' says: Jordan", "students": []},
    ]
    for language in LANGUAGES:
        told = list(grounds_of(reasons, named=False, secret_order=False, language=language))
        assert len(told) == 2
        assert not re.search("S-104|Jordan|plugin|opted|suspend", str(told))


def test_a_protected_student_is_told_as_any_other_and_the_law_of_protection_is_not_cited() -> None:
    for language in LANGUAGES:
        told = [
            list(grounds_of([{"clause": clause}], named=False, secret_order=False, language=language))
            for clause in ("PROTECTED", "EX4-OPTOUT")
        ]
        assert told[0] == told[1]
        assert "589" not in str(told)


def test_where_somebody_was_asked_for_by_name_nothing_else_is_told() -> None:
    reasons = [{"clause": "EX4-OPTOUT"}, {"clause": "CLOSED"}]
    (told,) = grounds_of(reasons, named=True, secret_order=False, language="en")
    assert "does not let us say whether there are any" in told.says
    assert not list(grounds_of([{"clause": "OPEN"}], named=True, secret_order=False, language="en"))


def test_no_ground_speaks_of_an_order_that_nobody_is_told_of() -> None:
    reasons = [{"clause": "EX7-EVIDENCE"}, {"clause": "EX7-NOTICE"}, {"clause": "EX3-MISSING"}]
    told = list(grounds_of(reasons, named=False, secret_order=True, language="en"))
    assert len(told) == 1
    assert not re.search("order|subpoena|court|99.31", str(told))


def test_grounds_with_the_same_words_are_told_once() -> None:
    reasons = [{"clause": each} for each in ("EX3-MISSING", "EX3-FORM", "PROTECTED", "EX4-OPTOUT", "CLOSED", "CLOSED")]
    assert len(list(grounds_of(reasons, named=False, secret_order=False, language="es"))) == 2


def test_what_lets_something_through_or_waits_is_no_ground() -> None:
    reasons = [{"clause": each} for each in ("OPEN", "EX4", "CUSTODIAN", "HOLD-UNTAGGED", "LEGALITY", "THIRD-PARTY")]
    assert not list(grounds_of(reasons, named=False, secret_order=False, language="en"))


# Recordings, places, purposes, parties


def test_a_recording_is_called_by_its_event_and_its_day() -> None:
    assert recording_told("R-1", "Game", DAY, "en").called == '"Game", October 5, 2026 (recording R-1)'
    assert recording_told("R-1", "", DAY, "en").called == "a recording of October 5, 2026 (recording R-1)"
    assert recording_told("R-1", "Game", None, "en").called == '"Game" (recording R-1)'
    assert recording_told("R-1", "", None, "en").called == "a recording (recording R-1)"
    assert recording_told("R-1", "", DAY, "es").called == "una grabación del 5 de octubre de 2026 (grabación R-1)"
    assert recording_told("R-1", "Juego", DAY, "es").called == "«Juego», del 5 de octubre de 2026 (grabación R-1)"


def test_places_are_told_in_both_languages() -> None:
    box = {"box": [0.1, 0.2, 0.3, 0.4], "from": 1.5, "to": 3661.0}
    assert place_in_words(box, "en") == (
        "a box at 10 % from the left and 20 % from the top, 30 % wide and 40 % high, from 0:01.5 to 1:01:01"
    )
    assert place_in_words({"sound": "silence", "from": 10.0, "to": 20.0}, "es") == "el sonido, de 0:10 a 0:20"
    assert "del 10 al 30 % de su ancho y del 10 al 20 % de su alto" in place_in_words(
        {"crop": [1, 2, 3, 4], "of": [10, 20]}, "es"
    )
    assert place_in_words({}, "es") == "partes de ella"


def test_every_purpose_of_families_has_spanish_words() -> None:
    families = {
        "website", "social media", "news", "broadcast", "film", "yearbook", "newsletter", "marketing", "display in school",
        "exhibition", "athletics program", "printed program", "event", "honor roll", "class pictures", "annual report",
        "directory", "military recruiters", "college recruiters", "fundraising", "instruction", "training", "portfolio",
        "research", "personal use",
    }  # fmt: skip
    assert families <= {each.name for each in STARTER_PACK.purposes}
    assert [each for each in families if purpose_in_words(each, "es") == each] == []
    assert purpose_in_words("Web Site", "en") == "Web Site"
    assert purpose_in_words("our own words", "es") == "our own words"


def test_a_party_is_told_without_a_pseudonym() -> None:
    assert party_in_words("public", "es") == "cualquier persona"
    assert party_in_words("Jostens", "es") == "Jostens"
    assert party_in_words("G-067YHCRQJZQR", "en") == "a person whom the consent names"
