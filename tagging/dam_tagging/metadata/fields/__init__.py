"""What the fields of EXIF, IPTC, XMP and ID3 say of people."""
