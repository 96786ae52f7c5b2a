"""The one piece of metadata that a copy may carry: the redisclosure notice (34 CFR 99.33) as an XMP packet of fixed form.

Writer and prover share it as a table of fixed data: a copy holds exactly these bytes, or none.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from dam_plugin.redaction.model import Notice

_CARRY = ("image/", "video/mp4", "audio/mp4")
# The box in which an MP4 holds XMP (XMP Specification Part 3, 1.2.7): behind all others, no place of a sample moves.
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
    """Whether a copy of this type carries a notice: a picture, MP4 or M4A; a WAV tells nothing."""
    return media_type.startswith(_CARRY)
