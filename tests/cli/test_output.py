"""What is printed: tables in pipes and in narrow terminals, JSON lines, and nothing that a terminal would obey."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, date, datetime
from pathlib import PurePath

import pytest
from command_line import Called, Terminal
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.cli.output import cell, print_json, print_table, printable, say

LONG = "folder/" * 60 + "picture.jpg"


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return Called(0, *capsys.readouterr()).text


@pytest.fixture
def in_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what calls a function and returns what a terminal was sent."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def call(function: Callable[..., None], *arguments: object) -> str:
        with redirect_stdout(Terminal()) as out:
            function(*arguments)
        return out.getvalue()

    return call


def test_a_pipe_cuts_no_cell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_table("Links", ("key", "why"), [(LONG, "word " * 100)])
    out = printed(capsys)
    assert LONG in out
    assert ("word " * 100).strip() in out


def test_a_table_says_when_it_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Links", ("key",), [])
    assert printed(capsys) == "Links: none\n"


def test_a_wide_terminal_shows_a_table(in_terminal: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    out = in_terminal(print_table, "Students", ("id", "name"), [("S-4G7682X2ZAS1", "Ada Example")])
    assert "│ S-4G7682X2ZAS1 │ Ada Example │" in out


def test_a_narrow_terminal_lists_the_cells_and_breaks_no_id(
    in_terminal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    rows = [("S-4G7682X2ZAS1", "G-3V3EDV94G3PW"), ("S-2", None)]
    out = Called(0, in_terminal(print_table, "Students", ("id", "guardian"), rows), "").text
    assert [line.rstrip() for line in out.splitlines()] == [
        "Students",
        "id        S-4G7682X2ZAS1",
        "guardian  G-3V3EDV94G3PW",
        "",
        "id        S-2",
        "guardian  -",
        "",
    ]


@pytest.mark.parametrize("kind", ["xterm", "dumb"])
def test_no_color_leaves_no_colour(in_terminal: Callable[..., str], monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", kind)
    out = in_terminal(print_table, "Answers", ("answer",), [("deny",)]) + in_terminal(say, "deny", "red")
    assert "deny" in out
    assert "\x1b[31m" not in out


def test_a_terminal_shows_the_answers_in_colour(in_terminal: Callable[..., str]) -> None:
    assert "\x1b[31mdeny" in in_terminal(print_table, "Answers", ("answer",), [("deny",)])


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[31mred", "\x1b]0;title\x07", "a\rb", "a\x9b31m", "\u202egpj.exe", "a\x00b", "a\x7fb", "\ud800"],
    ids=["escape", "title", "return", "8-bit escape", "right to left", "nul", "delete", "half a character"],
)
def test_control_characters_never_reach_the_terminal(capsys: pytest.CaptureFixture[str], hostile: str) -> None:
    say(f"key: {hostile}")
    print_table("Keys", ("key",), [(hostile,)])
    assert all(character.isprintable() or character == "\n" for character in printed(capsys))


def test_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold]loud[/bold]")
    print_table("Keys", ("key",), [("[link=http://example.org]x[/link]",)])
    out = printed(capsys)
    assert "[bold]loud[/bold]" in out
    assert "[link=http://example.org]x[/link]" in out


@given(st.text())
def test_a_printable_text_keeps_its_length_and_says_what_it_could(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(b in {a, "\ufffd"} for a, b in zip(text, shown, strict=True))


def test_a_time_is_shown_in_the_machines_zone() -> None:
    moment = datetime(2026, 9, 1, 12, 30, 59, tzinfo=UTC)
    assert cell(moment).plain == f"{moment.astimezone():%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("value", "shown"), [(None, "-"), ("", "-"), (0, "0"), (False, "False")])
def test_nothing_is_a_dash(value: object, shown: str) -> None:
    assert cell(value).plain == shown


def test_json_is_one_ascii_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Inés\n\u2028\x1b[31m"}, {"day": date(2026, 9, 1), "all": frozenset({"a"}), "at": (1, 2)})
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    first, second = (json.loads(line) for line in out.splitlines())
    assert first == {"name": "Inés\n\u2028\x1b[31m"}
    assert second == {"day": "2026-09-01", "all": ["a"], "at": [1, 2]}


def test_json_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match="PurePosixPath is not printed"):
        print_json({"path": PurePath("a")})
