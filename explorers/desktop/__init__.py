"""Desktop applications on X11, through XTEST and the accessibility bus."""

from explorers.desktop.environment import DesktopEnvironment as DesktopEnvironment
from explorers.desktop.session import DesktopConfig as DesktopConfig
