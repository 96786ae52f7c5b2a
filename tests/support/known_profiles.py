"""A colour profile that the suite makes itself, and takes for one of those that the plugin knows."""

from __future__ import annotations

import hashlib

import pytest
from PIL import ImageCms

from dam_plugin.redaction.proof import allowed
from dam_plugin.redaction.stills import decoding

MADE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def take_for_known(monkeypatch: pytest.MonkeyPatch, profile: bytes = MADE) -> bytes:
    """Have writer and prover know a profile, as they know those of cameras and programs; return it."""
    known = {hashlib.sha256(profile).hexdigest(): "made for this test"}
    for module in (decoding, allowed):
        monkeypatch.setattr(module, "KNOWN_PROFILES", known)
    return profile
