"""Fixtures: a district on a PostgreSQL database of its own, with a queue whose events the test sends itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clock import TODAY
from district import CUSTODIAN, District
from live_processes import Processes, processes
from own_database import OWN_SERVER, OwnDatabase, own_database
from own_postgres import own_postgres

from dam_hooks import manager, services_of
from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.library.setup import prepare
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[OwnDatabase]:
    """A database of the test; as its parameter OWN_SERVER on a server of its own."""
    is_alone = getattr(request, "param", None) == OWN_SERVER
    with own_postgres() if is_alone else nullcontext() as server, own_database(server) as own:
        yield own


@pytest.fixture
def queue_url(aws_env: str, bucket: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """A queue with its dead letters, into which the bucket itself sends nothing."""
    _, url = prepare(bucket, f"{bucket}-events", dry_run=False, create_bucket=False)
    assert url is not None
    raw_s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", url)
    return url


@pytest.fixture
def big_district(
    district: District, database: OwnDatabase, queue_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[District]:
    """The district on PostgreSQL, as a host or a command has it; temporary files have a folder of their own."""
    # The end of the fixture's own ledger would make this one look like one that was put back.
    district.services.library.delete("ledger/head.json")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", database.url)
    pm = manager(Settings.load())
    services = services_of(pm)
    services.store.upgrade()
    roster = read_roster(write_roster(sample_folder(), tmp_path, TODAY), services.pseudonyms)
    choices.import_roster(services, roster, CUSTODIAN)
    yield replace(district, pm=pm, services=services)
    services.store.close()
    services.library.close()


@pytest.fixture
def running() -> Iterator[Processes]:
    with processes() as made:
        yield made
