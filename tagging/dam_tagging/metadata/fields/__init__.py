"""Readers of metadata blocks (EXIF, IPTC, XMP, ID3): their fields that say something about people."""
