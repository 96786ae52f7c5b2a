"""What is seen from outside of work at hand: spans, figures and log lines. Ids, outcomes, clauses and counts; never a name.

Every room says here what it does. Nothing is collected unless the district asks for it.
"""
