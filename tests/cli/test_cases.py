"""`decide` and `schema`: need no store, no settings file and no answered question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest
from case_builder import CaseBuilder
from command_line import call

CASE = CaseBuilder().shows("s1").raw()
LINE = json.dumps(CASE)
CHECKED_IN = Path(__file__).parents[2] / "docs" / "case.schema.json"


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
    assert ended.objects()[1]["error"][0]["message"].startswith("-:2:1: this is not JSON")
    assert ended.objects()[3]["outcome"] == "allow"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.json", None, "absent.json: cannot be read: no such file or directory"),
        ("latin.json", b"\xff", "latin.json:1:1: is not UTF-8 text: byte 1 (0xff) cannot be read; save it as UTF-8"),
        ("large.json", b" " * (4 * 1024 * 1024 + 1), "large.json: a case is at most 4 MiB of text; this one is larger"),
        ("lines.jsonl", b"\xff\n", "lines.jsonl:1:1: is not UTF-8 text"),
        ("wide.yaml", "id: c1".encode("utf-16"), "wide.yaml: is UTF-16 or UTF-32 text; save it as UTF-8"),
        ("empty.yaml", b"", "empty.yaml:1:1: is empty; it must hold a mapping of fields"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_too(bare: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (bare / name).write_bytes(content)
    (bare / "case.json").write_text(LINE, encoding="utf-8")
    ended = call("decide", name, "case.json")
    assert ended.code == 1
    assert ended.objects()[0]["error"][0]["message"].startswith(message)
    assert ended.objects()[1]["outcome"] == "allow"


@pytest.mark.parametrize("name", ["folder.yaml", "folder.jsonl"])
def test_a_folder_is_no_case(bare: Path, name: str) -> None:
    (bare / name).mkdir()
    ended = call("decide", name)
    assert ended.code == 1
    assert ended.object() == {"id": None, "error": [{"path": "", "message": f"{name}: cannot be read: is a directory"}]}


@pytest.mark.parametrize("name", ["pipe.yaml", "pipe.json"])
def test_a_pipe_without_end_is_read_no_further_than_a_case(bare: Path, name: str) -> None:
    os.mkfifo(bare / name)
    gone = Event()

    def write_without_end() -> None:
        try:
            with (bare / name).open("wb") as pipe:
                while True:
                    pipe.write(b" " * 65536)
        except BrokenPipeError:
            gone.set()

    Thread(target=write_without_end, daemon=True).start()
    ended = call("decide", name)
    assert "at most 4 MiB" in ended.object()["error"][0]["message"]
    assert gone.wait(60)


def test_every_problem_of_a_file_is_told_with_its_place(bare: Path) -> None:
    text = "id: c1\nat: 2026-10-2\nasset: {id: a1, taging: complete}\nshare: {}\n"
    (bare / "case.yaml").write_text(text, encoding="utf-8")
    ended = call("decide", "case.yaml")
    assert ended.code == 1
    assert [(each["path"], each["message"]) for each in ended.object()["error"]] == [
        ("at", "case.yaml:2:5: must be a date written YYYY-MM-DD"),
        ("asset.taging", "case.yaml:3:17: is not known here; did you mean 'tagging'?"),
        ("share.kind", "case.yaml:4:8: is required"),
        ("share.purpose", "case.yaml:4:8: is required"),
        ("share.actor", "case.yaml:4:8: is required"),
        ("share.recipient", "case.yaml:4:8: is required"),
    ]


def test_an_answer_does_not_wait_for_the_next_case() -> None:
    program = "from dam_plugin.cli.main import run; run()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "decide"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        for number in range(3):
            running.stdin.write(json.dumps({**CASE, "id": f"c{number}"}).encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["id"] == f"c{number}"
        running.stdin.close()
        assert running.wait() == 0


def test_a_deny_is_decided_and_exits_0(bare: Path) -> None:
    denied = CaseBuilder().shows("s1").raw()
    denied["asset"]["closed"] = "sealed \x1b[31m"
    (bare / "case.json").write_text(json.dumps(denied), encoding="utf-8")
    ended = call("decide", "case.json")
    assert (ended.code, ended.object()["outcome"]) == (0, "deny")
    assert "\x1b" not in ended.out


def test_the_schema_of_a_case_is_printed_as_it_is_checked_in() -> None:
    ended = call("schema", "case")
    assert ended.code == 0
    assert ended.out.isascii()
    again = "run `dam-plugin schema case > docs/case.schema.json`"
    assert ended.out == CHECKED_IN.read_text(encoding="utf-8"), again


def test_a_schema_fits_on_one_line_too() -> None:
    assert call("schema", "case", "--json").object() == json.loads(CHECKED_IN.read_text(encoding="utf-8"))


def test_there_is_no_schema_of_anything_else() -> None:
    assert call("schema", "student").code == 2
    assert call("schema").code == 2


def test_the_outside_is_told_the_outcome_and_no_student() -> None:
    raw = CaseBuilder().shows("s1").opted_out("s1").raw()
    (told,) = call("decide", "--outside", stdin=json.dumps(raw).encode()).objects()
    assert told.keys() == {"id", "outcome", "outside"}
    assert told["outside"][0]["provision"] == "34 CFR 99.30; RSMo 610.021(14)"
    assert "s1" not in str(told["outside"])
