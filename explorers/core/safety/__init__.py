"""Safety at action time: one policy for every platform, which sees actions and observations only."""

from explorers.core.safety.policy import Safety as Safety
from explorers.core.safety.policy import noted as noted
from explorers.core.safety.reach import acted_on as acted_on
from explorers.core.safety.scene import Scene as Scene
from explorers.core.safety.scene import touched as touched
from explorers.core.safety.walls import Wall as Wall
from explorers.core.safety.walls import signs_of_login as signs_of_login
from explorers.core.safety.walls import wall as wall
