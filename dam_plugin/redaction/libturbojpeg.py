"""The declarations of turbojpeg.h (TurboJPEG API 2.0 to 3.2): structures, options, flags and function signatures.

Nothing is loaded, called or decided here. Writer and prover each load a library and call it by code of their own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from ctypes import POINTER, c_char_p, c_int, c_ulong, c_void_p
from typing import Any

CROP, NO_OUTPUT, PROGRESSIVE, COPY_NONE, OPTIMISE = 4, 16, 32, 64, 256
"""Options of a transform (TJXOPT_…): crop, write nothing, write progressive scans, copy no APPn and no COM, fit the tables."""
NO_REALLOCATION, STOP_ON_WARNING, LIMIT_SCANS = 1024, 8192, 32768
"""Flags of a call (TJFLAG_…)."""
GREY = 6
"""One byte a pixel (TJPF_GRAY)."""
WARNING = 0
"""The answer of tjGetErrorCode after a warning: the library went on (TJERR_WARNING)."""
BLOCK_BYTES = 128
"""A block is 64 coefficients of 16 bits."""


class Region(ctypes.Structure):
    """A rectangle in pixels (tjregion)."""

    _fields_ = [(name, c_int) for name in "xywh"]


CustomFilter = ctypes.CFUNCTYPE(c_int, c_void_p, Region, Region, c_int, c_int, c_void_p)
"""The callback of a transform. It takes the coefficients, their rectangle, the whole plane, the component, the
transform's number, the transform."""


class Transform(ctypes.Structure):
    """The request for a transform (tjtransform)."""

    _fields_ = [
        ("region", Region),
        ("op", c_int),
        ("options", c_int),
        ("data", c_void_p),
        ("filter", CustomFilter),
    ]


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "tjInitTransform": (c_void_p, []),
    "tjInitDecompress": (c_void_p, []),
    "tjDecompressHeader3": (c_int, [c_void_p, c_char_p, c_ulong, *[POINTER(c_int)] * 4]),
    "tjDecompress2": (c_int, [c_void_p, c_void_p, c_ulong, c_void_p, *[c_int] * 5]),
    "tjTransform": (
        c_int,
        [c_void_p, c_char_p, c_ulong, c_int, POINTER(c_void_p), POINTER(c_ulong), POINTER(Transform), c_int],
    ),
    "tjBufSize": (c_ulong, [c_int] * 3),
    "tjAlloc": (c_void_p, [c_int]),
    "tjFree": (None, [c_void_p]),
    "tjDestroy": (c_int, [c_void_p]),
    "tjGetErrorCode": (c_int, [c_void_p]),
    "tjGetErrorStr2": (c_char_p, [c_void_p]),
}
"""The return type and the argument types of each function."""


def declare(library: ctypes.CDLL, names: Iterable[str]) -> ctypes.CDLL:
    """Tell ctypes the signatures of functions of a loaded library; raises AttributeError if an older library lacks one."""
    for name in names:
        function = getattr(library, name)
        function.restype, function.argtypes = _SIGNATURES[name]
    return library
