"""The cut of the package: imports go one way, only the command line prints, torch stays where training is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import scenefit

ROOT = Path(scenefit.__file__).parent
STAGES = [
    "data",
    "features",
    "model",
    "training",
    "catalog",
    "recommend",
    "scoring",
    "evaluation",
    "compare",
    "bench",
    "pages",
    "demo",
    "client",
    "service",
    "cli",
]
GROUND = ["errors", "types", "results", "config", "artifacts"]
HEAVY = {"torch", "transformers", "onnx", "onnxscript", "safetensors", "huggingface_hub"}
MAY_BE_HEAVY = {
    "features/export.py",
    *(
        f"model/{name}.py"
        for name in ("heads", "attention", "network", "category_map", "contrast", "neighbours", "influence", "joined")
    ),
    *("bench/closed_form.py", "bench/epoch.py"),
}
HEAVY_STAGES = ("training", "compare")
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def _part(file: str) -> str:
    """Name the stage or ground module that a file belongs to."""
    return file.split("/", maxsplit=1)[0].removesuffix(".py")


LIGHT = [file for file in FILES if _part(file) not in HEAVY_STAGES and file not in MAY_BE_HEAVY]


def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text("utf-8"), file)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _own_parts(file: str) -> set[str]:
    """Name the parts of scenefit that a file imports anywhere in it."""
    names = {name for name in _imports(_tree(file)) if name.startswith("scenefit")} - {"scenefit"}
    parts = {name.split(".")[1] for name in names} - {"__version__"}
    assert parts <= {*STAGES, *GROUND}, "inside the package a name is imported from its own module"
    return parts


def _top_level(tree: ast.Module) -> ast.Module:
    """Leave out what runs only when it is called or for a type checker."""

    class Bare(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        def visit_If(self, node: ast.If) -> ast.If | None:
            return None if "TYPE_CHECKING" in ast.unparse(node.test) else node

    bare: ast.Module = Bare().visit(tree)
    return bare


def test_every_file_belongs_to_a_part() -> None:
    assert {_part(file) for file in FILES} == {*STAGES, *GROUND, "__init__", "__main__"}


@pytest.mark.parametrize("file", [file for file in FILES if _part(file) in STAGES])
def test_a_stage_imports_only_itself_and_stages_before_it(file: str) -> None:
    before = STAGES[: STAGES.index(_part(file)) + 1]
    assert _own_parts(file) <= {*before, *GROUND}


def test_the_ground_imports_no_stage() -> None:
    for name in GROUND:
        assert _own_parts(f"{name}.py") <= {*GROUND} - {name}
    assert _own_parts("errors.py") == set()


def test_the_walk_sees_imports_of_every_form() -> None:
    forms = "import scenefit.cli\nfrom scenefit import data\ndef f():\n    from scenefit.model.heads import g\n"
    parts = {name.split(".")[1] for name in _imports(ast.parse(forms)) if name.startswith("scenefit.")}
    assert parts == {"cli", "data", "model"}


@pytest.mark.parametrize("file", LIGHT)
def test_what_needs_the_training_extra_is_not_imported_with_the_module(file: str) -> None:
    assert not {name.split(".")[0] for name in _imports(_top_level(_tree(file)))} & HEAVY


def test_recommending_and_the_command_line_load_nothing_of_the_training_extra() -> None:
    program = "import sys, scenefit.cli, scenefit.recommend, scenefit.evaluation.evaluate; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "scenefit.recommend" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("file", [file for file in FILES if _part(file) not in ("cli", "__main__")])
def test_only_the_command_line_prints(file: str) -> None:
    tree = _tree(file)
    assert not {name.split(".")[0] for name in _imports(tree)} & {"typer", "rich", "click"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("print", "input", "pprint")
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("sys.stdout", "sys.stderr", "sys.exit")
