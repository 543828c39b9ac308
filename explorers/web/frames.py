"""A frame of a tab, read and asked through a world of our own in its document."""

from contextlib import suppress
from typing import Any

from explorers.web.devtools import CallFailed, Closed, Devtools, DevtoolsError, value_of
from explorers.web.extraction import Map, install_expression

WORLD = "hindtrace"
GROUP = "hindtrace"
"""What objects that are soon released are called."""

REPLACED = "the document went away while it was drawn"
"""How a look says that another document came meanwhile."""

_UPPERMOST = ("document", "window")

_TRANSIENT = (
    REPLACED,
    "context was destroyed",
    "Cannot find context",
    "Inspected target navigated or closed",
    "No frame for given id",
    "No frame with given id",
    "Unable to capture screenshot",
    "Frame was detached",
    "hindtrace is not defined",
    "Argument should belong",
    "Could not find object with given id",
    "Could not find node",
    "No node with given id",
    "Node with given id",
    "Not attached to an active page",
)


def is_transient(error: DevtoolsError) -> bool:
    """Whether the page was only between two documents: worth another try."""
    return any(part in str(error) for part in _TRANSIENT)


class WebFrame:
    """The main frame of a tab, or one inside it; frames of its own origin are read from it as well.

    `session` is that of the tab, or of its own where the frame lives in a process of its own; `parent` is None for
    the main frame. `hidden` is a CSS selector list of what is not to be seen, that of the parent where there is one.
    `document` is its document as an object of the page's own world, once it was asked for; `asked`
    is the node of which it was asked just now what it listens for.
    `listening` are the nodes of which our world knows that they listen, by their ids, with how many listeners each has;
    None where there are too many.
    """

    def __init__(
        self, devtools: Devtools, session: str, frame: str, parent: "WebFrame | None" = None, *, hidden: str = ""
    ) -> None:
        self.session = session
        self.id = frame
        self.parent = parent
        self.hidden: str = hidden if parent is None else parent.hidden
        self.devtools = devtools
        self.document: str | None = None
        self.asked: int | None = None
        self.listening: dict[int, int] | None = {}
        self._world: int | None = None
        self._making: int | None = None
        self._meeting: tuple[int, ...] = ()
        self._installing: int | None = None

    def forget(self) -> None:
        """Has the world made anew: the document is another one."""
        for call in (self._making, self._installing, *self._meeting):
            if call is not None:
                self.devtools.drop(call)
        self._world = self.document = self.asked = self._making = self._installing = None
        self._meeting = ()
        self.listening = {}

    def prepare(self) -> None:
        """Asks for the world of a document, and for what `meet` gives, before they are needed; does not wait."""
        with suppress(Closed):
            if self._world is None and self._making is None:
                self._making = self._kept("Page.createIsolatedWorld", {"frameId": self.id, "worldName": WORLD})
            if self.leads and self.document is None and not self._meeting:
                # Both words can't be given another meaning by a page.
                kept = self._kept("Runtime.evaluate", {"expression": "document"})
                group = {"objectGroup": GROUP}
                grouped = (self._kept("Runtime.evaluate", {"expression": each, **group}) for each in _UPPERMOST)
                self._meeting = (kept, *grouped)

    def meet(self) -> list[str] | None:
        """The document in the page's own world, once to keep and once in the group `GROUP`, and its window there.

        None for a frame that is not the uppermost one of its session.

        Raises:
            CallFailed: if the document went away.
        """
        if not self.leads:
            return None
        self.prepare()
        meeting, self._meeting = self._meeting, ()
        try:
            return [str(answer["result"]["objectId"]) for answer in self.devtools.wait(*meeting)]
        except CallFailed as error:
            if is_transient(error):
                self.forget()
            raise

    def move(self, session: str) -> None:
        """Goes on in another session: the frame changed its process."""
        self.session = session
        self.forget()

    @property
    def leads(self) -> bool:
        """Whether it is the uppermost frame of its session, whose own world is what the session evaluates in."""
        return self.parent is None or self.parent.session != self.session

    def world(self) -> int:
        """The execution context of our world, prepared.

        Raises:
            CallFailed: if there is no document now; `is_transient` tells whether to try again.
        """
        if self._world is None:
            self.prepare()
            making, self._making = self._making, None
            if making is None:
                raise Closed("the tab crashed or closed")
            context = int(self.devtools.wait(making)[0]["executionContextId"])
            self._installing = self._evaluate(install_expression(self.hidden), context)
            self.devtools.keep(self._installing)
            self._world = context
        return self._world

    def check(self) -> None:
        """Waits until our world is prepared, where that was not waited for.

        Raises:
            CallFailed: if it can't be.
        """
        installing, self._installing = self._installing, None
        if installing is not None:
            try:
                value_of(self.devtools.wait(installing)[0])
            except CallFailed:
                self.forget()
                raise

    def post(self, expression: str) -> int:
        """Sends an expression to be evaluated in our world; fetch its value with `value`."""
        return self._evaluate(expression, self.world())

    def value(self, call: int) -> Any:
        """The value of a posted expression.

        Raises:
            CallFailed: if the script failed or the document went away.
        """
        try:
            self.check()
            return value_of(self.devtools.wait(call)[0])
        except CallFailed as error:
            if is_transient(error):
                self.forget()
            raise

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in our world; waits for a promise."""
        return self.value(self.post(expression))

    def element(self, expression: str) -> str | None:
        """The id of the object that an expression gives, or None for null."""
        answer = self.devtools.call(
            "Runtime.evaluate", {"expression": expression, "contextId": self.world()}, session=self.session
        )
        value_of(answer)
        object_id = answer["result"].get("objectId")
        return None if object_id is None else str(object_id)

    def begin(self, method: str, params: dict[str, Any]) -> int:
        """Asks DevTools in the frame's session; fetch the answer with `Devtools.wait`."""
        return self.devtools.post(method, params, session=self.session)

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """What DevTools answers in the frame's session."""
        return self.devtools.wait(self.begin(method, params))[0]

    def mark(self, child: "WebFrame") -> None:
        """Tells our world which of its iframes holds the child: the browser knows, the page's scripts don't."""
        self._ask_owner(child, "function(id) { hindtrace.frames.set(this, id); }", child.id)

    def place_of(self, child: "WebFrame") -> Map:
        """How the child lies in the uppermost document of its parent's process.

        Raises:
            CallFailed: if one of them is gone.
        """
        place = self._ask_owner(child, "function() { return hindtrace.outwards(this); }")
        a, b, c, d, e, f = (float(part) for part in value_of(place))
        return a, b, c, d, e, f

    def _ask_owner(self, child: "WebFrame", function: str, *arguments: str) -> dict[str, Any]:
        """Calls a function of our world on the iframe that holds the child."""
        owner = self.devtools.call("DOM.getFrameOwner", {"frameId": child.id}, session=self.session)
        iframe = self.devtools.call(
            "DOM.resolveNode",
            {"backendNodeId": owner["backendNodeId"], "executionContextId": self.world()},
            session=self.session,
        )
        return self.devtools.call(
            "Runtime.callFunctionOn",
            {
                "objectId": iframe["object"]["objectId"],
                "functionDeclaration": function,
                "arguments": [{"value": argument} for argument in arguments],
                "returnByValue": True,
            },
            session=self.session,
        )

    def _kept(self, method: str, params: dict[str, Any]) -> int:
        call = self.begin(method, params)
        self.devtools.keep(call)
        return call

    def _evaluate(self, expression: str, context: int) -> int:
        return self.devtools.post(
            "Runtime.evaluate",
            {"expression": expression, "contextId": context, "returnByValue": True, "awaitPromise": True},
            session=self.session,
        )
