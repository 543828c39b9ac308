"""The apps of the small phone: their screens, and what is done on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from tests.explorers.android.device.views import View

if TYPE_CHECKING:
    from tests.explorers.android.device.phone import Phone

LAUNCHER = "com.hindtrace.launcher"
NOTES = "com.hindtrace.notes"
SETTINGS = "com.android.settings"
PERMISSIONS = "com.android.permissioncontroller"
BAR, ROW = 84, 72
"""Heights in pixels."""
CATEGORIES = ("Private", "Work", "Travel")
TITLES = (
    "Shopping", "Bike tour", "Birthday of Ada", "Bread recipe", "Books to read", "Call the dentist", "Garden plan",
    "Holiday ideas", "House keys", "Insurance", "Jam labels", "Library", "Museum night", "New lamp", "Packing list",
    "Piano lesson", "Questions", "School trip", "Tax papers", "Window cleaning",
)  # fmt: skip


@dataclass(slots=True)
class Store:
    """What the apps keep."""

    notes: list[list[str]] = field(default_factory=lambda: [[title, f"About: {title.lower()}."] for title in TITLES])
    account: dict[str, str] = field(default_factory=dict)
    permission: str | None = None
    switches: dict[str, bool] = field(
        default_factory=lambda: {"Wi-Fi": True, "Bluetooth": False, "Dark theme": False, "Location": True}
    )

    def clear(self, package: str) -> None:
        fresh = Store()
        if package == NOTES:
            self.notes, self.account, self.permission = fresh.notes, fresh.account, None
        elif package == SETTINGS:
            self.switches = fresh.switches


class Activity:
    """One screen of an app; `focused` is the id of the field that is being edited."""

    package, name, title = "", "", ""

    def __init__(self, phone: "Phone") -> None:
        self.phone = phone
        self.scrolled = 0.0
        self.focused: str | None = None

    @property
    def component(self) -> str:
        return f"{self.package}/{self.name}"

    def build(self, width: int, height: int) -> View:
        """The views: a bar with the title, and the content."""
        body, actions = self.content(), self.actions()
        back = (
            [self.view("ImageButton", desc="Navigate up", does=self.phone.leave, bounds=(0, 0, BAR, BAR))]
            if self.inner
            else []
        )
        title = self.view("TextView", self.title, bounds=(BAR if back else 16, 16, width - 110 * len(actions), BAR))
        for number, view in enumerate(reversed(actions)):
            view.bounds = (width - 110 * (number + 1), 0, width - 110 * number, BAR)
        bar = self.view(
            "ViewGroup", id="toolbar", bounds=(0, 0, width, BAR), children=[*back, title, *actions], base="android.view"
        )
        frame = self.view("FrameLayout", id="android:id/content", bounds=(0, 0, width, height), children=[bar, *body])
        return self.view("FrameLayout", bounds=(0, 0, width, height), children=[frame])

    inner = False

    def content(self) -> list[View]:
        """What lies below the bar."""
        return []

    def actions(self) -> list[View]:
        """The buttons of the bar."""
        return []

    def back(self) -> bool:
        """Does what the back button does here; whether it did something."""
        return False

    def edit(self, change: Callable[[str], str]) -> None:
        """Changes the text of the field that is being edited."""

    def scroll_by(self, pixels: float, height: int) -> None:
        """Moves the list."""
        most = max(0.0, self.length() - (height - BAR))
        self.scrolled = min(max(self.scrolled + pixels, 0.0), most)

    def length(self) -> float:
        """The height of what scrolls."""
        return 0.0

    def view(self, cls: str, text: str = "", *, id: str = "", base: str = "android.widget", **more: object) -> View:
        if id and ":" not in id:
            id = f"{self.package}:id/{id}"
        return View(f"{base}.{cls}", text, id, package=self.package, **more)  # type: ignore[arg-type]

    def listed(self, rows: list[View], width: int, height: int, id: str) -> View:
        """A list of rows of one height, scrolled."""
        for number, row in enumerate(rows):
            top = round(BAR + number * ROW - self.scrolled)
            row.bounds = (0, top, width, top + ROW)
            for at, child in enumerate(row.children):
                # Texts to the left, what is switched to the right.
                child.bounds = (
                    (16, top + 4 + 32 * at, width - 120, top + 36 + 32 * at)
                    if child.cls.endswith("TextView")
                    else (width - 110, top + 8, width - 10, top + ROW - 8)
                )
        seen = [row for row in rows if row.bounds[3] > BAR and row.bounds[1] < height]
        return self.view(
            "RecyclerView",
            id=id,
            base="androidx.recyclerview.widget",
            bounds=(0, BAR, width, height),
            scrollable=len(rows) * ROW > height - BAR,
            children=seen,
        )


class Home(Activity):
    """The launcher."""

    package, name, title = LAUNCHER, ".Home", "Home"

    def content(self) -> list[View]:
        icons = []
        for number, (label, package) in enumerate((("Notes", NOTES), ("Settings", SETTINGS))):
            main = self.phone.packages().get(package)
            if main is not None:
                left = 40 + 160 * number
                icons.append(
                    self.view(
                        "TextView",
                        label,
                        id="icon",
                        does=lambda p=package, m=main: self.phone.start(f"{p}/{m}", ""),
                        bounds=(left, 200, left + 140, 300),
                    )
                )
        return icons


class Notes(Activity):
    """The list of notes."""

    package, name, title = NOTES, ".MainActivity", "Notes"

    def __init__(self, phone: "Phone") -> None:
        super().__init__(phone)
        self.menu = False

    def actions(self) -> list[View]:
        return [
            self.view("Button", "Account", id="account", does=lambda: self.phone.open(Account(self.phone))),
            self.view("ImageButton", desc="More options", id="more", does=lambda: setattr(self, "menu", True)),
        ]

    def build(self, width: int, height: int) -> View:
        if not self.menu:
            return super().build(width, height)
        # A popup is a window of its own: what lies below it is not dumped.
        rows = [("Share location", self._share), ("Delete all notes", self._delete), ("About", self._about)]
        views = [
            self.view(
                "LinearLayout",
                does=does,
                bounds=(width - 260, 10 + 70 * n, width - 10, 80 + 70 * n),
                children=[
                    self.view(
                        "TextView",
                        label,
                        id="android:id/title",
                        bounds=(width - 250, 20 + 70 * n, width - 20, 70 + 70 * n),
                    )
                ],
            )
            for n, (label, does) in enumerate(rows)
        ]
        return self.view("ListView", bounds=(width - 260, 10, width - 10, 10 + 70 * len(rows)), children=views)

    def back(self) -> bool:
        shown, self.menu = self.menu, False
        return shown

    def content(self) -> list[View]:
        width, height = self.phone.size
        rows = []
        for number, (title, body) in enumerate(self.phone.store.notes):
            texts = [self.view("TextView", title, id="title"), self.view("TextView", body[:40], id="preview")]
            rows.append(
                self.view(
                    "LinearLayout",
                    id="note",
                    does=lambda n=number: self.phone.open(Editor(self.phone, n)),
                    holds=lambda n=number: self.phone.open(Editor(self.phone, n)),
                    children=texts,
                )
            )
        rows.append(self.view("TextView", f"{len(self.phone.store.notes)} notes", id="count"))
        plus = self.view(
            "ImageButton",
            desc="New note",
            id="fab",
            does=self._new,
            bounds=(width - 100, height - 110, width - 20, height - 30),
        )
        return [self.listed(rows, width, height, "list"), plus]

    def length(self) -> float:
        return (len(self.phone.store.notes) + 1) * ROW

    def _new(self) -> None:
        self.phone.store.notes.append(["", ""])
        self.phone.open(Editor(self.phone, len(self.phone.store.notes) - 1))

    def _share(self) -> None:
        self.menu = False
        self.phone.open(Permission(self.phone) if self.phone.store.permission is None else Location(self.phone))

    def _delete(self) -> None:
        self.menu = False
        self.phone.store.notes.clear()

    def _about(self) -> None:
        self.menu = False
        self.phone.open(About(self.phone))


class _Form(Activity):
    """A screen with fields."""

    inner = True

    def field(
        self, id: str, hint: str, text: str, bounds: tuple[int, int, int, int], *, password: bool = False
    ) -> View:
        return self.view(
            "EditText",
            text,
            id=id,
            hint=hint,
            bounds=bounds,
            password=password,
            focused=self.focused == id,
            does=lambda: setattr(self, "focused", id),
        )


class Editor(_Form):
    """One note."""

    package, name, title = NOTES, ".EditorActivity", "Note"

    def __init__(self, phone: "Phone", number: int) -> None:
        super().__init__(phone)
        self.note = phone.store.notes[number]

    def content(self) -> list[View]:
        width = self.phone.size[0]
        return [
            self.field("title", "Title", self.note[0], (16, 100, width - 16, 160)),
            self.field("body", "Text", self.note[1], (16, 180, width - 16, 500)),
            self.view("Button", "Done", id="done", does=self.phone.leave, bounds=(16, 520, 200, 590)),
            self.view("Button", "Delete", id="delete", does=self._delete, bounds=(220, 520, 400, 590)),
        ]

    def edit(self, change: Callable[[str], str]) -> None:
        if self.focused in ("title", "body"):
            at = ("title", "body").index(self.focused)
            self.note[at] = change(self.note[at])

    def _delete(self) -> None:
        notes = self.phone.store.notes
        if self.note in notes:
            notes.remove(self.note)
        self.phone.leave()


class Account(_Form):
    """A form with every kind of field."""

    package, name, title = NOTES, ".AccountActivity", "Account"

    def __init__(self, phone: "Phone") -> None:
        super().__init__(phone)
        self.choosing = False

    def build(self, width: int, height: int) -> View:
        if not self.choosing:
            return super().build(width, height)
        rows = [
            self.view(
                "CheckedTextView",
                name,
                id="android:id/text1",
                checkable=True,
                checked=name == self._category,
                does=lambda n=name: self._choose(n),
                bounds=(16, 260 + 70 * at, 400, 330 + 70 * at),
            )
            for at, name in enumerate(CATEGORIES)
        ]
        return self.view("ListView", bounds=(16, 260, 400, 260 + 70 * len(rows)), children=rows)

    def back(self) -> bool:
        shown, self.choosing = self.choosing, False
        return shown

    def content(self) -> list[View]:
        width = self.phone.size[0]
        kept = self.phone.store.account
        return [
            self.field("name", "Name", kept.get("name", ""), (16, 100, width - 16, 160)),
            self.field("code", "Password", kept.get("code", ""), (16, 180, width - 16, 240), password=True),
            self.view(
                "Spinner",
                id="category",
                does=lambda: setattr(self, "choosing", True),
                bounds=(16, 260, 400, 330),
                desc="Category",
                children=[self.view("TextView", self._category, id="android:id/text1", bounds=(24, 270, 390, 320))],
            ),
            self.view(
                "CheckBox",
                "Keep me informed",
                id="informed",
                checkable=True,
                checked=kept.get("informed") == "yes",
                does=self._tick,
                bounds=(16, 350, 400, 420),
            ),
            self.view("Button", "Save", id="save", does=self.phone.leave, bounds=(16, 450, 200, 520)),
        ]

    @property
    def _category(self) -> str:
        return self.phone.store.account.get("category", CATEGORIES[0])

    def _choose(self, name: str) -> None:
        self.phone.store.account["category"] = name
        self.choosing = False

    def _tick(self) -> None:
        kept = self.phone.store.account
        kept["informed"] = "" if kept.get("informed") == "yes" else "yes"

    def edit(self, change: Callable[[str], str]) -> None:
        if self.focused is not None:
            self.phone.store.account[self.focused] = change(self.phone.store.account.get(self.focused, ""))


class Permission(Activity):
    """The system's question; it lies in the task of the app that asks."""

    package, name = PERMISSIONS, "com.android.permissioncontroller.permission.ui.GrantPermissionsActivity"

    def build(self, width: int, height: int) -> View:  # noqa: ARG002
        message = self.view(
            "TextView",
            "Allow Notes to access this device\u2019s location?",
            id="permission_message",
            bounds=(40, 260, width - 40, 340),
        )
        answers = (
            ("While using the app", "permission_allow_foreground_only_button"),
            ("Only this time", "permission_allow_one_time_button"),
            ("Don\u2019t allow", "permission_deny_button"),
        )
        buttons = [
            self.view(
                "Button",
                label,
                id=id,
                does=lambda answer=label: self._answer(answer),
                bounds=(40, 360 + 80 * n, width - 40, 430 + 80 * n),
            )
            for n, (label, id) in enumerate(answers)
        ]
        dialog = self.view(
            "LinearLayout", id="grant_dialog", bounds=(20, 240, width - 20, 620), children=[message, *buttons]
        )
        return self.view("FrameLayout", bounds=(20, 240, width - 20, 620), children=[dialog])

    def back(self) -> bool:
        return True  # the question wants an answer

    def _answer(self, answer: str) -> None:
        self.phone.store.permission = answer
        self.phone.leave()
        self.phone.open(Location(self.phone))


class Location(Activity):
    """What the app shows once the question was answered."""

    package, name, title, inner = NOTES, ".LocationActivity", "Location", True

    def content(self) -> list[View]:
        width = self.phone.size[0]
        denied = self.phone.store.permission == "Don\u2019t allow"
        said = "Location is off" if denied else "You are in Uppsala"
        return [self.view("TextView", said, id="place", bounds=(16, 120, width - 16, 180))]


class About(Activity):
    """A text, and a link out of the app."""

    package, name, title, inner = NOTES, ".AboutActivity", "About", True

    def content(self) -> list[View]:
        width = self.phone.size[0]
        return [
            self.view("TextView", "Notes 1.0, a small app to try things on.", bounds=(16, 120, width - 16, 180)),
            self.view(
                "Button",
                "System settings",
                id="system",
                does=lambda: self.phone.start(f"{SETTINGS}/.Settings", ""),
                bounds=(16, 200, 300, 270),
            ),
        ]


class Settings(Activity):
    """Switches, and a button that must not be pressed."""

    package, name, title = SETTINGS, ".Settings", "Settings"

    def content(self) -> list[View]:
        width, height = self.phone.size
        rows = []
        for label, on in self.phone.store.switches.items():
            switch = self.view("Switch", id="android:id/switch_widget", checkable=True, checked=on)
            rows.append(
                self.view(
                    "LinearLayout",
                    does=lambda name=label: self._turn(name),
                    children=[self.view("TextView", label, id="android:id/title"), switch],
                )
            )
        rows.append(
            self.view(
                "LinearLayout",
                does=lambda: self.phone.open(Display(self.phone)),
                children=[self.view("TextView", "Display", id="android:id/title")],
            )
        )
        rows.append(
            self.view(
                "LinearLayout",
                does=self.phone.leave,
                children=[self.view("TextView", "Erase all data (factory reset)", id="android:id/title")],
            )
        )
        return [self.listed(rows, width, height, "list")]

    def _turn(self, name: str) -> None:
        self.phone.store.switches[name] = not self.phone.store.switches[name]


class Display(Activity):
    """A second screen of the settings."""

    package, name, title, inner = SETTINGS, ".DisplaySettings", "Display", True

    def content(self) -> list[View]:
        width = self.phone.size[0]
        return [self.view("TextView", "Brightness 70%", bounds=(16, 120, width - 16, 180))]


class Apps:
    """What is installed, and how its screens are made."""

    mains: ClassVar = {LAUNCHER: ".Home", NOTES: ".MainActivity", SETTINGS: ".Settings", PERMISSIONS: ""}

    def __init__(self, phone: "Phone") -> None:
        self._phone = phone
        self.home = Home(phone)

    def make(self, package: str, name: str) -> Activity | None:
        """A new activity of that name."""
        kinds = {cls.package + "/" + cls.name: cls for cls in (Notes, Account, About, Location, Settings, Display)}
        cls = kinds.get(f"{package}/{name}")
        return None if cls is None else cls(self._phone)


def crash_dialog(package: str, width: int, height: int, close: Callable[[], None]) -> View:
    """What Android shows of an app that crashed."""
    left, right, top = 20, width - 20, height // 3

    def view(cls: str, text: str, id: str, start: int, end: int, does: Callable[[], None] | None = None) -> View:
        bounds = (left, top + start, right, top + end)
        return View(f"android.widget.{cls}", text, id, package="android", bounds=bounds, does=does)

    frame = view("FrameLayout", "", "", 0, 200)
    frame.children = [
        view("TextView", f"{package} keeps stopping", "android:id/alertTitle", 0, 60),
        view("Button", "Close app", "android:id/aerr_close", 80, 150, close),
    ]
    return frame
