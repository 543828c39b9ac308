"""The facts: what a recording says. Written once, never changed.

Live records (`Observation`, with its image and tree) pass between explorers and labelers; the lake keeps `Seen`, the
same with the image and the tree replaced by their ids.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import pyarrow as pa

from schemas.actions import Action
from schemas.actions import Platform as Platform

Int32 = Annotated[int, pa.int32()]

Result: TypeAlias = Literal["ok", "no target", "timeout", "refused", "format error", "crashed"]
EndedBy = Literal["max steps", "policy", "stop", "crashed", "device lost", "killed", "left the app", "start failed"]
Flag = Literal[
    "checked",
    "collapsed",
    "covered",
    "current",
    "disabled",
    "editable",
    "expanded",
    "focused",
    "haspopup",
    "holdable",
    "horizontal",
    "invalid",
    "modal",
    "multiline",
    "offscreen",
    "password",
    "pixels",
    "pressed",
    "readonly",
    "required",
    "scrollable",
    "secret",
    "selected",
    "visited",
]

PRESS = "press"
"""The action of a node whose role says nothing of it and which listens for presses all the same: an image, a cell."""


def is_page(content_type: str | None) -> bool:
    """Whether what was loaded is a page to look at; a platform that names no type has pages only."""
    return content_type is None or "html" in content_type


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the screenshot, origin top left."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, in pixels."""
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the pixel lies in the box, edges included."""
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


@dataclass(frozen=True, slots=True)
class Node:
    """One element of an accessibility tree.

    `role` is the ARIA role where there is one, else `text` for static text. `name` and `value` are cut at
    `schemas.trees.TEXT_LIMIT`. `field` is the kind of an input (text, search, number, date, email, password, file ...;
    card for what asks for a payment card), `options` the labels of a list, `column` the heading of the cell's column,
    `href` where a link leads, `method` how the form that it is or sends is sent (get, post, dialog), `actions` what the
    platform's accessibility offers to do with it, by its names. What a node with the flag `secret` holds must not be
    recorded: a payment card, a one-time code.
    `description` is what is to be read on it or beside the pointer where that says other words than its name.
    The flag `holdable` is for what answers a long press, `horizontal` for what scrolls from side to side, `pixels` for
    what was read from the picture, because nothing else told it. A field `terminal` takes lines of a shell.
    `depth` counts from 0; the nodes of a tree are in preorder, so parents come before their children.
    """

    role: str
    name: str = ""
    value: str | None = None
    depth: int = 0
    flags: tuple[Flag, ...] = ()
    box: Box | None = None
    level: int | None = None
    field: str | None = None
    options: tuple[str, ...] = ()
    column: str | None = None
    href: str | None = None
    id: str | None = None
    test_id: str | None = None
    path: str | None = None
    method: str | None = None
    actions: tuple[str, ...] = ()
    description: str | None = None

    def has(self, flag: Flag) -> bool:
        """Whether the node carries the flag."""
        return flag in self.flags

    @property
    def on_screen(self) -> bool:
        """Whether any of it is inside the screenshot."""
        return self.box is not None and "offscreen" not in self.flags


@dataclass(frozen=True, slots=True)
class Tree:
    """An accessibility tree as its nodes in preorder; `kind` says who made it: web, atspi, uiautomator, pixels, fake.

    `cut` tells how many nodes were left out because the page had too many.
    """

    kind: str
    nodes: tuple[Node, ...]
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Screen:
    """A screenshot as the bytes of its file; width and height in pixels."""

    data: bytes
    width: int
    height: int
    format: Literal["png", "webp", "jpeg"] = "png"


@dataclass(frozen=True, slots=True)
class ScrollPosition:
    """How far the page is scrolled, and how far it can be, in pixels."""

    x: float
    y: float
    max_x: float
    max_y: float


@dataclass(frozen=True, slots=True)
class Raw:
    """What a device answered beyond the tree, as the JSON that it gave: a DOM snapshot, a full accessibility tree."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RawRef:
    """The same in the lake; `raw` is the sha256 of the JSON, which stays in the trace."""

    kind: str
    raw: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What is seen at one moment; `screen` or `tree` is None where the device could not give it.

    `volatile` are the parts of the screen that change by themselves, where a second look showed them. `changed_beyond`
    is in how many elements that lie beyond the screen something changed since the observation before, where the tree
    has only what is on the screen.
    """

    screen: Screen | None
    tree: Tree | None
    location: str | None
    title: str | None
    windows: tuple[str, ...]
    scroll: ScrollPosition | None
    time: datetime
    content_type: str | None = None
    can_go_back: bool | None = None
    notice: str | None = None
    volatile: tuple[Box, ...] = ()
    raw: tuple[Raw, ...] = ()
    changed_beyond: int | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The elements of its tree, none without one."""
        return () if self.tree is None else self.tree.nodes


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation in the lake: image and tree by id.

    `location` is a URL, a window's title or an activity; `time` is UTC; `notice` is what the device said besides the
    screen: a dialog's text, a download, a new tab, an error page.
    """

    screen: str | None
    tree: str | None
    location: str | None
    title: str | None
    windows: tuple[str, ...]
    scroll: ScrollPosition | None
    time: datetime
    content_type: str | None
    can_go_back: bool | None
    notice: str | None
    volatile: tuple[Box, ...] | None = None
    raw: tuple[RawRef, ...] | None = None
    changed_beyond: Int32 | None = None


@dataclass(frozen=True, slots=True)
class Locator:
    """One way to find an element again: `kind` is test id, id, role, path or text."""

    kind: Literal["test id", "id", "role", "path", "text"]
    value: str


@dataclass(frozen=True, slots=True)
class Target:
    """The element that an action was meant for; `locators` in the order in which to try them."""

    role: str
    name: str
    box: Box | None
    locators: tuple[Locator, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that the policy could have taken, and how it was weighted."""

    action: Action
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy decided: the action, the element meant, and why."""

    action: Action
    target: Target | None = None
    thought: str | None = None
    candidates: tuple[Candidate, ...] = ()


Evidence: TypeAlias = Literal["request", "event", "history"]


@dataclass(frozen=True, slots=True)
class Cause:
    """The step that an effect came from, and what says so.

    `step` is the index of the step itself, or of an earlier one: a `request` that was made then was answered, an
    `event` told what was entered then, or the `history` went on.
    """

    step: Int32
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Request:
    """How many requests of a method were sent in a step that ask for more than reading.

    `method` is that of HTTP, or SEND for messages on a socket; GET where an address says that it does something. `late`
    are those of something that was done before the step, and seen in it.
    """

    method: str
    count: Int32
    late: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an environment says of an action: whether it could be done, how the screen came to rest, and a reward.

    `settle` is how the wait for rest ended, with its milliseconds: `quiet 120` or `timeout 4000`. `caused_by` is where
    what is seen after it came from, None where nothing happened or nobody knows; environments count the actions since
    `reset`, a recording its steps. `requests` are what was sent besides reading: none where it is empty, and None where
    nobody knows.
    """

    result: Result
    settle: str | None = None
    message: str | None = None
    reward: float | None = None
    caused_by: Cause | None = None
    requests: tuple[Request, ...] | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an episode ran."""

    engine: str
    engine_version: str
    width: Int32
    height: Int32
    scale: float
    locale: str
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeStart:
    """What is known of an episode before its first step: the first line of a trace.

    `trajectory_id` is the key of (run id, episode number), `app` the site (host and port, or the package or command),
    `group` ties rollouts of one task, start and policy version in one round.

    An attempt, which tries whether a sentence is true, says in which `lane` of its proof it was made, for which
    instruction (`proof_of`), as which `variant` of the path and which `repeat`, and in which `environment`, the digest
    of its manifest; all are null for an episode that was no attempt.
    """

    trajectory_id: str
    run_id: str
    episode: Int32
    platform: Platform
    app: str
    start: str
    policy: str
    policy_version: str
    round: Int32 = 0
    seed: int | None = None
    task_id: str | None = None
    goal: str | None = None
    group: str | None = None
    parent_id: str | None = None
    branch_step: Int32 | None = None
    setting: Setting
    source: str
    licence: str | None = None
    missing: tuple[str, ...] = ()
    time: datetime
    lane: str | None = None
    proof_of: str | None = None
    variant: str | None = None
    repeat: Int32 | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class EpisodeEnd:
    """The last line of a trace: how it ended, and who says whether it succeeded."""

    ended_by: EndedBy
    message: str | None
    success: bool | None
    judged_by: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Trajectory:
    """An episode in the lake.

    `digest` is the content of the whole recording, `chain` that of its finished steps alone: a recording whose
    chain up to `finished` steps equals a stored one is the same episode, recovered further. `truncated` says that the
    end line is missing. `steps` counts a last unfinished one too.
    """

    trajectory_id: str
    digest: str
    chain: str
    run_id: str
    episode: Int32
    platform: Platform
    app: str
    start: str
    policy: str
    policy_version: str
    round: Int32
    seed: int | None
    task_id: str | None
    goal: str | None
    group: str | None
    parent_id: str | None
    branch_step: Int32 | None
    steps: Int32
    finished: Int32
    truncated: bool
    ended_by: EndedBy
    message: str | None
    success: bool | None
    judged_by: str | None
    setting: Setting
    source: str
    licence: str | None
    missing: tuple[str, ...]
    started_at: datetime
    ended_at: datetime | None
    lane: str | None = None
    proof_of: str | None = None
    variant: str | None = None
    repeat: Int32 | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An action and what was seen around it.

    `after` is null when the recording broke off before it was seen. `continuous` says that this step's `before` is
    really the `after` of the step before it. `caused_by` is the step that what is seen after it came from: this one or
    an earlier one; null where nothing happened, or nobody knows. `requests` are what was sent in it besides reading,
    empty where that is nothing; null where nobody knows.
    """

    trajectory_id: str
    step_index: Int32
    platform: Platform
    app: str
    before: Seen | None
    after: Seen | None
    action: Action
    target: Target | None
    result: Result
    message: str | None
    settle: str | None
    continuous: bool
    thought: str | None
    candidates: tuple[Candidate, ...]
    reward: float | None
    caused_by: Cause | None = None
    requests: tuple[Request, ...] | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image as the trainers' loaders know it: its bytes, or where they are."""

    bytes: bytes | None
    path: str | None


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """A distinct image; `screen` is the sha256 of its bytes, `position` its order of first use in the bucket."""

    screen: str
    position: int
    image: Image
    width: Int32
    height: Int32
    format: str


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A distinct accessibility tree: canonical JSON of its nodes, zlib; `tree` is the sha256 of that JSON."""

    tree: str
    position: int
    kind: str
    nodes: bytes
    count: Int32
    cut: Int32


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do; `check` and `setup` are canonical JSON."""

    task_id: str
    text: str
    platform: Platform
    app: str | None
    start: str | None
    setup: str | None
    check: str | None
    template: str | None
    source: Literal["derived", "given", "benchmark", "composed"]
    instruction_id: str | None
    trajectory_id: str | None
