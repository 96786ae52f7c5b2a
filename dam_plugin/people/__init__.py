"""Who the students are: the roster, how names are written, what an import would change. One reader a format in formats/."""
