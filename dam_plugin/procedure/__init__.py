"""The district's procedure as one function: a case in, a decision out. No I/O."""
