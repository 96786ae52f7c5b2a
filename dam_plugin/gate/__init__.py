"""A link: whether it may still open, opening it, closing it, and the URL that it opens."""
