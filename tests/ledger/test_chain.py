from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from databases import DATABASES, open_store, run_sql
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from dam_plugin.errors import LedgerBroken, SettingsError, StoreError
from dam_plugin.ledger.chain import FORGET, Draft, Ledger, Verification, _hash, _names, written_details
from dam_plugin.model import Actor, Recipient, Share
from dam_plugin.store import Store, StoredShare
from dam_plugin.store.codec import canonical

KEY = "k" * 32
NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
LEDGER = Ledger(KEY)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def fill(store: Store, count: int, first: int = 1) -> None:
    """Append entries 1, 2, ...; the even ones concern S-EVEN, and each one S-ALL."""
    with store.writing() as unit:
        for number in range(first, first + count):
            LEDGER.append(
                unit,
                at=NOW + timedelta(minutes=number),
                kind="share" if number % 3 else "open",
                subject=f"sh{number}",
                details={"number": number, "recipient": "Ruth Quill"},
                students=["S-ALL", "S-EVEN"] if number % 2 == 0 else ["S-ALL"],
            )


def forget(store: Store, seqs: Iterable[int]) -> int:
    """Delete details, and put on record that it was done."""
    with store.writing() as unit:
        deleted = LEDGER.forget(unit, list(seqs))
        LEDGER.append(unit, at=NOW, kind=FORGET, subject=FORGET, details={"entries": list(seqs)})
    return deleted


def verify(store: Store, ledger: Ledger = LEDGER) -> Verification:
    with store.reading() as unit:
        return ledger.verify(unit)


def test_an_empty_ledger_holds(store: Store) -> None:
    assert verify(store) == Verification(entries=0, ok=True)


def test_entries_are_numbered_and_chained(store: Store) -> None:
    fill(store, 3)
    with store.reading() as unit:
        entries = [entry for entry, _ in LEDGER.show(unit, last=None)]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == ["", entries[0].hash, entries[1].hash]
    assert verify(store) == Verification(entries=3, ok=True, head=entries[2].hash)


def test_what_is_appended_is_what_is_shown(store: Store) -> None:
    with store.writing() as unit:
        entry = LEDGER.append(
            unit, at=NOW, kind="share", subject="sh1", details={"day": date(2026, 10, 2), "who": ("a", "é")}
        )
    with store.reading() as unit:
        assert LEDGER.show(unit, last=None) == [(entry, {"day": "2026-10-02", "who": ["a", "é"]})]
    assert entry.at == NOW


def test_details_that_were_written_before_are_kept_as_any_others(store: Store) -> None:
    details = {"at": NOW, "names": ("S-2", "S-1")}
    with store.writing() as unit:
        drafts = [
            Draft(NOW, "look", "a1", told, ["S-2", "S-1"])
            for told in (details, written_details(details, ["S-2", "S-1"]))
        ]
        LEDGER.append_many(unit, drafts)
        (_, one), (_, other) = LEDGER.show(unit, last=None)
        assert one == other
        assert len(LEDGER.student(unit, "S-1")) == 2
    assert verify(store).ok


def test_the_chain_tells_nothing_of_the_details(store: Store) -> None:
    """The same details twice give two digests: nobody can guess them and compare."""
    with store.writing() as unit:
        one, two = (LEDGER.append(unit, at=NOW, kind="share", subject="sh1", details={"who": "x"}) for _ in range(2))
    assert one.body != two.body


def test_the_last_entries_are_shown_oldest_first_and_by_kind(store: Store) -> None:
    fill(store, 7)
    with store.reading() as unit:
        assert [entry.seq for entry, _ in LEDGER.show(unit, last=2)] == [6, 7]
        assert [entry.seq for entry, _ in LEDGER.show(unit, last=None, kind="open")] == [3, 6]
        assert [entry.seq for entry, _ in LEDGER.show(unit, last=1, kind="open")] == [6]


def test_a_student_finds_the_entries_that_concern_them(store: Store) -> None:
    fill(store, 5)
    with store.reading() as unit:
        assert [entry.seq for entry, _ in LEDGER.student(unit, "S-EVEN")] == [2, 4]
        assert LEDGER.student(unit, "S-EVEN")[0][1] == {"number": 2, "recipient": "Ruth Quill"}
        assert LEDGER.student(unit, "S-NOBODY") == []


def test_details_may_be_deleted_and_the_chain_stays_whole(store: Store) -> None:
    fill(store, 4)
    assert forget(store, [2, 3, 3, 99]) == 2
    assert forget(store, [2]) == 0
    assert verify(store).ok
    assert verify(store).details_deleted == 2
    with store.reading() as unit:
        assert LEDGER.show(unit, last=5)[0][1] is None
        assert [entry.seq for entry, _ in LEDGER.student(unit, "S-ALL")] == [1, 4]


def test_deleted_details_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as store:
        fill(store, 50)
        with store.writing() as unit:
            LEDGER.forget(unit, range(1, 51))
        file = Path(str(store._url.database))
    assert b"Ruth Quill" not in file.read_bytes()


def test_an_entry_is_undone_with_the_transaction_it_stands_in(store: Store) -> None:
    fill(store, 2)

    def append_and_fail() -> None:
        with store.writing() as unit:
            LEDGER.append(unit, at=NOW, kind="share", subject="sh3", details={})
            raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        append_and_fail()
    assert verify(store).entries == 2
    fill(store, 1, first=3)
    assert verify(store).ok


def test_details_that_json_cannot_hold_are_refused(store: Store) -> None:
    with store.writing() as unit, pytest.raises(ValueError, match="JSON"):
        LEDGER.append(unit, at=NOW, kind="share", subject="sh1", details={"x": float("inf")})


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with store.writing() as unit, pytest.raises(ValueError, match="zone"):
        LEDGER.append(unit, at=NOW.replace(tzinfo=None), kind="share", subject="sh1", details={})


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="SIGNING_KEY"):
        Ledger("")


@pytest.mark.parametrize(
    ("sql", "broken_at", "why"),
    [
        ("UPDATE ledger_entries SET subject = 'other' WHERE seq = 3", 3, "entry 3 was changed"),
        ("UPDATE ledger_entries SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 3", 3, "entry 3 was changed"),
        ("UPDATE ledger_entries SET kind = 'other' WHERE seq = 3", 3, "entry 3 was changed"),
        ("UPDATE ledger_entries SET body = 'other' WHERE seq = 3", 3, "entry 3 was changed"),
        ("UPDATE ledger_entries SET hash = 'other' WHERE seq = 3", 3, "entry 3 was changed"),
        ("UPDATE ledger_entries SET previous = 'other' WHERE seq = 3", 3, "entry 3 was changed"),
        ("UPDATE ledger_entries SET seq = 33 WHERE seq = 3", 3, "entry 3 is missing"),
        ("UPDATE ledger_entries SET seq = -1 WHERE seq = 1", -1, "an entry is numbered -1"),
        ("DELETE FROM ledger_entries WHERE seq = 3", 3, "entry 3 is missing"),
        ("DELETE FROM ledger_entries WHERE seq = 1", 1, "entry 1 is missing"),
        ("DELETE FROM ledger_entries WHERE seq > 3", 4, "entries 4 to 5 are missing"),
        ("DELETE FROM ledger_entries", 1, "entries 1 to 5 are missing"),
        ("UPDATE ledger_details SET details = '{}' WHERE seq = 3", 3, "the details of entry 3 were changed"),
        ("UPDATE ledger_details SET salt = 'other' WHERE seq = 3", 3, "the details of entry 3 were changed"),
        ("DELETE FROM ledger_students WHERE seq = 4 AND student_id = 'S-EVEN'", 4, "entry 4 is listed under"),
        ("INSERT INTO ledger_students VALUES (3, 'S-OTHER')", 3, "entry 3 is listed under"),
        ("UPDATE ledger_head SET seq = 4", None, "the head was changed"),
        ("UPDATE ledger_head SET hash = 'other'", None, "the head was changed"),
        ("UPDATE ledger_head SET mac = 'é'", None, "the head was changed"),
        ("UPDATE ledger_head SET seq = 0, hash = '', mac = ''", 1, "entry 1 was added past the head"),
        ("DELETE FROM ledger_head", None, "the head is missing"),
    ],
)
def test_tampering_is_found_and_said_where(store: Store, sql: str, broken_at: int | None, why: str) -> None:
    fill(store, 5)
    run_sql(store, sql)
    found = verify(store)
    assert not found.ok
    assert found.broken_at == broken_at
    assert why in str(found.why)


def test_bytes_in_place_of_text_are_found(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as store:
        fill(store, 2)
        run_sql(store, "UPDATE ledger_details SET details = x'00ff' WHERE seq = 2")
        assert verify(store).why == "the details of entry 2 were changed"
        run_sql(store, "UPDATE ledger_entries SET subject = x'00ff' WHERE seq = 1")
        assert verify(store).why == "entry 1 was changed"


def test_a_chain_rewritten_without_the_key_is_found(store: Store) -> None:
    fill(store, 3)
    with store.reading() as unit:
        rows = unit.entries.last(None)
    run_sql(
        store,
        "DELETE FROM ledger_students",
        "DELETE FROM ledger_details",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_head SET seq = 0, hash = '', mac = ''",
    )
    forger = Ledger("forged" * 6)
    with store.writing() as unit:
        for row in rows:
            forger.append(unit, at=NOW, kind=row.kind, subject=row.subject, details={})
    assert verify(store, forger).ok
    assert verify(store).why == "the head was changed, or signed with another key"


def test_swapped_entries_are_found(store: Store) -> None:
    fill(store, 3)
    run_sql(
        store,
        "UPDATE ledger_entries SET seq = 99 WHERE seq = 1",
        "UPDATE ledger_entries SET seq = 1 WHERE seq = 2",
        "UPDATE ledger_entries SET seq = 2 WHERE seq = 99",
    )
    assert verify(store).broken_at == 1


def test_an_entry_taken_from_another_ledger_is_found(store: Store, tmp_path: Path) -> None:
    """Each entry of it is whole: only the chain tells that it does not belong here."""
    fill(store, 2)
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    with open_store("sqlite", other_folder) as other:
        fill(other, 2)
        with other.reading() as unit:
            row = unit.entries.last(1)[0]
    run_sql(
        store,
        "DELETE FROM ledger_details WHERE seq = 2",
        f"UPDATE ledger_entries SET at = '{row.at}', body = '{row.body}', previous = '{row.previous}', "  # noqa: S608
        f"hash = '{row.hash}' WHERE seq = 2",
    )
    assert verify(store).why == "entry 2 does not follow the entry before it"


def test_a_head_signed_for_another_entry_is_found(store: Store) -> None:
    fill(store, 1)
    with store.reading() as unit:
        head = unit.entries.head()
    assert head is not None
    run_sql(
        store,
        "DELETE FROM ledger_students",
        "DELETE FROM ledger_details",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_head SET seq = 0, hash = '', mac = ''",
    )
    fill(store, 1)
    run_sql(store, f"UPDATE ledger_head SET hash = '{head.hash}', mac = '{head.mac}'")  # noqa: S608
    assert verify(store).why == "entry 1 is not the one that the head was signed for"


def test_an_emptied_ledger_beside_kept_shares_is_found(store: Store) -> None:
    share = Share("sh1", "k", "request", "website", Actor("custodian"), Recipient("public"))
    with store.writing() as unit:
        unit.shares.add_share(StoredShare(share, None, "deny", {}, None, NOW))
    assert verify(store).why == "there is no entry, though the store keeps shares: 1 without one, as sh1"
    with pytest.raises(LedgerBroken, match="the ledger is empty, though the store keeps shares"):
        fill(store, 1, first=3)


def keep_share(store: Store, share_id: str, *, decision: dict[str, object] | None = None) -> None:
    """Keep a share and its entry as a share does."""
    share = Share(share_id, "k", "request", "website", Actor("custodian"), Recipient("public"))
    decided = decision or {"outcome": "deny", "reasons": []}
    details = {"case": {"asset": {"id": "a1"}}, "decision": decided, "release": None}
    with store.writing() as unit:
        unit.shares.add_share(StoredShare(share, "a1", "deny", decided, None, NOW))
        LEDGER.append(unit, at=NOW, kind="share", subject=share_id, details=details, students=["S-1"])


def test_a_history_put_back_to_an_older_head_is_found_by_the_shares_it_leaves_behind(store: Store) -> None:
    """The older head is signed, and so is none at all: only what stands beside the chain tells."""
    keep_share(store, "sh1")
    with store.reading() as unit:
        head = unit.entries.head()
    assert head is not None
    keep_share(store, "sh2")
    assert verify(store).ok
    run_sql(
        store,
        "DELETE FROM ledger_students WHERE seq > 1",
        "DELETE FROM ledger_details WHERE seq > 1",
        "DELETE FROM ledger_entries WHERE seq > 1",
        f"UPDATE ledger_head SET seq = 1, hash = '{head.hash}', mac = '{head.mac}'",  # noqa: S608
    )
    why = "there are entries missing, though the store keeps shares: 1 without one, as sh2"
    assert verify(store).why == why
    fill(store, 1, first=3)
    assert verify(store).why == why


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE shares SET outcome = 'allow'",
        "UPDATE shares SET asset_id = 'a2'",
        "UPDATE shares SET decision = replace(decision, 'deny', 'allow')",
    ],
)
def test_a_share_that_is_kept_otherwise_than_its_entry_has_it_is_found(store: Store, sql: str) -> None:
    keep_share(store, "sh1", decision={"outcome": "deny", "reasons": [{"text": 'é "quoted"'}]})
    assert verify(store).ok
    run_sql(store, sql)
    found = verify(store)
    assert (found.broken_at, found.why) == (1, "the share sh1 is kept otherwise than entry 1 has it")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (
            ["DELETE FROM ledger_students WHERE seq = 2", "DELETE FROM ledger_details WHERE seq = 2"],
            "the details of entry 2 are missing, and no deletion on record names it",
        ),
        (
            ["DELETE FROM ledger_details WHERE seq = 2"],
            "entry 2 is listed under students, though its details are not there",
        ),
        (["INSERT INTO ledger_details VALUES (99, 'x', '{}')"], "details or students of an entry 99"),
        (["INSERT INTO ledger_students VALUES (99, 'S-1')"], "details or students of an entry 99"),
    ],
    ids=["details and index", "details alone", "details of no entry", "students of no entry"],
)
def test_details_that_nobody_deleted_by_the_procedure_are_missed(store: Store, sql: list[str], why: str) -> None:
    fill(store, 3)
    forget(store, [1])
    run_sql(store, *sql)
    found = verify(store)
    assert not found.ok
    assert why in str(found.why)


def test_what_was_deleted_cannot_be_listed_under_another_student(store: Store) -> None:
    fill(store, 3)
    forget(store, [2])
    run_sql(store, "INSERT INTO ledger_students VALUES (2, 'S-OTHER')")
    assert (verify(store).ok, verify(store).broken_at) == (False, 2)


def test_a_deletion_names_only_what_came_before_it(store: Store) -> None:
    fill(store, 1)
    with store.writing() as unit:
        LEDGER.append(unit, at=NOW, kind=FORGET, subject=FORGET, details={"entries": [3, "1", True]})
    fill(store, 1, first=3)
    run_sql(store, "DELETE FROM ledger_students WHERE seq = 3", "DELETE FROM ledger_details WHERE seq = 3")
    assert verify(store).broken_at == 3


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_head SET hash = x'00'",
        "UPDATE ledger_head SET seq = x'00'",
        "UPDATE ledger_students SET student_id = x'00' WHERE seq = 1",
        "INSERT INTO ledger_students SELECT seq, x'00' FROM ledger_students WHERE seq = 1",
    ],
)
def test_bytes_in_the_head_or_the_index_are_found(tmp_path: Path, sql: str) -> None:
    with open_store("sqlite", tmp_path) as store:
        fill(store, 2)
        run_sql(store, sql)
        assert not verify(store).ok
        if "ledger_head" in sql:
            with pytest.raises(LedgerBroken):
                fill(store, 1, first=3)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_head",
        "UPDATE ledger_head SET mac = 'other'",
        "UPDATE ledger_head SET seq = 0, hash = '', mac = ''",
        "DELETE FROM ledger_entries WHERE seq = 3",
    ],
    ids=["no head", "head changed", "head put back", "tail cut"],
)
def test_nothing_is_appended_that_would_cover_up_a_changed_end(store: Store, sql: str) -> None:
    fill(store, 3)
    run_sql(store, sql)
    before = verify(store)
    with pytest.raises(LedgerBroken):
        fill(store, 1, first=4)
    assert verify(store) == before


@pytest.mark.parametrize(
    "sql",
    ["UPDATE ledger_details SET details = 'Ruth Quill'", "UPDATE ledger_entries SET at = 'Ruth Quill'"],
    ids=["details", "time"],
)
def test_showing_what_was_changed_is_an_error_without_its_content(store: Store, sql: str) -> None:
    fill(store, 1)
    run_sql(store, sql)
    with store.reading() as unit, pytest.raises(LedgerBroken, match="entry 1") as caught:
        LEDGER.show(unit, last=None)
    assert "Quill" not in str(caught.value)


def test_a_ledger_longer_than_a_batch_is_verified_whole(store: Store) -> None:
    fill(store, 501)
    assert verify(store).entries == 501
    run_sql(store, "UPDATE ledger_entries SET kind = 'other' WHERE seq = 501")
    assert verify(store).broken_at == 501


def test_eight_at_once_make_one_chain(store: Store) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def append_some(worker: int) -> None:
        try:
            start.wait()
            for number in range(5):
                with store.writing() as unit:
                    LEDGER.append(unit, at=NOW, kind="share", subject=f"{worker}-{number}", details={})
        except BaseException as error:  # noqa: BLE001 - asserted on below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=append_some, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert verify(store).ok
    with store.reading() as unit:
        subjects = {entry.subject for entry, _ in LEDGER.show(unit, last=None)}
    assert subjects == {f"{worker}-{number}" for worker in range(8) for number in range(5)}


def test_a_full_database_leaves_the_chain_whole(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as store:
        fill(store, 2)
        store.close()
        event.listen(store._engine, "connect", lambda raw, _record: raw.execute("PRAGMA max_page_count = 1").close())
        with pytest.raises(StoreError, match="full"):
            fill(store, 500, first=3)
        assert verify(store) == Verification(entries=2, ok=True, head=verify(store).head)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)),
        st.tuples(st.just("forget"), st.integers(1, 8)),
    ),
    max_size=10,
)
TAMPERING = {
    "delete": "DELETE FROM ledger_entries WHERE seq = {}",
    "cut": "DELETE FROM ledger_entries WHERE seq >= {}",
    "kind": "UPDATE ledger_entries SET kind = kind || 'x' WHERE seq = {}",
    "subject": "UPDATE ledger_entries SET subject = subject || 'x' WHERE seq = {}",
    "at": "UPDATE ledger_entries SET at = at || 'x' WHERE seq = {}",
    "body": "UPDATE ledger_entries SET body = body || 'x' WHERE seq = {}",
    "hash": "UPDATE ledger_entries SET hash = hash || 'x' WHERE seq = {}",
    "previous": "UPDATE ledger_entries SET previous = previous || 'x' WHERE seq = {}",
}


@settings(max_examples=40)
@given(steps=steps, tamper=st.tuples(st.sampled_from(sorted(TAMPERING)), st.integers(1, 8)))
def test_any_ledger_holds_until_any_of_its_entries_is_touched(
    steps: list[tuple[str, object]], tamper: tuple[str, int]
) -> None:
    with fresh() as store:
        appended, forgotten, kept = 0, set[int](), set[int]()
        for step, value in steps:
            appended += 1
            if step == "append":
                with store.writing() as unit:
                    LEDGER.append(unit, at=NOW, kind="k", subject="s", details=value, students=["S-1"])  # type: ignore[arg-type]
            else:
                assert isinstance(value, int)
                # A deletion is never deleted itself.
                going = {value} & kept
                forget(store, going)
                forgotten |= going
                continue
            kept.add(appended)
        whole = verify(store)
        assert (whole.ok, whole.entries, whole.details_deleted) == (True, appended, len(forgotten))

        what, seq = tamper
        run_sql(store, TAMPERING[what].format(seq))
        touched = verify(store)
        assert touched.ok == (seq > appended)
        assert touched.broken_at == (None if touched.ok else seq)


@contextmanager
def fresh() -> Iterator[Store]:
    with TemporaryDirectory() as folder, open_store("sqlite", Path(folder)) as store:
        yield store


@given(texts=st.lists(st.text(), min_size=4, max_size=4), seq=st.integers(1))
def test_an_entrys_hash_is_over_the_canonical_json_of_what_it_says(texts: list[str], seq: int) -> None:
    kind, subject, body, previous = texts
    content = {"seq": seq, "at": "t", "kind": kind, "subject": subject, "body": body, "previous": previous}
    expected = hashlib.sha256(canonical(content).encode()).hexdigest()
    assert _hash(seq, "t", kind, subject, body, previous) == expected


@given(
    details=st.dictionaries(st.text(), st.text()),
    students=st.frozensets(st.text(max_size=4), max_size=4),
    listed=st.frozensets(st.text(max_size=4), max_size=4),
)
def test_details_name_exactly_the_students_whom_they_were_written_for(
    details: dict[str, str], students: frozenset[str], listed: frozenset[str]
) -> None:
    text = canonical({"details": {**details, "x": ',"students":[]}'}, "students": sorted(students)})
    assert _names(text, students)
    assert _names(text, listed) == (listed == students)


# Behind a checkpoint


@pytest.fixture
def checked(store: Store) -> Store:
    """Ten entries that were found to hold, and five that followed."""
    fill(store, 10)
    kept(store)
    fill(store, 5, first=11)
    return store


def kept(store: Store) -> None:
    whole = verify(store)
    assert whole.ok
    with store.writing() as unit:
        LEDGER.keep_checkpoint(unit, whole, NOW)


def since(store: Store, ledger: Ledger = LEDGER) -> Verification:
    with store.reading() as unit:
        found = ledger.verify_since(unit)
    assert found is not None
    return found


def test_what_followed_is_read_and_all_of_it_counted(checked: Store) -> None:
    found = since(checked)
    assert (found.ok, found.entries, found.behind, found.whole_at) == (True, 15, 10, "2026-10-02T12:00:00.000000+00:00")
    assert found.head == verify(checked).head


def test_where_nothing_followed_it_holds(checked: Store) -> None:
    kept(checked)
    found = since(checked)
    assert (found.ok, found.entries, found.behind) == (True, 15, 15)


@pytest.mark.parametrize("kind", DATABASES)
def test_without_a_checkpoint_there_is_nothing_to_go_on_from(kind: str, tmp_path: Path) -> None:
    with open_store(kind, tmp_path) as opened:
        fill(opened, 3)
        with opened.reading() as unit:
            assert LEDGER.verify_since(unit) is None


@pytest.mark.parametrize(
    ("sql", "broken_at", "why"),
    [
        ("UPDATE ledger_entries SET subject = 'other' WHERE seq = 12", 12, "was changed"),
        ("UPDATE ledger_details SET details = '{}' WHERE seq = 13", 13, "were changed"),
        ("DELETE FROM ledger_students WHERE seq = 14", 14, "students that entry 14"),
        ("UPDATE ledger_head SET mac = 'x'", None, "head was changed"),
        ("INSERT INTO ledger_head VALUES (2, 0, '', '')", None, "second head"),
        ("UPDATE ledger_entries SET hash = 'x' WHERE seq = 10", 10, "up to which the ledger was found to hold"),
    ],
)
def test_what_was_changed_behind_it_is_found(checked: Store, sql: str, broken_at: int | None, why: str) -> None:
    run_sql(checked, sql)
    found = since(checked)
    assert (found.ok, found.broken_at) == (False, broken_at)
    assert why in str(found.why)


def test_details_that_are_missing_behind_it_need_their_deletion(checked: Store) -> None:
    forget(checked, [11])
    assert (since(checked).ok, since(checked).details_deleted) == (True, 1)
    run_sql(checked, "DELETE FROM ledger_students WHERE seq = 13", "DELETE FROM ledger_details WHERE seq = 13")
    assert since(checked).broken_at == 13


def test_what_was_changed_before_it_is_found_by_the_whole_check(checked: Store) -> None:
    run_sql(checked, "UPDATE ledger_entries SET subject = 'other' WHERE seq = 4")
    assert since(checked).ok
    assert verify(checked).broken_at == 4


@pytest.mark.parametrize("column", ["seq = seq - 1", "hash = 'x'", "at = '2027-01-01'", "mac = 'x'"])
def test_nobody_lays_a_checkpoint_down_without_the_key(checked: Store, column: str) -> None:
    run_sql(checked, f"UPDATE ledger_checkpoint SET {column}")  # noqa: S608 - written above
    with checked.reading() as unit:
        assert LEDGER.verify_since(unit) is None
        assert Ledger(KEY[::-1] + "x").verify_since(unit) is None


def signed_before(what: str, text: str) -> str:
    """The signature that every version of the program made of this text."""
    return hmac.digest(KEY.encode(), f"dam-plugin ledger {what}\0{text}".encode(), "sha256").hex()


def test_what_was_signed_by_an_earlier_version_still_holds(checked: Store) -> None:
    with checked.reading() as unit:
        head, mark = unit.entries.head(), unit.entries.checkpoint()
    assert head is not None
    assert mark is not None
    assert head.mac == signed_before("head", f'{{"hash":"{head.hash}","seq":15}}')
    assert mark.mac == signed_before("checkpoint", f'{{"at":"{mark.at}","hash":"{mark.hash}","seq":10}}')
    withheld = LEDGER.withheld([7, 2], head)
    assert withheld == {
        "entries": [2, 7],
        "mac": signed_before("withheld", f'{{"entries":[2,7],"hash":"{head.hash}"}}'),
    }


def test_a_broken_ledger_leaves_the_last_checkpoint(checked: Store) -> None:
    run_sql(checked, "UPDATE ledger_entries SET subject = 'other' WHERE seq = 4")
    broken = verify(checked)
    with checked.writing() as unit:
        LEDGER.keep_checkpoint(unit, broken, NOW)
    assert since(checked).behind == 10
