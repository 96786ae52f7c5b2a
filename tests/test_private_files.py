"""A private file is its owner's alone, whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dam_plugin.private_files import write_private


def test_it_is_for_its_owner_alone_and_replaces_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")
    path.chmod(0o644)
    write_private(path, "after")
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "link"
    elsewhere.write_text("before")
    link.symlink_to(elsewhere)
    write_private(link, "after")
    assert (elsewhere.read_text(), link.is_symlink()) == ("before", False)


def test_what_fails_midway_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "half \ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
