"""The students: the roster, the mapping of its columns, how names are written, and what an import would change."""
