"""Readers of file formats: which blocks and texts a file holds. What these say of people is in fields/."""
