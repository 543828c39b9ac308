from types import SimpleNamespace

import pyarrow as pa

from pipelines.curate.choosing import _templates
from pipelines.prove.composing import COMPOSED


def test_composed_tasks_have_no_template_in_common() -> None:
    tasks = pa.table({"task_id": ["a", "b", "c"], "template": [COMPOSED, "search", None]})
    work = SimpleNamespace(snapshot=SimpleNamespace(read=lambda *_, **__: tasks))
    named = _templates(work, pa.table({"task_id": ["a"]}))  # type: ignore[arg-type]
    assert named.get("a") is None
    assert named.get("b") == "search"
    assert named.get("c") is None
