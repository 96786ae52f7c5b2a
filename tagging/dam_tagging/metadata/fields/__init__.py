"""Reads metadata blocks (EXIF, IPTC, XMP, ID3): the fields that say something about people."""
