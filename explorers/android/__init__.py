"""Android over adb: a phone, an emulator, or what looks like one, as an environment."""

from explorers.android.config import AndroidConfig as AndroidConfig
from explorers.android.environment import AndroidEnvironment as AndroidEnvironment
