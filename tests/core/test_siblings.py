"""Functions that one `def` makes again and again: read once where they look the same, anew where they may not."""

from __future__ import annotations

import gc
import inspect
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from syncra import Graph, Node, depends, run, task
from syncra._signature import MISSING, Signature, _read_anew, read_signature
from syncra.errors import DependencyTypeError

Made = Callable[..., Any]
HOLDS_NAME = types.GenericAlias(list, ("Named",))
"""`list["Named"]`"""


def names_of(**names: object) -> Callable[[], dict[str, object]]:
    return lambda: names


def told(signature: Signature) -> object:
    """All that a signature says."""
    return (
        signature.name,
        [tuple(each) for each in signature.parameters],
        signature.result,
        signature.is_async,
        signature.place,
        signature.unresolved,
    )


def plain() -> Made:
    def function(a: int, /, b: list[str], *rest: float, c: int | None, **options: bool) -> dict[str, int] | None: ...

    return function


def with_defaults(first: object = 1, second: object = 2) -> Made:
    def function(a: int, b: Any = first, *, c: str, d: Any = second) -> None: ...

    return function


def on_loop() -> Made:
    async def function(a: int) -> None: ...

    return function


@pytest.mark.parametrize("make", [plain, with_defaults, on_loop])
def test_a_sibling_is_what_it_would_be_by_itself(make: Callable[[], Made]) -> None:
    """Its signature says in every point what reading it anew says."""
    first, second = make(), make()
    read_signature(first, names_of())
    assert told(read_signature(second, names_of())) == told(_read_anew(second, names_of()))


def test_each_sibling_has_its_own_defaults() -> None:
    """Also where parameters before, between and behind them have none."""
    read_signature(with_defaults(), names_of())
    signature = read_signature(with_defaults("b", "d"), names_of())
    assert [each.default for each in signature.parameters] == [MISSING, "b", MISSING, "d"]


def test_siblings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand functions of one `def` cost one look at a signature, whatever they depend on."""
    looked_at: list[object] = []
    signature = inspect.signature

    def looks(function: Made) -> inspect.Signature:
        looked_at.append(function)
        return signature(function)

    monkeypatch.setattr(inspect, "signature", looks)
    nodes: list[Node[int]] = []
    for number in range(1_000):
        if not number:

            @task(name=f"t{number}")
            def first() -> int:
                return 0

            nodes.append(first)
        elif number % 2:

            @task(name=f"t{number}")
            def marked(a: int = depends(nodes[-1])) -> int:
                return a + 1

            nodes.append(marked)
        else:

            @task(name=f"t{number}", dependencies=nodes[-1])
            def named(a: int) -> int:
                return a + 1

            nodes.append(named)
    assert run(nodes[-1]) == 999
    assert len([each for each in looked_at if isinstance(each, types.FunctionType)]) == 3


def test_a_class_of_each_turn_is_a_type_of_its_own() -> None:
    """What a name or an annotation stands for is looked up for every sibling: the classes of two turns do not fit."""

    def make(*sources: Node[Any]) -> Node[Any]:
        class Local: ...

        @task(name="local", dependencies=sources)
        def function(*values: Local) -> Local:
            return Local()

        return function

    first = make()
    with pytest.raises(DependencyTypeError, match="is not"):
        make(first)
    assert Graph.of(make()).tasks[0].result_type is not first.result_type


def from_objects(kind: object) -> Made:
    def function(a, b): ...  # type: ignore[no-untyped-def]

    function.__annotations__ = {"a": kind, "return": kind}
    return function


@pytest.mark.parametrize(
    "kinds",
    [
        (int, str),
        (list[int], list[str]),
        (list[int], set[int]),
        (int | str, int | None),
        (list[int], list[int] | None),
        ("int", "str"),
        (int, "int"),
        (None, int),
        (Any, int),
        ("list[Named]", HOLDS_NAME),
    ],
    ids=repr,
)
def test_other_annotations_are_read(kinds: tuple[object, object]) -> None:
    """Siblings that somebody has given other annotations are read by these."""
    for kind in (*kinds, *kinds):
        function = from_objects(kind)
        names = names_of(Named=int)
        assert told(read_signature(function, names)) == told(_read_anew(function, names))


@pytest.mark.parametrize("written", ["Named", "list[Named]", "holder.kind", "list['Named']", HOLDS_NAME], ids=repr)
def test_a_name_that_means_something_else_by_now_is_read_anew(written: object) -> None:
    """Wherever the name stands: by itself, inside of a hint, behind a dot, in a string within."""
    holder = types.SimpleNamespace()
    for named in (int, str):
        holder.kind = named
        names = names_of(Named=named, holder=holder)
        function = from_objects(written)
        assert told(read_signature(function, names)) == told(_read_anew(function, names))


def test_a_name_that_does_not_exist_yet_is_looked_up_again() -> None:
    """What was read while it was missing holds for no sibling."""
    assert read_signature(from_objects("Later"), names_of()).unresolved
    assert read_signature(from_objects("Later"), names_of(Later=int)).result is int


def test_annotations_that_change_after_they_were_read_count_for_nobody() -> None:
    """A function whose annotations are changed is what it was, and one that is made with the new ones is another."""
    function = from_objects(int)
    read_signature(function, names_of())
    function.__annotations__["return"] = str
    later = from_objects(int)
    later.__annotations__["return"] = str
    assert told(read_signature(later, names_of())) == told(_read_anew(later, names_of()))


def renamed(function: Made) -> None:
    function.__name__ = "other"


def signed(function: Made) -> None:
    function.__signature__ = inspect.Signature(return_annotation=str)  # type: ignore[attr-defined]


def wrapped(function: Made) -> None:
    function.__wrapped__ = on_loop()  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", [renamed, signed, wrapped])
def test_what_was_changed_of_a_sibling_counts(change: Callable[[Made], None]) -> None:
    """Another name, a signature of its own, or a function that it wraps."""
    read_signature(plain(), names_of())
    function = plain()
    change(function)
    assert told(read_signature(function, names_of())) == told(_read_anew(function, names_of()))


def test_nothing_of_a_function_is_kept_for_its_siblings() -> None:
    """Its defaults go with it, and with them the nodes that they lead to."""

    class Default: ...

    default = Default()
    gone = weakref.ref(default)
    function = with_defaults(default)
    read_signature(function, names_of())
    del default, function
    gc.collect()
    assert gone() is None
