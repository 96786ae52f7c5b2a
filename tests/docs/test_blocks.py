"""The generated blocks of README.md and docs/*.md: found, compared, written, and current in this repository."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pluggy
import pytest
import typer
from typer.main import get_command

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def _load() -> ModuleType:
    """Import docs/blocks.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("docs_blocks", REPOSITORY / "docs" / "blocks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


blocks = _load()


def document(root: Path, text: str, name: str = "README.md") -> Path:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def _greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCKS", {"greeting": lambda: "hello"})


STALE = "# Title\n\n<!-- generated: greeting -->\nold\n<!-- end generated -->\n\ntail\n"
CURRENT = "# Title\n\n<!-- generated: greeting -->\n\nhello\n\n<!-- end generated -->\n\ntail\n"


@pytest.mark.usefixtures("_greeting")
def test_a_stale_block_is_shown_as_a_diff_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = document(tmp_path, STALE)
    assert blocks.main([], root=tmp_path, files={}) == 1
    printed = capsys.readouterr().out
    assert "-old\n" in printed
    assert "+hello\n" in printed
    assert path.read_text(encoding="utf-8") == STALE


@pytest.mark.usefixtures("_greeting")
@pytest.mark.parametrize("name", ["README.md", "docs/hooks.md"])
def test_writing_mends_the_block_and_leaves_the_rest(tmp_path: Path, name: str) -> None:
    path = document(tmp_path, STALE, name)
    assert blocks.main(["--write"], root=tmp_path, files={}) == 0
    assert path.read_text(encoding="utf-8") == CURRENT
    assert blocks.main([], root=tmp_path, files={}) == 0


@pytest.mark.usefixtures("_greeting")
def test_a_document_without_blocks_is_current(tmp_path: Path) -> None:
    document(tmp_path, "# Title\n")
    assert blocks.main([], root=tmp_path, files={}) == 0


@pytest.mark.usefixtures("_greeting")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "a\n<!-- generated: greting -->\n<!-- end generated -->\n",
            "README.md:2: no block is called 'greting'; there are: greeting.",
            id="unknown name",
        ),
        pytest.param("<!-- generated: greeting -->\nold\n", "README.md:1: block 'greeting' has no end", id="no end"),
        pytest.param("old\n<!-- end generated -->\n", "README.md:2: no block is open here", id="no opening"),
        pytest.param(
            "<!-- generated: greeting -->\n<!-- generated: greeting -->\n<!-- end generated -->\n",
            "README.md:2: block 'greeting' of line 1 is still open",
            id="nested",
        ),
    ],
)
def test_a_broken_block_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = document(tmp_path, text)
    assert blocks.main(["--write"], root=tmp_path, files={}) == 1
    assert said in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.usefixtures("_greeting")
def test_markers_in_a_code_fence_are_text(tmp_path: Path) -> None:
    document(tmp_path, "```\n<!-- generated: nothing -->\n<!-- end generated -->\n```\n" + CURRENT)
    assert blocks.main([], root=tmp_path, files={}) == 0


def test_the_command_table_names_every_visible_command(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("dam_plugin.cli.commands")
    app, group = typer.Typer(), typer.Typer(help="Rosters.")
    app.command("replay", help="Replay yesterday | today.\n\nMore.")(lambda: None)
    app.command("secret", hidden=True)(lambda: None)
    group.command("load", help="Load a roster.")(lambda: None)
    group.command("check", help="Check a roster.")(lambda: None)
    app.add_typer(group, name="roster")
    fake.every_command = lambda: get_command(app)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dam_plugin.cli.commands", fake)
    assert blocks.cli_help().splitlines() == [
        "| command | what it does |",
        "| --- | --- |",
        "| `dam-plugin replay` | Replay yesterday \\| today. |",
        "| `dam-plugin roster check` | Check a roster. |",
        "| `dam-plugin roster load` | Load a roster. |",
    ]


def test_the_hook_table_names_marked_functions_of_module_and_class() -> None:
    hookspec = pluggy.HookspecMarker("dam_plugin")

    class Ours:
        @hookspec
        def share_requested(self, share: str) -> None:
            """Fires when somebody asks.

            More.
            """

        def helper(self) -> None:
            """Not a hook."""

    @hookspec
    def purge(cache: str, at: str) -> None:
        """Empty a cache."""

    specs = ModuleType("specs")
    specs.purge = purge  # type: ignore[attr-defined]
    specs.Ours = Ours  # type: ignore[attr-defined]
    specs.FROM_HOST = frozenset({"share_requested"})  # type: ignore[attr-defined]
    assert blocks.hook_table(specs).splitlines()[2:] == [
        "| `purge` | plugin → third parties | Empty a cache. | `cache`, `at` |",
        "| `share_requested` | host → plugin | Fires when somebody asks. | `share` |",
    ]


def test_the_documents_of_this_repository_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert blocks.main([]) == 0, capsys.readouterr().out


def test_a_file_that_is_generated_whole_is_compared_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"docs/made.json": lambda: "{}\n"}
    (tmp_path / "docs").mkdir()
    made = tmp_path / "docs" / "made.json"
    assert blocks.main([], root=tmp_path, files=files) == 1
    assert "+{}" in capsys.readouterr().out
    assert blocks.main(["--write"], root=tmp_path, files=files) == 0
    assert made.read_text() == "{}\n"
    made.write_text("[]\n")
    assert blocks.main([], root=tmp_path, files=files) == 1


def test_the_checked_in_documents_of_programs_are_among_them() -> None:
    assert {path.name for path in (REPOSITORY / "docs").glob("*.json")} == {Path(name).name for name in blocks.FILES}
