"""One reader per source of metadata; `read` opens the right ones and unites what they find."""
