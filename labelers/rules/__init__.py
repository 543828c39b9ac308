"""The rules backend: reverse task synthesis, step verdicts and a trajectory score that need no model.

Honest about it: short, true, plain tasks, and silence where a rule can't tell.
"""

from labelers.rules.rules import RulesBackend as RulesBackend
from labelers.rules.rules import low_level as low_level
