"""What is let go of a picture goes back to the system, where the C library can be asked for it."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from dam_plugin.redaction import memory


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    memory.give_back_at_once.cache_clear()


def test_the_c_library_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=lambda *told: asked.append(told)))
    memory.give_back_at_once()
    memory.give_back_at_once()
    assert asked == [(-3, 2 * 1024 * 1024)]


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def raises(_: object) -> Any:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", raises)
    memory.give_back_at_once()
