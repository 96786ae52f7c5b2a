"""Which files of a path are rule files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dam_tagging.rules.rule_files import MAX_FILES, rule_files
from dam_tagging.rules.yaml_nodes import MAX_BYTES


def test_a_folders_rule_files_come_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "C.YAML", ".a.yaml", "notes.txt", "a.yaml.bak"):
        (tmp_path / name).write_text(name)
    (tmp_path / "old.yaml").mkdir()
    assert list(rule_files(tmp_path)) == ["C.YAML", "a.yml", "b.yaml"]


def test_one_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_bytes(b"x")
    assert rule_files(tmp_path / "rules.txt") == {"rules.txt": b"x"}


def test_of_a_file_of_any_size_only_the_beginning_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert len(rule_files(tmp_path)["a.yaml"]) == MAX_BYTES + 1


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no \.yaml file with rules"):
        rule_files(tmp_path)


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.yaml").touch()
    with pytest.raises(ValueError, match="more than 200"):
        rule_files(tmp_path)
