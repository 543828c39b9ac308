"""What a person does, recorded as an episode: raw input is reduced to actions, and each is put between two looks."""

from explorers.demonstrations.recorder import Demonstrated as Demonstrated
from explorers.demonstrations.recorder import DemonstrationConfig as DemonstrationConfig
from explorers.demonstrations.recorder import record as record
from explorers.demonstrations.stage import Stage as Stage
