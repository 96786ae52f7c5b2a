"""Names in an index: their parts, and what a format makes of hostile ones."""

# ruff: noqa: RUF001 - characters that look like others are what this is about

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hostile_texts import hostile_texts
from hypothesis import example, given, settings

from dam_plugin.model import StudentRecord
from dam_plugin.yearbook.names import LONGEST, as_held, held, parts
from dam_plugin.yearbook.profiles import Profile, load

PSPA, PICABOO = load("pspa"), load("picaboo")
OLD = replace(PSPA, encoding="cp1252")
PROFILES = {"tabs": PSPA, "quoted": PICABOO, "old": OLD, "old and quoted": replace(PICABOO, encoding="cp1252")}
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def record(*names: str, given: str | None = None, family: str | None = None) -> StudentRecord:
    return StudentRecord("S-1", "1", names, given=given, family=family)


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        pytest.param(record("Ana María de la Cruz", given="Ana María", family="de la Cruz"),
                     ("Ana María", "de la Cruz", True), id="told"),
        pytest.param(record("Ana María Cruz"), ("Ana María", "Cruz", False), id="split"),
        pytest.param(record("Suharto"), ("", "Suharto", False), id="one part"),
        pytest.param(record("Suharto", given="Suharto"), ("Suharto", "", True), id="one part, told"),
        pytest.param(record("  Ada \t Quill "), ("Ada", "Quill", False), id="blanks"),
        pytest.param(record(), ("", "", False), id="none"),
    ],
)  # fmt: skip
def test_a_name_has_its_parts(student: StudentRecord, expected: tuple[str, str, bool]) -> None:
    assert parts(student) == expected


@pytest.mark.parametrize(
    ("profile", "text", "expected"),
    [
        pytest.param(PSPA, "O'Brien", "O'Brien", id="apostrophe"),
        pytest.param(PSPA, "Jose\u0301", "José", id="combining"),
        pytest.param(PSPA, "木村", "木村", id="CJK in UTF-8"),
        pytest.param(PSPA, " Ada\u00a0 Quill ", "Ada Quill", id="blanks"),
        pytest.param(PICABOO, 'Ben "Benji", Jr.', 'Ben "Benji", Jr.', id="quoted"),
        pytest.param(OLD, "José", "José", id="cp1252"),
    ],
)  # fmt: skip
def test_what_a_format_holds_stays_as_it_is(profile: Profile, text: str, expected: str) -> None:
    assert held(text, profile) == (expected, False)


@pytest.mark.parametrize(
    ("profile", "text", "expected"),
    [
        pytest.param(PSPA, "Ada 🎓👩🏽‍🎓\ufe0f", "Ada", id="emoji"),
        pytest.param(PSPA, "\u202eadA\u200f", "adA", id="direction"),
        pytest.param(PSPA, "A\tB\r\nC\u2028D", "A B C D", id="lines"),
        pytest.param(PSPA, "A\ud800\ue000\x00B", "AB", id="surrogates, private use, NUL"),
        pytest.param(PSPA, 'Ben "Benji"', "Ben 'Benji'", id="quotes"),
        pytest.param(PSPA, "=cmd|' /C calc'!A0", "cmd|' /C calc'!A0", id="formula"),
        pytest.param(PSPA, " +-@＝ x", "x", id="formulas"),
        pytest.param(replace(PICABOO, quoting="none"), "Quill, Jr.", "Quill Jr.", id="comma"),
        pytest.param(OLD, "Łukasz Nguyễn", "Lukasz Nguyen", id="accents"),
        pytest.param(OLD, "Kauʻi ﬁ Ẵ", "Kau'i fi A", id="others"),
        pytest.param(OLD, "木村 Ada", "?? Ada", id="CJK in cp1252"),
        pytest.param(OLD, "Éšte", "Este", id="UTF-8 by chance"),
        pytest.param(PSPA, "x" * 500, "x" * LONGEST, id="long"),
    ],
)  # fmt: skip
def test_what_a_format_does_not_hold_is_written_otherwise_and_told(profile: Profile, text: str, expected: str) -> None:
    assert held(text, profile) == (expected, True)


@every_profile
@settings(max_examples=50)
@given(text=hostile_texts())
@example(text="=\u0301\u0301")
@example(text="–Ã©")
@example(text="\u212b\ufe0f\u0301")
def test_holding_again_changes_nothing(profile: Profile, text: str) -> None:
    once = as_held(text, profile)
    again = as_held(once.text, profile)
    assert (again.text, again.ways) == (once.text, frozenset())


@every_profile
@settings(max_examples=50)
@given(text=hostile_texts())
def test_what_is_held_is_safe(profile: Profile, text: str) -> None:
    safe, _ = held(text, profile)
    safe.encode(profile.encoding)
    assert safe == unicodedata.normalize("NFC", safe) == safe.strip()
    assert len(safe) <= LONGEST
    assert not safe.startswith(("=", "+", "-", "@"))
    assert not [each for each in safe if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "So", "Zl", "Zp"}]
    if profile.quoting == "none":
        assert not {'"', profile.delimiter} & set(safe)


@every_profile
@settings(max_examples=50)
@given(text=hostile_texts())
def test_a_text_with_letters_is_never_empty(profile: Profile, text: str) -> None:
    if any(unicodedata.category(each)[0] == "L" for each in text):
        assert held(text, profile)[0]
