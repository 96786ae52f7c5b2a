"""Rules that admins write in YAML: their schema, how they are loaded, matched and applied."""
