"""Readers of the fields of EXIF, IPTC, XMP and ID3 that speak of people."""
