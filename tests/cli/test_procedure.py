"""`decide`: needs no store, no settings file and no answered question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from case_builder import CaseBuilder
from command_line import call

CASE = CaseBuilder().shows("s1").raw()
LINE = json.dumps(CASE)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing set up, and settings that nobody could load."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAM_PLUGIN_NONSENSE", "1")
    return tmp_path


@pytest.mark.parametrize("name", ["case.json", "case.yaml", "case.JSON", "cases.jsonl", "cases.ndjson"])
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["plain", "json"])
def test_a_file_is_decided_by_its_suffix(bare: Path, name: str, options: tuple[str, ...]) -> None:
    (bare / name).write_text(LINE, encoding="utf-8-sig")
    ended = call("decide", *options, name)
    assert ended.code == 0
    assert (ended.object()["id"], ended.object()["outcome"]) == ("c1", "allow")


@pytest.mark.parametrize("arguments", [(), ("-",)], ids=["nothing", "dash"])
def test_standard_input_is_json_lines(arguments: tuple[str, ...]) -> None:
    other = json.dumps({**CASE, "id": "c2"})
    ended = call("decide", *arguments, stdin=f"{LINE}\n\n{other}".encode())
    assert ended.code == 0
    assert [each["id"] for each in ended.objects()] == ["c1", "c2"]


def test_one_bad_line_stops_no_other_and_exits_1() -> None:
    ended = call("decide", stdin=b"{}\nno json\n\xff\n" + LINE.encode())
    assert ended.code == 1
    assert [each.get("line") for each in ended.objects()] == [1, 2, 3, None]
    assert ended.objects()[3]["outcome"] == "allow"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.json", None, "cannot be read: no such file"),
        ("latin.json", b"\xff", "is not UTF-8 text"),
        ("large.json", b" " * (4 * 1024 * 1024 + 1), "is larger than a case can be (4 MiB)"),
        ("lines.jsonl", b"\xff\n", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_too(bare: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (bare / name).write_bytes(content)
    (bare / "case.json").write_text(LINE, encoding="utf-8")
    ended = call("decide", name, "case.json")
    assert ended.code == 1
    assert message in ended.objects()[0]["error"][0]["message"]
    assert ended.objects()[1]["outcome"] == "allow"


def test_a_deny_is_decided_and_exits_0(bare: Path) -> None:
    denied = CaseBuilder().shows("s1").raw()
    denied["asset"]["closed"] = "sealed \x1b[31m"
    (bare / "case.json").write_text(json.dumps(denied), encoding="utf-8")
    ended = call("decide", "case.json")
    assert (ended.code, ended.object()["outcome"]) == (0, "deny")
    assert "\x1b" not in ended.out
