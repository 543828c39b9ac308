"""The notebooks run from top to bottom on a lake, fail when a cell fails, and are committed without outputs."""

import ast
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def run(notebook: Path, *, cwd: Path, lake: Path, datasets: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run from that folder on that lake."""
    found = nbformat.read(notebook, as_version=4)
    client = NotebookClient(found, timeout=120, resources={"metadata": {"path": str(cwd)}})
    places = {"HINDTRACE_LAKE": str(lake), "HINDTRACE_DATASETS": str(datasets), "PYTHONPATH": str(ROOT)}
    client.execute(env={**os.environ, **places})
    return found


def shown(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    """What its cells show as that kind of content, in order."""
    outputs: list[Any] = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output["data"][kind] for output in outputs if kind in output.get("data", ())]


def test_there_is_a_first_look() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first_look"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs_and_with_small_functions(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    for cell in cells:
        assert (cell.outputs, cell.execution_count) == ([], None)
        functions = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.FunctionDef)]
        assert all(node.end_lineno - node.lineno < 5 for node in functions if node.end_lineno is not None)


def test_the_first_look_shows_funnel_strip_labels_and_a_row_of_each_dataset(small_lake: Path, tmp_path: Path) -> None:
    notebook = run(
        ROOT / "notebooks/first_look.ipynb",
        cwd=tmp_path,
        lake=small_lake / "lake",
        datasets=small_lake / "datasets",
    )
    text = "\n".join(shown(notebook, "text/plain"))
    for part in ("episodes that ended by", "kto / negative / labelled harmful", '"lamp"', "loop", "█"):
        assert part in text
    for name in ("trl-dpo", "trl-grpo", "trl-kto", "trl-sft", "verl-rl"):
        assert f"--- {name}\nuser: <image>" in text
    assert len(shown(notebook, "image/png")) == 1  # the strip
    assert len(shown(notebook, "image/webp")) == 5  # an image a dataset


def test_a_first_look_without_a_lake_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match=r"found no hindtrace\.json.*Run `make demo` first, or set HINDTRACE"):
        run(ROOT / "notebooks/first_look.ipynb", cwd=tmp_path, lake=tmp_path / "none", datasets=tmp_path)
