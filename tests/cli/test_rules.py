"""`rules check | test | explain`: an admin's rule files, told with their places, without settings or a bucket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import call
from district import PORTRAIT, District

RULES = """\
rules:
  - name: games
    when: {key: "**/games/**"}
    then: {directory_status: eligible}
    why: because
  - name: bench
    when: {keyword: Bench}
    then: {hold: Look first.}
    why: because
examples:
  - name: a game
    asset: {key: events/games/1.jpg}
    expect: {directory_status: eligible, fires: games}
"""
WRONG = RULES.replace("keyword", "keywrod").replace("eligible}\n    why", "eligable}\n    why")
SAMPLE = Path(__file__).parents[2] / "sample_assets" / "portraits" / "portrait-0417.jpg"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which nothing is set."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, name: str = "own.yaml") -> str:
    Path(name).write_text(text, "utf-8")
    return name


def test_files_without_a_mistake_are_counted() -> None:
    ended = call("rules", "check", written(RULES))
    assert (ended.code, ended.text) == (0, "No mistake in 1 file, 2 rules, 1 example.\n")
    assert call("rules", "check", "own.yaml", "--json").object() == {
        "files": 1,
        "rules": 2,
        "examples": 1,
        "problems": 0,
    }


def test_every_mistake_is_told_with_its_place() -> None:
    ended = call("rules", "check", written(WRONG))
    assert ended.code == 1
    assert ended.text.splitlines() == [
        "own.yaml:4:30: 'eligable' is no value of 'directory_status'; did you mean 'eligible'?",
        "own.yaml:7:12: 'keywrod' is not known here; did you mean 'keyword'?",
        "2 mistakes: no rule of these files is used before they are put right.",
    ]


def test_mistakes_are_objects_for_a_program() -> None:
    ended = call("rules", "check", written(WRONG), "--json")
    assert ended.code == 1
    assert [(each["file"], each["line"], each["column"]) for each in ended.objects()] == [
        ("own.yaml", 4, 30),
        ("own.yaml", 7, 12),
    ]


def test_all_files_of_a_folder_are_checked(folder: Path) -> None:
    written(RULES, "a.yaml")
    written(RULES, "b.yml")
    ended = call("rules", "check", str(folder))
    assert "b.yml:2:11: there is a rule of the name 'games' already, at a.yaml:2" in ended.text


def test_without_a_path_the_rules_of_the_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_RULES", written(RULES))
    assert "2 rules" in call("rules", "check").text


def test_without_settings_the_shipped_rules_are_tried() -> None:
    ended = call("rules", "test", "--require-full-coverage")
    assert ended.code == 0
    assert "as expected" in ended.text


@pytest.mark.parametrize("command", ["check", "test"])
@pytest.mark.parametrize(
    ("path", "told"),
    [("nowhere.yaml", "no such file or directory"), (".", "holds no .yaml file with rules")],
    ids=["missing", "empty folder"],
)
def test_a_path_without_rules_is_one_sentence(command: str, path: str, told: str) -> None:
    ended = call("rules", command, path)
    assert ended.code == 1
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


def test_examples_that_end_as_expected_exit_0_and_tell_what_they_do_not_try() -> None:
    ended = call("rules", "test", written(RULES))
    assert ended.code == 0
    assert ended.text.splitlines() == [
        "1 of 1 example as expected.",
        "No example fires: bench.",
        "Every example fires: games.",
    ]


def test_full_coverage_can_be_asked_for() -> None:
    written(RULES)
    assert call("rules", "test", "own.yaml", "--require-full-coverage").code == 1
    written(RULES + "  - {name: b, asset: {key: b, keywords: Bench}, expect: {fires: bench}}\n")
    assert call("rules", "test", "own.yaml", "--require-full-coverage").code == 0


def test_a_difference_is_told_by_field_and_exits_1() -> None:
    ended = call("rules", "test", written(RULES.replace("{directory_status: eligible, ", "{hold: true, ")))
    assert ended.code == 1
    row = next(line for line in ended.text.splitlines() if "own.yaml:11" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["own.yaml:11", "a game", "hold", "yes", "no"]


def test_tried_examples_are_objects_for_a_program() -> None:
    one, summary = call(
        "rules", "test", written(RULES.replace("fires: games", "fires: [games, bench]")), "--json"
    ).objects()
    assert one == {
        "example": "a game",
        "at": "own.yaml:11",
        "ok": False,
        "differences": [{"field": "fires", "expected": ["games", "bench"], "found": ["games"]}],
    }
    assert summary["summary"] == {"examples": 1, "failed": 1, "never_fired": ["bench"], "always_fired": ["games"]}


def test_a_local_file_is_explained_without_settings() -> None:
    ended = call("rules", "explain", "--file", str(SAMPLE), "--rules", written(RULES))
    assert ended.code == 0
    assert [line.rstrip() for line in ended.text.splitlines()] == [
        "'portrait-0417.jpg': 2 rules",
        "does not     games (own.yaml:2) -> directory_status: eligible",
        "               key: **/games/**: no",
        "does not     bench (own.yaml:6) -> hold: Look first.",
        "               keyword: Bench: no",
    ]


def test_a_local_file_is_explained_as_if_it_stood_under_a_key() -> None:
    ended = call("rules", "explain", "a/games/1.jpg", "--file", str(SAMPLE), "--rules", written(RULES), "--json")
    first, _ = ended.objects()
    assert first == {
        "rule": "games",
        "at": "own.yaml:2",
        "fires": "yes",
        "conditions": [{"condition": "key: **/games/**", "truth": "yes", "why": ""}],
        "then": {"directory_status": "eligible"},
    }


def test_a_file_that_says_nothing_leaves_a_rule_in_doubt(folder: Path) -> None:
    (folder / "a.wav").write_bytes(b"")
    ended = call("rules", "explain", "--file", "a.wav", "--rules", written(RULES))
    assert "The file is unreadable: it is held, whatever the rules say." in ended.text
    assert "cannot know  bench" in ended.text
    assert "keyword: Bench: unknown (the file could not be read)" in ended.text


def test_explain_needs_a_key_or_a_file() -> None:
    assert call("rules", "explain").code == 2
    ended = call("rules", "explain", "--file", "nowhere.jpg")
    assert (ended.code, ended.err) == (1, "dam-plugin: 'nowhere.jpg' cannot be read: no such file or directory\n")


def test_explaining_with_rules_that_have_a_mistake_tells_the_mistakes() -> None:
    ended = call("rules", "explain", "--file", str(SAMPLE), "--rules", written(WRONG))
    assert ended.code == 1
    assert "own.yaml:7:12: 'keywrod'" in ended.text


def test_no_name_in_a_file_is_told() -> None:
    ended = call("rules", "explain", "--file", str(SAMPLE))
    assert ended.code == 0
    assert "Hannah" not in ended.text


def test_the_schema_of_rules_is_printed() -> None:
    assert json.loads(call("schema", "rules").out)["title"] == "A rule file of dam-plugin"


def test_a_recording_of_the_library_is_explained_with_what_the_roster_says(district: District) -> None:
    district.upload(PORTRAIT)
    grade = "  - {name: opted out, when: {roster: {opted_out: true}, people: {at_most: 1}}, then: {hold: h}, why: w}\n"
    ended = call("rules", "explain", PORTRAIT, "--rules", written("rules:\n" + grade), "--json")
    assert ended.code == 0
    assert (ended.object()["rule"], ended.object()["fires"]) == ("opted out", "yes")


def test_a_recording_that_is_not_in_the_library_is_one_sentence(district: District) -> None:
    ended = call("rules", "explain", "nowhere.jpg")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
