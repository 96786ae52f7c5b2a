"""Finds students' names in the texts of a file, in any spelling, and words that say no, such as "do not post"."""
