"""The rules of `dependencies=`, `depends`, `arguments=` and `after=`: what fills which parameter."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable
from typing import Any

import pytest

from syncra import AsyncTask, Graph, Input, Node, Task, depends, get_graph, run, task
from syncra.errors import (
    ArgumentError,
    CallError,
    DeclarationError,
    DependencyTypeError,
    OptionError,
    SignatureError,
    WiringError,
)


@task
def one() -> int:
    return 1


@task
def two() -> int:
    return 2


@task
def word() -> str:
    return "word"


def parameters_of(node: Node[Any]) -> dict[str, str | None]:
    """Where each edge into the node leads, by the name of its source."""
    return {edge.source.name: edge.parameter for edge in Graph.of(node).edges if edge.target is node}


def test_a_tuple_fills_positional_parameters_in_order() -> None:
    """The first dependency goes to the first parameter, and so on."""

    @task(dependencies=(one, word))
    def joined(number: int, text: str) -> str:
        return text * number

    assert run(joined) == "word"
    assert parameters_of(joined) == {"one": "number", "word": "text"}


def test_more_dependencies_than_parameters_only_order() -> None:
    """What is left over has no parameter, and runs before all the same."""

    @task(dependencies=(one, word, two))
    def first(number: int) -> int:
        return number

    assert run(first) == 1
    assert parameters_of(first) == {"one": "number", "word": None, "two": None}


def test_a_mapping_fills_parameters_by_name() -> None:
    """Keyword-only, positional-only and `**` parameters can all be named."""

    @task(dependencies={"text": word, "number": one, "more": two})
    def joined(number: int, /, *, text: str, **others: int) -> tuple[int, str, dict[str, int]]:
        return number, text, others

    assert run(joined) == (1, "word", {"more": 2})


def test_star_args_take_all_that_remain() -> None:
    """`*args` takes every remaining dependency, each checked against its annotation."""

    @task(dependencies=(word, one, two, one))
    def joined(text: str, *numbers: int) -> tuple[str, tuple[int, ...]]:
        return text, numbers

    assert run(joined) == ("word", (1, 2, 1))
    with pytest.raises(DependencyTypeError) as raised:

        @task(dependencies=(one, word, word))
        def sum_of(*numbers: int) -> int:
            return sum(numbers)

    assert len(raised.value.faults) == 2


def test_a_default_before_star_args_is_passed_as_it_is() -> None:
    """Fixed and defaulted parameters in the middle keep their places."""

    @task(dependencies=(one, two), arguments={"scale": 10})
    def scaled(scale: int, *numbers: int) -> int:
        return scale * sum(numbers)

    @task(dependencies={"c": one})
    def late(a: int = 5, b: int = 6, c: int = 7) -> tuple[int, int, int]:
        return a, b, c

    assert run(scaled) == 30
    assert run(late) == (5, 6, 1)


def test_and_builds_a_tuple() -> None:
    """`a & b & c` is the tuple of three, also with a tuple on either side."""
    assert one & two & word == (one, two, word)
    assert one & (two, word) == (one, two, word)
    assert (one, two) & word == (one, two, word)
    with pytest.raises(TypeError):
        one & 3  # type: ignore[operator]


def test_after_only_orders() -> None:
    """`after=` takes a node, a name or a tuple of these, and gives edges without a parameter."""

    @task(after=(one, two))
    def last() -> int:
        return 3

    assert parameters_of(last) == {"one": None, "two": None}


def test_arguments_fix_parameters_and_shift_the_rest() -> None:
    """A fixed parameter is skipped when dependencies are given out in order."""

    @task(arguments={"a": 10}, dependencies=one)
    def difference(a: int, b: int) -> int:
        return a - b

    assert run(difference) == 9


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"arguments": {"a": "x"}}, ArgumentError, "'a'"),
        ({"arguments": {"z": 1}}, WiringError, "no parameter"),
        ({"arguments": [("a", 1)]}, OptionError, "mapping"),
        ({"arguments": {"a": 1}, "dependencies": {"a": one}}, WiringError, "twice"),
        ({"arguments": {1: 1}}, WiringError, "no parameter"),
        ({"dependencies": {"z": one}}, WiringError, "no parameter"),
        ({"dependencies": {"a": 5}}, WiringError, "takes a node"),
        ({"dependencies": [one, two]}, WiringError, "tuple"),
        ({"dependencies": {one, two}}, WiringError, "tuple"),
        ({"dependencies": (one, 5)}, WiringError, "takes a node"),
        ({"dependencies": (one, "")}, OptionError, "printable"),
        ({"dependencies": (one, len)}, WiringError, "@task first"),
        ({"dependencies": (one, "two")}, WiringError, "graph_name="),
        ({"dependencies": one}, WiringError, "more required parameters"),
        ({"dependencies": word & one}, DependencyTypeError, "it wants"),
        ({"after": [one], "dependencies": one & two}, WiringError, "tuple"),
        ({"after": 3, "dependencies": one & two}, WiringError, "takes a node"),
        ({"name": ""}, OptionError, "printable"),
        ({"name": "a\nb"}, OptionError, "printable"),
        ({"name": "\ud800"}, OptionError, "printable"),
        ({"name": "x" * 10_000}, OptionError, "10000"),
        ({"name": 5}, OptionError, "str"),
        ({"name": ["a"]}, OptionError, "str"),
        ({"graph_name": ""}, OptionError, "printable"),
        ({"graph_name": 5}, OptionError, "str"),
        ({"retries": -1}, OptionError, "retries"),
        ({"retries": True}, OptionError, "retries"),
        ({"retries": 1.5}, OptionError, "retries"),
        ({"retries": "3"}, OptionError, "retries"),
        ({"timeout": 0}, OptionError, "timeout"),
        ({"timeout": -1}, OptionError, "timeout"),
        ({"timeout": float("nan")}, OptionError, "timeout"),
        ({"timeout": float("inf")}, OptionError, "timeout"),
        ({"timeout": "5"}, OptionError, "timeout"),
        ({"timeout": True}, OptionError, "timeout"),
        ({"offload": 1}, OptionError, "offload"),
        ({"cost": -1}, OptionError, "cost"),
        ({"cost": True}, OptionError, "cost"),
        ({"cost": float("nan")}, OptionError, "cost"),
        ({"cost": float("inf")}, OptionError, "cost"),
        ({"cost": 10**5000}, OptionError, "cost"),
        ({"cost": "2"}, OptionError, "cost"),
        ({"cost": None}, OptionError, "cost"),
        ({"retry": 3}, OptionError, "retries"),
    ],
)
def test_a_wrong_option_is_refused_where_it_is_declared(
    options: dict[str, Any], kind: type[DeclarationError], told: str
) -> None:
    """Nonsense is a SyncraError at decoration, its message says what is wrong, and nothing is registered."""

    def add(a: int, b: int) -> int:
        return a + b

    with pytest.raises(DeclarationError) as raised:
        task(**options)(add)
    assert any(type(fault) is kind and told in str(fault) for fault in raised.value.faults or (raised.value,)), raised


def test_a_key_that_is_given_twice_to_star_kwargs_is_refused() -> None:
    """`**kwargs` takes each name once, from arguments or from dependencies."""
    with pytest.raises(WiringError, match="filled twice: by a fixed argument and by 'one'"):

        @task(arguments={"k": 1}, dependencies={"k": one})
        def taken(**options: int) -> int:
            return len(options)


def test_a_default_of_depends_and_a_dependency_are_refused_together() -> None:
    """One parameter has one source."""
    with pytest.raises(WiringError, match="filled twice: by 'one' and by 'two'"):

        @task(dependencies=one)
        def taken(value: int = depends(two)) -> int:
            return value


def test_all_faults_of_a_declaration_come_together() -> None:
    """One error lists every fault, and carries them."""
    with pytest.raises(DeclarationError) as raised:

        @task(name="", retries=-1, cost=-1, dependencies=(word,), arguments={"zzz": 1})
        def wrong(a: int) -> int:
            return a

    kinds = {type(fault) for fault in raised.value.faults}
    assert kinds == {OptionError, WiringError, DependencyTypeError}
    assert len(raised.value.faults) == 5
    assert "5 faults" in str(raised.value)


class Increment:
    """An object that is called like a function."""

    def __call__(self, value: int) -> int:
        return value + 1


class Owner:
    """A class with static methods that are tasks, decorated in either order."""

    @staticmethod
    @task
    def inner() -> int:
        return 1

    @task
    @staticmethod
    def outer() -> int:
        return 2

    @staticmethod
    @task
    def both(one: int = depends(inner), two: int = depends(outer)) -> int:
        return one + two


@pytest.mark.parametrize(
    ("function", "options", "expected"),
    [
        (lambda value: value + 1, {"name": "lambda"}, 2),
        (functools.partial(operator.add, 10), {"name": "partial"}, 11),
        (Increment(), {"name": "object"}, 2),
        (operator.neg, {}, -1),
        (abs, {}, 1),
        ([5, 1].index, {}, 1),
    ],
)
def test_every_kind_of_callable_can_be_a_task(
    function: Callable[..., Any], options: dict[str, Any], expected: int
) -> None:
    """Lambdas, partials, callable objects, builtins and bound methods are tasks once they have a name."""
    assert run(task(dependencies=one, **options)(function)) == expected


def test_static_methods_are_tasks_in_either_order() -> None:
    """A class's static tasks are reached through the class and through instances."""
    assert run(Owner.inner) == 1
    assert run(Owner.outer) == 2
    assert run(Owner.both) == 3
    assert Owner().outer is Owner.outer


def test_a_callable_without_a_name_needs_one() -> None:
    """A lambda or a partial is asked for a name."""
    for function in (lambda: 1, functools.partial(operator.neg, 3), Increment()):
        with pytest.raises(DeclarationError, match="name="):
            task(function)


@pytest.mark.parametrize("wrong", [5, None, "text", int, Owner, property(lambda self: 1), object(), ...])
def test_what_is_no_function_is_no_task(wrong: Any) -> None:
    """Classes and values are refused, with the reason."""
    with pytest.raises(SignatureError) as raised:
        task(wrong)
    assert isinstance(raised.value, TypeError)


def test_methods_and_builtins_without_signature_are_refused() -> None:
    """An instance method, a class method and a builtin that tells nothing are refused with advice."""
    with pytest.raises(SignatureError, match="static method"):

        class _Holder:
            @task
            def method(self) -> int:
                return 1

    with pytest.raises(SignatureError, match="static method"):

        class _Other:
            @task
            @classmethod
            def method(cls) -> int:
                return 1

    with pytest.raises(SignatureError, match="signature"):
        task(name="iterate")(dict.fromkeys.__self__.update)  # type: ignore[attr-defined]  # a builtin's own


def test_tasks_stay_the_functions_they_are() -> None:
    """Name, docstring, module, signature and the plain call are kept; the function is at `__wrapped__`."""

    @task(name="other", dependencies=one)
    def named(value: int) -> int:
        """What it does."""
        return value + 1

    assert isinstance(named, Task)
    assert (named.name, named.__name__, named.__doc__) == ("other", "named", "What it does.")
    assert named.__module__ == __name__
    assert named.__qualname__.endswith("named")
    assert list(inspect.signature(named).parameters) == ["value"]
    assert named(4) == 5
    assert named.__wrapped__(4) == 5
    assert inspect.unwrap(named) is named.__wrapped__


def test_async_tasks_stay_coroutine_functions() -> None:
    """Calling one gives a coroutine of its result."""

    @task
    async def later(value: int) -> int:
        return value

    assert isinstance(later, AsyncTask)
    coroutine = later(3)
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    assert ended.value.value == 3


def test_calling_a_task_with_an_open_depends_names_parameter_and_node() -> None:
    """What only a run fills is named; passed by hand, by position or name, the call works."""

    @task
    def scaled(factor: int, value: int = depends(one), other: int = depends(two)) -> int:
        return factor * value * other

    with pytest.raises(CallError) as raised:
        scaled(3)
    assert isinstance(raised.value, TypeError)
    assert (raised.value.name, raised.value.parameters) == ("scaled", ("value", "other"))
    assert "'value' (from task 'one')" in str(raised.value)
    assert scaled(3, 4, 5) == 60
    assert scaled(3, other=2, value=1) == 6


def test_tasks_can_be_stacked() -> None:
    """One function under two names and in two graphs is two tasks, wired each for itself."""

    @task(graph_name="second", name="again", dependencies=two)
    @task(graph_name="first", dependencies=one)
    def same(value: int) -> int:
        return value * 10

    assert get_graph("first")()["same"] == 10
    assert get_graph("second")()["again"] == 20
    assert same(3) == 30


def test_a_node_has_no_truth_value() -> None:
    """`if node:` is a mistake that is explained; nodes are compared by identity."""
    with pytest.raises(TypeError, match="no truth value"):
        bool(one)
    assert one != two
    assert len({one, two, one}) == 2


@pytest.mark.parametrize("wrong", [5, None, "one", lambda: 1, int])
def test_depends_takes_a_node(wrong: Any) -> None:
    """`depends` of anything else is refused at once."""
    with pytest.raises(WiringError):
        depends(wrong)


def test_both_forms_mix_in_one_graph() -> None:
    """Names, nodes and `depends` defaults lead into the same graph."""

    @task(graph_name="mixed")
    def start() -> int:
        return 1

    limit = Input[int]("limit", default=7)

    @task(graph_name="mixed", dependencies="start")
    def middle(value: int, most: int = depends(limit)) -> int:
        return min(value, most)

    @task
    def final(value: int = depends(middle)) -> int:
        return value + 1

    assert run(final) == 2
    assert [node.name for node in Graph.of(final)] == ["limit", "start", "middle", "final"]


def test_an_open_parameter_is_found_when_the_graph_is_made() -> None:
    """A task with a required parameter that nothing fills can be declared, and makes no graph."""

    @task
    def alone(value: int, other: int) -> int:
        return value + other

    with pytest.raises(WiringError, match="'value' and 'other'"):
        Graph.of(alone)
