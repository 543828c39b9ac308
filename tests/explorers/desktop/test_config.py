import pytest

from explorers.desktop.config import refuse_other_systems
from schemas.errors import ConfigurationError


@pytest.mark.parametrize(("platform", "named"), [("win32", "UI Automation"), ("darwin", "AX"), ("aix", "aix")])
def test_other_systems_are_refused_by_name(platform: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        refuse_other_systems(platform)
