"""The ledger's end outside of the database: an older database put in its place whole, and what a person accepts."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from databases import open_store, run_sql
from district import CUSTODIAN, DATABASE, HANNAH, INES, MEDIA_STAFF, SIGNING_KEY, District
from queue_cases import populated
from use_cases import entries

from dam_plugin.admin.accept import accept, seal_first, verified
from dam_plugin.custodian import choices
from dam_plugin.errors import InputError, LedgerBroken, StorageUnreachable
from dam_plugin.ledger.end_kept_outside import OBJECT, EndKeptOutside, InBucket, InFile
from dam_plugin.library.object_keys import is_ours
from dam_plugin.model import OptOut
from dam_plugin.services import Services, assemble
from dam_plugin.store import Sealer, Store

SEALER = Sealer(SIGNING_KEY)
WHY = "the backup of yesterday was restored"


def opt_out(services: Services, student: str, days: int = 1) -> None:
    choices.opt_out(services, student, OptOut(TODAY - timedelta(days=days)), CUSTODIAN)


@contextmanager
def anew(district: District) -> Iterator[Services]:
    """The services of another process."""
    services = assemble(district.services.settings)
    try:
        yield services
    finally:
        services.store.close()
        services.library.close()


def database(district: District) -> bytes:
    """The whole database as it is now, as a backup has it."""
    district.services.store.close()
    run_sql(district.services.store, "PRAGMA wal_checkpoint(TRUNCATE)")
    return (district.folder / DATABASE).read_bytes()


def put_back(district: District, backup: bytes) -> None:
    for suffix in ("-wal", "-shm"):
        (district.folder / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    (district.folder / DATABASE).write_bytes(backup)


@pytest.fixture
def rolled_back(district: District) -> District:
    """A district whose database was put back to before an opt-out."""
    opt_out(district.services, district.student(INES))
    backup = database(district)
    opt_out(district.services, district.student(HANNAH))
    database(district)
    put_back(district, backup)
    return district


def test_it_is_kept_in_a_file_beside_the_database_for_its_owner_alone(district: District) -> None:
    opt_out(district.services, district.student(INES))
    file = district.folder / f"{DATABASE}.head"
    kept = json.loads(file.read_text())
    assert kept["seq"] == entries(district.services)[-1][0].seq
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert district.student(INES) not in file.read_text()


def test_it_is_kept_in_the_bucket_once_the_store_is_closed(district: District) -> None:
    opt_out(district.services, district.student(INES))
    district.services.store.close()
    kept = json.loads(district.services.library.read(OBJECT, limit=4096))
    assert kept["seq"] == entries(district.services)[-1][0].seq
    assert is_ours(OBJECT)
    assert district.services.library.tags(OBJECT)["dam-release"] == "hold"


@pytest.mark.parametrize("without", ["the file", "the bucket"])
def test_an_older_database_put_back_whole_is_found_by_either_place(rolled_back: District, without: str) -> None:
    if without == "the file":
        (rolled_back.folder / f"{DATABASE}.head").unlink()
    else:
        rolled_back.services.library.delete(OBJECT)
    with anew(rolled_back) as services:
        found = verified(services)
        assert not found.ok
        assert "an older one was put in its place" in (found.why or "")
        with pytest.raises(LedgerBroken, match="ledger accept"):
            opt_out(services, rolled_back.student(HANNAH), 2)
        assert [entry.kind for entry, _ in entries(services)][-1] == "opt-out"
        assert len(entries(services, "opt-out")) == 1


def test_a_database_put_back_under_a_process_is_not_written_to(district: District) -> None:
    opt_out(district.services, district.student(INES))
    backup = database(district)
    opt_out(district.services, district.student(HANNAH))
    database(district)
    put_back(district, backup)
    (district.folder / f"{DATABASE}.head").unlink()
    with pytest.raises(LedgerBroken, match="while this process worked"):
        opt_out(district.services, district.student(HANNAH), 2)


def test_an_older_database_that_went_on_without_the_outside_is_found(rolled_back: District) -> None:
    """Whoever wrote to it could not ask where the head is kept: the numbers have grown past it, and the chain is another."""
    with anew(rolled_back) as services:
        beside = replace(services, store=Store(services.settings.database_url, sealer=SEALER))
        for days in range(2, 5):
            opt_out(beside, rolled_back.student(HANNAH), days)
        beside.store.close()
        found = verified(services)
        assert "has another entry" in (found.why or "")


def test_what_lags_is_caught_up(district: District) -> None:
    opt_out(district.services, district.student(INES))
    file = district.folder / f"{DATABASE}.head"
    before = file.read_bytes()
    opt_out(district.services, district.student(HANNAH))
    file.write_bytes(before)
    with anew(district) as services:
        assert verified(services).ok
        opt_out(services, district.student(HANNAH), 2)
    assert json.loads(file.read_text())["seq"] == entries(district.services)[-1][0].seq


def test_a_head_that_another_key_signed_is_told(district: District) -> None:
    opt_out(district.services, district.student(INES))
    file = district.folder / f"{DATABASE}.head"
    file.write_text(json.dumps({**json.loads(file.read_text()), "turn": 1}))
    assert "was not signed with this signing key" in (verified(district.services).why or "")


def test_a_storage_that_does_not_answer_keeps_no_opt_out(district: District, caplog: pytest.LogCaptureFixture) -> None:
    class Down(InBucket):
        def read(self) -> bytes | None:
            raise StorageUnreachable("the storage does not answer")

        def write(self, data: bytes) -> None:
            raise StorageUnreachable("the storage does not answer")

    watch = EndKeptOutside(SEALER, [], [Down(district.services.library)])
    store = Store(district.services.settings.database_url, sealer=SEALER, watch=watch)
    opt_out(replace(district.services, store=store), district.student(INES))
    store.close()
    assert entries(district.services)[-1][0].kind == "opt-out"
    assert "was not kept in the bucket" in caplog.text


# Accepting


def test_a_restored_backup_is_accepted_on_record_and_goes_on(rolled_back: District) -> None:
    ended = call("ledger", "accept", "--why", WHY, "--as", "custodian:ada")
    assert (ended.code, "sealed anew" in ended.text, "enter again what came after it" in ended.text) == (0, True, True)
    assert call("ledger", "verify").code == 0
    with anew(rolled_back) as services:
        opt_out(services, rolled_back.student(HANNAH))
        assert verified(services).ok
        (entry,) = [details for _, details in entries(services, "accept")]
    assert (entry["why"], entry["by"]["id"]) == (WHY, "ada")
    assert any("an older one was put in its place" in each for each in entry["faults"])


def test_what_was_bent_is_accepted_on_record_with_what_did_not_fit(district: District) -> None:
    ines = district.student(INES)
    run_sql(district.services.store, f"UPDATE students SET guardians = '[\"G-NEW\"]' WHERE id = '{ines}'")  # noqa: S608
    assert not verified(district.services).ok
    accept(district.services, CUSTODIAN, "put right")
    assert verified(district.services).ok
    with district.services.store.reading() as unit:
        assert [each.id for each in unit.people.family_of("G-NEW", TODAY)] == [ines]
    (entry,) = [details for _, details in entries(district.services, "accept")]
    assert any(ines in each for each in entry["faults"])


def test_only_the_custodian_accepts_and_says_why(district: District) -> None:
    with pytest.raises(InputError, match="only the custodian"):
        accept(district.services, MEDIA_STAFF, WHY)
    with pytest.raises(InputError, match="--why"):
        accept(district.services, CUSTODIAN, " ")


def test_a_broken_chain_is_not_accepted(district: District) -> None:
    run_sql(district.services.store, "UPDATE ledger_entries SET kind = 'look'")
    with pytest.raises(LedgerBroken, match="restore a backup"):
        accept(district.services, CUSTODIAN, WHY)


def test_seals_taken_out_are_not_made_again_by_an_upgrade(district: District) -> None:
    opt_out(district.services, district.student(INES))
    run_sql(district.services.store, "DELETE FROM seals", "DELETE FROM sealed_state")
    assert call("db", "upgrade").code == 0
    assert not verified(district.services).ok
    with pytest.raises(LedgerBroken, match="never sealed"):
        opt_out(district.services, district.student(HANNAH))


def test_what_an_earlier_version_kept_is_sealed_by_the_upgrade_on_record(district: District) -> None:
    """As a database without seals is, of which nothing was ever kept outside."""
    district.services.store.close()
    run_sql(district.services.store, "DELETE FROM seals", "DELETE FROM sealed_state")
    (district.folder / f"{DATABASE}.head").unlink(missing_ok=True)
    ended = call("db", "upgrade")
    assert (ended.code, "sealed from now on" in ended.text) == (0, True)
    assert verified(district.services).ok
    assert [details["by"] for _, details in entries(district.services, "accept")] == [None]
    assert seal_first(district.services) is None


def test_doctor_says_where_the_end_is_kept_and_how_old_that_is(district: District) -> None:
    opt_out(district.services, district.student(INES))
    district.services.store.close()
    (told,) = [each for each in call("doctor", "--json").objects() if each["check"] == "ledger outside"]
    assert told["state"] == "ok"
    assert f"the file {DATABASE}.head: entry 2, " in told["detail"]
    assert f"the bucket's {OBJECT}: entry 2, " in told["detail"]


@pytest.mark.postgres
def test_several_processes_on_one_postgresql_keep_one_end(district: District, tmp_path: Path) -> None:
    with open_store("postgres", tmp_path, SEALER) as plain:
        stores = [
            Store(
                plain._url.render_as_string(hide_password=False),
                sealer=SEALER,
                watch=EndKeptOutside(SEALER, [], [InBucket(district.services.library)]),
            )
            for _ in range(2)
        ]
        both = [replace(district.services, store=each) for each in stores]
        populated(replace(district, services=both[0]))
        for number in range(4):
            opt_out(both[number % 2], district.student(INES), number + 2)
        for each in stores:
            each.close()
        kept = json.loads(district.services.library.read(OBJECT, limit=4096))
        assert kept["seq"] == entries(replace(district.services, store=plain))[-1][0].seq
        assert verified(replace(district.services, store=plain)).ok


def test_a_file_that_cannot_be_written_keeps_nothing_from_being_recorded(
    district: District, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    watch = EndKeptOutside(SEALER, [InFile(tmp_path / "nowhere" / "x.sqlite3")], [])
    store = Store(district.services.settings.database_url, sealer=SEALER, watch=watch)
    opt_out(replace(district.services, store=store), district.student(INES))
    store.close()
    assert "was not kept in the file" in caplog.text
