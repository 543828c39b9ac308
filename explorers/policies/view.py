"""A screen as a policy looks at it: what can be used there and which state it is, each worked out once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from explorers.core.affordances import DEFAULT, Affordance, affordances, fields_of, submit_of
from explorers.core.safety import Scene
from explorers.policies.element_identity import with_lasting_identity
from schemas.actions import Type
from schemas.identity import StateKeys, canonical_location, state_keys
from schemas.records import Observation, is_page

_NOTHING: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType({})


class View:
    """An observation with its affordances and its state; what is `barred` is none of them.

    `renamed` are identities of elements that were seen to change their name, with what they were told by before.
    """

    def __init__(
        self,
        observation: Observation,
        barred: Callable[[Affordance], bool] = lambda _: False,
        renamed: Mapping[tuple[str, ...], tuple[str, ...]] = _NOTHING,
    ) -> None:
        self.observation = observation
        self._barred = barred
        self._renamed = renamed

    @cached_property
    def affordances(self) -> tuple[Affordance, ...]:
        """What can be used, with identities that last."""
        tree = self.observation.tree
        nameless = tree is not None and tree.kind == "uiautomator"
        usable = with_lasting_identity(affordances(self.observation), counted=nameless)
        if self._renamed:
            usable = tuple(
                replace(each, identity=self._renamed[each.identity]) if each.identity in self._renamed else each
                for each in usable
            )
        return tuple(each for each in usable if not self._barred(each))

    @cached_property
    def keys(self) -> StateKeys | None:
        """The keys of the state; None without a tree."""
        return state_keys(self.observation)

    @cached_property
    def page(self) -> str:
        """The location without what does not count."""
        return canonical_location(self.observation.location)

    @property
    def has_address(self) -> bool:
        """Whether an address tells the screen that can be opened again; an app's component can't, from outside."""
        return "://" in (self.observation.location or "")

    @property
    def is_outside(self) -> bool:
        """Whether it is no page of the site, or another app."""
        if not is_page(self.observation.content_type):
            return True
        said = self.observation.notice or ""
        return "download of" in said or "refused" in said or "left the app" in said

    def fields(self, form: int | None) -> list[Affordance]:
        """The fields of a form in their order."""
        return fields_of(self.affordances, form)

    def submit(self, form: int | None) -> Affordance | None:
        """The button that sends a form; without a form, the first that is in none."""
        return submit_of(self.affordances, form)

    def enter_sends(self, field: Affordance) -> bool:
        """Whether Enter sends a text: no new line, no other field in its form, no button, and nothing against it."""
        if field.node.has("multiline") or len(self.fields(field.form)) > 1 or self.submit(field.form) is not None:
            return False
        if Scene(self.observation).submit(field.index) is not None:
            return False
        return DEFAULT.refuses(self.observation, Type("", field.point, submit=True)) is None

    def form_key(self, affordance: Affordance) -> tuple[str, ...]:
        """What the form around an element is told by: its place in the page; empty where there is none."""
        tree = self.observation.tree
        if affordance.form is None or tree is None:
            return ()
        form = tree.nodes[affordance.form]
        number = sum(1 for node in tree.nodes[: affordance.form] if node.role == form.role)
        return (form.role, form.name, form.id or "", str(number))
