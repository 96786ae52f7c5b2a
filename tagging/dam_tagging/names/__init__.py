"""Finds students' names in what a file says, however they are written; and words that say no, such as "do not post"."""
