"""Graphs: closure, order, look-up, edges, names; registered ones and their snapshots; plans and targets."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from syncra import (
    Edge,
    Graph,
    Input,
    Plan,
    Verdict,
    delete_graph,
    depends,
    get_graph,
    outcome,
    parse,
    recover,
    run,
    task,
    unchecked,
    unpack,
)
from syncra.errors import (
    ArgumentError,
    BindingError,
    CycleError,
    DependencyTypeError,
    DuplicateTaskError,
    FrozenError,
    GraphError,
    GraphNotFoundError,
    NodeNotFoundError,
    OptionError,
    SyncraError,
    ValueCheckError,
    WiringError,
)

limit = Input[int]("limit", default=10)
text = Input[str]("text")


@task
def size(words: str = depends(text)) -> int:
    return len(words)


@task
def capped(value: int = depends(size), most: int = depends(limit)) -> int:
    return min(value, most)


@task(dependencies=size, after=text)
def doubled(value: int) -> int:
    return 2 * value


graph = Graph.of(capped, doubled, name="words")


def test_a_graph_is_the_closure_in_a_stable_order() -> None:
    """Inputs first, everything after what it needs, the same order each time."""
    names = [node.name for node in graph]
    assert names == ["text", "limit", "size", "capped", "doubled"]
    assert [node.name for node in Graph.of(capped, doubled)] == names
    assert graph.tasks == (size, capped, doubled)
    assert graph.inputs == (text, limit)
    assert len(graph) == 5


def test_nodes_are_found_by_name_and_by_themselves() -> None:
    """`graph[...]` and `in` take names and nodes; what is not there is named with near names."""
    assert graph["size"] is size
    assert graph[size] is size
    assert "size" in graph
    assert size in graph
    assert "sizes" not in graph
    assert 5 not in graph
    with pytest.raises(NodeNotFoundError, match="did you mean 'size'") as raised:
        graph["sizes"]
    assert isinstance(raised.value, KeyError)
    assert str(raised.value).startswith("graph 'words' has no node 'sizes'")
    with pytest.raises(NodeNotFoundError):
        graph[Input[int]("limit")]
    with pytest.raises(NodeNotFoundError):
        graph[["unhashable"]]  # type: ignore[call-overload]  # what is tested


def test_edges_say_where_values_go_and_why_they_are_checked() -> None:
    """Every edge has source, target, parameter, verdict and reason; order-only ones have no parameter."""
    told = [(edge.source.name, edge.target.name, edge.parameter, edge.verdict) for edge in graph.edges]
    assert told == [
        ("text", "size", "words", Verdict.PROVEN),
        ("size", "capped", "value", Verdict.PROVEN),
        ("limit", "capped", "most", Verdict.PROVEN),
        ("size", "doubled", "value", Verdict.PROVEN),
        ("text", "doubled", None, Verdict.PROVEN),
    ]
    (edge,) = Graph.of(task(name="loose", dependencies=unchecked(limit))(abs_of)).edges[-1:]
    assert isinstance(edge, Edge)
    assert edge.verdict is Verdict.CHECKED
    assert edge.reason


def abs_of(value: int) -> int:
    return abs(value)


def test_nodes_are_frozen() -> None:
    """What was checked at declaration stays: no attribute of a task, an input or a view can be set or deleted."""

    @task(graph_name="frozen")
    def give() -> tuple[int, str]:
        return 1, "one"

    first, _ = unpack(give)
    for node in (give, first, parse(give, tuple[int, str]), Input("n", default=1), recover(give, None), outcome(give)):
        for name in ("name", "result_type", "settled", "new"):
            with pytest.raises(FrozenError, match=rf"a {type(node).__name__} is frozen: '{name}' can't be set"):
                setattr(node, name, None)
        with pytest.raises(FrozenError, match="'name' can't be deleted"):
            del node.name
        assert isinstance(node.name, str)


def test_graphs_plans_and_edges_are_frozen() -> None:
    """Nothing of a graph, a plan or an edge can be set or deleted."""
    plan = graph.compile()
    frozen: tuple[tuple[Any, str], ...] = (
        (graph, "name"),
        (graph, "new"),
        (plan, "targets"),
        (plan, "_program"),
        (graph.edges[0], "source"),
    )
    for value, name in frozen:
        with pytest.raises(AttributeError):
            setattr(value, name, None)
        with pytest.raises(AttributeError):
            delattr(value, name)
    with pytest.raises(TypeError):
        graph.settled[size] = None  # type: ignore[index]  # what is tested
    with pytest.raises(AttributeError):
        limit.bind(3).value = 4


@pytest.mark.parametrize("wrong", [5, None, "size", abs_of, object])
def test_graph_of_takes_nodes(wrong: Any) -> None:
    """Anything that is no node is refused, and so is nothing at all."""
    with pytest.raises(WiringError):
        Graph.of(wrong)
    with pytest.raises(WiringError):
        run(wrong)
    for view in (unchecked, unpack, lambda node: parse(node, int)):
        with pytest.raises(WiringError):
            view(wrong)
    with pytest.raises(GraphError):
        Graph.of()


@pytest.mark.parametrize("wrong", [5, "", ["x"], "a\nb"])
def test_a_graphs_name_is_a_printable_str(wrong: Any) -> None:
    """A name that could not stand in a message is refused."""
    with pytest.raises(OptionError):
        Graph.of(size, name=wrong)


def test_two_nodes_of_one_name_are_refused() -> None:
    """The error names both places; one and the same node may be needed by many."""

    @task(name="size")
    def other(value: int = depends(size)) -> int:
        return value

    with pytest.raises(DuplicateTaskError, match="two nodes called 'size'") as raised:
        Graph.of(other)
    assert raised.value.name == "size"
    assert str(raised.value).count("test_graph.py:") == 2
    with pytest.raises(DuplicateTaskError):
        Graph.of(Input[int]("a"), Input[int]("a"))


# ---------------------------------------------------------------- registered graphs


def test_get_graph_is_a_snapshot() -> None:
    """Tasks declared later are not in it; it lives on when its name is forgotten."""

    @task(graph_name="shop")
    def first() -> int:
        return 1

    before = get_graph("shop")

    @task(graph_name="shop", dependencies="first")
    def second(value: int) -> int:
        return value + 1

    assert len(before) == 1
    assert [node.name for node in get_graph("shop")] == ["first", "second"]
    delete_graph("shop")
    assert before()[first] == 1
    assert run(first) == 1
    for call in (get_graph, delete_graph):
        with pytest.raises(GraphNotFoundError):
            call("shop")


@pytest.mark.parametrize("call", [get_graph, delete_graph])
@pytest.mark.parametrize("wrong", [5, None, [], "shopp"])
def test_unknown_graphs_are_named_with_near_ones(call: Any, wrong: Any) -> None:
    """Any name that is not registered is a KeyError that suggests; also what could never be a name."""
    task(graph_name="shop")(abs_of_nothing)
    with pytest.raises(GraphNotFoundError) as raised:
        call(wrong)
    assert isinstance(raised.value, KeyError)
    assert "'shop'" in str(raised.value)


def abs_of_nothing() -> int:
    return 0


def test_a_name_may_be_declared_after_it_is_used() -> None:
    """Names in `dependencies=` are looked up when the graph is made."""

    @task(graph_name="late", dependencies="first")
    def second(value: int) -> int:
        return value + 1

    with pytest.raises(NodeNotFoundError, match="'first', which is no task of graph 'late'"):
        get_graph("late")

    @task(graph_name="late")
    def first() -> int:
        return 1

    assert get_graph("late")()[second] == 2


def test_edges_by_name_are_checked_when_the_graph_is_made() -> None:
    """A name that turns out to give a wrong type is a DependencyTypeError of the graph, all of them at once."""

    @task(graph_name="late", dependencies="first")
    def second(value: int) -> int:
        return value

    @task(graph_name="late", dependencies="first")
    def third(value: bytes) -> bytes:
        return value

    @task(graph_name="late")
    def first() -> str:
        return "1"

    with pytest.raises(DependencyTypeError) as raised:
        get_graph("late")
    assert {fault.target for fault in raised.value.faults if isinstance(fault, DependencyTypeError)} == {
        "second",
        "third",
    }


def test_cycles_are_refused_with_the_shortest_way() -> None:
    """A task that names itself, and two that name each other, are shown as `a -> b -> a`."""
    task(graph_name="self", name="a", dependencies="a")(abs_of)
    with pytest.raises(CycleError) as raised:
        get_graph("self")
    assert raised.value.path == ("a", "a")
    task(graph_name="two", name="a", dependencies="b")(abs_of)
    task(graph_name="two", name="b", dependencies="a")(abs_of)
    with pytest.raises(CycleError, match="'a' -> 'b' -> 'a'"):
        get_graph("two")


def test_another_function_of_the_same_name_is_refused() -> None:
    """Names are unique in a registered graph; the message has both places, and the first task stays."""

    @task(graph_name="shop", name="item")
    def first() -> int:
        return 1

    with pytest.raises(DuplicateTaskError) as raised:

        @task(graph_name="shop", name="item")
        def second() -> int:
            return 2

    assert str(raised.value).count("test_graph.py:") == 2
    assert get_graph("shop")()["item"] == 1


def test_a_function_written_twice_is_refused() -> None:
    """What a copy brings along is another place in one execution of the module, and not the same one again."""

    @task(graph_name="copies")
    def item() -> int:
        return 1

    with pytest.raises(DuplicateTaskError, match="already has a task 'item'"):

        @task(graph_name="copies")
        def item() -> int:
            return 2


def test_the_same_definition_executed_again_replaces_the_task() -> None:
    """A function that a factory declares each time it is called, at the same place, is one task."""

    def declare(value: int) -> None:
        @task(graph_name="again", arguments={"value": value})
        def give(value: int) -> int:
            return value

    declare(1)
    old = get_graph("again")
    declare(2)
    assert get_graph("again")()["give"] == 2
    assert old()["give"] == 1


def test_a_reloaded_module_replaces_its_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reload the graph has the new tasks, also where they have moved in the file."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = "from syncra import task\n{}@task(graph_name='reloaded')\ndef give() -> int:\n    return {}\n"
    (tmp_path / "reloaded_tasks.py").write_text(source.format("", 1))
    module = importlib.import_module("reloaded_tasks")
    assert get_graph("reloaded")()["give"] == 1
    (tmp_path / "reloaded_tasks.py").write_text(source.format("\n\n", 22))
    importlib.invalidate_caches()
    importlib.reload(module)
    assert get_graph("reloaded")()["give"] == 22
    monkeypatch.delitem(sys.modules, "reloaded_tasks")


def test_a_cell_that_is_run_again_replaces_its_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook, where a module has no file, the last definition of a name counts."""
    notebook = types.ModuleType("notebook_cells")
    monkeypatch.setitem(sys.modules, "notebook_cells", notebook)
    cell = "from syncra import task\n@task(graph_name='cells')\ndef give() -> int:\n    return {}\n"
    for number in (1, 2):
        exec(compile(cell.format(number), f"<cell {number}>", "exec"), vars(notebook))  # noqa: S102 - as notebooks do
    assert get_graph("cells")()["give"] == 2


# ---------------------------------------------------------------- inputs, bindings, views


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: Input[int]("n", default="x"), ArgumentError),  # type: ignore[arg-type]  # what is tested
        (lambda: Input[int](""), OptionError),
        (lambda: Input[int](5), OptionError),  # type: ignore[arg-type]  # what is tested
        (lambda: Input[int]("a\x00"), OptionError),
    ],
)
def test_a_wrong_input_is_refused_where_it_is_declared(make: Any, kind: type[SyncraError]) -> None:
    """A default of another type, and a name that is none, are errors at declaration."""
    with pytest.raises(kind) as raised:
        make()
    assert isinstance(raised.value, (TypeError, ValueError))


def test_all_wrong_values_are_reported_together_before_anything_runs() -> None:
    """Missing, unknown, doubled and wrong values are one error with all sentences; no task was called."""
    called: list[str] = []
    first, second, other = Input[int]("first"), Input[int]("second"), Input[int]("secand")

    @task
    def add(a: int = depends(first), b: int = depends(second)) -> int:
        called.append("add")
        return a + b

    plan = Graph.of(add, limit).compile()
    with pytest.raises(BindingError) as raised:
        plan.run(first.bind("x"), other.bind(3), limit.bind(1), limit.bind(2), 7)  # type: ignore[arg-type]  # what is tested
    assert isinstance(raised.value, ValueError)
    told = " ".join(raised.value.faults)
    assert len(raised.value.faults) == 5
    for part in ("'first' is not int", "'second' has no value", "did you mean 'second'", "bound twice", "'int'"):
        assert part in told, part
    assert not called


def test_a_bound_task_is_not_called_nor_what_only_it_needs() -> None:
    """Overriding a task checks the value's type, and what only it needs does not run."""
    called: list[str] = []

    @task
    def far() -> int:
        called.append("far")
        return 1

    @task
    def near(value: int = depends(far)) -> int:
        called.append("near")
        return value

    @task
    def last(value: int = depends(near)) -> int:
        return value + 1

    results = Graph.of(last)(near.bind(41))
    assert results[last] == 42
    assert results[near] == 41
    assert results.skipped == {far: ()}
    assert not called
    assert run(last, near.bind(1)) == 2
    with pytest.raises(BindingError, match="task 'near' is not int"):
        run(last, near.bind("x"))  # type: ignore[arg-type]  # what is tested


def test_an_input_that_only_overridden_tasks_need_may_stay_unbound() -> None:
    """Its value is not asked for."""
    assert run(capped, size.bind(3)) == 3


def test_views_convert_take_apart_and_loosen() -> None:
    """`parse` builds with pydantic, `unpack` gives typed items, `unchecked` leaves it to the run."""
    raw = Input[str]("raw", default="5")

    @task
    def pair() -> tuple[int, str]:
        return 3, "x"

    number, letter = unpack(pair)

    @task(dependencies=(number, letter, parse(raw, int)))
    def joined(times: int, item: str, more: int) -> str:
        return item * (times + more)

    @task(dependencies=unchecked(raw))
    def loose(value: int) -> int:
        return value

    assert run(joined) == "x" * 8
    assert run(pair) == (3, "x")
    with pytest.raises(ValueCheckError) as raised:
        run(loose)
    assert (raised.value.target, raised.value.parameter) == ("loose", "value")
    with pytest.raises(ValueCheckError, match="can't be parsed as int"):
        run(parse(raw, int), raw.bind("five"))
    with pytest.raises(WiringError, match="known length"):
        unpack(size)  # type: ignore[arg-type]  # what is tested
    with pytest.raises(SyncraError):
        parse(raw, 5)  # type: ignore[call-overload]  # what is tested


# ---------------------------------------------------------------- plans


def test_targets_narrow_what_runs_and_what_is_kept() -> None:
    """Only the closure of the targets runs, only they are in the results, by node or by name."""
    plan = graph.compile("doubled")
    assert isinstance(plan, Plan)
    assert [node.name for node in plan.nodes] == ["text", "size", "doubled"]
    assert plan.targets == (doubled,)
    results = plan.run(text.bind("abc"))
    assert dict(results) == {doubled: 6}
    with pytest.raises(NodeNotFoundError, match="no target"):
        results[size]
    with pytest.raises(NodeNotFoundError, match="'size' is no target"):
        results["size"]
    with pytest.raises(BindingError, match="'limit' is not in the plan"):
        plan.run(text.bind("abc"), limit.bind(3))
    with pytest.raises(BindingError, match="which has another node of that name, task 'size': bind that one"):
        plan.run(text.bind("abc"), Input[int]("size").bind(3))


def test_what_targets_are_none_of_the_graph_is_refused() -> None:
    """Unknown targets, words of `validate`, `on_error` and strategies are refused."""
    for wrong in ("dubled", Input[int]("limit"), 5, None):
        with pytest.raises(NodeNotFoundError):
            graph.compile(wrong)  # type: ignore[arg-type]  # what is tested
    wrong_words: list[Any] = ["none", None, [], True]
    for word in wrong_words:
        with pytest.raises(OptionError, match="validate"):
            graph.compile(validate=word)
        with pytest.raises(OptionError, match="on_error"):
            graph.compile().run(on_error=word)
    for strategy in ("threads", 5, object(), type("Empty", (), {})):
        with pytest.raises(OptionError, match="strategy"):
            graph.compile().run(text.bind(""), strategy=strategy)  # type: ignore[arg-type]  # what is tested


def test_validation_can_be_more_or_nothing() -> None:
    """Under "all" a producer is blamed for a wrong result, under "edges" the edge, under "off" nobody."""

    @task
    def wrong() -> int:
        return "x"  # type: ignore[return-value]  # what is tested

    @task(dependencies=unchecked(wrong))
    def taken(value: int) -> object:
        return value

    closed = Graph.of(taken)
    with pytest.raises(ValueCheckError) as blamed:
        closed.compile(validate="all").run()
    assert (blamed.value.source, blamed.value.parameter) == ("wrong", "return")
    with pytest.raises(ValueCheckError) as at_edge:
        closed.compile().run()
    assert (at_edge.value.target, at_edge.value.parameter) == ("taken", "value")
    assert closed.compile(validate="off").run()[taken] == "x"


def test_a_value_on_a_checked_edge_is_the_very_object() -> None:
    """Validation neither converts nor copies."""
    value = [1, 2]

    @task
    def give():  # type: ignore[no-untyped-def]
        return value

    @task(dependencies=give)  # type: ignore[untyped-decorator]  # a Node[Any] fits every overload
    def same(items: list[int]) -> bool:
        return items is value

    assert Graph.of(same).edges[0].verdict is Verdict.CHECKED
    assert run(same)
