"""Procedure JO-1-AP(2) as one function: `decide.decide(case)`. Pure: no clock, no database, no network, no file.

The decision: case, terms, steps, plans, refusal, questions, basis, decide; its words: clauses, checks, rulings.
Case files: reading, documents, json_text, yaml_text, problems, references, schema, expectations.
What is made of a decision: walk; explain, told, words, rows, ways, supposed; branches, ruled, weighed, coverage.
"""
