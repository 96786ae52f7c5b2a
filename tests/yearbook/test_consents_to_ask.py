"""The consents to ask for are a table: one line each, those that help most first, and nothing that is computed."""

from __future__ import annotations

import csv
import io

from dam_plugin.yearbook.exclusions import FIRST_ASSETS, Asked, Asking

ANNA = Asked("S-A", ("G-1", "G-2"), "yearbook", "heron-press")
BEN = Asked("S-B", (), "yearbook", "=heron")


def table(asking: Asking, names: dict[str, str] | None = None) -> list[list[str]]:
    out = io.StringIO()
    asking.write(out, names.__getitem__ if names is not None else None)
    assert out.getvalue().startswith("\ufeff")
    return list(csv.reader(io.StringIO(out.getvalue()[1:], newline="")))


def test_each_consent_is_a_line_with_how_many_recordings_it_helps() -> None:
    asking = Asking()
    asking.add("a-1", [BEN])
    asking.add("a-2", [ANNA])
    asking.add("a-3", [ANNA])
    assert table(asking) == [
        ["student", "signed by", "purpose", "party", "pictures", "first of them"],
        ["S-A", "G-1 or G-2", "yearbook", "heron-press", "2", "a-2 a-3"],
        ["S-B", "", "yearbook", "heron", "1", "a-1"],
    ]


def test_only_the_first_recordings_are_named() -> None:
    asking = Asking()
    for number in range(20):
        asking.add(f"a-{number}", [ANNA])
    (line,) = table(asking)[1:]
    assert (line[4], len(line[5].split())) == ("20", FIRST_ASSETS)


def test_names_are_a_column_where_they_are_asked_for_and_none_is_computed() -> None:
    asking = Asking()
    asking.add("a-1", [ANNA])
    head, line = table(asking, {"S-A": "=Anna Example"})
    assert (head[1], line[1]) == ("name", "Anna Example")


def test_where_nobody_is_to_be_asked_the_table_has_its_head_alone() -> None:
    assert len(table(Asking())) == 1
