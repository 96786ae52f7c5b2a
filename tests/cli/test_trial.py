"""`procedure test`: which files it reads, what it prints of differences and gaps, how it ends. Needs no store."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from case_builder import CaseBuilder, a_portrait
from command_line import Called, call
from rich.console import Console

from dam_plugin.cli import output, trial
from dam_plugin.procedure import coverage
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.coverage import all_branches
from dam_plugin.procedure.rulings import RULINGS

ALLOWED = a_portrait()
REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing set up, and settings that nobody could load."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAM_PLUGIN_NONSENSE", "1")
    return tmp_path


def told(case: CaseBuilder = ALLOWED, *, story: object = "A story.", case_id: str = "c1", **expect: object) -> str:
    """Return a case file's text: JSON, which is YAML too."""
    raw = {**case.raw(), "id": case_id}
    return json.dumps({"story": story, "expect": {"outcome": "allow", **expect}, "case": raw})


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def trying(*arguments: str) -> Called:
    """Call `procedure test` with these arguments."""
    return call("procedure", "test", *arguments)


# Which files


def test_a_folder_is_read_with_its_folders_in_sorted_order_and_other_files_are_passed_over() -> None:
    for name in ("b.yml", "a/z.json", "a/y.YAML", "c.jsonl", "README.md", ".hidden.yaml", ".git/x.yaml"):
        write(f"cases/{name}", told(case_id=name, outcome="deny"))
    ended = trying("cases", "--json").object()
    assert [each["id"] for each in ended["differences"]] == ["a/y.YAML", "a/z.json", "b.yml", "c.jsonl"]
    assert ended["cases"] == 4


def test_links_to_folders_are_not_followed() -> None:
    write("elsewhere/a.yaml", told())
    write("cases/b.yaml", told())
    Path("cases/again").symlink_to("../cases")
    Path("cases/elsewhere").symlink_to("../elsewhere")
    assert trying("cases", "--json").object()["cases"] == 1


def test_folders_that_are_links_are_named_to_programs_and_to_people() -> None:
    write("elsewhere/a.yaml", told())
    write("cases/in/b.yaml", told())
    for link in ("cases/in/again", "cases/far", "cases/.hidden"):
        Path(link).symlink_to(Path("elsewhere").resolve())
    assert trying("cases", "--json").object()["linked_folders_passed_over"] == ["cases/far", "cases/in/again"]
    lines = [line for line in trying("cases").text.splitlines() if "passed over" in line]
    assert [line.split(": ")[0] for line in lines] == ["cases/far", "cases/in/again"]


def test_of_many_linked_folders_a_person_is_told_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SHOWN", 2)
    write("cases/b.yaml", told())
    for number in range(5):
        Path(f"cases/link{number}").symlink_to(".")
    text = trying("cases").text
    assert text.count("it is a link to a folder") == 2
    assert "… and 3 more linked folders were passed over (--json names them)" in text.splitlines()


def test_a_folder_with_nothing_but_a_linked_one_names_it() -> None:
    write("elsewhere/a.yaml", told())
    Path("cases").mkdir()
    Path("cases/far").symlink_to("../elsewhere")
    ended = trying("cases")
    assert ended.code == 1
    assert "links to folders are passed over, name them: cases/far" in ended.err
    assert trying("cases/far").code == 0


def test_linked_files_are_tested_and_one_that_leads_to_itself_is_a_problem() -> None:
    write("elsewhere/a.yaml", told())
    Path("cases").mkdir()
    Path("cases/b.yaml").symlink_to("../elsewhere/a.yaml")
    Path("cases/c.yaml").symlink_to("c.yaml")
    made = trying("cases", "--json").object()
    assert (made["cases"], made["passed"]) == (2, 1)
    assert "cases/c.yaml: cannot be read" in made["problems"][0]["message"]


def test_a_link_to_nothing_is_a_problem_and_a_pipe_is_not_waited_for() -> None:
    write("cases/a.yaml", told())
    Path("cases/b.yaml").symlink_to("nowhere")
    os.mkfifo("cases/c.yaml")
    ended = trying("cases", "--json")
    assert ended.code == 1
    assert ended.object()["problems"] == [
        {"file": "cases/b.yaml", "path": "", "message": "cases/b.yaml: cannot be read: no such file or directory"}
    ]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("absent", "there is no such file or folder"), ("empty", "no case file (.yaml, .yml, .json, .jsonl, .ndjson)")],
)
def test_a_path_without_a_case_is_an_error(path: str, sentence: str) -> None:
    write("cases/a.yaml", told())
    write("empty/README.md", "")
    ended = trying("cases", path)
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err


def test_json_lines_hold_a_case_a_line_and_blank_lines_are_passed_over() -> None:
    lines = [told(case_id="one"), "", told(case_id="two", outcome="deny"), "no json", told(outcome="alow")]
    write("cases.jsonl", "\ufeff" + "\n".join(lines))
    ended = trying("cases.jsonl", "--json").object()
    assert (ended["cases"], ended["passed"], ended["failed"]) == (4, 1, 3)
    assert [(each["line"], each["id"]) for each in ended["differences"]] == [(3, "two")]
    assert [each["message"].split(": ")[0] for each in ended["problems"]] == ["cases.jsonl:4:1", "cases.jsonl:5:45"]


def test_files_may_begin_with_a_mark_of_their_encoding() -> None:
    write("case.yaml", "\ufeff" + told())
    assert trying("case.yaml").code == 0


@pytest.mark.skipif(
    not (REPOSITORY.parent / "shared" / "examples").is_dir(), reason="no examples beside the repository"
)
def test_the_examples_are_decided_as_expected() -> None:
    ended = trying(str(REPOSITORY.parent / "shared" / "examples"), "--json")
    made = ended.object()
    assert (made["differences"], made["problems"]) == ([], [])


# For programs


def test_as_json_it_is_one_object_that_names_what_is_covered() -> None:
    write("case.yaml", told())
    ended = trying("case.yaml", "--json")
    assert ended.code == 0
    made = ended.object()
    assert set(made) == {
        "cases", "passed", "failed", "differences", "problems", "notes", "linked_folders_passed_over", "coverage"
    }  # fmt: skip
    assert (made["notes"], made["linked_folders_passed_over"]) == ([], [])
    assert (made["cases"], made["passed"], made["failed"]) == (1, 1, 0)
    covered = made["coverage"]
    assert covered["clauses"]["EX4"] == {"for": 1, "against": 0, "decided": 1}
    assert set(covered["rulings"]) == set(RULINGS)
    branches = covered["branches"]
    assert branches["of"] == len(all_branches()) == branches["exercised"] + len(branches["never"])


def test_a_difference_names_file_case_field_and_both_sides_and_exits_1() -> None:
    write("case.yaml", told(outcome="deny", basis={"s1": "EX3"}))
    ended = trying("case.yaml", "--json")
    assert ended.code == 1
    assert ended.object()["differences"] == [
        {"file": "case.yaml", "id": "c1", "field": "outcome", "expected": "deny", "found": "allow"},
        {"file": "case.yaml", "id": "c1", "field": "basis", "expected": {"s1": "EX3"}, "found": {"s1": "EX4"}},
    ]


def test_a_problem_names_file_path_and_place_and_exits_1() -> None:
    write("case.json", told(outcom="deny"))
    ended = trying("case.json", "--json")
    assert ended.code == 1
    (problem,) = ended.object()["problems"]
    assert (problem["file"], problem["path"]) == ("case.json", "expect.outcom")
    assert problem["message"].startswith("case.json:1:")
    assert problem["message"].endswith("is not known here; did you mean 'outcome'?")


def test_a_case_in_error_has_all_of_its_problems_and_covers_nothing() -> None:
    case = a_portrait().asset(taging="complete", redactable="yes")
    write("case.yaml", told(case))
    made = trying("case.yaml", "--json").object()
    assert {each["path"] for each in made["problems"]} == {"asset.taging", "asset.redactable"}
    assert made["failed"] == 1
    assert made["coverage"]["branches"]["exercised"] == 0


def test_a_hostile_number_of_failures_is_counted_and_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "KEPT", 2)
    write("cases.jsonl", "\n".join([told(outcome="deny")] * 3 + ["{}"] * 3))
    made = trying("cases.jsonl", "--json").object()
    assert (made["failed"], len(made["differences"]), len(made["problems"])) == (6, 2, 2)
    assert made["left_out"] > 0


def with_ruling(ruling: str) -> str:
    return json.dumps({"ruling": ruling, **json.loads(told())})


def test_a_ruling_that_is_none_is_noted_with_its_place_and_fails_nothing() -> None:
    write("cases.jsonl", told() + "\n" + with_ruling("fewest-hiden: x"))
    ended = trying("cases.jsonl", "--json")
    assert (ended.code, ended.object()["passed"]) == (0, 2)
    message = "cases.jsonl:2:12: 'fewest-hiden' is no ruling of the procedure; did you mean 'fewest-hidden'?"
    assert ended.object()["notes"] == [{"file": "cases.jsonl", "path": "ruling", "message": message}]


# For people


def test_a_person_is_told_the_first_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SHOWN", 2)
    write("cases.jsonl", "\n".join([with_ruling("fewest-hiden: x")] * 5))
    ended = trying("cases.jsonl")
    lines = ended.text.splitlines()
    assert ended.code == 0
    assert [line.split(": ")[:2] for line in lines[:2]] == [["Note", f"cases.jsonl:{line}:12"] for line in (1, 2)]
    assert lines[2] == "… and 3 more notes (--json lists up to 10,000 of each kind)"


def test_a_person_is_told_the_first_failing_cases_whole_and_how_many_more_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "SHOWN", 3)
    write("cases.jsonl", "\n".join([told(outcome="deny"), "{}"] * 4))
    ended = trying("cases.jsonl")
    assert ended.code == 1
    lines = ended.text.splitlines()
    assert [line.split("(")[1] for line in lines if line.endswith(")") and "(cases.jsonl:" in line] == [
        "cases.jsonl:1)",
        "cases.jsonl:2)",
        "cases.jsonl:3)",
    ]
    assert "… and 5 more cases failed (--json lists up to 10,000 of each kind)" in lines
    assert lines[-1].startswith("8 cases, 0 as expected; ")


def test_nothing_more_is_told_where_all_failures_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SHOWN", 3)
    write("cases.jsonl", "\n".join([told(outcome="deny")] * 3))
    assert "more cases failed" not in trying("cases.jsonl").text


def test_many_lines_are_printed_without_a_new_console_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Console] = []

    def counted(**options: Any) -> Console:
        made.append(Console(**options))
        return made[-1]

    monkeypatch.setattr(output, "Console", counted)
    write("cases.jsonl", "\n".join([told(outcome="deny")] * 20))
    assert len(trying("cases.jsonl").text.splitlines()) > 20
    assert len(made) == 1


def test_a_failure_is_told_with_its_story_its_fields_and_why_it_was_decided_so() -> None:
    story = "A portrait for the website.\nIt has more lines."
    write("case.yaml", told(story=story, outcome="deny", reasons=["EX3", {"clause": "OPEN", "students": []}]))
    ended = trying("case.yaml")
    assert ended.code == 1
    lines = ended.text.splitlines()
    assert lines[:5] == [
        "c1 (case.yaml)",
        "  A portrait for the website.",
        "  outcome: expected deny, found allow",
        "  reasons: expected EX3, OPEN (no student), found EX4",
        "  It was decided so because:",
    ]
    assert lines[5].startswith("    EX4: ")


@pytest.mark.parametrize(
    ("expect", "line"),
    [
        ({"redact": ["s1", "s2"]}, "  redact: expected s1, s2, found none"),
        ({"basis": {}}, "  basis: expected none, found s1: EX4"),
        ({"record_disclosure": True}, "  record_disclosure: expected true, found false"),
    ],
)
def test_both_sides_of_a_difference_are_told_in_words(expect: dict[str, Any], line: str) -> None:
    write("case.yaml", told(**expect))
    assert line in trying("case.yaml").text.splitlines()


def test_the_last_line_sums_up() -> None:
    write("cases/a.yaml", told())
    write("cases/b.yaml", told(outcome="deny"))
    last = trying("cases").text.splitlines()[-1]
    assert last.startswith("2 cases, 1 as expected; clauses ")
    assert last.endswith(f" of {len(all_branches())}")


def test_a_gap_is_told_on_a_line_of_its_own() -> None:
    write("case.yaml", told())
    lines = trying("case.yaml", "--gaps").text.splitlines()
    for gap in (
        "  EX7: never exercised",
        "  EX4: no case against",
        "  SCOPE: no case for",
        "  EX3 for police: never exercised",
        "  not-ours: no case for",
    ):
        assert lines.count(gap) == 1


@pytest.mark.parametrize("option", ["--gaps", "--require-full-coverage"])
def test_branches_without_a_case_are_cut_unless_all_are_asked_for(option: str) -> None:
    write("case.yaml", told())
    cut, whole = trying("case.yaml").text, trying("case.yaml", option).text
    assert "more (--gaps shows all)" in cut
    assert "more (--gaps shows all)" not in whole
    assert whole.count(": never exercised") > cut.count(": never exercised")


# How it ends


def test_a_gap_is_an_error_only_where_full_coverage_is_required() -> None:
    write("case.yaml", told())
    assert trying("case.yaml").code == 0
    assert trying("case.yaml", "--require-full-coverage").code == 1
    assert trying("case.yaml", "--require-full-coverage", "--json").code == 1


def require(monkeypatch: pytest.MonkeyPatch, branches: tuple[str, ...]) -> None:
    """Let one clause, one ruling and some branches be all that there is to cover."""
    monkeypatch.setattr(coverage, "CLAUSES", {"SCOPE": CLAUSES["SCOPE"]})
    monkeypatch.setattr(coverage, "RULINGS", {"not-ours": RULINGS["not-ours"]})
    monkeypatch.setattr(coverage, "all_branches", lambda _: branches)


@pytest.mark.parametrize(
    ("names", "branches", "code"),
    [
        (("ours", "theirs"), ("basis: EX4", "basis: SCOPE"), 0),
        (("ours", "theirs"), ("basis: EX4", "basis: EX9"), 1),
        (("ours",), ("basis: EX4",), 1),
        (("theirs",), ("basis: SCOPE",), 1),
    ],
    ids=["full", "a branch is lacking", "no case for", "no case against"],
)
def test_full_coverage_is_each_side_and_each_branch(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], branches: tuple[str, ...], code: int
) -> None:
    write("ours.yaml", told())
    write("theirs.yaml", told(a_portrait().asset(maintained_by="other")))
    require(monkeypatch, branches)
    assert trying(*(f"{name}.yaml" for name in names), "--require-full-coverage", "--json").code == code


# Hostile input


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.yaml", b"\xff", "is not UTF-8 text"),
        ("wide.json", "{}".encode("utf-16"), "is UTF-16 or UTF-32 text; save it as UTF-8"),
        ("wide.jsonl", "{}".encode("utf-16-le"), "is UTF-16 or UTF-32 text; save it as UTF-8"),
        ("nul.yaml", b"expect: \0", "U+0000"),
        ("nul.jsonl", b'\n{"id": "\0"}', "nul.jsonl:2:9: this is not JSON"),
        ("large.json", b" " * (4 * 1024 * 1024 + 1), "larger than a case can be"),
        ("large.jsonl", b"{" + b" " * (4 * 1024 * 1024 + 1) + b"}\n", "larger than a case can be"),
        ("empty.yaml", b"", "is empty"),
        ("alias.yaml", b"expect: &a {outcome: allow}\ncase: *a\n", "aliases are not allowed"),
        ("deep.json", b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_hostile_file_is_a_problem_and_stops_no_other(name: str, content: bytes, message: str) -> None:
    Path(name).write_bytes(content)
    write("fine.yaml", told())
    ended = trying(name, "fine.yaml", "--json")
    assert ended.code == 1
    made = ended.object()
    assert (made["cases"], made["passed"]) == (2, 1)
    assert message in made["problems"][0]["message"]


def test_after_a_line_that_is_too_long_the_next_one_is_read() -> None:
    write("cases.jsonl", "x" * (4 * 1024 * 1024 + 100_000) + "\n" + told(outcome="deny"))
    made = trying("cases.jsonl", "--json").object()
    assert (made["cases"], made["differences"][0]["line"]) == (2, 2)


def test_what_a_file_says_can_do_nothing_to_a_terminal_and_adds_no_line_of_its_own() -> None:
    closed = a_portrait().asset(closed="sealed\x1b[2J\n9 cases, 9 as expected").not_directory()
    text = told(closed, story="\x1b[31mred\r\nmore", redact=["x\u202ey"])
    write("case.yaml", text.replace('"expect"', '"\\u001bkey\\n9 cases": 1, "expect"'))
    write("other.yaml", text)
    ended = trying("case.yaml", "other.yaml")
    assert ended.code == 1
    assert not set("\x1b\r\u202e") & set(ended.out)
    assert [line for line in ended.out.splitlines() if line.startswith("9 cases")] == []


def test_a_person_is_told_some_of_a_hostile_number_of_problems() -> None:
    write("case.yaml", told(**{f"nonsense{number}": 1 for number in range(trial.TOLD + 7)}))
    text = trying("case.yaml").text
    assert text.count("is not known here") == trial.TOLD
    assert "  … and 7 more (--json names them)" in text.splitlines()


def test_a_story_is_cut() -> None:
    write("case.yaml", told(story="x" * 100_000, outcome="deny"))
    assert max(map(len, trying("case.yaml").text.splitlines())) < 1_000


@pytest.mark.parametrize("story", [None, "", "  \n "])
def test_a_story_that_tells_nothing_is_left_out(story: object) -> None:
    write("case.yaml", told(story=story, outcome="deny"))
    assert trying("case.yaml").text.splitlines()[1] == "  outcome: expected deny, found allow"
