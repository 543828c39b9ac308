"""Scripts of ours that run in a page before its own: they seed its random numbers, set its clock, fill its storage."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from explorers.web.devtools import Closed, Devtools, DevtoolsError

_ADD = "Page.addScriptToEvaluateOnNewDocument"

# The stream depends on the document's number in its tab and on its address: a page that is loaded again must not draw
# the ids once more that it drew before.
_RANDOM = """
(seed) => {
  let state = 0x811c9dc5;
  for (const part of `${seed} ${location.href}`) state = Math.imul(state ^ part.codePointAt(0), 0x01000193);
  // splitmix32, twice for 53 bits
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const random = () => ((next() >>> 6) * 134217728 + (next() >>> 5)) / 9007199254740992;
  const { value } = { value: { random() { return random(); } }.random };
  Object.defineProperty(Math, "random", { value, configurable: true, writable: true });
}
"""
_CLOCK = """
(ahead) => {
  const Native = Date, native = Native.now;
  const now = () => native() + ahead;
  function Shifted(...parameters) {
    if (!new.target) return new Native(now()).toString();
    return Reflect.construct(Native, parameters.length ? parameters : [now()], new.target);
  }
  const parts = Object.getOwnPropertyDescriptors(Native);
  parts.now.value = { now() { return now(); } }.now;
  Object.defineProperties(Shifted, parts);
  Object.defineProperty(Native.prototype, "constructor", { value: Shifted, configurable: true, writable: true });
  Object.defineProperty(globalThis, "Date", { value: Shifted, configurable: true, writable: true });
  const shown = Intl.DateTimeFormat.prototype, format = Object.getOwnPropertyDescriptor(shown, "format").get;
  Object.defineProperty(shown, "format", {
    configurable: true,
    get() { const shownAs = format.call(this); return (date) => shownAs(date === undefined ? now() : date); },
  });
  const parted = shown.formatToParts;
  shown.formatToParts = function formatToParts(date) { return parted.call(this, date === undefined ? now() : date); };
}
"""
_FILL = """
(storage) => {
  try {
    for (const [name, value] of storage[location.origin] || []) localStorage.setItem(name, value);
  } catch (refused) {} // a document that may have no storage
}
"""


@dataclass(frozen=True, slots=True)
class PageScripts:
    """What runs before the scripts of each document; `ahead` is how far its clock is ahead, in milliseconds."""

    seed: int | None = None
    ahead: int | None = None

    def source(self, number: int) -> str | None:
        """The script for the document of that number in its tab, or None where there is nothing to run."""
        parts = []
        if self.ahead is not None:
            parts.append(_call(_CLOCK, self.ahead))
        if self.seed is not None:
            parts.append(_call(_RANDOM, f"{self.seed} {number}"))
        return ";\n".join(parts) or None


class DocumentScripts:
    """The scripts of one tab, whose main frame is `frame`: another one for each document that comes."""

    def __init__(self, devtools: Devtools, session: str, scripts: PageScripts, *, frame: str) -> None:
        self._devtools = devtools
        self._session = session
        self._scripts = scripts
        self._frame = frame
        self._number = 0
        self._added: int | None = None
        self._used = True  # a document came, which runs its script at some time before it is loaded
        self._renew()

    def on_event(self, method: str, params: dict[str, Any]) -> None:
        """Prepares the next document once the present one is loaded."""
        if method == "Page.frameStoppedLoading" and params["frameId"] == self._frame:
            self._renew()
        elif method == "Page.frameNavigated" and params["frame"]["id"] == self._frame:
            # A new tab's first document, about:blank, has an event or not.
            self._used = self._used or params["frame"]["url"] != "about:blank"

    def _renew(self) -> None:
        # Does not wait: it is called while an event is handled.
        source = self._scripts.source(self._number)
        if source is None or not self._used:
            return
        self._used = False
        if self._added is not None:
            if not self._devtools.answered(self._added):
                return  # two documents in a row: the second has the first one's script
            try:
                (answer,) = self._devtools.wait(self._added)
            except DevtoolsError:
                return  # the tab is gone
            finally:
                self._added = None
            self._devtools.tell("Page.removeScriptToEvaluateOnNewDocument", answer, session=self._session)
        self._number += 1
        with suppress(Closed):
            self._added = self._devtools.post(_ADD, {"source": source}, session=self._session)
            self._devtools.keep(self._added)

    def forget(self) -> None:
        """Gives up what was asked for: the tab is over."""
        if self._added is not None:
            self._devtools.drop(self._added)
            self._added = None

    def for_child(self, session: str) -> None:
        """Prepares a frame of another process."""
        source = self._scripts.source(self._number)
        if source is not None:
            self._devtools.tell(_ADD, {"source": source}, session=session)


def fill_script(local: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """A script that fills the local storage of a document whose origin is among the keys."""
    return _call(_FILL, local)


def _call(function: str, argument: Any) -> str:
    return f"({function.strip()})({orjson.dumps(argument).decode()})"
