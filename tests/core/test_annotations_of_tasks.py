"""Annotations that are strings: of this module, of functions, of names that come later or never."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pytest

from syncra import Graph, Input, Verdict, depends, get_graph, run, task
from syncra.errors import BindingError, DependencyTypeError, ValueCheckError

if TYPE_CHECKING:
    from decimal import Decimal

T = TypeVar("T")
P = ParamSpec("P")
Text = TypeVar("Text", str, bytes)
Number = TypeVar("Number", bound=float)


@task
def makes_later() -> Later:
    return Later()


@task
def takes_later(value: Later = depends(makes_later)) -> bool:
    return isinstance(value, Later)


@task
def makes_many() -> dict[str, list[Later]]:
    return {"all": [Later()]}


@task
def takes_many(value: Mapping[str, Sequence[Later]] = depends(makes_many)) -> int:
    return len(value["all"])


class Later:
    """Defined after the tasks that name it."""


def test_names_that_come_later_are_resolved_when_the_graph_is_made() -> None:
    """An annotation that names a class below is PROVEN once the class exists."""
    (edge,) = Graph.of(takes_later).edges
    assert edge.verdict is Verdict.PROVEN
    assert run(takes_later)


def test_names_that_come_later_may_stand_inside_of_types() -> None:
    """`list[Later]` is read again as Later itself is."""
    (edge,) = Graph.of(takes_many).edges
    assert edge.verdict is Verdict.PROVEN
    assert run(takes_many) == 1


def test_missing_names_do_not_keep_the_rest_from_being_checked() -> None:
    """What is known is checked at the declaration, and local names are kept for when it is read again."""

    class Local: ...

    @task
    def give() -> Local:
        return Local()

    @task
    def take(value: Local = depends(give), others: Decimal = depends(number)) -> int:  # type: ignore[assignment]
        return int(others)

    value, _ = Graph.of(take).edges
    assert value.verdict is Verdict.PROVEN
    with pytest.raises(DependencyTypeError, match="int is not Local"):

        @task
        def wrong(value: Local = depends(number), others: Decimal = depends(give)) -> int:  # type: ignore[assignment]
            return 0


def test_names_that_come_later_are_checked_then() -> None:
    """A late name that does not fit is an error of the graph."""

    @task(dependencies=makes_later)  # type: ignore[arg-type]  # what is tested
    def wants_text(value: str) -> str:
        return value

    with pytest.raises(DependencyTypeError, match="Later"):
        Graph.of(wants_text)  # pyright: ignore[reportArgumentType]  # what is tested


def test_names_for_type_checkers_only_are_checked_as_any() -> None:
    """What is imported under TYPE_CHECKING never breaks a declaration, and the edge tells why it is CHECKED."""

    @task
    def price() -> Decimal:
        return 3  # type: ignore[return-value]  # nobody can know at run time

    @task
    def taken(value: Decimal = depends(price)) -> int:
        return int(value)

    (edge,) = Graph.of(taken).edges
    assert edge.verdict is Verdict.CHECKED
    assert "Decimal" in edge.reason
    assert run(taken) == 3


def test_local_classes_are_found_by_a_bare_decorator() -> None:
    """A class of the enclosing function is known to `@task`."""

    class Local:
        pass

    @task
    def make() -> Local:
        return Local()

    @task
    def take(value: Local = depends(make)) -> bool:
        return isinstance(value, Local)

    assert Graph.of(take).edges[0].verdict is Verdict.PROVEN
    with pytest.raises(DependencyTypeError):

        @task
        def wrong(value: Local = depends(number)) -> bool:  # type: ignore[assignment]  # what is tested
            return bool(value)


def test_local_classes_are_found_by_a_decorator_with_options() -> None:
    """So it is to `@task(...)`."""

    class Local:
        pass

    @task(name="make_it")
    def make() -> Local:
        return Local()

    @task(name="take_it", dependencies=make)
    def take(value: Local) -> bool:
        return isinstance(value, Local)

    assert Graph.of(take).edges[0].verdict is Verdict.PROVEN


@task
def number() -> int:
    return 1


def test_functions_without_annotations_are_checked_as_any() -> None:
    """A missing annotation, of the producer or of the consumer, is CHECKED and says so."""

    @task
    def give():  # type: ignore[no-untyped-def]
        return 1

    @task(dependencies=give)  # type: ignore[untyped-decorator]  # a Node[Any] fits every overload
    def typed(value: int) -> int:
        return value

    @task(dependencies=number)
    def untyped(value):  # type: ignore[no-untyped-def]
        return value

    for node in (typed, untyped):
        (edge,) = Graph.of(node).edges
        assert edge.verdict is Verdict.CHECKED
        assert edge.reason
    assert run(typed) == run(untyped) == 1


def test_generic_functions_are_solved() -> None:
    """A type variable is what the dependency gives, also through several tasks."""

    def first(items: list[T]) -> T:
        return items[0]

    @task
    def words() -> list[str]:
        return ["a", "b"]

    head = task(name="head", dependencies=words)(first)
    assert head.result_type is str

    @task(dependencies=head)
    def upper(word: str) -> str:
        return word.upper()

    assert all(edge.verdict is Verdict.PROVEN for edge in Graph.of(upper).edges)
    with pytest.raises(DependencyTypeError):

        @task(dependencies=head)  # type: ignore[arg-type]  # what is tested
        def wrong(word: int) -> int:
            return word


def test_the_type_of_an_input_may_be_a_string() -> None:
    """It is looked up where the input is written, among local names too."""

    class Local: ...

    given, many = Input["Local"]("given"), Input[dict[str, "Later"]]("many")
    assert given.result_type is Local
    assert many.result_type == dict[str, Later]
    with pytest.raises(BindingError, match="int 3 is not Local"):
        run(given, given.bind(3))  # type: ignore[arg-type]  # what is tested


def test_a_decorator_that_hides_its_function_leaves_it_unchecked() -> None:
    """`*args: P.args` says nothing of what a function takes, so what it is given is checked as Any."""

    def passing(function: Callable[P, T]) -> Callable[P, T]:
        def inner(*args: P.args, **kwargs: P.kwargs) -> T:
            return function(*args, **kwargs)

        return inner

    @task(name="doubled", dependencies=number)
    @passing
    def doubled(value: int) -> int:
        return 2 * value

    (edge,) = Graph.of(doubled).edges
    assert (edge.parameter, edge.verdict) == ("*args", Verdict.CHECKED)
    assert run(doubled) == 2


def longer(one: Text, other: Text) -> Text:
    return max(one, other, key=len)


def total(numbers: list[Number]) -> Number:
    return max(numbers)


@task
def text() -> str:
    return "a"


@task
def numerals() -> bytes:
    return b"12"


@task
def words() -> list[str]:
    return ["a"]


@task
def anything() -> Any:
    return "ten"


def test_a_variable_is_kept_within_its_limits() -> None:
    """What is beyond a bound, or is no single one of the constraints, fits no generic function either."""
    with pytest.raises(DependencyTypeError, match="str is not float"):
        task(name="total", dependencies=words)(total)  # type: ignore[arg-type]  # what is tested
    with pytest.raises(DependencyTypeError, match="Text is one of these types"):
        task(name="longer", dependencies=(text, numerals))(longer)  # type: ignore[arg-type]  # what is tested
    with pytest.raises(DependencyTypeError) as caught:
        task(name="both", dependencies=(text, words))(longer)  # type: ignore[arg-type]  # what is tested
    assert caught.value.parameter == "other"  # only the one that is to blame


def test_any_for_a_limited_variable_is_checked_against_its_limit() -> None:
    """Nobody knows whether Any is within a bound: the value is looked at, and what follows is CHECKED too."""

    def same(number: Number) -> Number:
        return number

    node: Any = task(name="same", dependencies=anything)(same)
    (edge,) = Graph.of(node).edges
    assert (edge.verdict, edge.reason.partition(";")[0]) == (Verdict.CHECKED, "Any need not be float")
    assert node.result_type is Any
    with pytest.raises(ValueCheckError, match="str 'ten' is not float"):
        run(node)


@pytest.mark.parametrize("annotation", ["1 +", "list[", "undefined.attribute", "int | 'str", "(lambda: 1/0)()", ""])
def test_no_annotation_breaks_a_declaration(annotation: str) -> None:
    """Whatever text stands there, the task is made; the edge is CHECKED."""

    def take(value):  # type: ignore[no-untyped-def]
        return value

    take.__annotations__["value"] = annotation
    node: Any = task(dependencies=number)(take)
    assert Graph.of(node).edges[0].verdict is Verdict.CHECKED
    assert run(node) == 1


def test_a_late_name_in_a_named_graph() -> None:
    """Late names of types and late names of tasks mix."""

    @task(graph_name="late types", dependencies="make")
    def take(value: Later) -> bool:
        return isinstance(value, Later)

    @task(graph_name="late types")
    def make() -> Later:
        return Later()

    assert get_graph("late types")()[take] is True


def test_a_task_without_annotations_is_shown_as_any() -> None:
    """What has no annotation is called Any, as type checkers call it."""

    @task
    def bare():  # type: ignore[no-untyped-def]  # that is the point
        return 1

    assert repr(bare) == "<Task 'bare': Any>"
    assert repr(Graph.of(bare)["bare"]) == "<Task 'bare': Any>"
