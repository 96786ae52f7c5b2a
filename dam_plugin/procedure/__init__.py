"""The district's Procedure JO-1-AP(2) as one function: `decide.decide(case)`. No clock, database, network or file.

The case: case, documents (its text), read_cases, case_problems, schema. The decision: terms, steps, decide.
Its words: exceptions (one row each), clauses, questions, rulings; purposes, redisclosure.
What is made of a decision: explain, in_words, ways_out. What cases show of it: trials (what a case expects), coverage,
ruling_sides.
What a district rules more strictly: switches, read_rulings (its file, by read_toml); versions (by what a decision was taken).
"""
