"""Yearbook sets: planned, made, signed, verified, checked again on the day of printing, locked and recalled."""
