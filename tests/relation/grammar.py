"""A grammar of types: expressions over the labelled environment, and pairs that often nearly fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

PLAIN = """
int str float bool bytes complex None object bytearray memoryview range slice A B C Unrel M1 M12 Fin
Abst Impl Slotted MyInt MyStr MyFloat ListOfInt MyTuple DuckIter DuckLen NomIter MyMap Hasher NoHash
Caller CallerAny Awaiter MyPathLike CM IntBox IntSrc DPoint DPoint3 DLook DFrozen DGenInt PDPoint
PUser PAdmin PLook PGenInt PRoot BaseModel TDMovie TDMovieExtra TDMovieSub TDName TDMovieNT
TDMovieNR TDMovieReq TDMovieBadYear TDMovieBool TDRO TDROObj TDRONR TDInts TDEmpty NTPoint NTSub
NTOther NTMix PClose PCloseR PHasX PHasXRO PHasXROObj PHasName PMeth PMethStr PMethObj PCallIS
PCallPos PCallKw PCopy PCloseable2 PEmpty PFoo PClassM PClsVar PIterInt ImplClose ImplCloseBad
ImplCloseOpt ImplCloseRet ImplCloseFlush ImplX ImplXStr ImplXProp ImplCopy ImplCopySelf ImplCopyBad
ImplFoo ImplFooWide ImplFooNarrow ImplFooNoDef ImplFooVar ImplMake ImplKind Color Shape IColor
SColor StrMix Perm IPerm EmptyEnum Enum IntEnum StrEnum Flag IntFlag UserId AdminId OrderId Name
IntListNT ANT NTTuple IntListA IntOrStr Json JsonRO NestInt NestInt2 NestStr SeqNest Tree TreeP
FHasLater FImplLater FImplSub FImplWrong FHasAttr FAttr FAttrWrong FLater FLaterSub FIntNode FTD
FTDSame FTDWrong FNT FModel FAbs FCloneP FCloner FClonerSelf FClonerBad FGetInt Sized Hashable
SupportsInt SupportsFloat SupportsIndex Decimal Fraction datetime date time timedelta timezone UUID
Path PurePath PosixPath PurePosixPath io.StringIO io.BytesIO io.IOBase io.TextIOBase io.RawIOBase
io.BufferedIOBase io.TextIOWrapper TextIO BinaryIO Exception ValueError KeyError BaseException
logging.Logger logging.Handler abc.ABCMeta type types.FunctionType types.ModuleType
types.SimpleNamespace ipaddress.IPv4Address ipaddress.IPv6Address np.float64 np.float32 np.int64
np.int32 np.bool_ np.generic np.number[Any] np.floating[Any] np.integer[Any] F8 F4 I8 F8_1D F8_2D
npt.NDArray[Any] array.array[int] asyncio.AbstractEventLoop asyncio.Lock contextlib.ExitStack
csv.DictReader[str] enum.auto functools.cached_property[int] ipaddress.IPv4Network
itertools.chain[int] itertools.count[int] numbers.Number numbers.Integral os.DirEntry[str]
os.stat_result logging.LogRecord random.Random socket.socket subprocess.Popen[str]
subprocess.CompletedProcess[str] tempfile.TemporaryDirectory[str] threading.Thread threading.Event
types.TracebackType types.MappingProxyType[str,int] types.MethodType
types.GeneratorType[int,None,None] types.CoroutineType[Any,Any,int] weakref.ref[A] zipfile.ZipFile
property staticmethod[...,int] classmethod[Any,...,int] zip[tuple[int,str]] map[int] filter[int]
reversed[int] super memoryview[int] BaseExceptionGroup[ValueError] ExceptionGroup[ValueError]
OSError TimeoutError StopIteration KeyboardInterrupt np.uint8 np.complex128 np.str_ np.datetime64
np.dtype[np.float64] np.dtype[np.generic] npt.ArrayLike npt.DTypeLike pd.Index pd.Timedelta
pd.Categorical pl.DataType pl.Expr pl.Int64 Tensor[int,str] Tensor[int] Tensor[()] Hook[[int],str]
Hook[[int,str],str] Hook[[],int] Hook[...,str] Callable[Concatenate[int,...],str]
tuple[int,*tuple[str,...]] tuple[*tuple[int,...],str] tuple[int,*tuple[str,str]] "list[int]"
Annotated[int,Gt(0)] Annotated[int,Gt(5)] Annotated[str,MinLen(1)] GtZero PosInt PositiveInt
StrictInt pd.DataFrame pd.Timestamp pl.DataFrame pl.LazyFrame pl.Series SecretStr AnyUrl HttpUrl
Never Any Literal[1] Literal[2] Literal[0] Literal[True] Literal["a"] Literal["b"] Literal[b"x"]
Literal[1,2] Literal["a","b"] Literal[Color.RED] Literal[Color.GREEN] Literal[Color.RED,Color.GREEN]
Literal[IColor.R] Literal[SColor.R] Callable[...,Any] Callable[[],None] type[Any] tuple[()]
asyncio.Event Type[A] Type[B] type[A] type[B] type[int] type[float] type[Color] type[ImplClose]
type[DPoint] type[PUser] type[NTPoint]
""".split()

ONE = """
list set frozenset deque Sequence Iterable Iterator Collection Container Reversible MutableSequence
Set MutableSet KeysView ValuesView Awaitable AsyncIterable AsyncIterator Box Src Sink SubBox ListBox
SubSrc StrKeyed Both DGen DGenF PGen PGenSub PGenCo TDGen NTGen PGet PPut PGetPut LinkP Link FNode
FProd FGetBox ListOf PairOf type Optional StrDict MySeq Counter asyncio.Future asyncio.Task
asyncio.Queue Future enumerate List FrozenSet queue.Queue contextlib.AbstractContextManager
functools.partial
""".split()
TWO = """
dict Mapping MutableMapping PairG Swapped MapOf OrderedDict defaultdict ChainMap ItemsView Dict
AsyncGenerator
""".split()
STRINGS = """
os.PathLike[str] os.PathLike[bytes] re.Pattern[str] re.Pattern[bytes] re.Match[str] IO[str]
IO[bytes]
""".split()

NEAR = {
    "int": ["float", "bool", "int | None", "object", "MyInt", "UserId", "Literal[1]", "complex", "int | str"],
    "float": ["int", "complex", "int | float", "float | None", "object"],
    "bool": ["int", "float", "Literal[True]", "Literal[True, False]", "object"],
    "str": [
        "object",
        "Sequence[str]",
        "Name",
        "MyStr",
        'Literal["a"]',
        "str | None",
        "Iterable[str]",
        "Hashable",
    ],
    "A": ["B", "C", "object", "PMeth", "A | None", "ANT", "Unrel"],
    "B": ["A", "C", "object", "PMethObj"],
    "list": [
        "Sequence",
        "Iterable",
        "Collection",
        "MutableSequence",
        "List",
        "Container",
        "set",
        "Reversible",
    ],
    "set": ["Set", "MutableSet", "frozenset", "Collection", "Iterable"],
    "frozenset": ["Set", "Collection", "set"],
    "Sequence": ["Iterable", "Collection", "list", "Reversible", "MutableSequence"],
    "Iterator": ["Iterable", "Sequence"],
    "dict": ["Mapping", "MutableMapping", "Dict", "OrderedDict", "defaultdict"],
    "Mapping": ["dict", "MutableMapping"],
    "Box": ["PGet", "PGetPut", "SubBox", "PPut"],
    "SubBox": ["Box", "PGet"],
    "Src": ["PGet", "SubSrc", "Both"],
    "SubSrc": ["Src", "PGet"],
    "Sink": ["PPut"],
    "DGen": ["DGenF", "PHasX"],
    "Link": ["LinkP"],
    "FNode": ["FNode"],
    "PGenSub": ["PGen"],
    "Optional": ["Optional"],
}


@dataclass(frozen=True)
class Tree:
    """A type as a form with parts: `list` of one part, `tuple` of several, or a leaf without any."""

    form: str
    parts: tuple[Tree, ...] = ()

    def __str__(self) -> str:  # noqa: C901  a case a form
        shown = list(map(str, self.parts))
        match self.form:
            case "|":
                return f"Union[{', '.join(shown)}]"
            case "tuple":
                return f"tuple[{', '.join(shown)}]"
            case "tuple...":
                return f"tuple[{shown[0]}, ...]"
            case "tuple*":
                return f"tuple[{shown[0]}, Unpack[tuple[{shown[1]}, ...]]]"
            case "Callable":
                return f"Callable[[{', '.join(shown[1:])}], {shown[0]}]"
            case "Generator":
                return f"Generator[{', '.join(shown)}]"
            case "Coroutine":
                return f"Coroutine[Any, Any, {shown[0]}]"
            case "Annotated":
                return f'Annotated[{shown[0]}, Meta("m")]'
            case _:
                return f"{self.form}[{', '.join(shown)}]" if shown else self.form


def draw_pairs(random: Random, count: int, nested: float) -> list[tuple[str, str]]:
    """Pairs of expressions: flat ones of all kinds, and nested ones whose target is a changed source."""
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        if random.random() < nested:
            source = draw_tree(random, random.choice((1, 2, 2, 3)))
            target = change(random, source)
            if random.random() < 0.3:
                target = change(random, target)
        else:
            source, target = (
                draw_tree(random, random.choice((0, 0, 1))),
                draw_tree(random, random.choice((0, 0, 1))),
            )
        pair = (str(source), str(target)) if random.random() < 0.85 else (str(target), str(source))
        pairs.append(pair)
    return pairs


COMMON = [
    Tree(each) for each in "int str float bool bytes None object A B C Unrel DPoint PUser Color UserId Any".split()
]
LEAVES = [Tree(each) for each in PLAIN + STRINGS]


WANTED = [Tree(each) for each in "T T T K TA TB TIS TNum TSeq AnyStr".split()]
GIVEN = [Tree(each) for each in "S SA SIS".split()]


def draw_generic_pairs(random: Random, count: int) -> list[tuple[str, str]]:
    """Pairs whose target is the parameter of a generic function: a source with variables in some places."""
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        source = draw_tree(random, random.choice((0, 1, 1, 2)))
        target = _with_variables(random, source if random.random() < 0.5 else change(random, source), WANTED)
        if random.random() < 0.2:
            source = _with_variables(random, source, GIVEN)
        pairs.append((str(source), str(target)))
    return pairs


def _with_variables(random: Random, tree: Tree, variables: list[Tree]) -> Tree:
    if random.random() < (0.3 if tree.parts else 0.8):
        return random.choice(variables)
    return Tree(tree.form, tuple(_with_variables(random, each, variables) for each in tree.parts))


def draw_tree(random: Random, depth: int) -> Tree:
    """A type of at most this depth."""
    if depth == 0 or random.random() < 0.1:
        return random.choice(COMMON if random.random() < 0.4 else LEAVES)

    def part() -> Tree:
        return draw_tree(random, depth - 1)

    makers: list[tuple[int, Callable[[], Tree]]] = [
        (10, lambda: Tree(random.choice(ONE), (part(),))),
        (4, lambda: Tree(random.choice(TWO), (random.choice(COMMON[:4]), part()))),
        (5, lambda: Tree("|", tuple(part() for _ in range(random.choice((2, 2, 3)))))),
        (3, lambda: Tree("tuple", tuple(part() for _ in range(random.choice((1, 2, 3)))))),
        (2, lambda: Tree("tuple...", (part(),))),
        (1, lambda: Tree("tuple*", (part(), part()))),
        (4, lambda: Tree("Callable", tuple(part() for _ in range(random.choice((1, 2, 3)))))),
        (1, lambda: Tree("Generator", (part(), part(), part()))),
        (1, lambda: Tree("Coroutine", (part(),))),
        (1, lambda: Tree("Annotated", (part(),))),
    ]
    return random.choices([make for _, make in makers], [weight for weight, _ in makers])[0]()


def change(random: Random, tree: Tree) -> Tree:
    """A type near this one: one place of it widened, narrowed or replaced."""
    if tree.parts and random.random() < 0.7:
        place = random.randrange(len(tree.parts))
        parts = (*tree.parts[:place], change(random, tree.parts[place]), *tree.parts[place + 1 :])
        return Tree(_near_form(random, tree.form) if random.random() < 0.4 else tree.form, parts)
    roll = random.random()
    if roll < 0.15:
        return tree
    if roll < 0.3:
        return Tree("|", (tree, draw_tree(random, 0)))
    if tree.form == "|" and roll < 0.5:
        return tree.parts[0]
    if tree.parts and roll < 0.8:
        return Tree(_near_form(random, tree.form), tree.parts)
    if tree.form in NEAR and roll < 0.9:
        return Tree(random.choice(NEAR[tree.form]))
    return draw_tree(random, random.choice((0, 0, 1)))


def _near_form(random: Random, form: str) -> str:
    if form == "tuple":
        return "tuple"
    if form == "tuple...":
        return random.choice(("tuple...", "Sequence", "Iterable", "Collection"))
    if form == "Coroutine":
        return random.choice(("Coroutine", "Awaitable"))
    return random.choice(NEAR.get(form, [form]))
