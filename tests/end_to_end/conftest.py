"""Fixtures of whole flows: the command line as a process of its own, and a server between it and the storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from commands import Commands
from storage_proxy import StorageProxy


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    waiting = Commands()
    yield waiting
    waiting.close()


@pytest.fixture
def proxy(aws_env: str) -> Iterator[StorageProxy]:
    between = StorageProxy(aws_env)
    yield between
    between.close()
