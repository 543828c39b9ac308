"""What a step left behind: something sent, another language, a lost session; what of it is put back, and how.

Words reach the languages that they are in. What a press did is the same in every language: a page that asked for no
password asks for one now, the document calls its language otherwise, a request went out that asks for more than
reading.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from urllib.parse import quote

from explorers.core.affordances import visible_point
from explorers.core.effects import NOTHING, Effects, Glimpse, Watching, may_cause
from explorers.core.experience import NOT_AGAIN, Deed, Experience, lacks_all, links_of
from explorers.core.safety import Safety, Scene, acted_on, noted, signs_of_login
from explorers.core.safety.walls import is_password_field, walls
from explorers.core.safety.words import LOGINS, SEARCHES, SIGN_UPS
from schemas.actions import Action, Select, Type
from schemas.errors import DeviceError
from schemas.identity import canonical_location
from schemas.proofs import STOPPED
from schemas.protocols import Environment
from schemas.records import Node, Observation, Outcome, Request
from schemas.redaction import MASK

_PLACES = 10_000
_ELSEWHERE = re.compile(r"refused GET [^;]* is not the site")
"""How a notice says that a page would have led to another host."""

_FIELDS = 2
"""Fields that a form may have to be one for signing in: more are asked of whoever makes an account."""


@dataclass(frozen=True, slots=True)
class Harm:
    """What a step did that outlasts the episode: by which element, and in which language the page was before."""

    deed: Deed
    by: str
    language: str | None
    before: Observation
    action: Action


class Aftermath:
    """Watches the steps of one episode; what elements did is told to the experience of the run.

    With steps that were `given`, by a task or a recording, what changes something may be pressed again: somebody asked
    for it, as often as there are tries.
    """

    def __init__(
        self, environment: Environment, safety: Safety, experience: Experience, first: Observation, *, given: bool
    ) -> None:
        self._environment = environment
        self._safety = safety
        self._experience = experience
        self._again = given or (isinstance(environment, Watching) and environment.puts_back)
        self._language = self._effects().language
        self._signs: dict[str, frozenset[str]] = {}
        self._last: tuple[Observation, Action] | None = None
        self._first = first
        self._know(first)

    def refuses(self, observation: Observation, action: Action) -> str | None:
        """Why an action must not be done again, or None if it may."""
        deed = self._experience.tells(observation, action)
        if deed is None or (deed == "changed something" and self._again):
            return None
        node = _node(observation, action)
        if node is not None and self._safety.lifts(node):
            return None
        reason = f"denied: it {deed} before"
        if deed != "changed something":
            return reason
        reason = f"needs consent: it {deed} before, and nothing says how that is put back"
        return None if self._safety.agrees(reason, observation, action) else reason

    def judge(
        self, before: Observation, action: Action, outcome: Outcome, after: Observation
    ) -> tuple[Outcome, Observation, Harm | None]:
        """The outcome of a step with what was sent in it, what was seen then, and what of it has to be put back.

        The rest of what it did is in the notice. A step of which something was stopped was refused: what it was to do
        is not done.

        Raises:
            DeviceLost: if the device is gone.
        """
        effects, language = self._effects(), self._language
        earlier = cause = self._last
        self._language = effects.language or language
        late = effects.late
        requests = effects.requests
        if may_cause(action) and outcome.result in ("ok", "timeout"):
            cause = self._last = (before, action)
        else:
            late, effects = (*late, *effects.sent), replace(effects, sent=())
            requests = None if requests is None else _earlier(requests)
        outcome = replace(outcome, requests=requests)
        if effects.stopped and outcome.result in ("ok", "timeout"):
            outcome = replace(outcome, result="refused", message=f"{STOPPED}{effects.stopped[0]}")
        if late and earlier is not None:
            self._learn(*earlier, "changed something")
        told = [f"sent earlier: {each}" for each in late]
        harm = None if cause is None else self._harm(cause, before, after, effects, language)
        if harm is not None and cause is not None:
            why = f"the session was lost by {harm.by}, and an episode begins with none"
            if harm.deed != "ended the session" or self._experience.lose(why):
                self._learn(*cause, harm.deed)
            told.append(_said(harm, effects.language))
        elif effects.sent and cause is not None:
            told += [f"sent {each}" for each in effects.sent]
            typed = earlier if earlier is not None and isinstance(earlier[1], Type) and earlier != cause else None
            if typed is not None and self._experience.follows(*typed, effects.sent[0]):
                self._learn(*typed, "changed something")
            if self._learn(*cause, "changed something") and not self._again:
                told.append(NOT_AGAIN)
        self._know(after)
        if not told:
            return outcome, after, None
        return outcome, replace(after, notice="; ".join(filter(None, (after.notice, *told)))), harm

    def put_back(self, harm: Harm, after: Observation) -> Observation | None:
        """What is seen once the episode goes on as it began; None where what was lost does not come back."""
        try:
            if harm.deed == "changed the language":
                self._choose_back(harm, after)
            seen = noted(self._environment.reset())
            effects = self._effects()
        except DeviceError:
            return None
        self._last, self._language = None, effects.language
        if harm.deed == "ended the session":
            return seen if self._experience.begins(seen) is None else None
        return seen if _primary(effects.language) == _primary(harm.language) else None

    # ---- inside

    def _effects(self) -> Effects:
        return self._environment.take_effects() if isinstance(self._environment, Watching) else NOTHING

    def _revisit(self, observation: Observation) -> Glimpse | None:
        location = observation.location or ""
        if not isinstance(self._environment, Watching) or MASK in location or quote(MASK) in location:
            return None
        return self._environment.revisit(location)

    def _start_is_shut(self) -> bool:
        """Whether the page that the episode began with is not to be had any more: another is shown there, or none."""
        location = self._first.location or ""
        if not isinstance(self._environment, Watching) or MASK in location or quote(MASK) in location:
            return False
        again = self._environment.revisit(location)
        return again is None or lacks_all(again.observation, links_of(self._first))

    def _know(self, observation: Observation) -> None:
        place = canonical_location(observation.location)
        if place in self._signs or len(self._signs) < _PLACES:
            self._signs[place] = self._signs.get(place, frozenset()) | signs_of_login(observation)

    def _harm(
        self,
        cause: tuple[Observation, Action],
        before: Observation,
        after: Observation,
        effects: Effects,
        language: str | None,
    ) -> Harm | None:
        """Whether the session is lost, or its language another, which the page before tells when it is opened anew."""
        node = _node(*cause)
        by = "a key" if node is None else f"{node.role} {node.name[:80]!r}"
        if effects.unheld:
            return Harm("ended the session", by, language, *cause)
        signs = self._signs.get(canonical_location(before.location), frozenset()) | signs_of_login(before)
        asks = bool(signs_of_login(after) - signs)
        speaks = bool(language and effects.language and _primary(language) != _primary(effects.language))
        if _strays(before, after) and self._start_is_shut():
            return Harm("ended the session", by, language, *cause)
        if not (asks or speaks):
            return None
        again = self._revisit(before)
        if again is None:
            return None
        if signs_of_login(again.observation) - signs:
            return Harm("ended the session", by, language, *cause)
        if speaks and again.language and _primary(again.language) != _primary(language):
            return Harm("changed the language", by, language, *cause)
        return None

    def _learn(self, observation: Observation, action: Action, deed: Deed) -> bool:
        """Remembers what an element did, unless its words say what that is: to sign in, to search."""
        if deed == "changed something" and _says_why(observation, action):
            return False
        self._experience.learn(observation, action, deed)
        return True

    def _choose_back(self, harm: Harm, after: Observation) -> None:
        """Chooses what was chosen before in the list that changed the language, if it is still there."""
        node = _node(harm.before, harm.action)
        if node is None or not node.value or not isinstance(harm.action, Select):
            return
        same = next((each for each in after.nodes if each.path == node.path and node.value in each.options), None)
        if same is None or after.screen is None:
            return
        point = visible_point(same, after.screen.width, after.screen.height)
        if point is not None:
            self._environment.act(Select(node.value, point))


def _earlier(requests: tuple[Request, ...]) -> tuple[Request, ...]:
    """All of them as those of something that was done before."""
    counts: Counter[str] = Counter()
    for each in requests:
        counts[each.method] += each.count
    return tuple(Request(method, count, late=True) for method, count in counts.items())


def _node(observation: Observation, action: Action) -> Node | None:
    scene = Scene(observation)
    index = acted_on(scene, action)
    return None if index is None else scene.nodes[index]


def _says_why(observation: Observation, action: Action) -> bool:
    """Whether an element says that it signs in, at a wall that asks for no more than that, or that it searches."""
    scene = Scene(observation)
    index = acted_on(scene, action)
    if index is None:
        return False
    node, form = scene.nodes[index], scene.form(index)
    around = None if form is None else scene.nodes[form].role
    if SEARCHES.is_all(node.name) or "search" in (node.role.removesuffix("box"), around):
        return True
    fields = [scene.nodes[each] for each in (scene.loose if form is None else scene.within(form))]
    editable = [field for field in fields if field.has("editable")]
    passwords = sum(map(is_password_field, fields))
    words = LOGINS.find(node.name) is not None and SIGN_UPS.find(node.name) is None
    signs_in = words and "login" in walls(observation)
    return signs_in and passwords == 1 and len(editable) <= _FIELDS


def _strays(before: Observation, after: Observation) -> bool:
    """Whether a step may have led out of what is for those who are signed in: to a page that has nothing in common.

    Or nowhere, because the site sends visitors to another host that is left alone.
    """
    if canonical_location(before.location) == canonical_location(after.location):
        return _ELSEWHERE.search(after.notice or "") is not None
    return "error page" in (after.notice or "") or lacks_all(after, links_of(before))


def _said(harm: Harm, language: str | None) -> str:
    if harm.deed == "ended the session":
        return f"logged out by {harm.by}: {NOT_AGAIN}"
    return f"the language changed from {harm.language} to {language} by {harm.by}: {NOT_AGAIN}"


def _primary(language: str | None) -> str:
    return (language or "").replace("_", "-").partition("-")[0].strip().lower()
