"""Desktop applications by a display system (X11 is one) and the accessibility bus."""

from explorers.desktop.config import DesktopConfig as DesktopConfig
from explorers.desktop.environment import DesktopEnvironment as DesktopEnvironment
