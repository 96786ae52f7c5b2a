"""What tests of the queue share: referrals that wait, whose users state and approve findings, and how they stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from databases import open_store
from district import SIGNING_KEY, District
from queue_cases import populated

from dam_plugin.store import Sealer

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def on_each_database(request: pytest.FixtureRequest, district: District, tmp_path: Path) -> Iterator[District]:
    """The district on either database, with its roster."""
    if request.param == "sqlite":
        yield district
        return
    folder = tmp_path / "postgres"
    folder.mkdir()
    with ExitStack() as stack:
        store = stack.enter_context(open_store(request.param, folder, Sealer(SIGNING_KEY)))
        yield populated(replace(district, services=replace(district.services, store=store)))
