"""Runs: the state machines of single runs, which run nothing, and what they keep their books with."""
