"""Names and words in what a file says: written in full, in part, otherwise; and signs that say no."""
