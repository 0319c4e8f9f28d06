"""What it costs to hand a large array over to a worker process and back, in plain copies of that array."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from syncra import Graph, Processes, Sequential
from tests.benchmarks.side_by_side import Ratio, in_turns
from tests.payloads import array_tasks as tasks

__all__ = ["print_payloads"]


def rows(size: int, processes: Processes) -> Iterator[tuple[str, float, Callable[[], Ratio]]]:
    """What is measured, the budget, and how."""
    array = np.full(size, 7, dtype=np.uint8)
    argument = Graph.of(tasks.writeable).compile(tasks.writeable)
    result = Graph.of(tasks.made).compile()
    through = Graph.of(tasks.summed).compile(tasks.summed)
    here = Graph.of(tasks.again).compile()
    given, sized = tasks.given.bind(array), tasks.size.bind(size)

    def made_and_copied() -> object:
        return np.full(size, 7, dtype=np.uint8).copy()

    def made_copied_and_summed() -> object:
        made = np.full(size, 7, dtype=np.uint8)
        return made.sum(dtype=np.int64), made.copy(), made.copy()

    yield (
        "in one process, through two tasks / copy",
        2.0,
        lambda: in_turns(lambda: here.run(given, strategy=Sequential()), array.copy),
    )
    yield (
        "to a worker process / copy",
        2.0,
        lambda: in_turns(lambda: argument.run(given, strategy=processes), array.copy),
    )
    yield (
        "made in a worker and given back / made and copied",
        2.0,
        lambda: in_turns(lambda: result.run(sized, strategy=processes), made_and_copied),
    )
    yield (
        "made in one worker, summed in another / made, copied twice, summed",
        2.0,
        lambda: in_turns(lambda: through.run(sized, strategy=processes), made_copied_and_summed),
    )


def print_payloads() -> None:
    """Print a row for each way of 100 MB and of 1 MB, where the message itself is most of it."""
    print("Medians of interleaved repeats.\n")
    print("| array | what | budget | ratio | ours, ms | by hand, ms |\n|--:|---|--:|--:|--:|--:|")
    with Processes(2) as processes:
        for size in (100_000_000, 1_000_000):
            for name, budget, measure in rows(size, processes):
                found = measure()
                is_held, mark = size == 100_000_000, "" if found.ratio <= budget else " (missed)"
                limit, mark = (f"{budget}", mark) if is_held else ("", "")
                ours, theirs = found.ours * 1e3, found.theirs * 1e3
                shown = f"{found.ratio:.2f}{mark} | {ours:.3f} | {theirs:.3f}"
                print(f"| {size // 1_000_000} MB | {name} | {limit} | {shown} |", flush=True)


if __name__ == "__main__":
    print_payloads()
