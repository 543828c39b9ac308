"""The frames of a tab: which there are, in whose sessions they live, and which iframe holds which."""

from collections.abc import Callable
from typing import Any

from explorers.web.devtools import CallFailed, Closed, Devtools
from explorers.web.frames import WebFrame

FRAME_LIMIT = 200
"""Frames of a tab that are looked into."""


ONCE_LIMIT = 5_000


class FrameTree:
    """The frames of a tab by their ids; `main` is its own, whose id is that of the tab.

    `once` are the ids of those that are there and of those that were, up to `ONCE_LIMIT`. `prepare` is called with the
    session of each frame that gets a process of its own.
    """

    def __init__(self, devtools: Devtools, main: WebFrame, prepare: Callable[[str], None]) -> None:
        self.main = main
        self._devtools = devtools
        self._prepare = prepare
        self._frames: dict[str, WebFrame] = {main.id: main}
        self.once: set[str] = {main.id}
        self._sessions: dict[str, str] = {}  # of frames with processes of their own, with the session of each parent
        self._unmarked: list[WebFrame] = []
        self.handlers = {"Page.frameAttached": self._frame_attached, "Target.attachedToTarget": self._process_attached}

    @property
    def sessions(self) -> tuple[str, ...]:
        """The tab's session, and those of frames with processes of their own."""
        return (self.main.session, *self._sessions)

    def has_session(self, session: str | None) -> bool:
        """Whether a frame lives in that session."""
        return session == self.main.session or session in self._sessions

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the frames, that of the main one first."""
        return tuple(self._frames)

    def get(self, id: str) -> WebFrame | None:
        """The frame of that id, if it is there."""
        return self._frames.get(id)

    def of_session(self, session: str) -> list[WebFrame]:
        """The frames that live in a session."""
        return [frame for frame in self._frames.values() if frame.session == session]

    def add_below(self, tree: dict[str, Any]) -> None:
        """Adds all frames below the first one of an answer of `Page.getFrameTree`."""
        parent = self._frames.get(tree["frame"]["id"])
        for child in tree.get("childFrames", ()):
            self._add(child["frame"]["id"], parent)
            self.add_below(child)

    def drop(self, id: str) -> list[str]:
        """Drops a frame and those in it; returns their ids."""
        gone = self._frames.pop(id, None)
        below = [frame.id for frame in self._frames.values() if gone is not None and frame.parent is gone]
        return [id, *(each for child in below for each in self.drop(child))]

    def detach(self, session: str) -> bool:
        """A process of a frame is over; returns False if that session was none of the tab's frames."""
        parent = self._sessions.pop(session, None)
        if parent is None:
            return False
        for frame in self.of_session(session):
            frame.move(parent)
        return True

    def mark(self) -> None:
        """Tells the worlds of the documents which of their iframes holds which frame.

        Raises:
            Closed: if the tab is gone.
            Hung: if it doesn't answer.
        """
        while self._unmarked:
            child = self._unmarked.pop()
            if child.id not in self._frames or child.parent is None:
                continue
            try:
                child.parent.mark(child)
            except Closed:
                raise
            except CallFailed:
                continue  # the frame left its document meanwhile, and is not looked for

    def _add(self, id: str, parent: WebFrame | None, session: str | None = None) -> None:
        if parent is not None and id not in self._frames and len(self._frames) < FRAME_LIMIT:
            if len(self.once) < ONCE_LIMIT:
                self.once.add(id)
            self._frames[id] = WebFrame(self._devtools, session or parent.session, id, parent)
            self._unmarked.append(self._frames[id])

    # ---- events

    def _frame_attached(self, params: dict[str, Any], session: str) -> None:
        self._add(params["frameId"], self._frames.get(params["parentFrameId"]), session)

    def _process_attached(self, params: dict[str, Any], parent: str) -> None:
        """A frame goes on in a process of its own; what is no frame of the tab is let go."""
        session, target = params["sessionId"], params["targetInfo"]
        frame = self._frames.get(target["targetId"])
        if target["type"] != "iframe" or frame is None:
            self._devtools.tell("Runtime.runIfWaitingForDebugger", session=session)
            self._devtools.tell("Target.detachFromTarget", {"sessionId": session}, session=parent)
            return
        self._sessions[session] = parent
        frame.move(session)
        self._prepare(session)
        self._devtools.tell("Runtime.runIfWaitingForDebugger", session=session)
