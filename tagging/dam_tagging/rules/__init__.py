"""Rules that administrators write in YAML: their schema, and how they are loaded, matched and applied."""
