"""What watches a browser's traffic while one site is explored: the governor inside it, and what it asks."""

from explorers.web.governor import Governor
from explorers.web.names import Names
from explorers.web.network import SiteRules
from explorers.web.robots import Robots, fetcher


class Guard:
    """The governor of a browser with the robots and the names that it shares with the proxies; the caller closes it.

    Without `manners`, robots.txt is not asked for and pages follow each other as they are opened: a person opens them.

    Raises:
        DeviceUnavailable: if the browser does not let itself be governed.
    """

    def __init__(self, url: str, rules: SiteRules, *, manners: bool = True) -> None:
        self.rules = rules
        self.names = Names()
        self._robots = Robots(fetcher(rules, self.names))
        try:
            if manners:
                self.governor = Governor(url, rules, robots=self._robots)
            else:
                self.governor = Governor(url, rules, interval=0.0)
        except BaseException:
            self._robots.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether requests are still looked at."""
        return self.governor.alive

    def close(self) -> None:
        """Lets the browser go; may be called twice."""
        self.governor.close()
        self._robots.close()
