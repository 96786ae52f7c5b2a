"""The one piece of metadata that a copy may carry: the redisclosure notice (34 CFR 99.33) as an XMP packet of fixed form.

Writer and prover share it as a table of fixed data: a copy holds exactly these bytes, or none.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from dam_plugin.redaction.model import Notice

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
    return _PACKET.format(text=escape(notice.text), source=escape(notice.source)).encode()
