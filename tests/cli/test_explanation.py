"""`explain`: a tree for people, one JSON object, Markdown that shows a hostile case's texts and obeys none of them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from case_builder import CaseBuilder, a_case, a_fight, a_portrait
from case_strategies import random_cases
from command_line import Called, call
from rich.console import Console

from dam_plugin.cli.attorney import document, plain
from dam_plugin.cli.outline import plain_lines, tree
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.explain import explain
from dam_plugin.procedure.questions import CHECKS
from dam_plugin.procedure.read_cases import read_case

INTERNAL = re.compile("|".join(rf"\b{check}\b" for check in CHECKS if "-" in check) + r"|\bNone\b")
HOSTILE = "<script>|`x`**[a](http://x)\u202e"


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing set up, and settings that nobody could load."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAM_PLUGIN_NONSENSE", "1")
    return tmp_path


def explained(builder: CaseBuilder, *options: str, terminal: bool = False) -> Called:
    """Explain a case that stands in a file."""
    Path("case.json").write_text(json.dumps(builder.raw()), encoding="utf-8")
    ended = call("explain", "case.json", *options, terminal=terminal)
    assert ended.code == 0, ended.text
    return ended


def hostile() -> CaseBuilder:
    """A case whose every free text would be Markdown, HTML or a terminal's command."""
    builder = CaseBuilder().student(HOSTILE, guardians=["p|1"]).shows(HOSTILE).consent(HOSTILE, purpose="# no")
    return builder.asset(closed="sealed\n```\n# Heading\n\x1b[31m| a | b |").share(purpose="1. www.x.example @all")


# The tree


def test_the_answer_comes_first() -> None:
    lines = explained(a_fight().redactable().to("parent", "p1")).out.splitlines()
    assert lines[0] == "Case c1, October 2, 2026"
    assert lines[1].endswith("The answer: redact. The district may release a copy in which s2 cannot be identified.")


def test_a_step_that_did_not_decide_is_one_line_that_says_why() -> None:
    out = explained(a_portrait()).out
    assert (
        "├── 3. Is it for a school official? The recipient is not a school official.\n"
        "│   ├── 4. Who answers a request? The records custodian or a designee is answering it.\n"
    ) in out


def test_the_step_that_decided_shows_its_questions_with_their_answers() -> None:
    out = explained(a_portrait()).out
    assert "├── 9. Whom would have to be hidden? This step decided.\n" in out
    assert f"└── {CHECKS['nobody-to-hide'].question} Yes.\n" in out


@pytest.mark.parametrize(
    ("builder", "told"),
    [
        (a_portrait(), "Steps 10 to 13 were not reached."),
        (a_fight().to("parent", "p1"), "Steps 12 and 13 were not reached."),
        (a_fight().redactable("destroyed"), "Step 13 was not reached."),
        # Whom the request names is looked at last, and only where something would be released.
        (a_fight().redactable().to("parent", "p1").share(names=["s1"]), "Steps 11 and 12 were not reached."),
        (a_fight().redactable("destroyed").to("parent", "p1").share(names=["s1"]), "Step 12 was not reached."),
    ],
)
@pytest.mark.parametrize("options", [(), ("--markdown",)])
def test_the_steps_that_were_not_reached_are_one_line(
    builder: CaseBuilder, told: str, options: tuple[str, ...]
) -> None:
    assert explained(builder, *options).out.count(told) == 1


def test_a_name_in_the_background_is_told_by_the_last_step_and_by_the_one_that_it_holds_back() -> None:
    crowd = a_portrait().shows("s2", "incidental").opted_out("s2").share(names=["s2"])
    out = explained(crowd).out
    assert "├── 9. Whom would have to be hidden? This step would release it; the last one" in out
    assert "├── 13. Was somebody in the background asked for by name? This step decided.\n" in out
    assert "Steps 10 to 12 were not reached." in out
    assert "held back" in out
    nobody = explained(a_case().shows("s1", "incidental").opted_out("s1").share(names=["s1"])).out
    assert "Copies that hide students: not considered, for step 7 decided" in nobody


def test_plans_are_told_by_name_and_those_that_do_not_exist_in_one_line() -> None:
    out = explained(a_fight().redactable().to("parent", "p1")).out
    assert "├── A copy on the recipient's own right, hiding s2: used.\n" in out
    assert (
        "└── Not in question here: a copy as directory information, because it cannot be released as directory "
        "information; a copy on written consents, because"
    ) in out


def test_a_way_out_says_what_to_do_about_each_thing_that_it_needs() -> None:
    out = explained(a_fight().to("parent", "p1")).out
    assert "Release a copy that hides s2, once settled:" in out
    assert f"Cannot be redacted (s2): {CLAUSES['REDACT-UNABLE'].remedy}" in out


def test_a_denial_is_no_disclosure() -> None:
    out = explained(a_fight().redactable("destroyed")).out
    assert "Entered in the record of requests and disclosures (34 CFR 99.32): somebody who is no school official" in out


def test_a_student_is_told_with_the_ground_and_who_could_sign() -> None:
    out = explained(a_portrait().opted_out("s1").consent("s1")).out
    assert "s1: shown, on the ground 'Written consent'" in out
    assert "Consent: signed by p1 on September 10, 2026 in ink, to 'website', naming everybody: it holds" in out
    assert "Could sign a consent: p1" in out


def test_a_denial_tells_what_would_change_it() -> None:
    out = explained(a_portrait().not_directory().asset(meaning="destroyed")).out
    assert "What could change the answer (any one of these)" in out
    assert "Release it on written consents to 'website' that name 'asker':" in out
    assert "A consent signed by p1 for s1." in out


def test_plans_that_were_not_considered_say_why() -> None:
    assert (
        "Copies that hide students: not considered, for step 4 decided" in explained(a_portrait().by("media_staff")).out
    )


def test_a_pipe_gets_no_colour_and_whole_lines() -> None:
    out = explained(a_portrait().asset(closed="why " * 200)).out
    assert "\x1b" not in out
    assert ("why " * 200).strip() in out


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_pipe_gets_the_tree_of_a_terminal(encoding: str) -> None:
    for raw in (a_fight().to("parent", "p1").raw(), a_portrait().raw(), *random_cases(20, seed=5)):
        shown = tree(explain(parse_case(raw)))
        to = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
        console = Console(width=100_000, color_system=None, file=to)
        with console.capture() as terminal:
            console.print(shown)
        assert "".join(plain_lines(shown, ascii_only=encoding == "ascii")) == terminal.get()


def test_a_terminal_gets_lines_of_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    out = explained(a_fight(), terminal=True).text
    assert max(map(len, out.splitlines())) <= 60


def test_a_terminal_obeys_nothing_that_a_case_says() -> None:
    out = explained(hostile()).out
    assert "\x1b" not in out
    assert "\u202e" not in out


# Markdown


def test_the_document_has_the_answer_the_reasons_and_their_sources() -> None:
    out = explained(a_fight().to("parent", "p1"), "--markdown").out
    assert out.startswith("# Case c1\n\nAs of October 2, 2026.")
    assert "**refer.** A person has to act first." in out
    assert "| REDACT-UNABLE: Cannot be redacted | " in out
    assert "| Procedure JO-1-AP(2), technology and ability to redact; 34 CFR 99.12(a) | " in out
    headings = [line for line in out.splitlines() if line.startswith("## ")]
    assert headings == [
        "## The answer",
        "## The reasons, in order",
        "## What can be done now",
        "## The students",
        "## Release as directory information: closed, because of what follows",
        "## The steps",
        "## Copies that hide students",
        "## What an attorney may rule otherwise",
        "## The facts it stands on",
    ]


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    for builder in (hostile(), a_fight(), a_portrait()):
        blocks = re.findall(r"(?:^\|.*\n)+", explained(builder, "--markdown").out.split("\n```")[0], re.MULTILINE)
        assert blocks
        for block in blocks:
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}) == 1, block


def test_the_facts_of_the_document_are_the_case() -> None:
    raws = [hostile().raw(), *random_cases(300, seed=3)]
    for raw in raws:
        case = parse_case(raw)
        text = document(explain(case), case)
        fenced = re.search(r"^(`{3,})yaml\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL)
        assert fenced
        assert read_case(fenced[2], as_json=False) == case


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("`code`", r"\`code\`"),
        ("<script>", r"\<script\>"),
        ("a\n\n# b", "a\ufffd\ufffd\\# b"),
        ("s1  x", "s1 &#160;x"),
        ("  s1 x ", "&#160;&#160;s1 x&#160;"),
        ("1. b", "&#49;. b"),
        ("12) b", "&#49;2) b"),
        ("- b", "&#45; b"),
        ("http://x www.y me@z", r"http&#58;//x www&#46;y me\@z"),
        ("&amp; \\", r"\&amp; \\"),
        ("a\x1bb\u202e", "a\ufffdb\ufffd"),
    ],
)
def test_markdown_of_a_text_shows_exactly_the_text(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_ids_that_differ_in_their_spaces_have_different_headings() -> None:
    builder = CaseBuilder().student("s1 x").student("s1  x").shows("s1 x").shows("s1  x")
    out = explained(builder, "--markdown").out
    assert [line for line in out.splitlines() if line.startswith("### ")] == ["### s1 x", "### s1 &#160;x"]


def test_a_document_obeys_nothing_that_a_case_says() -> None:
    out = explained(hostile(), "--markdown").out
    prose, _, facts = out.rpartition("\n## The facts it stands on\n\n")
    assert "<script>" not in prose
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "](http:" not in prose
    assert not [line for line in prose.splitlines() if line.lstrip().startswith(("# Heading", "```"))]
    fence, _, rest = facts.partition("yaml\n")
    assert rest.count(f"\n{fence}\n") == 1


def test_no_form_shows_what_only_the_code_means() -> None:
    for raw in random_cases(150, seed=4):
        case = parse_case(raw)
        told = explain(case)
        console = Console(width=10_000, color_system=None, record=True, quiet=True)
        with console.capture() as shown:
            console.print(tree(told))
        for text in (shown.get(), document(told, case).split("\n## The facts")[0]):
            assert not INTERNAL.search(text)
            assert "{" not in text


# JSON


def test_json_is_one_object_on_one_line() -> None:
    told = explained(a_fight().redactable().to("parent", "p1"), "--json").object()
    assert (told["id"], told["outcome"], told["day"]) == ("c1", "redact", "October 2, 2026")
    assert [step["number"] for step in told["steps"] if step["state"] == "decided"] == [10]


def test_json_and_markdown_exclude_each_other() -> None:
    Path("case.json").write_text(json.dumps(a_portrait().raw()), encoding="utf-8")
    ended = call("explain", "case.json", "--json", "--markdown")
    assert (ended.code, ended.out) == (2, "")


# What is read

CASE: dict[str, Any] = a_portrait().raw()


@pytest.mark.parametrize(
    "data",
    [json.dumps(CASE).encode(), yaml.safe_dump(CASE).encode(), b"\xef\xbb\xbf" + json.dumps({"case": CASE}).encode()],
    ids=["json", "yaml", "with a mark, under `case`"],
)
def test_standard_input_is_json_or_yaml(data: bytes) -> None:
    ended = call("explain", "-", "--json", stdin=data)
    assert (ended.code, ended.object()["id"]) == (0, "c1")


@pytest.mark.parametrize("by", ["file", "standard input"])
@pytest.mark.parametrize(("line", "case"), [("1", "first"), ("3", "third")])
def test_one_line_of_json_lines_is_explained(by: str, line: str, case: str) -> None:
    lines = [json.dumps({**CASE, "id": each}) for each in ("first", "second", "third")]
    data = "\ufeff" + "\n".join(lines)
    Path("cases.jsonl").write_text(data, encoding="utf-8")
    ended = call("explain", "cases.jsonl" if by == "file" else "-", "--line", line, "--json", stdin=data.encode())
    assert (ended.code, ended.object()["id"]) == (0, case)


@pytest.mark.parametrize("name", ["case.jsonl", "case.NDJSON"])
def test_the_one_line_of_json_lines_needs_no_number(name: str) -> None:
    # An escaped pair of surrogates is JSON, and no YAML.
    text = json.dumps({**CASE, "asset": {**CASE["asset"], "closed": "\U0001f600"}})
    assert "\\ud83d\\ude00" in text
    Path(name).write_text(f"\n\n{text}\n\n", encoding="utf-8")
    ended = call("explain", name, "--json")
    assert (ended.code, ended.object()["id"]) == (0, "c1")


def test_a_line_in_error_is_told_with_its_number() -> None:
    Path("case.jsonl").write_text("\n" + json.dumps({**CASE, "at": "soon"}), encoding="utf-8")
    decided, ended = call("decide", "case.jsonl"), call("explain", "case.jsonl", "--json")
    assert (ended.code, ended.object()) == (1, decided.object())
    assert ended.object()["line"] == 2


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (0, "case.jsonl: is empty; it must hold a mapping of fields"),
        (2, "case.jsonl: holds more than one case: say which with --line N"),
    ],
)
def test_json_lines_without_a_number_hold_one_case(lines: int, says: str) -> None:
    Path("case.jsonl").write_text(f"{json.dumps(CASE)}\n" * lines, encoding="utf-8")
    ended = call("explain", "case.jsonl")
    assert (ended.code, ended.out, ended.err) == (1, "", f"dam-plugin: {says}\n")


@pytest.mark.parametrize("name", ["case.yaml", "case.json"])
def test_a_case_in_error_tells_the_problems_that_decide_tells(name: str) -> None:
    Path(name).write_text(json.dumps({**CASE, "at": "soon", "stundents": []}, indent=1), encoding="utf-8")
    decided, ended, told = call("decide", name), call("explain", name, "--json"), call("explain", name)
    assert (ended.code, ended.object()) == (1, decided.object())
    assert (told.code, told.out) == (1, "")
    for problem in decided.object()["error"]:
        place, _, message = problem["message"].partition(": ")
        assert f"  {place}: {problem['path']}: {message}\n" in told.err


@pytest.mark.parametrize(
    ("arguments", "data", "message"),
    [
        (("absent.yaml",), b"", "cannot be read: no such file"),
        (("-",), b"", "is empty"),
        (("-",), b"\xff\xfea", "UTF-16"),
        (("-", "--line", "1"), b"\xff", "is not UTF-8 text"),
        (("-", "--line", "2"), b"{}\n\n{}", "there is no case on this line"),
        (("-", "--line", "1"), b" " * (4 * 1024 * 1024 + 2), "is larger than a case can be"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["words", "json"])
def test_what_cannot_be_read_is_told(
    arguments: tuple[str, ...], data: bytes, message: str, options: tuple[str, ...]
) -> None:
    ended = call("explain", *arguments, *options, stdin=data)
    assert ended.code == 1
    assert message in (ended.out if options else ended.err)


# What may be told outside


def test_what_may_be_told_outside_is_told_alone(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(json.dumps(a_portrait().opted_out("s1").raw()), "utf-8")
    told = call("explain", str(file), "--outside").out
    assert "The law asks for written consent" in " ".join(told.split())
    assert not re.search(r"\bs1\b|opted|Step", told)
    assert call("explain", str(file), "--outside", "--json").object().keys() == {"id", "outcome", "outside"}
    assert call("explain", str(file), "--outside", "--markdown").code == 2
