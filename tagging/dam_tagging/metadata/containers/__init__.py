"""Reads file formats: finds the metadata blocks and texts in a file. `fields` interprets them."""
