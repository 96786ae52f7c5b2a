"""The example of docs/yearbook.md does what the document says, and the document tells of all that a profile may say."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from dam_plugin.yearbook.profiles import SHIPPED, Profile, load

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "yearbook.md").read_text("utf-8")


def example(tmp_path: Path) -> Profile:
    found = re.search(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    (tmp_path / "our-press.toml").write_text(found[1], encoding="utf-8")
    return load(str(tmp_path / "our-press.toml"))


def test_the_profile_of_the_example_is_one(tmp_path: Path) -> None:
    profile = example(tmp_path)
    assert (profile.index, profile.portrait_path("FALL", 7)) == ("PORTRAITS.TXT", "FALL/PICS/p000007.jpg")
    assert [each.title for each in profile.columns] == ["Image", "Last Name", "First Name", "Grade", "Homeroom"]


def test_every_field_of_a_profile_is_in_the_table() -> None:
    rows = "\n".join(line.split("|")[1] for line in DOCUMENT.splitlines() if line.startswith("| `"))
    assert [each.name for each in fields(Profile) if f"`{each.name}`" not in rows and each.name != "columns"] == []
    assert "`[columns]`" in rows


def test_every_shipped_profile_is_in_the_table() -> None:
    assert [name for name in SHIPPED if f"| `{name}` |" not in DOCUMENT] == []
