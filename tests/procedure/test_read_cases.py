"""Case files as answers: the exact shape, every problem with its place, JSON lines and bytes of any kind."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from case_builder import a_fight, a_portrait
from hypothesis import given, settings
from hypothesis import strategies as st
from procedure.test_case_errors import LEFT_OUT, changed, full, problems

from dam_plugin.errors import CaseError
from dam_plugin.procedure.read_cases import MAX_TEXT, answer, answer_bytes, answer_lines, read_case, read_yaml

YAML = """\
id: c1
at: 2026-10-02
asset: {id: a1, tagging: complete}
share: {kind: request, purpose: website, actor: {role: custodian}, recipient: {role: public}}
"""
GOOD = json.dumps(a_portrait().raw()).encode()


def told(text: str, *, as_json: bool = False) -> list[tuple[str, str]]:
    """Return the problems of a text called `c` as (place, path)."""
    decided, fine = answer(text, as_json=as_json, name="c")
    assert not fine
    return [(each["message"].split(": ")[0], each["path"]) for each in decided["error"]]


def lines(*each: bytes, end: bytes = b"\n") -> list[tuple[dict[str, Any], bool]]:
    """Return the answers to JSON lines."""
    return list(answer_lines(io.BytesIO(end.join(each))))


def message(got: tuple[dict[str, Any], bool]) -> str:
    """Return the one message of an answer that is an error."""
    decided, fine = got
    assert not fine
    [problem] = decided["error"]
    return str(problem["message"])


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
    text = json.dumps(raw, indent=1)
    sentence = "'s9' is not in the list of students; did you mean 's1'?"
    expected = [{"path": "asset.appearances[0].student", "message": f"x.json:15:16: {sentence}"}]
    assert answer(text, as_json=True, name="x.json") == ({"id": "c1", "error": expected}, False)


def test_an_error_in_json_lines_names_the_line_of_the_file() -> None:
    decided, fine = answer('{"id": "c1", "at": "2026-10-02", "asset": {"id": "a"}}', as_json=True, line=3, name="-")
    error = [{"path": "share", "message": "-:3:1: is required"}]
    assert (decided, fine) == ({"line": 3, "id": "c1", "error": error}, False)
    assert list(decided) == ["line", "id", "error"]


def test_a_case_file_may_tell_a_story() -> None:
    wrapped: dict[str, Any] = {"story": "s", "expect": {"outcome": "allow"}, "case": a_portrait().raw()}
    assert answer(json.dumps(wrapped), as_json=True) == answer(json.dumps(a_portrait().raw()), as_json=True)


# Places


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(YAML.replace("at: ", "att: "), [("c:1:1", "at"), ("c:2:1", "att")], id="missing and unknown"),
        pytest.param(YAML.replace("complete", "done"), [("c:3:26", "asset.tagging")], id="a value"),
        pytest.param(YAML.replace("id: a1, ", ""), [("c:3:8", "asset.id")], id="missing in a mapping"),
        pytest.param(YAML + "district: {}\nstudentz: []\n", [("c:6:1", "studentz")], id="an unknown field"),
        pytest.param(YAML + "students:\n- {id: s1}\n- {id: s1}\n", [("c:7:8", "students[1].id")], id="a list"),
    ],
)
def test_a_problem_points_at_the_key_the_value_or_the_mapping(text: str, expected: list[tuple[str, str]]) -> None:
    assert told(text) == expected


def test_yaml_and_json_tell_the_same_places() -> None:
    raw = a_portrait().asset(meaning="lost", closd="x", record_pii=["s9", "s1", 4]).raw()
    del raw["share"]["actor"]
    text = json.dumps({"story": "s", "stori": "s", "case": raw}, indent=2)
    assert told(text, as_json=True) == told(text)
    assert len(told(text)) == 6


def test_problems_are_told_in_the_order_of_the_file_each_once() -> None:
    text = "share: 1\nstudents: [{id: 2}]\nid: 3\nat: x\nasset: &a {id: *a}\n"
    assert [place for place, _ in told(text)] == ["c:1:8", "c:2:17", "c:3:5", "c:4:5", "c:5:16"]


def test_what_the_text_must_not_hold_is_told_together_with_what_the_case_must_not() -> None:
    text = '{"id": "x", "id": "y", "at": "never",\n "asset": {"id": NaN, "tagging": "done", "tagging": "complete"}}'
    assert told(text, as_json=True) == [
        ("c:1:1", "share"),
        ("c:1:13", "id"),
        ("c:1:30", "at"),
        ("c:2:18", "asset.id"),
        ("c:2:34", "asset.tagging"),
        ("c:2:42", "asset.tagging"),
    ]


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "yaml"])
def test_a_field_that_stands_twice_is_never_decided_whichever_of_the_two_would_be_right(*, as_json: bool) -> None:
    good = json.dumps(a_portrait().raw())
    assert answer(good, as_json=as_json)[1]
    assert not answer(good[:-1] + ', "id": "c1"}', as_json=as_json)[1]
    assert not answer('{"case": 1, "case": ' + good + "}", as_json=as_json)[1]
    assert not answer('{"case": ' + good + ', "why": 1, "why": 1}', as_json=as_json)[1]


def test_paths_in_a_wrapped_case_are_those_within_the_case_and_places_those_of_the_file() -> None:
    inner = "".join(f"  {line}\n" for line in YAML.replace("id: a1", "id: [], id: a").splitlines())
    assert told(f"stori: x\ncase:\n{inner}") == [("c:1:1", "stori"), ("c:5:15", "asset.id"), ("c:5:19", "asset.id")]


def test_a_text_without_a_name_has_places_too() -> None:
    with pytest.raises(CaseError) as caught:
        read_case(YAML.replace("complete", "done"), as_json=False)
    [problem] = caught.value.problems
    assert (problem.path, problem.file, problem.line, problem.column) == ("asset.tagging", None, 3, 26)
    assert str(problem).startswith("line 3, column 26: asset.tagging: must be one of")


def test_a_problem_reads_as_one_sentence_with_its_place_and_path() -> None:
    with pytest.raises(CaseError) as caught:
        read_case(YAML.replace("complete", "complet"), as_json=False, name="x.yaml")
    assert str(caught.value) == (
        "x.yaml:3:26: asset.tagging: must be one of complete, pending, failed; did you mean 'complete'?"
    )


def test_yaml_that_is_no_case_is_read_as_strictly() -> None:
    assert read_yaml("{a: 2026-10-02, b: [1]}") == {"a": "2026-10-02", "b": [1]}
    with pytest.raises(CaseError) as caught:
        read_yaml("a: 1\na: 2\n", name="evidence.yaml")
    assert str(caught.value) == "evidence.yaml:2:1: a: the field 'a' stands twice in one mapping"


# Bytes


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_file_is_read_as_bytes_with_or_without_a_mark(suffix: str) -> None:
    for data in (GOOD, b"\xef\xbb\xbf" + GOOD, GOOD.replace(b": ", b":\r\n ")):
        assert answer_bytes(data, as_json=suffix == "json", name="c")[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "yaml"])
def test_another_unicode_is_told_by_its_name(encoding: str, *, as_json: bool) -> None:
    data = GOOD.decode().encode(encoding)
    assert message(answer_bytes(data, as_json=as_json, name="c")) == "c: is UTF-16 or UTF-32 text; save it as UTF-8"
    [got] = lines(data, data)
    assert message(got) == "-:1:1: is UTF-16 or UTF-32 text; save it as UTF-8"


def test_what_is_no_utf_8_is_told_with_its_byte_and_place() -> None:
    got = answer_bytes("id: é\nat: caf".encode() + b"\xe9\n", as_json=False, name="latin.yaml")
    assert message(got) == "latin.yaml:2:8: is not UTF-8 text: byte 15 (0xe9) cannot be read; save it as UTF-8"


def test_a_file_has_a_size() -> None:
    assert answer_bytes(GOOD.ljust(MAX_TEXT), as_json=True, name="c")[1]
    got = answer_bytes(GOOD.ljust(MAX_TEXT + 1), as_json=True, name="c")
    assert message(got) == "c: a case is at most 4 MiB of text; this one is larger than a case can be"


# JSON lines


def test_one_bad_line_does_not_stop_the_others() -> None:
    wrong = json.dumps({**a_portrait().raw(), "at": "never"}).encode()
    answers = lines(GOOD, b"{broken", b"", b"   ", wrong, GOOD + b"\r", b"[]", b'{"id": "x", "id": "y"}', b"\0", GOOD)
    assert [fine for _, fine in answers] == [True, False, False, True, False, False, False, True]
    errors = [(each["line"], each["id"]) for each, fine in answers if not fine]
    assert errors == [(2, None), (5, "c1"), (7, None), (8, "x"), (9, None)]
    assert all("line" not in each for each, fine in answers if fine)


def test_a_line_that_is_no_utf_8_is_told_and_stops_no_other() -> None:
    answers = lines(GOOD, '{"id": "é'.encode() + b'\xff"}', GOOD)
    assert [fine for _, fine in answers] == [True, False, True]
    assert message(answers[1]) == "-:2:10: is not UTF-8 text: byte 11 (0xff) cannot be read; save it as UTF-8"


def test_a_mark_at_the_very_start_is_passed_over_and_no_other() -> None:
    mark = b"\xef\xbb\xbf"
    assert [fine for _, fine in lines(mark + GOOD, GOOD, mark + GOOD)] == [True, True, False]


def test_the_last_line_needs_no_end_and_others_may_have_any() -> None:
    for end in (b"\n", b"\r\n", b"\n\n"):
        assert [fine for _, fine in lines(GOOD, GOOD, end=end)] == [True, True]
        assert [fine for _, fine in lines(GOOD, GOOD, b"", end=end)] == [True, True]


class Endless:
    """A stream that is never read beyond what was asked for: one line without end, then good ones."""

    def __init__(self, long: int) -> None:
        self.left, self.most = long, 0

    def readline(self, limit: int, /) -> bytes:
        self.most = max(self.most, limit)
        if self.left > 0:
            self.left -= limit
            return b"x" * (limit if self.left > 0 else limit - 1) + (b"" if self.left > 0 else b"\n")
        return GOOD + b"\n"


def test_a_line_that_is_too_long_is_one_mistake_and_never_held_whole() -> None:
    stream = Endless(10 * MAX_TEXT)
    answers = answer_lines(stream)
    assert message(next(answers)) == "-:1:1: a case is at most 4 MiB of text; this one is larger than a case can be"
    assert next(answers)[1]
    assert stream.most <= MAX_TEXT + 1


def test_a_line_may_be_as_long_as_a_case() -> None:
    assert [fine for _, fine in lines(GOOD.ljust(MAX_TEXT), GOOD.ljust(MAX_TEXT + 1), GOOD)] == [True, False, True]


def test_lines_are_answered_one_by_one() -> None:
    answers = answer_lines(Endless(0))
    assert next(answers)[1]
    assert next(answers)[1]


def test_places_in_json_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(GOOD + b"\n\n" + GOOD.replace(b'"complete"', b'"done"'))
    with path.open("rb") as file:
        [_, (refused, _)] = answer_lines(file, name="cases.jsonl")
    [problem] = refused["error"]
    column = GOOD.index(b'"complete"') + 1
    assert (refused["line"], problem["path"]) == (3, "asset.tagging")
    assert problem["message"].startswith(f"cases.jsonl:3:{column}: must be one of")


# All at once

SPOILT: tuple[tuple[str, Any], ...] = (
    ("id", " "),
    ("at", "2026-02-30"),
    ("asset.meaning", "lost"),
    ("asset.redactable", 1),
    ("asset.record_pii", ["s9", "s1", ""]),
    ("asset.colour", {"deep": [1]}),
    ("district.directory_limited_to", []),
    ("students[0].guardians", ["s1", 2]),
    ("students[0].opted_out", {"since": "2026-08-25", "ended": "2026-08-24"}),
    ("consents", [{"student": "s1", "parties": "public"}, {}]),
    ("share.recipient", {"role": "parent", "id": "court"}),
    ("share.actor", LEFT_OUT),
    ("share.evidence.order", {"verified": "yes", "notified": ["s7"]}),
)


@given(spoilt=st.lists(st.sampled_from(SPOILT), min_size=1, unique_by=lambda each: each[0]), wrapped=st.booleans())
@settings(derandomize=True, deadline=None)
def test_a_file_is_told_every_problem_that_plain_data_has_and_where(
    *, spoilt: list[tuple[str, Any]], wrapped: bool
) -> None:
    raw = full().raw()
    for path, value in spoilt:
        raw = changed(path, value, raw)
    plain = problems(raw)
    text = json.dumps({"case": raw} if wrapped else raw, indent=2)
    expected = sorted((path, message) for path, message in plain.items())
    for as_json in (True, False):
        with pytest.raises(CaseError) as caught:
            read_case(text, as_json=as_json, name="c")
        found = caught.value.problems
        assert sorted((each.path, each.message) for each in found) == expected
        places = [(each.line or 0, each.column or 0) for each in found]
        assert places == sorted(places)
        lines = text.split("\n")
        for each, (line, column) in zip(found, places, strict=True):
            field = each.path.split(".")[-1].split("[")[0]
            here = lines[line - 1]
            if each.message == "is required":
                assert here[column - 1] == "{"
            else:
                assert f'"{field}"' in here or each.path.endswith("]")
