import sys

import pytest

from benchmarks.loops.worker import Worker, WorkerError

LOOP = """
from benchmarks.loops.worker import serve

class Loop:
    clicks = 0
    def open(self, address): print("noise of a library", address); self.clicks = 0
    def step(self): self.clicks += 1
    def title(self): return f"Clicks {self.clicks}" if self.clicks < 5 else "Gone"
    def describe(self): raise RuntimeError("nothing was seen")
    def close(self): pass

serve(Loop())
"""


def test_a_worker_times_each_step_and_reads_the_count_from_the_title() -> None:
    worker = Worker([sys.executable, "-c", LOOP])
    worker.open("http://127.0.0.1/")
    assert len(worker.steps(3)) == 3
    assert worker.clicks() == 3
    worker.steps(2)
    with pytest.raises(WorkerError, match="found 'Gone'"):
        worker.clicks()
    with pytest.raises(WorkerError, match=r"(?s)describe got no answer.*nothing was seen"):
        worker.describe()
    worker.close()
