"""What an application calls its lists, and which columns they have: what was seen of it, wherever a task goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.pages import Page, fold


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The columns of each list of an application by its folded name; a name with several sets of columns has none."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, place: str | None) -> tuple[str, ...]:
        """The columns of a list of that name, empty where it is not known."""
        return () if place is None else self.columns.get(fold(place), ())


def vocabulary_of(pages: Iterable[Page]) -> Vocabulary:
    """What the pages tell: each with one table of several rows is the list that its first heading names."""
    seen: dict[str, set[tuple[str, ...]]] = {}
    for page in pages:
        lists = [table for table in page.tables if len(table.rows) > 1]
        if len(lists) == 1 and page.headings:
            seen.setdefault(fold(page.headings[0]), set()).add(tuple(sorted(map(fold, lists[0].columns))))
    return Vocabulary({name: sets.pop() for name, sets in sorted(seen.items()) if len(sets) == 1})
