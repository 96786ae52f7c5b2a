"""What docs/purposes.md promises is what the list does."""

from __future__ import annotations

import re
from pathlib import Path

from dam_plugin.procedure.purposes import STARTER_PACK
from dam_plugin.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "purposes.md").read_text("utf-8")


def test_the_settings_that_it_shows_are_read(tmp_path: Path) -> None:
    who, ours, own, renamed = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "dam-plugin.toml").write_text(who, "utf-8")
    (packet,) = [each for each in Settings.load(tmp_path, {}).purposes.purposes if each.name == "board packet"]
    assert packet.who == ("custodian", "designee")
    (tmp_path / "dam-plugin.toml").write_text(ours, "utf-8")
    listed = Settings.load(tmp_path, {}).purposes.purposes
    assert {each.name for each in listed if each.ours} == {"website", "social media", "yearbook", "lobby screens"}
    (tmp_path / "dam-plugin.toml").write_text(own, "utf-8")
    purposes = Settings.load(tmp_path, {}).purposes
    assert purposes.need("falcon wire") == "website"
    assert purposes.need("FalconGram") == "social media"
    assert purposes.need("board packet") == "board packet"
    (tmp_path / "dam-plugin.toml").write_text(renamed, "utf-8")
    purposes = Settings.load(tmp_path, {}).purposes
    assert purposes.need_whole("social media") == purposes.need("facebook") == "social networks"


def test_each_word_that_it_names_means_what_it_says() -> None:
    rows = re.findall(r"^\| (`.*`) \| `(.*)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 3
    for words, meant in rows:
        assert {STARTER_PACK.word(each) for each in re.findall("`(.*?)`", words)} == {meant}


def test_each_refusal_that_it_quotes_is_one() -> None:
    assert f"'webiste' {STARTER_PACK.why_not('webiste')}" in PAGE
    assert STARTER_PACK.why_not("our website and facebook") in PAGE
    for each in ("internet", "directory information", "publicity", "photos"):
        assert STARTER_PACK.why_not(each).startswith("is no single purpose")
