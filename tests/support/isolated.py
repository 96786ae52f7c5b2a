"""Fixtures of the reading process: one that does what a file's name says (`misbehaving_child`), under tight limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dam_plugin.intake import reader


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let new reading processes misbehave; none of them outlives the test, and none of before is used in it."""
    reader.forget()
    monkeypatch.setattr(reader, "CHILD", "misbehaving_child")
    yield
    reader.forget()
