"""Sidecars: XMP, Picasa's file of a folder, Takeout's JSON, notes."""
