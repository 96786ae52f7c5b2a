"""A district whose service hosts may ask, and one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from district import District
from http_host import GATE, KEYS, Host
from live_service import client_of, live_service


@pytest.fixture
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host with a key of a district without recordings."""
    monkeypatch.setenv("DAM_PLUGIN_HTTP_KEYS", KEYS)
    monkeypatch.setenv("DAM_PLUGIN_PUBLIC_URL", GATE)
    district: District = request.getfixturevalue("district")
    with live_service(district.pm) as address, client_of(address) as client:
        yield Host(district, client)
