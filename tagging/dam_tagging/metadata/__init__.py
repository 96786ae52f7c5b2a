"""Reads metadata: one reader per source. `read` opens the right ones and unites what they find."""
