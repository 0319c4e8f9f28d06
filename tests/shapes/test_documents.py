"""Graphs as data: read from mappings and files, written back, and what is wrong in them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import document_tasks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncra import Graph, Input, Node, Retry, Verdict, function, switch, task
from syncra.errors import (
    CycleError,
    DeclarationError,
    DependencyTypeError,
    DocumentError,
    DuplicateTaskError,
    GraphError,
    WiringError,
)

TOML = """
name = "report"
targets = ["total"]

[inputs.words]
type = "list[str]"

[inputs.folder]
type = "pathlib:Path"
default = "data"

[inputs.rate]
type = "float"
default = 2

[tasks.sizes]   # a fan-out
function = "document_tasks:size"
over = "words"
max_concurrency = 2

[tasks.total]
function = "document_tasks:total"
dependencies = { words = "words", folder = "folder" }
arguments.options = { digits = 3, root = "x" }
after = ["sizes"]
timeout = 5
cost = 30
retries = { count = 2, delay = 0.5, on = ["ConnectionError", "syncra.errors:NoResultError"] }

[tasks.unneeded]
function = "document_tasks:scaled"
dependencies = { number = "rate", by = "rate" }
"""


def entry(**changes: Any) -> dict[str, Any]:
    """A small document, with changes to its one task."""
    inputs = {"word": {"type": "str"}, "count": {"type": "int", "default": 1}}
    return {
        "inputs": inputs,
        "tasks": {"t": {"function": "document_tasks:size", "dependencies": ["word"], **changes}},
    }


def refused(data: dict[str, Any]) -> DeclarationError:
    """The one fault of a document."""
    with pytest.raises(DeclarationError) as raised:
        Graph.from_data(data)
    faults = raised.value.faults or (raised.value,)
    assert len(faults) == 1, raised.value
    return faults[0]


# ---------------------------------------------------------------------- read


def test_a_toml_file_is_a_graph(tmp_path: Path) -> None:
    """Inputs, tasks, fan-outs and options are those that are written; what no target needs is not in the graph."""
    file = tmp_path / "graph.toml"
    file.write_text(TOML)
    with pytest.raises(DependencyTypeError, match=r"tasks.unneeded.dependencies.number \(line 32\)"):
        Graph.load(file)
    file.write_text(TOML.replace('number = "rate"', 'number = "count"') + '[inputs.count]\ntype = "int"\n')
    graph = Graph.load(str(file))
    assert (graph.name, [each.name for each in graph]) == ("report", ["words", "folder", "each(sizes)", "total"])
    total = graph["total"]
    assert total.policy.timeout == 5.0
    assert total.policy.cost == 30.0
    assert graph["each(sizes)"].policy.cost == 1
    assert total.policy.retry is not None
    assert total.policy.retry.count == 2
    assert [each.__name__ for each in total.policy.retry.on] == [  # type: ignore[union-attr]
        "ConnectionError",
        "NoResultError",
    ]
    assert graph(graph["words"].bind(["a", "b"]))["total"] == (6, "data")
    assert {edge.verdict for edge in graph.edges} == {Verdict.PROVEN}


def test_json_and_yaml_files_are_the_same_graph(tmp_path: Path) -> None:
    """The suffix says how a file is read."""
    yaml = pytest.importorskip("yaml")
    data = Graph.of(*document_tasks.EVERYTHING, name="all").to_data()
    for suffix, text in ((".json", json.dumps(data, indent=1)), (".yaml", yaml.safe_dump(data)), (".yml", "{}")):
        file = tmp_path / f"graph{suffix}"
        file.write_text(text)
        if suffix == ".yml":
            with pytest.raises(DocumentError, match="there is no task and no input in it"):
                Graph.load(file)
        else:
            assert Graph.load(file).to_data() == data


TYPES: dict[str, object] = {
    "int": int,
    "None": None,
    "Any": Any,
    "dict[str, list[int] | None]": dict[str, list[int] | None],
    "tuple[int, ...]": tuple[int, ...],
    "Literal['a', -1, True]": Literal["a", -1, True],
    "collections.abc:Mapping[str, pathlib:Path] | int": Mapping[str, Path] | int,
    "collections.abc:Callable[[int], str]": Callable[[int], str],
    "concurrent.futures:Future[int]": Future[int],  # which is in a private module there
}


@pytest.mark.parametrize("text", TYPES)
def test_types_are_written_as_in_annotations(text: str) -> None:
    """Builtins and names of typing as they are, others as module:Name; they are written back so."""
    graph = Graph.from_data({"inputs": {"x": {"type": text}}})
    assert graph["x"].result_type == TYPES[text]
    assert graph.to_data()["inputs"]["x"]["type"] == text


@pytest.mark.parametrize("text", ["lst[int]", "int[", "print()", "1 + 1", "'a'", "os:nothing", "[int]", "list[int].x"])
def test_what_is_no_type_is_refused(text: str) -> None:
    """Nothing in it is called."""
    assert "inputs.x.type" in str(refused({"inputs": {"x": {"type": text}}}))


def test_values_are_read_as_their_type() -> None:
    """What JSON can't say is written as a string or a table; what it can say is not converted."""
    data = entry(function="document_tasks:total", dependencies={"words": "words", "folder": "folder"})
    data["inputs"] = {"words": {"type": "list[str]", "default": ["a"]}, "folder": {"type": "pathlib:Path"}}
    data["tasks"]["t"]["arguments"] = {"options": {"digits": 3}}
    graph = Graph.from_data(data)
    assert graph(graph["folder"].bind(Path("f")))["t"] == (3, "f")
    data["tasks"]["t"]["arguments"] = {"options": {"digits": "3"}}
    fault = refused(data)
    assert fault.keys == ("tasks", "t", "arguments", "options")
    assert "this is not Options" in str(fault)
    fault = refused({"inputs": {"n": {"type": "int", "default": "3"}}})
    assert str(fault) == "the graph's data: inputs.n.default: this is not int: Input should be a valid integer"


def test_depends_defaults_do_not_count() -> None:
    """A document says all that a task needs; what it leaves out is not taken from the code."""
    fault = refused({"tasks": {"t": {"function": "document_tasks:is_many"}}})
    assert isinstance(fault, WiringError)
    assert "parameter 'words' has no dependency" in str(fault)


# ---------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("data", "keys", "said"),
    [
        (entry(function="document_tasks:siz"), ("tasks", "t", "function"), "did you mean 'size'"),
        (entry(function="no_such_module:f"), ("tasks", "t", "function"), "No module named 'no_such_module'"),
        (entry(function="size"), ("tasks", "t", "function"), "should be written as module:name"),
        (entry(function="document_tasks:rate"), ("tasks", "t"), "a task is made from a function"),
        (entry(function="pathlib:Path"), ("tasks", "t"), "'Path' is a class"),
        (entry(dependencies=["wrod"]), ("tasks", "t", "dependencies", 0), "did you mean 'word'"),
        (entry(dependencies={"word": "wrod"}), ("tasks", "t", "dependencies", "word"), "there is no 'wrod'"),
        (entry(dependencies={"word": "count"}), ("tasks", "t", "dependencies", "word"), "int is not str"),
        (entry(dependencies=["count"]), ("tasks", "t", "dependencies", 0), "int is not str"),
        (entry(dependencies="count"), ("tasks", "t", "dependencies"), "int is not str"),
        (entry(dependencies={"wrd": "word", "word": "word"}), ("tasks", "t"), "names 'wrd', which is no parameter"),
        (entry(dependencies=3), ("tasks", "t", "dependencies"), "a name, a list of names, or a table"),
        (entry(after="nothing"), ("tasks", "t", "after"), "there is no 'nothing'"),
        (entry(retries=-1), ("tasks", "t", "retries"), "a number of attempts"),
        (entry(retries={"count": 1, "on": "int"}), ("tasks", "t", "retries"), "no subclass of Exception"),
        (entry(timeout=0), ("tasks", "t", "timeout"), "greater than 0"),
        (entry(timeout="5"), ("tasks", "t", "timeout"), "valid number"),
        (entry(cost=-1), ("tasks", "t", "cost"), "greater than or equal to 0"),
        (entry(cost=float("inf")), ("tasks", "t", "cost"), "finite number"),
        (entry(cost="2"), ("tasks", "t", "cost"), "valid number"),
        (entry(tiemout=5), ("tasks", "t", "tiemout"), "nothing is known by this name"),
        (entry(over="word", dependencies=[]), None, ""),
        (entry(over="count", dependencies=[]), ("tasks", "t", "over"), "each(t) cannot go over input 'count'"),
        (entry(over=["word", "word"], dependencies=[]), ("tasks", "t"), "has 1 open parameters"),
        (entry() | {"targets": ["tt"]}, ("targets", 0), "there is no 'tt'"),
        (entry() | {"task": {}}, ("task",), "did you mean 'tasks'"),
        (entry() | {"outcome": {"word": {"node": "t"}}}, ("outcome", "word"), "inputs.word has this name too"),
        (entry() | {"choose": {"c": {"condition": "word", "then": "t", "otherwise": "t"}}}, ("choose", "c"), "bool"),
        (entry() | {"recover": {"r": {"node": "t"}}}, ("recover", "r"), "either a fallback"),
        (entry() | {"recover": {"r": {"node": "t", "value": 1, "on": "x"}}}, ("recover", "r", "on"), "has no 'x'"),
        (entry() | {"switch": {"s": {"key": "word", "cases": {}}}}, ("switch", "s"), "at least one case"),
        (entry() | {"unpack": {"u": {"node": "word", "item": 0}}}, ("unpack", "u"), "tuple of known length"),
        (entry() | {"parse": {"p": {"node": "word", "type": "x"}}}, ("parse", "p", "type"), "neither a builtin"),
        ({}, (), "there is no task and no input in it"),
    ],
)
def test_faults_say_where_they_are(data: dict[str, Any], keys: tuple[str | int, ...] | None, said: str) -> None:
    """The keys that lead to the place, as attribute and at the beginning of the sentence, and what is wrong there."""
    if keys is None:
        Graph.from_data(data)
        return
    fault = refused(data)
    assert fault.keys == keys
    assert said in str(fault)
    assert ".".join(map(str, keys)) in str(fault)


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    """Those of the form, of names and of types together; what needs something wrong is looked at too."""
    file = tmp_path / "graph.toml"
    file.write_text(
        TOML.replace('"list[str]"', '"lst[str]"')
        .replace("max_concurrency = 2", "max_concurrency = 0")
        .replace('after = ["sizes"]', 'after = ["size"]')
        .replace("digits = 3", 'digits = "3"')
    )
    with pytest.raises(DeclarationError) as raised:
        Graph.load(file)
    places = {each.keys: each.line for each in raised.value.faults}
    assert places == {
        ("tasks", "sizes", "max_concurrency"): 19,
        ("inputs", "words", "type"): 6,
        ("tasks", "total", "after", 0): 25,
        ("tasks", "total", "arguments", "options"): 24,
        ("tasks", "unneeded", "dependencies", "number"): 32,
    }
    assert str(raised.value).startswith("graph.toml has 5 faults:")


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_lines_are_found_in_other_formats_too(tmp_path: Path, suffix: str) -> None:
    """Of keys, and of items of lists."""
    data: dict[str, Any] = {"tasks": {"a b": {"function": "document_tasks:size", "dependencies": ["x", "y"]}}}
    file = tmp_path / f"graph{suffix}"
    if suffix == ".json":
        file.write_text(json.dumps(data, indent=1))
    else:
        file.write_text(pytest.importorskip("yaml").safe_dump(data))
    with pytest.raises(DeclarationError) as raised:
        Graph.load(file)
    [first, second] = raised.value.faults
    lines = file.read_text().splitlines()
    assert first.line is not None
    assert second.line is not None
    assert "x" in lines[first.line - 1]
    assert "y" in lines[second.line - 1]
    assert str(first).startswith("tasks.'a b'.dependencies.0 (line ")


def test_a_circle_is_shown() -> None:
    """As that of decorated tasks."""
    data = entry(dependencies=["s"])
    data["tasks"]["s"] = {"function": "document_tasks:size", "dependencies": ["t"]}
    with pytest.raises(CycleError, match="'t' -> 's' -> 't'"):
        Graph.from_data(data)


def test_two_tasks_of_one_name_are_refused() -> None:
    """Keys are unique in a document; names that are given beside them have to be too."""
    data = entry()
    data["tasks"]["s"] = data["tasks"]["t"] | {"name": "t"}
    with pytest.raises(DuplicateTaskError, match="two nodes called 't'"):
        Graph.from_data(data)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    """Other suffixes, broken syntax with its line, what is no table, and what is not there."""
    for name, text, said in (
        ("graph.ini", "", "from '.ini'"),
        ("graph.toml", "a = \nb = 1", "graph.toml: .*line 1"),
        ("graph.json", "{", "line 1"),
        ("graph.json", "[1]", "a graph is a table, not a list"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(DocumentError, match=said):
            Graph.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        Graph.load(tmp_path / "nothing.toml")


def test_without_a_library_for_yaml_an_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one to install, and what else can be written."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "graph.yaml").write_text("{}")
    with pytest.raises(DocumentError, match="pip install pyyaml; or write TOML or JSON"):
        Graph.load(tmp_path / "graph.yaml")


# ---------------------------------------------------------------------- written


def test_every_kind_of_node_is_written_and_read_back() -> None:
    """The graph that is read back has equal nodes, edges, types and options, and gives the same."""
    graph = Graph.of(*document_tasks.EVERYTHING, document_tasks.nested, name="all")
    data = json.loads(json.dumps(graph.to_data()))
    again = Graph.from_data(data)
    assert again.to_data() == data
    assert sorted(map(repr, again.edges)) == sorted(map(repr, graph.edges))
    assert {each.name: (each.result_type, each.policy) for each in again} == {
        each.name: (each.result_type, each.policy) for each in graph
    }
    words = document_tasks.words.bind(["one", "two"]), again["words"].bind(["one", "two"])
    first, second = (
        each.compile().run(bound, on_error="continue") for each, bound in zip((graph, again), words, strict=True)
    )
    assert {each.name: str(first.outcome(each)) for each in first} == {
        each.name: str(second.outcome(each)) for each in second
    }


def local() -> Any:
    """A function that no name leads to."""

    def inner() -> int:
        return 1

    return inner


OWN_ERROR = type("OwnError", (Exception,), {})
UNWRITABLE: dict[str, tuple[Node[Any], str]] = {
    "lambda": (task(name="t")(lambda: 1), "task 't': '<lambda>' has no name that leads to it from outside"),
    "local": (task(local()), "task 'inner': 'local.<locals>.inner' has no name that leads to it from outside"),
    "graph": (task(function(document_tasks.rated)), "test_documents:rated does not lead to this 'rated'"),
    "object": (Input("x", default=object()), "input 'x': a object can't be written"),
    "set": (Input[Any]("x", default={1, 2}), "input 'x': a set can't be written so that it is read as the same"),
    "type": (Input[Annotated[int, "meters"]]("x"), "has metadata, which can't be written"),
    "error": (task(name="t", retries=Retry(1, on=OWN_ERROR))(document_tasks.nothing), "'OwnError'"),
    "case": (switch(Input[Any]("k"), {(1, 2): document_tasks.words}), "the case .1, 2. can't be written"),
    "argument": (task(name="t", arguments={"a": object()})(document_tasks.anything), "argument 'a': a object can't"),
}


@pytest.mark.parametrize("what", UNWRITABLE)
def test_what_can_not_be_written_is_named(what: str) -> None:
    """The node, and what of it has no name or is no plain value."""
    node, said = UNWRITABLE[what]
    with pytest.raises(DocumentError, match=said):
        Graph.of(node).to_data()


def test_all_that_can_not_be_written_is_told_at_once() -> None:
    """Every such node of the graph."""
    first, second = task(name="a")(lambda: 1), task(name="b")(lambda: 1)
    with pytest.raises(DocumentError) as raised:
        Graph.of(first, second).to_data()
    assert len(raised.value.faults) == 2


def test_the_schema_describes_what_is_read() -> None:
    """One call gives it; every table and option is in it."""
    schema = Graph.json_schema()
    assert {"inputs", "tasks", "choose", "switch", "recover", "outcome", "parse", "targets"} <= schema[
        "properties"
    ].keys()
    assert schema["additionalProperties"] is False
    assert {"function", "retries", "over", "timeout"} <= schema["$defs"]["TaskEntry"]["properties"].keys()
    json.dumps(schema)


def test_only_who_uses_it_imports_it() -> None:
    """Making and running a graph imports neither pydantic nor the reading of documents."""
    code = "import sys, syncra; syncra.Graph; print([n for n in sys.modules if 'pydantic' in n or '_documents' in n])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


# ---------------------------------------------------------------------- laws


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document of numbers and lists of them, with every kind of node that fits."""
    numbers, lists, flags = ["n"], ["l"], ["f"]
    data: dict[str, Any] = {
        "inputs": {
            "n": {"type": "int", "default": draw(st.integers(-3, 3))},
            "l": {"type": "list[int]", "default": draw(st.lists(st.integers(-3, 3), max_size=3))},
            "f": {"type": "bool", "default": draw(st.booleans())},
        }
    }
    for place in range(draw(st.integers(0, 7))):
        name = f"node {place}"
        some, many, flag = (st.sampled_from(each) for each in (numbers, lists, flags))
        made: dict[str, Any] = {}
        match draw(st.sampled_from(["add", "fails", "each", "choose", "switch", "recover", "is_odd"])):
            case "add":
                table, kind = "tasks", numbers
                named = {"a": draw(some), "b": draw(some)}
                made = {
                    "function": "document_tasks:added",
                    "dependencies": draw(st.sampled_from([named, [*named.values()]])),
                }
                made |= draw(st.sampled_from([{}, {"retries": 2}, {"after": [draw(many)]}, {"arguments": {"c": 3}}]))
            case "fails":
                table, kind, made = "tasks", numbers, {"function": "document_tasks:fails", "dependencies": draw(some)}
            case "each":
                table, kind = "tasks", lists
                made = {"function": "document_tasks:added", "over": [draw(many)] * 2, "max_concurrency": 2}
            case "is_odd":
                table, kind, made = "tasks", flags, {"function": "document_tasks:is_odd", "dependencies": draw(some)}
            case "choose":
                table, kind = "choose", numbers
                made = {"condition": draw(flag), "then": draw(some), "otherwise": draw(some)}
            case "switch":
                table, kind = "switch", numbers
                cases = [{"when": True, "then": draw(some)}, {"when": False, "then": draw(some)}]
                made = {"key": draw(flag), "cases": cases}
            case _:
                table, kind = "recover", numbers
                made = {"node": draw(some), **draw(st.sampled_from([{"value": 7}, {"fallback": draw(some)}]))}
        data.setdefault(table, {})[name] = made
        kind.append(name)
    return data


@settings(max_examples=200)
@given(data=documents())
def test_a_document_that_is_written_reads_as_the_same_graph(data: dict[str, Any]) -> None:
    """Read and written again it is the same, through JSON too; and both graphs give the same."""
    graph = Graph.from_data(data)
    written = json.loads(json.dumps(graph.to_data()))
    again = Graph.from_data(written)
    assert again.to_data() == written
    assert sorted(map(repr, again.edges)) == sorted(map(repr, graph.edges))
    ends = [results_of(each) for each in (graph, again)]
    assert ends[0] == ends[1]


def results_of(graph: Graph) -> dict[str, list[str]]:
    """What the nodes of each name come to."""
    results = graph.compile().run(on_error="continue")
    found: dict[str, list[str]] = {}
    for node in graph:
        found.setdefault(node.name, []).append(str(results.outcome(node)).replace("skipped", ""))
    return {name: sorted(each) for name, each in found.items()}


WORDS = st.sampled_from(["", "n", "l", "int", "a:b", "builtins:len", "t"])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
NO_DOCUMENTS: list[Any] = [[1], 3, None, "tasks", {1: 2}, {"tasks": {1: {"function": "a:b"}}}, {"tasks": {"": {}}}]


@settings(max_examples=400)
@given(data=documents(), draw=st.data())
def test_whatever_is_written_is_read_or_refused(data: dict[str, Any], draw: st.DataObject) -> None:
    """With anything in place of some part of a document, it is a graph or a fault of the declaration."""
    holder: Any = data
    for _ in range(draw.draw(st.integers(0, 3))):
        if isinstance(holder, dict) and holder:
            inner = holder[draw.draw(st.sampled_from(sorted(holder)))]
            holder = inner if isinstance(inner, dict) else holder
    key = draw.draw(st.sampled_from([*sorted(holder), "node", "over", "on", "value"]))
    holder[key] = draw.draw(PLAIN)
    with suppress(DeclarationError, GraphError):
        Graph.from_data(data).to_data()


@pytest.mark.parametrize("data", NO_DOCUMENTS, ids=str)
def test_what_is_no_document_is_refused(data: Any) -> None:
    """Other values, and keys that are no names."""
    with pytest.raises(DeclarationError):
        Graph.from_data(data)
