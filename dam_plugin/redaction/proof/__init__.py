"""The prover's own eyes: walks, decoders, geometry. Shares nothing with the writer but words and tables of fixed data."""
