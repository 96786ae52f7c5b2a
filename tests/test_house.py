"""The house itself: what is tracked names no machine, the lock is complete, documents name every dependency."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
LOCK = (REPOSITORY / "requirements.lock").read_text("utf-8")
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)

# Written in parts, so that this file does not hold them itself. A folder of that name below another one is fine.
MACHINE_PATHS = re.compile(rb"(?<![\w.$}/-])/(?:" + rb"|".join((b"work", b"root")) + rb")/")
REGISTRY_HOSTS = re.compile(rb"\.".join((rb"\b(?:pypi|pythonhosted|npmjs)", b"(?:org|com)")) + rb"\b")


def named(requirements: list[str]) -> set[str]:
    """The packages that a list of requirements asks for, by their normalised names."""
    return {normalised(re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0]) for each in requirements}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for() -> set[str]:
    """Everything that pyproject.toml asks for: at runtime, by an extra, in development."""
    project = PYPROJECT["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PYPROJECT["dependency-groups"].values(),
    ]
    return set().union(*(named(each) for each in lists))


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which files are tracked")
    paths = (REPOSITORY / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def packages() -> list[Path]:
    roots = [REPOSITORY / each for each in ("dam_plugin", "hooks/dam_hooks", "tagging/dam_tagging")]
    return [path for root in roots for path in sorted(root.rglob("__init__.py"))]


@pytest.mark.parametrize("banned", [MACHINE_PATHS, REGISTRY_HOSTS], ids=["machine paths", "registry hosts"])
def test_no_tracked_file_names_this_machine_or_a_registry(banned: re.Pattern[bytes]) -> None:
    assert [str(path.relative_to(REPOSITORY)) for path in tracked_files() if banned.search(path.read_bytes())] == []


def test_every_requirement_of_the_lock_has_a_hash() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK[REQUIREMENT.search(LOCK).start() :])  # type: ignore[union-attr]
    assert len(entries) == len(REQUIREMENT.findall(LOCK))
    assert [entry.partition(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_index() -> None:
    assert re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", LOCK) is None


def test_the_lock_holds_everything_that_pyproject_asks_for() -> None:
    locked = {normalised(name) for name in REQUIREMENT.findall(LOCK)}
    assert asked_for() - locked == set()


def test_every_dependency_is_explained() -> None:
    rows = (REPOSITORY / "docs" / "dependencies.md").read_text("utf-8").splitlines()
    cells = {normalised(cell.strip()) for row in rows if row.startswith("|") for cell in row.split("|")[1:3]}
    assert asked_for() - cells == set()


def test_every_extra_is_explained() -> None:
    text = (REPOSITORY / "docs" / "dependencies.md").read_text("utf-8")
    assert [extra for extra in PYPROJECT["project"]["optional-dependencies"] if f"\n| {extra} | " not in text] == []


def test_the_changelog_has_a_place_for_the_next_line() -> None:
    assert "\n## [Unreleased]\n" in (REPOSITORY / "CHANGELOG.md").read_text("utf-8")


def test_the_licence_is_the_whole_standard_text() -> None:
    text = (REPOSITORY / "LICENSE").read_text("utf-8")
    assert text.lstrip().startswith("Apache License\n")
    assert "END OF TERMS AND CONDITIONS" in text
    assert "APPENDIX: How to apply the Apache License to your work." in text


def test_only_the_clock_of_the_tests_asks_what_day_it_is() -> None:
    """Who asks twice gets two answers around midnight; a measurement and a program of its own have the real clock."""
    asking = re.compile(r"\bdate\.today\(|\blocal_now\(\)\.date\(|\bdatetime\.now\(\)")
    found = {
        path.relative_to(REPOSITORY / "tests").as_posix()
        for path in (REPOSITORY / "tests").rglob("*.py")
        if asking.search(path.read_text("utf-8")) and "bench" not in path.parts
    }
    assert found - {"test_house.py"} == {"support/clock.py"}


@pytest.mark.parametrize("path", packages(), ids=lambda path: str(path.parent.relative_to(REPOSITORY)))
def test_every_package_says_what_lives_in_it(path: Path) -> None:
    assert path.read_text("utf-8").startswith('"""')


def test_the_top_of_dam_plugin_stays_small() -> None:
    """New code goes into a room; what lies on top is what every room needs."""
    assert len(list((REPOSITORY / "dam_plugin").glob("*.py"))) <= 9


# What bears one name in several rooms since it is the same thing there: the nouns of a room, its schema, how it explains.
SAME_THING = {"model", "schema", "explain", "faces", "serve"}


def test_no_two_modules_have_one_name_by_accident() -> None:
    """A command bears the name of what it runs, rows of the store that of their room, a file format is read and written."""
    roots = [REPOSITORY / each for each in ("dam_plugin", "hooks/dam_hooks", "tagging/dam_tagging")]
    paths = [path for root in roots for path in root.rglob("*.py") if "migrations" not in path.parts]
    formats = {path.stem for path in (roots[2] / "metadata" / "containers").glob("*.py")}
    seen: dict[str, list[str]] = {}
    for path in paths:
        if not path.name.startswith("__") and path.stem not in formats | SAME_THING:
            seen.setdefault(path.stem, []).append(path.relative_to(REPOSITORY).as_posix())
    beside = {
        name: [each for each in found if not each.startswith(("dam_plugin/cli/", "dam_plugin/store/"))]
        for name, found in seen.items()
    }
    assert {name: found for name, found in beside.items() if len(found) > 1} == {}
