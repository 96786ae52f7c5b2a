"""The ledger as JSON lines: whole, checked without the database, and every change in it found."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from databases import DATABASES, open_store, run_sql
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import InputError, LedgerBroken
from dam_plugin.ledger.chain import FORGET, Ledger, Verification
from dam_plugin.ledger.export import export, verify_export
from dam_plugin.store import Store

LEDGER = Ledger("k" * 32)
NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        with opened.writing() as unit:
            for number in range(1, 6):
                details = {"n": number, "text": 'é "quoted" \ud800', "none": None, "real": 0.1}
                LEDGER.append(unit, at=NOW, kind="share", subject=f"sh{number}", details=details, students=["S-1"])
            LEDGER.forget(unit, [2])
            LEDGER.append(unit, at=NOW, kind=FORGET, subject=FORGET, details={"entries": [2]})
        yield opened


def exported(store: Store) -> bytes:
    out = io.BytesIO()
    with store.reading() as unit:
        export(LEDGER, unit, out.write)
    return out.getvalue()


def checked(data: bytes, ledger: Ledger = LEDGER) -> Verification:
    return verify_export(ledger, io.BytesIO(data))


def test_an_export_holds_as_the_ledger_does(store: Store) -> None:
    data = exported(store)
    with store.reading() as unit:
        assert checked(data) == LEDGER.verify(unit)
    assert checked(data).details_deleted == 1
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line.get("details", {}).get("n") for line in lines[:-1]] == [1, None, 3, 4, 5, None]
    assert lines[0]["students"] == ["S-1"]
    assert data.isascii()


def test_an_export_under_another_key_is_found(store: Store) -> None:
    assert checked(exported(store), Ledger("other" * 8)).why == "the head was changed, or signed with another key"


def lines_of(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def written(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def change(number: int, **values: Any) -> Callable[[list[dict[str, Any]]], None]:
    def change_line(lines: list[dict[str, Any]]) -> None:
        lines[number].update(values)

    return change_line


@pytest.mark.parametrize(
    ("tamper", "broken_at", "why"),
    [
        pytest.param(change(2, subject="x"), 3, "entry 3 was changed", id="subject"),
        pytest.param(change(2, details={}), 3, "the details of entry 3 were changed", id="details"),
        pytest.param(change(2, students=[]), 3, "the details of entry 3 were changed", id="students"),
        pytest.param(change(2, salt="x"), 3, "the details of entry 3 were changed", id="salt"),
        pytest.param(lambda lines: lines.pop(2), 3, "entry 3 is missing", id="an entry taken out"),
        pytest.param(lambda lines: lines.pop(5), 6, "entries 6 to 6 are missing", id="the last entry taken out"),
        pytest.param(lambda lines: lines.insert(3, lines[2]), 3, "an entry is numbered 3", id="an entry twice"),
        pytest.param(lambda lines: lines.pop(), None, "the head is missing", id="cut before the head"),
        pytest.param(lambda lines: lines.append(lines[0]), None, "there is something behind the head", id="appended"),
        pytest.param(
            lambda lines: [lines[2].pop(name) for name in ("salt", "details", "students")],
            3,
            "the details of entry 3 are missing, and no deletion on record names it",
            id="details taken out",
        ),
        pytest.param(change(6, entries=999), None, "says of itself that it has 999 entries, and it has 6", id="count"),
        pytest.param(
            lambda lines: lines[6]["head"].update(seq=4), None, "the head was changed, or signed", id="another head"
        ),
    ],
)
def test_a_changed_export_is_found_and_said_where(
    store: Store, tamper: Callable[[list[dict[str, Any]]], object], broken_at: int | None, why: str
) -> None:
    lines = lines_of(exported(store))
    tamper(lines)
    found = checked(written(lines))
    assert (found.ok, found.broken_at) == (False, broken_at)
    assert why in str(found.why)


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seq": true, "at": "", "kind": "", "subject": "", "body": "", "previous": "", "hash": ""}',
        b'{"seq": 1, "at": 1, "kind": "", "subject": "", "body": "", "previous": "", "hash": ""}',
        b'{"seq": 1, "at": "", "kind": "", "subject": "", "body": "", "previous": "", "hash": "", "salt": "x"}',
        b'{"seq": 1, "at": "", "kind": "", "subject": "", "body": "", "previous": "", "hash": "", "more": 1}',
        b'{"version": 1, "entries": 0, "head": 5}',
        b'{"version": 1, "entries": 0, "head": {"seq": "1", "hash": "", "mac": ""}}',
        b'{"version": 99, "entries": 0, "head": {"seq": 1, "hash": "", "mac": ""}}',
        b'{"version": true, "entries": 0, "head": {"seq": 0, "hash": "", "mac": ""}}',
        b'{"version": 1, "entries": false, "head": {"seq": 0, "hash": "", "mac": ""}}',
        b'{"version": 1, "head": {"seq": 0, "hash": "", "mac": ""}}',
    ],
    ids=range(15),
)
def test_what_is_no_export_is_refused_with_its_line(line: bytes) -> None:
    with pytest.raises(InputError, match="line 1 of the export"):
        checked(line + b"\n")


@given(st.binary(max_size=200))
def test_whatever_bytes_are_handed_in_are_no_whole_export(data: bytes) -> None:
    with suppress(InputError):
        assert not checked(data).ok


def test_details_that_are_not_what_was_written_are_not_exported(store: Store) -> None:
    run_sql(store, "UPDATE ledger_details SET details = 'other' WHERE seq = 3")
    with pytest.raises(LedgerBroken, match="entry 3"):
        exported(store)


def test_a_ledger_without_its_head_is_not_exported(store: Store) -> None:
    run_sql(store, "DELETE FROM ledger_head")
    with pytest.raises(LedgerBroken, match="head is missing"):
        exported(store)


# What was moved into the sealed book


@pytest.fixture
def sealed(store: Store) -> Store:
    """The seventh entry of eight is in the sealed book."""
    with store.writing() as unit:
        for subject in ("rf-7", "rf-8"):
            LEDGER.append(unit, at=NOW, kind="queue", subject=subject, details={"done": "opened"}, students=["S-1"])
        LEDGER.seal(unit, unit.entries.about(["rf-7"]))
    return store


def test_an_export_has_only_the_place_of_what_is_sealed_and_holds(sealed: Store) -> None:
    data = exported(sealed)
    line = json.loads(data.splitlines()[6])
    assert sorted(line) == ["hash", "previous", "seq"]
    assert b"rf-7" not in data
    assert checked(data).ok
    with sealed.reading() as unit:
        assert LEDGER.verify(unit).ok


def test_nobody_withholds_more_of_an_export(sealed: Store) -> None:
    *lines, end = map(json.loads, exported(sealed).splitlines())
    lines[7] = {name: lines[7][name] for name in ("seq", "previous", "hash")}
    end["withheld"]["entries"] = [7, 8]
    found = checked(b"".join(json.dumps(each).encode() + b"\n" for each in (*lines, end)))
    assert (found.ok, found.broken_at) == (False, 7)


def test_an_export_without_the_signed_list_of_what_is_sealed_is_refused(sealed: Store) -> None:
    *lines, end = map(json.loads, exported(sealed).splitlines())
    del end["withheld"]
    found = checked(b"".join(json.dumps(each).encode() + b"\n" for each in (*lines, end)))
    assert (found.ok, found.broken_at) == (False, 7)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET subject = 'sh9' WHERE seq = 7",
        "UPDATE ledger_entries SET at = '', kind = '', subject = '', body = '' WHERE seq = 7",
        "UPDATE secret_entries SET moved_from = 4",
        "DELETE FROM secret_entries",
    ],
    ids=["subject", "emptied", "of another entry", "gone"],
)
def test_what_is_moved_is_compared_with_its_place(sealed: Store, statement: str) -> None:
    run_sql(sealed, statement)
    with sealed.reading() as unit:
        assert not LEDGER.verify(unit).ok
