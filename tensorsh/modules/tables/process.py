"""The process: arguments, logs, warnings, tests, versions. Nothing starts another one."""

from __future__ import annotations

import struct
import sys
from typing import Any

from ...errors import Unsupported
from ..exchanged import collector
from ..table import Table


def _sys(modules: Any) -> dict[str, Any]:
    from ..system import system_names

    return system_names(modules)


def _warnings(modules: Any) -> dict[str, Any]:
    from ..warning_filters import fill

    made: dict[str, Any] = {}
    fill(made, modules.host.warnings)
    return made


def _traceback(modules: Any) -> dict[str, Any]:
    from ..tracebacks import names

    return names(modules.host)


def _atexit(modules: Any) -> dict[str, Any]:
    from ..at_exit import names

    return names(modules)


def _threading(modules: Any) -> dict[str, Any]:
    from ..threads import thread_names

    return thread_names(modules.host)


def _futures(modules: Any) -> dict[str, Any]:
    from ..threads import pool_names

    return pool_names()


def _pdb(modules: Any) -> dict[str, Any]:
    from ..absent import DEBUGGER

    def refusing(name: str) -> Any:
        def function(*args: Any, **options: Any) -> Any:
            raise Unsupported(f"pdb.{name} is not there: tensorsh has no debugger", help=DEBUGGER)

        function.__name__ = function.__qualname__ = name
        function.__module__, function.__doc__ = "pdb", "Nothing: there is no debugger."
        return function

    return {name: refusing(name) for name in ("pm", "post_mortem", "run", "runcall", "runeval", "set_trace")}


def _metadata(modules: Any) -> dict[str, Any]:
    import importlib.metadata

    def version(distribution_name: str) -> str:
        """The version of what is installed under this name."""
        own = modules.host.version(distribution_name)
        return importlib.metadata.version(distribution_name) if own is None else own

    return {"version": version}


def _platform(modules: Any) -> dict[str, Any]:
    def architecture() -> tuple[str, str]:
        """How many bits an address has, and the format of programs (Python asks another process)."""
        return f"{struct.calcsize('P') * 8}bit", {"linux": "ELF", "win32": "WindowsPE"}.get(sys.platform, "")

    return {"architecture": architecture}


def _importlib(modules: Any) -> dict[str, Any]:
    def import_module(name: str, package: str | None = None) -> Any:
        """The module of this name, as `import` finds it."""
        return modules.host.import_module(str.__str__(name), package)

    return {"import_module": import_module}


TABLES = {
    "sys": Table(
        "abiflags api_version base_prefix builtin_module_names byteorder copyright exc_info exception exec_prefix "
        "flags float_info float_repr_style get_int_max_str_digits getdefaultencoding getfilesystemencodeerrors "
        "getfilesystemencoding getrefcount getsizeof getswitchinterval hash_info hexversion implementation int_info "
        "intern maxsize maxunicode platform platlibdir prefix set_int_max_str_digits stderr stdin "
        "stdlib_module_names stdout thread_info version version_info",
        made=_sys,
    ),
    "argparse": Table(
        "Action ArgumentDefaultsHelpFormatter ArgumentError ArgumentParser ArgumentTypeError BooleanOptionalAction "
        "FileType HelpFormatter MetavarTypeHelpFormatter Namespace ONE_OR_MORE OPTIONAL PARSER REMAINDER "
        "RawDescriptionHelpFormatter RawTextHelpFormatter SUPPRESS ZERO_OR_MORE",
        copied=True,
    ),
    "getopt": Table("GetoptError error getopt gnu_getopt"),
    "logging": Table(
        "BASIC_FORMAT BufferingFormatter CRITICAL DEBUG ERROR FATAL FileHandler Filter Formatter Handler INFO "
        "LogRecord Logger LoggerAdapter NOTSET NullHandler StreamHandler WARN WARNING addLevelName basicConfig "
        "captureWarnings critical debug disable error exception fatal getChild getHandlerByName getHandlerNames "
        "getLevelName getLevelNamesMapping getLogRecordFactory getLogger getLoggerClass info lastResort log "
        "makeLogRecord raiseExceptions root setLogRecordFactory setLoggerClass shutdown warn warning",
        copied=True,
    ),
    "logging.handlers": Table(
        "BaseRotatingHandler BufferingHandler MemoryHandler QueueHandler RotatingFileHandler "
        "TimedRotatingFileHandler WatchedFileHandler",
        copied=True,
    ),
    "warnings": Table(made=_warnings),
    "traceback": Table(made=_traceback),
    "atexit": Table(made=_atexit),
    "pdb": Table(made=_pdb, own=True),
    "gc": Table(
        "collect disable enable get_count get_stats get_threshold is_tracked isenabled set_threshold",
        setting=collector,
    ),
    "platform": Table(
        "machine node platform processor python_branch python_build python_compiler "
        "python_implementation python_revision python_version python_version_tuple release system uname version",
        made=_platform,
    ),
    "threading": Table(
        "BrokenBarrierError TIMEOUT_MAX ThreadError get_ident get_native_id",
        made=_threading,
    ),
    "concurrent": Table(),
    "concurrent.futures": Table(
        "ALL_COMPLETED BrokenExecutor CancelledError Executor FIRST_COMPLETED FIRST_EXCEPTION Future TimeoutError "
        "as_completed wait",
        made=_futures,
    ),
    "unittest": Table(
        "FunctionTestCase SkipTest TestCase TestLoader TestResult TestSuite TextTestResult TextTestRunner "
        "addModuleCleanup defaultTestLoader doModuleCleanups enterModuleContext expectedFailure main skip skipIf "
        "skipUnless",
        copied=True,
    ),
    "unittest.mock": Table(
        "ANY AsyncMock DEFAULT FILTER_DIR MagicMock Mock NonCallableMagicMock NonCallableMock PropertyMock call "
        "create_autospec mock_open patch seal sentinel",
        copied=True,
    ),
    "importlib": Table(made=_importlib),
    "importlib.metadata": Table("PackageNotFoundError", made=_metadata),
    "contextvars": Table("ContextVar Token"),
}
