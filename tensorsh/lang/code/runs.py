"""Which statements of a loop's body belong together in a run that may be compiled.

A run is made of statements that only compute. Whatever looks at values, prints, branches on the way out or
defines something stands between runs. Whether a run can really be compiled is found out by tracing it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

from ...engine.records.op import registry
from ..syntax import ast

F = TypeVar("F", bound=Callable[..., Any])


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: functions that do more than compute,
HOST = words(
    "print input save load clock manual_seed batches track set_printoptions set_default_dtype "
    "set_default_device set_grad_enabled accuracy argv Generator"
)
#: names of the shell's own, which are nobody's methods
OF_THE_SHELL = words("clock batches track accuracy argv")
#: methods of lists and dictionaries that a run may call where it has made them
GROWING = words("append extend pop insert remove clear sort reverse popitem setdefault")
#: and methods, whose names a program's own functions may have
HOST_METHODS = (HOST - OF_THE_SHELL) | GROWING | words("item tolist numpy join split format")
#: names after a dot that do in a function what a trace does not see, but of an object of the program's
UNSEEN = words("print input save load seed manual_seed set_printoptions argv set_grad_enabled")
#: contexts that a trace follows
MODES = words("no_grad enable_grad set_grad_enabled")
#: methods of distributions that are no operations
OF_DISTRIBUTIONS = words("log_prob entropy sample rsample")
SIMPLE = (ast.Assign, ast.AugAssign, ast.Display, ast.Backward, ast.With, ast.For, ast.Declare, ast.Pass)
#: attributes of tensors of which a trace sees what is assigned
FIELDS = ("grad", "data")
#: a run of plain arithmetic on names must have this many operators to be tried: scalars do not pay
OPERATORS = 3


def runs(body: Iterable[ast.Stmt], inside: bool, made: Container[str] = ()) -> Iterator[list[ast.Stmt]]:
    """The statements in order, those that belong together in one list; `inside` a function.

    `made` are the names of `containers_made`."""
    run: list[ast.Stmt] = []
    for statement in body:
        if computes(statement, inside, made):
            run.append(statement)
            continue
        if run:
            yield run
        run = []
        yield [statement]
    if run:
        yield run


def containers_made(body: Iterable[ast.Node]) -> frozenset[str]:
    """The names that statements bind to lists and dictionaries which they make, and may add to."""
    found: set[str] = set()
    for node in walk(tuple(body)):
        match node:
            case ast.Assign(
                targets=targets,
                value=ast.ListExpr()
                | ast.DictExpr()
                | ast.SetExpr()
                | ast.Comprehension()
                | ast.Call(function=ast.Name(id="list" | "dict" | "set")),
            ):
                found.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(found)


def computes(statement: ast.Stmt, inside: bool, made: Container[str] = ()) -> bool:
    """Whether a statement may be part of a run."""
    return hindrance(statement, inside, made) is None


def hindrance(statement: ast.Stmt, inside: bool, made: Container[str] = ()) -> tuple[ast.Node, str] | None:
    """What keeps a statement out of runs, and why."""
    nodes = walk(statement) if isinstance(statement, SIMPLE) else [statement]
    adds_to = appended_to(statement)
    for node in nodes:
        match node:
            case ast.Call(function=ast.Attribute(value=value)) if value is adds_to and value is not None:
                continue
            case ast.If():
                return node, "each round asks which branch it takes"
            case ast.Break() | ast.Continue() | ast.Return() | ast.Raise():
                return node, "the round may end here"
            case ast.Yield() | ast.YieldFrom():
                return node, "the function gives a value here and waits"
            case ast.While() | ast.Assert() | ast.Match():
                return node, "a value is looked at"
            case ast.Define() | ast.Class() | ast.Walrus() | ast.Global() | ast.Delete():
                return node, "a name is defined or deleted"
            case ast.Import() | ast.ImportModule() | ast.ImportNames():
                return node, "something is imported"
            case ast.Graph() | ast.Explain() | ast.FString():
                return node, "text is made of values"
            case ast.Try():
                return node, "errors are caught"
            case ast.Lambda() if inside:
                return node, "in a function it may change a variable that the run does not see"
            case ast.Call(function=ast.Name(id=called)) if called in HOST:
                return node, f"`{called}` does more than compute"
            case ast.Call(function=ast.Attribute(value=ast.Name(id=name), name=called)) if (
                called in GROWING and name in made
            ):
                continue
            case ast.Call(function=ast.Attribute(name=called)) if called in HOST_METHODS:
                return node, f"`{called}` does more than compute"
    return None if isinstance(statement, SIMPLE) else (statement, "it does more than compute")


def appended_to(statement: ast.Stmt) -> ast.Name | None:
    """The name in a statement that is `NAME.append(value)` and nothing else."""
    match statement:
        case ast.Display(
            value=ast.Call(
                function=ast.Attribute(value=ast.Name() as name, name="append"),
                arguments=(ast.Argument(name=None),),
            )
        ):
            return name
    return None


def follows(body: ast.Node, followed: Container[int], instances: Container[str] = ()) -> bool:
    """Whether a trace sees all that a function with this body does, as it does in the `followed` lambdas.

    `instances` are the names by which methods call the object they belong to, or the context they are given.
    """

    entered: set[int] = set()  # ids of what is called for a context
    for node in walk(body, lambdas=False):
        match node:
            case ast.Lambda():
                if id(node) not in followed:
                    return False
            case ast.Delete(targets=targets) if any(isinstance(each, ast.Attribute) for each in targets):
                return False
            case ast.Class() | ast.Try() | ast.Global() | ast.Yield() | ast.YieldFrom():
                return False
            case ast.ImportModule() | ast.ImportNames() | ast.Import() | ast.Match():
                return False
            case ast.With(items=items):
                modes = [_mode(item.context) for item in items]
                if None in modes:
                    return False
                entered.update(map(id, modes))
            case ast.Name(id="set_grad_enabled") if id(node) not in entered:
                return False
            case ast.Attribute(value=value, name=name) if name in UNSEEN and id(node) not in entered:
                if not (isinstance(value, ast.Name) and value.id in instances):
                    return False
    return True


def is_followed(target: ast.Attribute, instances: Container[str]) -> bool:
    """Whether a trace sees in any case what is assigned to an attribute: of the object of a method, gradients."""
    return target.name in FIELDS or (isinstance(target.value, ast.Name) and target.value.id in instances)


def _mode(entered: ast.Expr) -> ast.Expr | None:
    """What is called where a grad mode is entered."""
    match entered:
        case ast.Call(function=ast.Name(id=name) | ast.Attribute(name=name) as called) if name in MODES:
            return called
    return None


def worthwhile(run: list[ast.Stmt], made: Container[str] = ()) -> bool:
    """Whether a run computes enough to be tried."""
    operators = 0
    for statement in run:
        if not computes(statement, False, made):
            return False
        for node in walk(statement):
            if isinstance(node, ast.Call | ast.Backward | ast.GradOf | ast.GradWrt):
                return True
            if isinstance(node, ast.Binary):
                if node.op == "@":
                    return True
                operators += 1
    return operators >= OPERATORS


def with_result(body: ast.Block) -> ast.Block:
    """The body of a function, in which what it returns at its end is computed before, as part of a run.

    Of `return (predicted == y).float().mean().item()` that is what is looked at.
    """
    last = body.body[-1] if body.body else None
    if not isinstance(last, ast.Return) or last.value is None:
        return body
    value = last.value
    looked: ast.Attribute | None = None
    match value:
        case ast.Call(function=ast.Attribute(name="item" | "tolist") as method, arguments=()):
            value, looked = method.value, method
    name = ast.Name(value.span, ".result")
    result = ast.Assign(last.span, (name,), value)
    if not computes(result, True) or not worthwhile([result]):
        return body
    returned: ast.Expr = name
    if looked is not None:
        looked = ast.Attribute(looked.span, name, looked.name, looked.name_span)
        returned = ast.Call(last.value.span, looked, ())
    return ast.Block(body.span, (*body.body[:-1], result, ast.Return(last.span, returned)))


#: functions that make tensors of Python's data
MAKERS = words(
    "tensor as_tensor asarray from_numpy Tensor FloatTensor DoubleTensor HalfTensor LongTensor IntTensor "
    "ShortTensor CharTensor ByteTensor BoolTensor"
)


def with_data(body: Iterable[ast.Stmt]) -> Iterator[ast.Stmt]:
    """The statements, in which tensors that are made of data for an argument are made before.

    The data may be other data each time: of `criterion(model(x), torch.tensor([y]))` all but the tensor is compiled.
    What is called before it in the statement is called before it here, too.
    """
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Display):
            number = 0
            while (called := _before_data(statement.value)) is not None:
                name = ast.Name(called.span, f".data{number}")
                yield ast.Assign(statement.span, (name,), called)
                statement = replaced(statement, called, name)
                number += 1
        yield statement


def _before_data(value: ast.Expr) -> ast.Call | None:
    """What an expression calls first, if it makes a tensor of data for something else, then or later."""
    made = [node for node in walk(value) if isinstance(node, ast.Call) and _makes(node)]
    whole: ast.Expr = value
    while isinstance(whole, ast.Call) and isinstance(whole.function, ast.Attribute):
        made = [node for node in made if node is not whole]
        whole = whole.function.value  # `torch.tensor(x).float()` is nothing but that
    first = _first_call(value)
    if not any(node is not whole for node in made) or first is value:
        return None
    return first if isinstance(first, ast.Call) else None


def _makes(call: ast.Call) -> bool:
    """Whether a call makes a tensor of data that names stand for."""
    match call.function:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(), name=name) if name in MAKERS:
            data = call.arguments[:1]
            return any(isinstance(node, ast.Name) for node in walk(tuple(each.value for each in data)))
    return False


def _first_call(node: Any) -> ast.Expr | None:
    """The call of an expression that is over first; what decides on calls, or repeats them, for all that it has."""
    match node:
        case ast.Call() if _makes(node):
            return node
        case tuple():
            parts = node
        case ast.Call() | ast.Argument() | ast.Attribute() | ast.Subscript() | ast.Binary() | ast.Unary():
            parts = tuple([getattr(node, name) for name in node.__match_args__[1:]])
        case ast.Expr():
            return node if any(isinstance(each, ast.Call | ast.Walrus) for each in walk(node)) else None
        case _:
            return None
    found = next((first for part in parts if (first := _first_call(part)) is not None), None)
    return node if found is None and isinstance(node, ast.Call) else found


def with_values(body: Iterable[ast.Stmt], inside: bool) -> Iterator[ast.Stmt]:
    """The statements of a loop, in which tensors that are kept or looked at are computed before, as part of a run.

    Of `kept.append(m.log_prob(a))` that is what is in the brackets, of `n += (p == y).sum().item()` what is before
    `.item`.
    Only operations are, so that nothing which the statement reads first can be another by then.
    """
    for statement in body:
        value = _of_tensors(statement)
        if value is not None:
            name = ast.Name(value.span, ".value")
            first = ast.Assign(statement.span, (name,), value)
            if computes(first, inside) and worthwhile([first]):
                yield first
                statement = replaced(statement, value, name)
        yield statement


def _of_tensors(statement: ast.Stmt) -> ast.Expr | None:
    """What a statement computes of tensors before it does something else with it."""
    match statement:
        case ast.Display(
            value=ast.Call(
                function=ast.Attribute(value=ast.Name() | ast.Attribute(value=ast.Name()), name="append"),
                arguments=(ast.Argument(name=None, value=value),),
            )
        ):
            found: ast.Expr | None = _looked_at(value) or value
        case ast.AugAssign(target=ast.Name(), value=value) | ast.Assign(targets=(ast.Name(),), value=value):
            found = _looked_at(value)
        case _:
            return None
    return found if found is not None and _only_operations(found) else None


def _looked_at(value: ast.Expr) -> ast.Expr | None:
    """What is asked for `.item()` in `t.item()`, `t.item() / n`, `float(t.item())`."""
    match value:
        case ast.Call(function=ast.Attribute(value=tensor, name="item"), arguments=()):
            return tensor
        case ast.Binary(left=ast.Constant(), right=operand) | ast.Binary(left=operand):
            return _looked_at(operand)
        case ast.Call(
            function=ast.Name(id="float" | "int"), arguments=(ast.Argument(name=None, value=operand),)
        ):
            return _looked_at(operand)
    return None


def _only_operations(value: ast.Expr) -> bool:
    """Whether nothing is called but operations, and what distributions have."""
    return all(
        isinstance(node.function, ast.Attribute)
        and (node.function.name in operations() or node.function.name in OF_DISTRIBUTIONS)
        for node in walk(value)
        if isinstance(node, ast.Call)
    )


@cache
def operations() -> frozenset[str]:
    """What operations are called, as functions and methods."""
    return frozenset(name.rpartition(".")[2] for name in registry.index)


def replaced(node: Any, old: ast.Node, new: ast.Node) -> Any:
    """A node with another one in the place of one inside."""
    if node is old:
        return new
    if isinstance(node, tuple):
        return tuple([replaced(each, old, new) for each in node])
    if not isinstance(node, ast.Node) or isinstance(node, ast.TensorLiteral):
        return node
    names: tuple[str, ...] = node.__match_args__
    return type(node)(*[replaced(getattr(node, name), old, new) for name in names])


def unseen(function: F) -> F:
    """Marks what compiled programs call and a trace does not see: it shows, imports, ends the statement."""
    vars(function)["unseen"] = True
    return function


def walk(node: Any, lambdas: bool = True) -> Iterator[ast.Node]:
    """A node and everything below it, but for the bodies of `lambdas` if they are not wanted."""
    work: list[Any] = [node]
    while work:
        here = work.pop()
        if isinstance(here, ast.Node):
            yield here
            if isinstance(here, ast.Lambda) and not lambdas:
                work.extend(here.parameters)
            elif not isinstance(here, ast.TensorLiteral):
                names: tuple[str, ...] = here.__match_args__
                work.extend([getattr(here, name) for name in names[1:]])
        elif isinstance(here, tuple | list):
            work.extend(here)


def read_first(run: Iterable[ast.Stmt]) -> frozenset[str]:
    """The names that a run reads before it binds them itself."""
    bound: set[str] = set()
    found: set[str] = set()

    def reads(node: Any) -> None:
        found.update(n.id for n in walk(node) if isinstance(n, ast.Name) and n.id not in bound)

    def binds(target: Any) -> None:
        match target:
            case ast.Name(id=name):
                bound.add(name)
            case ast.TupleExpr(items=items) | ast.ListExpr(items=items):
                for item in items:
                    binds(item)
            case ast.Starred(value=value):
                binds(value)
            case _:
                reads(target)

    def visit(statement: ast.Node) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                reads(value)
                for target in targets:
                    binds(target)
            case ast.AugAssign(target=target, value=value):
                reads(target)
                reads(value)
            case ast.Declare(target=target, value=value):
                reads(value)
                binds(target)
            case ast.For(target=target, iterable=iterable, body=body, otherwise=otherwise):
                reads(iterable)
                binds(target)
                visit(body)
                if otherwise is not None:
                    visit(otherwise)
            case ast.With(items=items, body=body):
                for item in items:
                    reads(item.context)
                    if item.target is not None:
                        binds(item.target)
                visit(body)
            case ast.Block(body=body):
                for each in body:
                    visit(each)
            case _:
                reads(statement)

    for statement in run:
        visit(statement)
    return frozenset(found)


def target_names(target: Any) -> frozenset[str]:
    """The names in a loop's target."""
    return frozenset(node.id for node in walk(target) if isinstance(node, ast.Name))


def written_items(block: ast.Block) -> frozenset[str]:
    """The items with a fixed key that statements assign to, as they are written: `state['step']`."""
    targets: list[ast.Expr] = []
    for node in walk(block):
        if isinstance(node, ast.Assign):
            targets.extend(node.targets)
        elif isinstance(node, ast.AugAssign):
            targets.append(node.target)
    return frozenset(item_name(target) for target in targets if isinstance(target, ast.Subscript))


def item_name(node: ast.Expr) -> str:
    """`state['step']`; "" if a part of it is no name and no fixed key."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=value, items=(ast.Constant(value=str() | int() as key),)):
            holder = item_name(value)
            return holder and f"{holder}[{key!r}]"
    return ""
