"""Tasks that are given: what each begins with, and whether it was done, by what the interface itself says."""

from explorers.tasks.environment import TaskEnvironment as TaskEnvironment
from explorers.tasks.files import RunnableTask as RunnableTask
from explorers.tasks.files import read_tasks as read_tasks
from explorers.tasks.workspace import Ran as Ran
from explorers.tasks.workspace import Workspace as Workspace
