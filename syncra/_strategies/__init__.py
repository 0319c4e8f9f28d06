"""Strategies: where and when the steps of a run are called; one file each, `_interface` for what they share."""
