"""One neutral form for Python's AST and for ours, to compare what the two languages share."""

from __future__ import annotations

import ast as py
import io
import tokenize
import unicodedata
from typing import Any

from tensorsh.lang.syntax import ast

OPERATORS = {
    getattr(py, name): sign
    for name, sign in [
        *[("Add", "+"), ("Sub", "-"), ("Mult", "*"), ("Div", "/"), ("FloorDiv", "//"), ("Mod", "%")],
        *[
            ("Pow", "**"),
            ("MatMult", "@"),
            ("BitAnd", "&"),
            ("BitOr", "|"),
            ("BitXor", "^"),
            ("LShift", "<<"),
        ],
        *[("RShift", ">>"), ("USub", "-"), ("UAdd", "+"), ("Invert", "~"), ("Not", "not"), ("And", "and")],
        *[
            ("Or", "or"),
            ("Eq", "=="),
            ("NotEq", "!="),
            ("Lt", "<"),
            ("LtE", "<="),
            ("Gt", ">"),
            ("GtE", ">="),
        ],
        *[("In", "in"), ("NotIn", "not-in"), ("Is", "is"), ("IsNot", "is-not")],
    ]
}
NOT_NUMBERS = object()


def of_python(text: str) -> Any:
    program = py.parse(text)
    opened = _behind_parentheses(text)
    for node in py.walk(program):  # a list in parentheses is no row of a literal of ours
        node.alone = isinstance(node, py.List) and (node.lineno, node.col_offset) in opened
    return _python(program.body)


def _behind_parentheses(text: str) -> set[tuple[int, int]]:
    """Where a token follows `(`: (line, offset in bytes), as Python's nodes say it."""
    found, before = set(), ""
    lines = io.StringIO(text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    for token in tokenize.generate_tokens(lines.readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            if before == "(":
                line, column = token.start
                found.add((line, len(token.line[:column].encode())))
            before = token.string
    return found


def of_tensorsh(program: ast.Program) -> Any:
    return _ours(program.body)


# ------------------------------------------------------------------ Python


def _python(node: Any) -> Any:
    match node:
        case None | str():
            return node
        case list():
            return [_python(each) for each in node]
        case py.Constant(value=value):
            return ("constant", repr(value))
        case py.Name(id=name):
            return ("name", unicodedata.normalize("NFKC", name))
        case py.List(elts=items):
            values = _numbers(node)
            return ("literal", repr(values)) if values is not NOT_NUMBERS else ("list", _python(items))
        case py.Tuple(elts=items):
            return ("tuple", _python(items))
        case py.Starred(value=value):
            return ("star", _python(value))
        case py.UnaryOp(op=op, operand=operand):
            return ("unary", OPERATORS[type(op)], _python(operand))
        case py.BinOp(left=left, op=op, right=right):
            return ("binary", OPERATORS[type(op)], _python(left), _python(right))
        case py.BoolOp(op=op, values=values):
            return ("logical", OPERATORS[type(op)], _python(values))
        case py.Compare(left=left, ops=ops, comparators=others):
            return ("compare", [OPERATORS[type(op)] for op in ops], _python([left, *others]))
        case py.IfExp(test=test, body=body, orelse=orelse):
            return ("if", _python(test), _python(body), _python(orelse))
        case py.Lambda(args=args, body=body):
            return ("lambda", _parameters(args), _python(body))
        case py.Attribute(value=value, attr=name):
            return ("attribute", _python(value), name)
        case py.Call(func=function, args=args, keywords=keywords):
            named = [(each.arg or "**", _python(each.value)) for each in keywords]
            return ("call", _python(function), _python(args), named)
        case py.Subscript(value=value, slice=index):
            return ("index", _python(value), _python(index))
        case py.Slice(lower=lower, upper=upper, step=step):
            return ("slice", _python([lower, upper, step]))
        case py.ListComp(elt=item, generators=clauses):
            return ("comprehension", "list", _python(item), _python(clauses))
        case py.Dict(keys=keys, values=values):
            return ("dict", [_python([key, value]) for key, value in zip(keys, values, strict=True)])
        case py.Set(elts=items):
            return ("set", _python(items))
        case py.SetComp(elt=item, generators=clauses):
            return ("comprehension", "set", _python(item), _python(clauses))
        case py.DictComp(key=key, value=value, generators=clauses):
            return ("comprehension", "dict", _python([key, value]), _python(clauses))
        case py.GeneratorExp(elt=item, generators=clauses):
            return ("comprehension", "generator", _python(item), _python(clauses))
        case py.comprehension(target=target, iter=iterable, ifs=conditions):
            return (_python(target), _python(iterable), _python(conditions))
        case py.JoinedStr(values=values):
            return ("fstring", _joined(values))
        case py.FormattedValue(value=value, conversion=conversion, format_spec=spec):
            how = chr(conversion) if conversion > 0 else None
            return ("replacement", _python(value), how, _python(spec) if spec else None)
        case py.Expr(value=value):
            return ("display", _python(value))
        case py.Assign(targets=targets, value=value):
            return ("assign", [_target(_python(t)) for t in targets], _python(value))
        case py.AugAssign(target=target, op=op, value=value):
            return ("augmented", _python(target), OPERATORS[type(op)], _python(value))
        case py.If(test=test, body=body, orelse=orelse):
            return ("if-block", _python(test), _python(body), _python(orelse))
        case py.For(target=target, iter=iterable, body=body, orelse=orelse):
            return ("for", _target(_python(target)), _python(iterable), _python(body), _python(orelse))
        case py.While(test=test, body=body, orelse=orelse):
            return ("while", _python(test), _python(body), _python(orelse))
        case py.With(items=items, body=body):
            pairs = [(_python(item.context_expr), _python(item.optional_vars)) for item in items]
            return ("with", pairs, _python(body))
        case py.FunctionDef(name=name, args=args, body=body):
            return ("def", name, _parameters(args), _python(body))
        case py.Return(value=value):
            return ("return", _python(value))
        case py.Delete(targets=targets):
            return ("del", _python(targets[0].elts if isinstance(targets[0], py.Tuple) else targets))
        case py.Assert(test=test, msg=message):
            return ("assert", _python(test), _python(message))
        case py.Pass() | py.Break() | py.Continue():
            return (type(node).__name__.lower(),)
        case py.Import(names=[each]):
            return ("import", each.name, each.asname)
        case py.ImportFrom(module=module, names=names, level=level):
            found = [(each.name, each.asname or each.name) for each in names if each.name != "*"]
            return ("from", module or "", level, found)
    raise NotImplementedError(py.dump(node))


def _numbers(node: py.expr) -> Any:
    """What a list of numbers evaluates to, if it is one that tensorsh reads as a literal."""
    match node:
        case py.List(elts=[]):
            return NOT_NUMBERS
        case py.List(elts=[first, *others]):
            if any(getattr(each, "alone", False) for each in node.elts):
                return NOT_NUMBERS
            values = [_numbers(first)]
            empty = [] if isinstance(first, py.List) or others else NOT_NUMBERS
            for other in others:
                is_empty = isinstance(other, py.List) and not other.elts
                values.append(empty if is_empty else _numbers(other))
            return NOT_NUMBERS if any(value is NOT_NUMBERS for value in values) else values
        case py.Constant(value=bool() | int() | float() | complex()):
            return node.value
        case py.UnaryOp(op=py.USub() | py.UAdd() as op, operand=operand):
            value = _numbers(operand)
            if value is NOT_NUMBERS or isinstance(value, list):
                return NOT_NUMBERS
            return -value if isinstance(op, py.USub) else +value
        case py.BinOp(
            op=py.Add() | py.Sub() as op, left=left, right=py.Constant(value=complex() as imaginary)
        ):
            value = _numbers(left)
            if isinstance(left, py.BinOp) or value is NOT_NUMBERS or isinstance(value, list):
                return NOT_NUMBERS
            return value + imaginary if isinstance(op, py.Add) else value - imaginary
    return NOT_NUMBERS


def _parameters(args: py.arguments) -> Any:
    made: list[Any] = []
    defaults = [None] * (len(args.args) - len(args.defaults)) + [_python(each) for each in args.defaults]
    made += [("plain", each.arg, default) for each, default in zip(args.args, defaults, strict=True)]
    if args.vararg:
        made.append(("args", args.vararg.arg, None))
    elif args.kwonlyargs:
        made.append(("bare", "", None))
    made += [
        ("plain", each.arg, _python(default))
        for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    ]
    if args.kwarg:
        made.append(("kwargs", args.kwarg.arg, None))
    return made


def _joined(values: list[Any]) -> list[Any]:
    return _merged([_python(each) for each in values])


def _merged(parts: list[Any]) -> list[Any]:
    """Neighbouring constant texts as one, empty ones left out."""
    made: list[Any] = []
    for part in parts:
        if part[0] == "constant" and made and made[-1][0] == "constant":
            made[-1] = ("constant", repr(py.literal_eval(made[-1][1]) + py.literal_eval(part[1])))
        elif part != ("constant", "''"):
            made.append(part)
    return made


def _target(form: Any) -> Any:
    """Lists of targets are tuples of them."""
    if form[0] in ("list", "tuple"):
        return ("tuple", [_target(each) for each in form[1]])
    if form[0] == "star":
        return ("star", _target(form[1]))
    return form


# ------------------------------------------------------------------ tensorsh


def _ours(node: Any) -> Any:
    match node:
        case None | str():
            return node
        case tuple() | list():
            return [_ours(each) for each in node]
        case ast.Constant(value=value):
            return ("constant", repr(value))
        case ast.Name(id=name):
            return ("name", name)
        case ast.TensorLiteral(values=values):
            return ("literal", repr(values))
        case ast.DictExpr(entries=entries):
            return ("dict", _ours(entries))
        case ast.Entry(key=key, value=value):
            return [_ours(key), _ours(value)]
        case ast.SetExpr(items=items):
            return ("set", _ours(items))
        case ast.ListExpr(items=items):
            return ("list", _ours(items))
        case ast.TupleExpr(items=items):
            return ("tuple", _ours(items))
        case ast.Starred(value=value):
            return ("star", _ours(value))
        case ast.Unary(op=op, operand=operand):
            return ("unary", op, _ours(operand))
        case ast.Binary(op=op, left=left, right=right):
            return ("binary", op, _ours(left), _ours(right))
        case ast.Logical(op=op, operands=operands):
            return ("logical", op, _ours(operands))
        case ast.Compare(operands=operands, ops=ops):
            return ("compare", list(ops), _ours(operands))
        case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
            return ("if", _ours(condition), _ours(then), _ours(otherwise))
        case ast.Lambda(parameters=parameters, body=body):
            return ("lambda", _ours(parameters), _ours(body))
        case ast.Parameter(name=name, default=default, kind=kind):
            return (kind, name, _ours(default))
        case ast.Attribute(value=value, name=name):
            return ("attribute", _ours(value), name)
        case ast.Call(function=function, arguments=arguments):
            plain = [_ours(each.value) for each in arguments if each.name is None]
            return ("call", _ours(function), plain, [(a.name, _ours(a.value)) for a in arguments if a.name])
        case ast.Subscript(value=value, items=items, trailing_comma=comma):
            index = _ours(items)
            several = len(items) > 1 or comma or isinstance(items[0], ast.Starred)
            return ("index", _ours(value), ("tuple", index) if several else index[0])
        case ast.Slice(start=start, stop=stop, step=step):
            return ("slice", _ours([start, stop, step]))
        case ast.Comprehension(kind=kind, item=item, clauses=clauses):
            return ("comprehension", kind, _ours(item), _ours(clauses))
        case ast.ForClause(target=target, iterable=iterable, conditions=conditions):
            return (_ours(target), _ours(iterable), _ours(conditions))
        case ast.FString(parts=parts):
            return ("fstring", _merged([each for part in parts for each in _part(part)]))
        case ast.Display(value=value):
            return ("display", _ours(value))
        case ast.Assign(targets=targets, value=value):
            return ("assign", _ours(targets), _ours(value))
        case ast.AugAssign(target=target, op=op, value=value):
            return ("augmented", _ours(target), op, _ours(value))
        case ast.If(condition=condition, then=then, otherwise=otherwise):
            return ("if-block", _ours(condition), _block(then), _block(otherwise))
        case ast.For(target=target, iterable=iterable, body=body, otherwise=otherwise):
            return ("for", _ours(target), _ours(iterable), _block(body), _block(otherwise))
        case ast.While(condition=condition, body=body, otherwise=otherwise):
            return ("while", _ours(condition), _block(body), _block(otherwise))
        case ast.With(items=items, body=body):
            return ("with", [(_ours(i.context), _ours(i.target)) for i in items], _block(body))
        case ast.Define(name=name, parameters=parameters, body=body):
            return ("def", name, _ours(parameters), _block(body))
        case ast.Return(value=value):
            return ("return", _ours(value))
        case ast.Delete(targets=targets):
            return ("del", _ours(targets))
        case ast.Assert(condition=condition, message=message):
            return ("assert", _ours(condition), _ours(message))
        case ast.ImportModule(path=path, alias=alias):
            return ("import", path, alias)
        case ast.ImportNames(path=path, level=level, names=names):
            return ("from", path, level, [(each.name, each.alias) for each in names])
        case ast.Pass() | ast.Break() | ast.Continue():
            return (type(node).__name__.lower(),)
    raise NotImplementedError(type(node))


def _block(block: ast.Block | None) -> Any:
    return _ours(block.body) if block else []


def _part(part: ast.Constant | ast.Replacement) -> list[Any]:
    """A piece of an f-string; the label of `{x=}` is plain text, as in Python's tree."""
    if isinstance(part, ast.Constant):
        return [_ours(part)]
    label = [("constant", repr(part.label))] if part.label is not None else []
    return [*label, ("replacement", _ours(part.value), part.conversion, _ours(part.format))]
