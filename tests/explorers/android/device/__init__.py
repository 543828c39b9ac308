"""A simulated Android device behind the real adb server: a phone of our own, and a player of a recorded one.

`Adbd` speaks the device's side of the adb protocol over TCP; what it serves is a `Machine`: a shell and some files.
Nothing measured with it says anything of a real phone's speed.
"""

from tests.explorers.android.device.adbd import Adbd as Adbd
from tests.explorers.android.device.machine import Failures as Failures
from tests.explorers.android.device.machine import Machine as Machine
from tests.explorers.android.device.phone import Phone as Phone
from tests.explorers.android.device.player import AlbumPlayer as AlbumPlayer
