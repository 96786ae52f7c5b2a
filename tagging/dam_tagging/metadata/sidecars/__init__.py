"""Reads sidecars, the files beside a recording that describe it: XMP, Picasa's file, Takeout's JSON, notes."""
