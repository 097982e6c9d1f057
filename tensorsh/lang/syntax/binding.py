"""Which variables a statement binds."""

from __future__ import annotations

from typing import Any

from . import ast


def bound_names(statement: ast.Stmt | ast.Block) -> set[str]:
    """The session variables that running a top-level statement can bind or delete."""
    names: set[str] = set()
    work: list[Any] = [statement]
    while work:
        match work.pop():
            case ast.Assign(targets=targets):
                work.extend(targets)
            case ast.AugAssign(target=target):
                work.append(target)
            case ast.Delete(targets=targets):
                work.extend(targets)
            case ast.Declare(target=target):
                work.append(target)
            case ast.Define(name=name) | ast.Class(name=name) | ast.Name(id=name):
                names.add(name)
            case ast.TupleExpr(items=items) | ast.ListExpr(items=items):
                work.extend(items)
            case ast.Starred(value=value):
                work.append(value)
            case ast.If(then=then, otherwise=otherwise):
                work += then, otherwise
            case ast.For(target=target, body=body, otherwise=otherwise):
                work += target, body, otherwise
            case ast.While(body=body, otherwise=otherwise):
                work += body, otherwise
            case ast.With(items=items, body=body):
                work.extend(item.target for item in items)
                work.append(body)
            case ast.ImportModule(path=path, alias=alias):
                names.add(alias or path.partition(".")[0])
            case ast.ImportNames(names=imported):
                names.update(each.alias for each in imported)
            case ast.Block(body=statements):
                work.extend(statements)
            case ast.Try(body=body, handlers=handlers, otherwise=otherwise, last=last):
                work += body, otherwise, last
                for handler in handlers:
                    names.update(() if handler.name is None else (handler.name,))
                    work.append(handler.body)
            case ast.Match(cases=cases):
                for case in cases:
                    work += case.pattern, case.body
            case ast.CapturePattern(name=name):
                names.update(() if name is None else (name,))
            case ast.AsPattern(pattern=pattern, name=name):
                names.add(name)
                work.append(pattern)
            case ast.SequencePattern(items=patterns) | ast.OrPattern(choices=patterns):
                work.extend(patterns)
            case ast.MappingPattern(patterns=patterns, rest=rest):
                names.update(() if rest is None else (rest,))
                work.extend(patterns)
            case ast.ClassPattern(patterns=patterns, named=named):
                work += *patterns, *named
    return names
