"""Readers of file formats: which metadata blocks and texts a file holds. What these say of people is in fields/."""
