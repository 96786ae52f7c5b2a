"""The data that a copy may carry beside its picture or sound: the redisclosure notice (34 CFR 99.33) and a colour profile.

Writer and prover read the same fixed data. A copy holds exactly this notice, as an XMP packet, or no notice. It holds a
profile of this list, byte for byte, or no profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

from dam_plugin.redaction.model import Notice

_CARRY = ("image/", "video/mp4", "audio/mp4")
# The box in which an MP4 holds XMP (XMP Specification Part 3, 1.2.7). It comes after all other boxes, so that no sample
# moves.
_XMP_BOX = b"uuid" + bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">\
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:rights>\
<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></xmpRights:UsageTerms>\
<photoshop:Source>{source}</photoshop:Source></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def packet(notice: Notice) -> bytes:
    """Return the notice as an XMP packet: dc:rights and xmpRights:UsageTerms (IPTC's rights fields), and photoshop:Source."""
    text = " ".join(filter(None, (notice.text, notice.particulars)))
    return _PACKET.format(text=escape(text), source=escape(notice.source)).encode()


def box(notice: Notice) -> bytes:
    """Return the notice as the last box of an MP4 or M4A."""
    held = _XMP_BOX + packet(notice)
    return (len(held) + 4).to_bytes(4) + held


def carries(media_type: str) -> bool:
    """Whether a copy of this type carries a notice: pictures, MP4 and M4A do, a WAV does not."""
    return media_type.startswith(_CARRY)


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
