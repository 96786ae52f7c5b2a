"""Colour profiles that a released copy may carry, by the SHA-256 of their bytes.

Each is shipped unchanged by a vendor, so it says nothing about a person or a device. Data only: the writer and the
prover read the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

KNOWN_PROFILES: Mapping[str, str] = MappingProxyType(
    {
        "2b3aa1645779a9e634744faf9b01e9102b0c9b88fd6deced7934df86b949af7e": "sRGB IEC61966-2.1 (Hewlett-Packard, 1998)",
        "07c1e0738ba6068b961ab698e24d5d9c06f71d4ee1d863aed239a24dd1fb8896": "Adobe RGB (1998)",
        "e5f6ffb83b6d3491301dd750975684cc5cc2a1951c994a14b08cfdaa0d75a041": "Adobe RGB (1998), platform-neutral header",
        "c4c1153168e817be61a676e403c370ce2c485a6bd54fbb59c3850845cfefad00": "sRGB IEC61966-2-1 black scaled (ICC)",
        "eefbe1e4f64e2d3dc1614343a47c57aa5ab1e88e8ee1f8bc7f22cd097595bb65": "Generic Gray Gamma 2.2 Profile (Apple)",
        "e468e89239fc0493d5e8fb9b014e91b210c6caa73c81edf04c3d21a734f377cc": "Display P3 (Apple, 2017)",
        "283e482d9b10db98fb7df2f6ef4bdf4ddf8de5a07d2c7530cc361ec4b29ed39a": "Generic RGB Profile (Apple)",
    }
)
