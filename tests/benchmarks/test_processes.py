import os
import subprocess
import sys

from benchmarks.processes import cpu_seconds, memory, tree

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
print(child.pid, flush=True)
input()
child.communicate(b"")
"""


def test_a_tree_holds_the_children_and_ends_with_them() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        processes = tree(parent.pid)
        assert {process.pid for process in processes} == {parent.pid, grandchild}
        assert all(process.alive for process in processes)
        held = memory(processes)
        assert 0 < held.pss <= held.rss
        assert cpu_seconds(processes) > 0
        parent.communicate(b"\n")
    assert not any(process.alive for process in processes)
    assert tree(parent.pid) == []
    assert memory(processes).pss == 0


def test_a_number_used_again_is_another_process() -> None:
    (own, *_) = [process for process in tree(os.getpid()) if process.pid == os.getpid()]
    assert own.alive
    assert not type(own)(own.pid, own.started + 1).alive
