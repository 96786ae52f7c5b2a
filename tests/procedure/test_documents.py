"""YAML and JSON as plain data: what a case's text must not hold, each with its place, and hostile texts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.procedure.case_problems import UNREAD, dotted
from dam_plugin.procedure.documents import (
    MAX_DEPTH,
    MAX_TEXT,
    MAX_VALUES,
    Document,
    json_document,
    quick_json,
    yaml_document,
)

READ = {"json": json_document, "yaml": yaml_document}
BOTH = pytest.mark.parametrize("language", READ)


def found(document: Document) -> list[tuple[str, tuple[int, int] | None, str]]:
    """Return the findings of a document as (path, place, message)."""
    return [(dotted(each.path), document.places.of(each), each.message) for each in document.findings]


def one(document: Document) -> tuple[str, tuple[int, int] | None, str]:
    """Return the one finding of a document."""
    [finding] = found(document)
    return finding


# Places

WORDS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=4)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
# What a text is likely to break on.
PIECES = st.sampled_from(
    [*"{}[],:\"'&*!-? \n\t#|>%@`\\\0", "<<", "NaN", ".inf", "---", "...", "!!str", "\ud800", "\ufeff", "1e999"]
)


@given(PLAIN, st.sampled_from([None, 1, 3]))
@settings(derandomize=True, deadline=None)
def test_json_is_read_as_the_standard_library_reads_it_and_every_place_holds_its_value(value: Any, indent: int) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    document = json_document(text)
    assert (document.value, document.findings, quick_json(text)) == (value, (), value)
    lines = text.split("\n")
    for path, (line, column) in document.places.values.items():
        inner: Any = value
        for step in path:
            inner = inner[step]
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == inner
    for path, (line, column) in document.places.keys.items():
        assert lines[line - 1][column - 1 :].startswith(json.dumps(path[-1], ensure_ascii=False))


@given(PLAIN)
@settings(derandomize=True, deadline=None)
def test_yaml_reads_what_it_wrote_with_the_same_places_as_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    in_yaml, in_json = yaml_document(text), json_document(text)
    assert (in_yaml.value, in_yaml.places) == (value, in_json.places)
    assert yaml_document(yaml.safe_dump(value, allow_unicode=True)).value == value


@given(st.lists(PIECES | WORDS, max_size=12).map("".join))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_whatever_the_text_it_is_read_or_said_what_is_wrong(text: str) -> None:
    for read in READ.values():
        document = read(text)
        assert document.value is not UNREAD or document.findings
        assert all(each.message for each in document.findings)


@given(st.lists(PIECES | WORDS | st.sampled_from(['"a"', '{"a":1', '"a":', "[1", "}"]), max_size=9).map("".join))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_json_is_read_fast_exactly_where_nothing_is_wrong_with_it(text: str) -> None:
    document = json_document(text)
    try:
        quick = quick_json(text)
    except ValueError:
        assert document.findings
    else:
        assert (document.value, document.findings) == (quick, ())


def test_block_yaml_has_the_places_that_a_person_would_name() -> None:
    document = yaml_document("a:\n  - b: é\n    c: 1\n  - x\nd: {e: [f]}\n")
    assert document.value == {"a": [{"b": "é", "c": 1}, "x"], "d": {"e": ["f"]}}
    assert document.places.values[("a", 0, "b")] == (2, 8)
    assert document.places.keys[("a", 0, "c")] == (3, 5)
    assert document.places.values[("a", 1)] == (4, 5)
    assert document.places.values[("d", "e", 0)] == (5, 9)


# What a text must not hold


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ('{"id": 1, "id": 2}', "id", (1, 11)),
        ('{"a": {"id": 1,\n "id": 1}}', "a.id", (2, 2)),
        ('[{"id": 1, "id": 2}]', "[0].id", (1, 12)),
    ],
)
@BOTH
def test_a_field_that_stands_twice(language: str, text: str, path: str, place: tuple[int, int]) -> None:
    assert one(READ[language](text)) == (path, place, "the field 'id' stands twice in one mapping")


def test_of_a_field_that_stands_twice_the_first_counts() -> None:
    for read in READ.values():
        document = read('{"a": {"b": 1}, "a": {"b": 2, "c": 3}}')
        assert document.value == {"a": {"b": 1}}
        assert document.places.values[("a", "b")] == (1, 13)


def test_a_quoted_name_is_the_same_name() -> None:
    assert one(yaml_document("id: x\n'id': y\n"))[:2] == ("id", (2, 1))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_nan(word: str) -> None:
    document = json_document(f'{{"a": [1, {word}], "b": {word}}}')
    assert found(document) == [
        ("a[1]", (1, 11), f"{word} is not JSON"),
        ("b", (1, 19 + len(word)), f"{word} is not JSON"),
    ]
    with pytest.raises(ValueError, match="is not JSON"):
        quick_json(f"[{word}]")


@pytest.mark.parametrize("word", [".nan", ".inf", "-.inf", ".NaN"])
def test_a_case_in_yaml_has_no_nan(word: str) -> None:
    assert one(yaml_document(f"a: {word}")) == ("a", (1, 4), f"{word} is no number that a case can hold")


@pytest.mark.parametrize("number", ["1" * 5_000, "-" + "1" * 5_000])
@BOTH
def test_a_number_that_could_not_be_printed(language: str, number: str) -> None:
    assert one(READ[language](f'{{"a": {number}}}')) == ("a", (1, 7), "this number is too long")


@pytest.mark.parametrize("number", ["0x" + "f" * 4_000, "1" + ":1" * 1_000_000, "0b" + "1" * 100_000])
def test_a_number_that_is_not_decimal_has_a_length_too(number: str) -> None:
    assert one(yaml_document(f"a: {number}")) == ("a", (1, 4), "this number is too long")


def test_aliases_are_all_named_and_never_followed() -> None:
    document = yaml_document("a: &x [1]\nb: *x\nc: &y {d: *y, e: *x}\n*x : f\n")
    assert [(path, place) for path, place, message in found(document) if "alias" in message] == [
        ("b", (2, 4)),
        ("c.d", (3, 11)),
        ("c.e", (3, 18)),
        ("?", (4, 1)),
    ]
    assert document.value == {"a": [1], "b": UNREAD, "c": {"d": UNREAD, "e": UNREAD}}


def test_a_merge_key_is_named_and_a_quoted_one_is_a_name() -> None:
    document = yaml_document("a: b\n<<: {c: d}\n'<<': e\n")
    assert one(document)[:2] == ("<<", (2, 1))
    assert document.value == {"a": "b", "<<": "e"}


@pytest.mark.parametrize(
    "tagged",
    ["!foo x", "!!python/name:os.system x", "!!python/object/apply:os.system [ls]", "!!str x", "!!set {a}", "! x",
     "!!timestamp 2026-10-02", "!!binary aGVsbG8="],
)  # fmt: skip
def test_a_tag_is_named_and_what_it_makes_is_not_made(tagged: str) -> None:
    document = yaml_document(f"a: 1\nb: {tagged}\n")
    assert one(document) == ("b", (2, 4), "tags are not allowed in a case")
    assert document.value == {"a": 1, "b": UNREAD}


def test_a_tag_on_a_name_is_named() -> None:
    assert one(yaml_document("!!str a: 1")) == ("a", (1, 1), "tags are not allowed in a case")


def test_a_name_is_as_it_is_written() -> None:
    document = yaml_document("1: a\ntrue: b\nnull: c\n2026-10-02: d\n")
    assert document == (
        {"1": "a", "true": "b", "null": "c", "2026-10-02": "d"},
        document.places,
        (),
    )


@pytest.mark.parametrize("text", ["? [a]\n: b\nc: d", "? {a: b}\n: c\nc: d", "? [[a], {b: c}]\n: [d]\nc: d"])
def test_a_name_that_is_no_text(text: str) -> None:
    document = yaml_document(text)
    assert one(document)[1:] == ((1, 3), "a field's name must be text")
    assert document.value == {"c": "d"}


@pytest.mark.parametrize("value", ["0x_", "=", "<<"])
def test_a_value_that_yaml_has_no_meaning_for(value: str) -> None:
    assert one(yaml_document(f"a: {value}"))[:2] == ("a", (1, 4))


def test_a_second_document_is_named_beside_what_is_wrong_in_the_first() -> None:
    document = yaml_document("---\na: .nan\n---\nb: c\n")
    assert found(document) == [
        ("a", (2, 4), ".nan is no number that a case can hold"),
        ("", (3, 1), "a second document begins here; a file holds one case"),
    ]


# Scalars


def test_dates_stay_text_and_other_values_keep_their_types() -> None:
    text = "{a: true, b: 3, c: null, d: [x, 1.5], e: 'true', f: , g: 2026-10-02, h: 2026-1-2 10:00:00}"
    expected = {"a": True, "b": 3, "c": None, "d": ["x", 1.5], "e": "true", "f": None}
    assert yaml_document(text).value == {**expected, "g": "2026-10-02", "h": "2026-1-2 10:00:00"}


# What cannot be read at all stands alone


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("id: x\n  at: [", (2, 5)),
        ("a: [1, 2\nb: c\n", (2, 2)),
        ("a: 'x\n", (2, 1)),
        ("a: b\n\tc: d\n", (2, 1)),
        ("a: .nan\nb: [\n", (3, 1)),
    ],
)
def test_broken_yaml_has_a_place(text: str, place: tuple[int, int]) -> None:
    path, at, message = one(yaml_document(text))
    assert (path, at) == ("", place)
    assert message.startswith("this is not YAML (")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", (1, 2)),
        ('{\n "a": }', (2, 7)),
        ("{} {}", (1, 4)),
        ('{"a": 1, "a": 1, }', (1, 18)),
        ("[NaN, nan]", (1, 7)),
        ("{\0}", (1, 2)),
        ('"\x01"', (1, 2)),
        ("[1,]", (1, 4)),
    ],
)
def test_broken_json_has_a_place(text: str, place: tuple[int, int]) -> None:
    path, at, message = one(json_document(text))
    assert (path, at) == ("", place)
    assert message.startswith("this is not JSON (")
    with pytest.raises(ValueError, match=r"\w"):
        quick_json(text)


@pytest.mark.parametrize(
    ("character", "code"), [("\0", "U+0000"), ("\x1b", "U+001B"), ("\ud800", "U+D800"), ("\uffff", "U+FFFF")]
)
def test_a_character_that_yaml_does_not_allow_has_a_place(character: str, code: str) -> None:
    path, place, message = one(yaml_document(f"a: b\nc: é{character}\n"))
    assert (path, place) == ("", (2, 5))
    assert code in message


@pytest.mark.parametrize("text", ["", " \n", "# nothing\n"])
def test_an_empty_text(text: str) -> None:
    assert one(yaml_document(text)) == ("", (1, 1), "is empty; it must hold a mapping of fields")


def test_an_empty_json_text() -> None:
    assert one(json_document(" \n")) == ("", (1, 1), "is empty; it must hold a mapping of fields")


# Hostile texts


@BOTH
def test_a_text_has_a_size(language: str) -> None:
    path, place, message = one(READ[language](" " * (MAX_TEXT + 1)))
    assert (path, place) == ("", None)
    assert "4 MiB" in message


@BOTH
def test_a_document_has_a_depth(language: str) -> None:
    read = READ[language]
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).findings == ()
    too_deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    assert one(read(too_deep)) == ("", (1, MAX_DEPTH + 1), "the document is nested too deeply")


@BOTH
def test_a_document_has_so_many_values(language: str) -> None:
    read = READ[language]
    assert read("[" + "1," * (MAX_VALUES - 2) + "1]").findings == ()
    path, place, message = one(read("[" + "1," * (MAX_VALUES - 1) + "1]"))
    assert (path, place) == ("", (1, 2 * MAX_VALUES))
    assert "at most 200,000 values" in message


def test_many_values_are_not_read_fast_either() -> None:
    with pytest.raises(ValueError, match="larger"):
        quick_json("[" + "{}," * MAX_VALUES + "1]")
    assert quick_json(json.dumps("," * 1_000)) == "," * 1_000


HOSTILE = ("[", "{a: ", "- ", "? ", '{"a":', "[[", "- - ")


@pytest.mark.parametrize("closed", [True, False])
@BOTH
def test_hostile_nesting_is_a_mistake_and_crashes_no_interpreter(language: str, *, closed: bool) -> None:
    program = f"""
from dam_plugin.procedure.documents import json_document
from dam_plugin.procedure.documents import yaml_document
for opening in {HOSTILE!r}:
    text = opening * 100_000 + "]" * {100_000 if closed else 0}
    [finding] = {language}_document(text).findings
    print(finding.message)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    messages = ended.stdout.splitlines()
    assert len(messages) == len(HOSTILE)
    assert "nested too deeply" in messages[0]


def test_an_alias_bomb_stays_small() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert len(yaml_document(bomb).findings) == 2 * 39
