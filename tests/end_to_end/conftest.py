"""Fixtures of whole flows: the command line as a process of its own, and a server between it and the storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Browser, open_browser
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


@pytest.fixture(scope="session")
def started_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def browser(started_browser: Browser) -> Browser:
    """A browser that knows nothing of any other test."""
    started_browser.be_new()
    return started_browser
