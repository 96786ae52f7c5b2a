"""Links to shared copies: whether one may still open, opening it, closing it, and the URL that it leads to."""
