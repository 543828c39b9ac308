"""What a tab says besides its content: notes about it, and the dialogs that it opens."""

from typing import Any

from explorers.web.devtools import Devtools

DIALOG_LIMIT = 20
"""Of one step; a page that opens more has its script ended."""

NOTICES = 10
"""That an observation tells in full; of those beyond, the number."""


class Notices:
    """What is said with the next observation; dialogs are noted, and answered unless a person does it."""

    def __init__(self, devtools: Devtools, *, answers: bool) -> None:
        self._devtools = devtools
        self._answers = answers
        self._texts: list[str] = []  # each once; the traffic of a step bounds them
        self._dialogs = 0
        self.handlers = {
            "Page.javascriptDialogOpening": self._dialog_opened,
            "Page.fileChooserOpened": lambda _params, _session: self.note("a file was asked for"),
        }

    def note(self, text: str) -> None:
        """Adds to what is said with the next observation."""
        if text[:500] not in self._texts:
            self._texts.append(text[:500])

    def take(self) -> str | None:
        """What was said since the last call, oldest first, or None."""
        said, more = self._texts[:NOTICES], len(self._texts) - NOTICES
        if more > 0:
            said.append(f"and {more} more")
        self._texts.clear()
        self._dialogs = 0
        return "; ".join(said) or None

    def _dialog_opened(self, params: dict[str, Any], session: str) -> None:
        kind = params["type"]
        self.note(f"{kind}: {' '.join(params['message'].split())[:500]}".rstrip(": "))
        if not self._answers:
            return
        accept = kind in ("alert", "beforeunload")
        self._devtools.tell("Page.handleJavaScriptDialog", {"accept": accept}, session=session)
        self._dialogs += 1
        if self._dialogs == DIALOG_LIMIT:
            self.note(f"more than {DIALOG_LIMIT} dialogs: the script was ended")
        if self._dialogs >= DIALOG_LIMIT:
            self._devtools.tell("Runtime.terminateExecution", session=session)
