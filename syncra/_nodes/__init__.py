"""Nodes: what gives a value in a run, and how the parameters of functions are filled by nodes."""
