"""Words name a folder as people write it in a letter, and not each word that a folder is called by."""

from __future__ import annotations

import pytest

from dam_plugin.custodian.folder_words import keys_in_named_folders

KEYS = ("events/games/a.jpg", "events/Fall Concert/b.jpg", "archive/games/c.mov", "2026/10/02/d.jpg", "/e.jpg", "f.jpg")
A, B, C, D = KEYS[:4]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("games/", [A, C]),
        ("events/games", [A]),
        (r"EVENTS\GAMES\.", [A]),
        ("(events//games/)", [A]),
        ("/archive/games", [A, C]),
        (r"M:\Shared Photos\games", [A, C]),
        ("https://photos.example/games/", [A, C]),
        ("photos/games", []),
        ("every game of the games", []),
        ("the folder called games", [A, C]),
        ("the games-folder", [A, C]),
        ("the fall\nconcert", [B]),
        ("the fall concerts", []),
        ("events/fall concert/", [B]),
        ("events/games/*.jpg", [A]),
        ("games/*.jpg?", [A]),
        ("/media/games/*", [A, C]),
        ("*.jpg", []),
        ("*/*", []),
        ("2026/10/02", [D]),
        ("11/02 or 02/2026, and/or", []),
        ("events/games/a.jpg", []),
        ("events/", [A, B]),
        ("/", []),
        ("", []),
    ],
)
def test_what_words_name(text: str, named: list[str]) -> None:
    assert list(keys_in_named_folders(text, KEYS)) == named
