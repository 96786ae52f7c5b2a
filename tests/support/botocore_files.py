"""Botocore's own descriptions of services, read once: a command makes many clients, and each of them reads these anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader


@contextmanager
def files_read_once() -> Iterator[None]:
    """Keep what is read of them for all clients that are made meanwhile."""
    load = JSONFileLoader.load_file
    kept: dict[str, Any] = {}

    def load_once(self: JSONFileLoader, path: str) -> Any:
        if path not in kept:
            kept[path] = load(self, path)
        return kept[path]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", load_once)
        yield
