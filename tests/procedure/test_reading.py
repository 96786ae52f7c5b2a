"""Case files as text: YAML, JSON and JSON lines, read strictly, and the exact shape of an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from case_builder import a_fight, a_portrait

from dam_plugin.errors import CaseError
from dam_plugin.procedure.reading import MAX_DEPTH, MAX_TEXT, answer, answer_lines, read_case, read_json, read_yaml

YAML = """\
id: c1
at: 2026-10-02
asset: {id: a1, tagging: complete}
share: {kind: request, purpose: website, actor: {role: custodian}, recipient: {role: public}}
"""


def mistake(text: str, *, as_json: bool = False) -> str:
    """Return the one message about a text that cannot be read as plain data."""
    with pytest.raises(CaseError) as caught:
        read_json(text) if as_json else read_yaml(text)
    (problem,) = caught.value.problems
    return problem.message


# YAML


def test_dates_stay_text() -> None:
    read = read_yaml("a: 2026-10-02\nb: 2026-1-2\nc: 2026-10-02 10:00:00\n")
    assert read == {"a": "2026-10-02", "b": "2026-1-2", "c": "2026-10-02 10:00:00"}


def test_an_unquoted_date_is_read_and_a_loose_one_is_refused() -> None:
    assert answer(YAML, as_json=False)[1]
    decided, fine = answer(YAML.replace("2026-10-02", "2026-10-2"), as_json=False)
    assert not fine
    assert [each["path"] for each in decided["error"]] == ["at"]


def test_plain_values_keep_their_types() -> None:
    assert read_yaml("{a: true, b: 3, c: null, d: [x, 1.5], e: 'true', f: }") == {
        "a": True,
        "b": 3,
        "c": None,
        "d": ["x", 1.5],
        "e": "true",
        "f": None,
    }


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("id: x\nid: y\n", "line 2, column 1"),
        ("asset:\n  id: a\n  tagging: complete\n  id: b\n", "line 4, column 3"),
        ("id: x\n'id': y\n", "line 2, column 1"),
    ],
)
def test_a_field_that_stands_twice_is_a_mistake(text: str, place: str) -> None:
    message = mistake(text)
    assert message.startswith(place)
    assert "'id' stands twice" in message


@pytest.mark.parametrize("text", ["a: &x [1]\nb: *x\n", "a: &x {b: 1}\nc: {d: *x}\n", "a: &x b\nc: *x\n", "&a [*a]\n"])
def test_an_alias_is_refused(text: str) -> None:
    assert "alias" in mistake(text)


def test_a_merge_key_is_refused() -> None:
    assert "line 2, column 1" in mistake("a: b\n<<: {c: d}\n")


@pytest.mark.parametrize(
    "text",
    ["id: !foo x", "id: !!python/name:os.system x", "!!python/object:os.x {}", "? [a]\n: b", "? {a: b}\n: c"],
)
def test_tags_and_keys_of_other_kinds_give_no_case(text: str) -> None:
    decided, fine = answer(text, as_json=False)
    assert not fine
    assert decided["error"]


@pytest.mark.parametrize(
    "scalar",
    ["!!bool maybe", "!!timestamp foo", "!!int abc", "!!float abc", "!!int ''", "!!binary 'é'", "0x_", "!!null x"],
)
def test_a_value_that_its_tag_does_not_fit_is_a_mistake_and_no_crash(scalar: str) -> None:
    decided, fine = answer(YAML.replace("id: c1", f"id: {scalar}"), as_json=False)
    assert not fine
    assert decided["error"]


def test_a_tagged_moment_in_an_opt_out_is_a_mistake_and_no_crash() -> None:
    moment = "{since: !!timestamp '2026-01-01 10:00:00', ended: !!timestamp 2025-01-01}"
    decided, fine = answer(f"{YAML}students: [{{id: s1, opted_out: {moment}}}]\n", as_json=False)
    assert not fine
    assert "tags are not allowed" in decided["error"][0]["message"]


def test_a_date_tag_does_not_let_a_loose_date_in() -> None:
    assert not answer(YAML.replace("2026-10-02", "!!timestamp 2026-1-2"), as_json=False)[1]


def test_bytes_are_no_text() -> None:
    assert not answer(YAML.replace("id: c1", "id: !!binary aGVsbG8="), as_json=False)[1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("id: x\n  at: [", 2),
        ("a: [1, 2\nb: c\n", 2),
        ("a: 'x\n", 2),
        ("a: b\n\tc: d\n", 2),
        ("---\na: b\n---\nc: d\n", 3),
    ],
)
def test_broken_yaml_is_told_with_line_and_column(text: str, line: int) -> None:
    message = mistake(text)
    assert message.startswith(f"line {line}, column ")
    assert "not YAML" in message


def test_a_nul_byte_is_a_mistake() -> None:
    assert mistake('id: "a\x00b"')
    assert not answer(YAML.replace("c1", '"a\\0b"'), as_json=False)[1]


def test_half_a_surrogate_pair_is_a_mistake() -> None:
    assert mistake("id: \ud800")


@pytest.mark.parametrize("text", ["", "# nothing\n", "[1, 2]", "hello", "---\n", "null"])
def test_a_document_that_is_no_mapping_is_a_mistake(text: str) -> None:
    decided, fine = answer(text, as_json=False)
    assert not fine
    assert decided == {"id": None, "error": [{"path": "", "message": "must be a mapping of fields"}]}


def test_deep_nesting_is_a_mistake() -> None:
    assert "too deeply" in mistake("a: " + "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize("text", ["[" * 50_000, "{a: " * 50_000, "- " * 50_000, "[" * 50_000 + "]" * 50_000])
def test_hostile_nesting_is_a_mistake_and_no_crash(text: str) -> None:
    assert mistake(text)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_text_has_a_size(*, as_json: bool) -> None:
    assert "4 MiB" in mistake('"' + "x" * MAX_TEXT, as_json=as_json)


# JSON


def test_json_reads_what_yaml_reads() -> None:
    raw = a_portrait().raw()
    assert read_case(json.dumps(raw), as_json=True) == read_case(json.dumps(raw), as_json=False)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_nan(word: str) -> None:
    assert word in mistake(f'{{"id": {word}}}', as_json=True)


def test_a_number_too_large_is_no_count() -> None:
    raw = json.dumps(a_portrait().asset(unidentified_people=7).raw())
    for number in ("1e999", "1" * 5_000):
        assert not answer(raw.replace('"unidentified_people": 7', f'"unidentified_people": {number}'), as_json=True)[1]


@pytest.mark.parametrize("text", ['{"id": 1, "id": 2}', '{"a": {"id": 1, "id": 1}}', '[{"id": 1, "id": 2}]'])
def test_a_json_field_that_stands_twice_is_a_mistake(text: str) -> None:
    assert "'id' stands twice" in mistake(text, as_json=True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "line 1, column 2"),
        ('{\n "a": }', "line 2, column 7"),
        ("", "line 1, column 1"),
        ("{} {}", "line 1, column 4"),
    ],
)
def test_broken_json_is_told_with_line_and_column(text: str, place: str) -> None:
    assert mistake(text, as_json=True).startswith(place)


@pytest.mark.parametrize("text", ["[" * 200_000, "[" * 200_000 + "]" * 200_000, '{"a":' * 200_000])
def test_hostile_json_nesting_is_a_mistake_and_no_crash(text: str) -> None:
    assert mistake(text, as_json=True)


@pytest.mark.parametrize("depth", [40, 400])
def test_nested_lists_in_a_json_case_are_a_mistake(depth: int) -> None:
    raw = a_portrait().asset(record_pii="DEEP").raw()
    text = json.dumps(raw).replace('"DEEP"', "[" * depth + "]" * depth)
    assert not answer(text, as_json=True)[1]


# The answer


def test_a_decision_has_exactly_this_shape() -> None:
    raw = a_portrait().shows("s2").opted_out("s2").redactable().raw()
    assert answer(json.dumps(raw), as_json=True) == (
        {
            "id": "c1",
            "outcome": "redact",
            "redact": ["s2"],
            "basis": {"s1": "EX4"},
            "reasons": [
                {
                    "clause": "EX4-OPTOUT",
                    "text": "A parent of s2 (or the student, once 18) has opted out; the copy hides them.",
                    "students": ["s2"],
                }
            ],
            "record_disclosure": False,
        },
        True,
    )


def test_a_decision_can_be_written_as_json() -> None:
    for case in (a_portrait(), a_fight(), a_fight().redactable(), a_fight().to("parent", "p1")):
        decided, fine = answer(json.dumps(case.raw()), as_json=True)
        assert fine
        assert list(decided) == ["id", "outcome", "redact", "basis", "reasons", "record_disclosure"]
        assert json.loads(json.dumps(decided)) == decided
        assert all(list(each) == ["clause", "text", "students"] for each in decided["reasons"])


def test_an_error_has_exactly_this_shape() -> None:
    raw = a_portrait().raw()
    raw["asset"]["appearances"][0]["student"] = "s9"
    expected = [{"path": "asset.appearances[0].student", "message": "'s9' is not in the list of students"}]
    assert answer(json.dumps(raw), as_json=True) == ({"id": "c1", "error": expected}, False)
    decided, fine = answer(json.dumps(raw), as_json=True, line=3)
    assert (decided, fine) == ({"line": 3, "id": "c1", "error": expected}, False)
    assert list(decided) == ["line", "id", "error"]


def test_a_case_file_may_tell_a_story() -> None:
    wrapped: dict[str, Any] = {"story": "s", "expect": {"outcome": "allow"}, "case": a_portrait().raw()}
    assert answer(json.dumps(wrapped), as_json=True) == answer(json.dumps(a_portrait().raw()), as_json=True)


# JSON lines


def test_one_bad_line_does_not_stop_the_others() -> None:
    good, wrong = json.dumps(a_portrait().raw()), json.dumps({**a_portrait().raw(), "at": "never"})
    lines = [good, "{broken", "", "   \n", wrong + "\n", good + "\r\n", "[]", '{"id": "x", "id": "y"}', good]
    answers = list(answer_lines(lines))
    assert [fine for _, fine in answers] == [True, False, False, True, False, False, True]
    errors = [(each["line"], each["id"]) for each, fine in answers if not fine]
    assert errors == [(2, None), (5, "c1"), (7, None), (8, None)]
    assert all("line" not in each for each, fine in answers if fine)


def test_lines_are_answered_one_by_one() -> None:
    def endless() -> Any:
        while True:
            yield json.dumps(a_portrait().raw())

    answers = answer_lines(endless())
    assert next(answers)[1]
    assert next(answers)[1]
