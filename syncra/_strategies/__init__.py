"""Strategies: where and when the steps of a run are called; one file each, `_interface` for what they share."""

from __future__ import annotations

from syncra._strategies._asyncio import Asyncio
from syncra._strategies._interface import AsyncStrategy, Strategy
from syncra._strategies._processes import Processes
from syncra._strategies._sequential import Sequential
from syncra._strategies._threads import Threads

__all__ = ["AsyncStrategy", "Asyncio", "Processes", "Sequential", "Strategy", "Threads"]
