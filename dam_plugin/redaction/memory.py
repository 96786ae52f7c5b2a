"""Makes the C library give the memory of a picture back as soon as it is let go, where that can be asked for (glibc)."""

from __future__ import annotations

import ctypes
import functools

_M_MMAP_THRESHOLD = -3
_LARGE = 2 * 1024 * 1024
"""Bytes from which a block has pages of its own. Left alone, glibc raises that to the largest block ever freed, up to 32 MiB:
then pictures lie among small objects, and what they leave behind stays the process's."""


@functools.cache
def give_back_at_once() -> None:
    """Ask for it, once; anywhere else than on glibc nothing happens, and nothing has to."""
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
    except (OSError, AttributeError, TypeError):
        return
