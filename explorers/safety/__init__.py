"""Safety at action time: one policy for every platform, which sees actions and observations only."""

from explorers.safety.policy import Safety as Safety
from explorers.safety.policy import noted as noted
from explorers.safety.scene import Scene as Scene
from explorers.safety.scene import touched as touched
from explorers.safety.walls import Wall as Wall
from explorers.safety.walls import wall as wall
