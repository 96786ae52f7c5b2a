"""Yearbook sets: planned, made, signed, verified, rechecked on the day of printing, locked and recalled."""
