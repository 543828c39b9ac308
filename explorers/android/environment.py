"""An app on a phone as an environment: one adb round trip for each step."""

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

from explorers.android.actions import Command, PhoneContext, Typing, commands, is_name, option_of
from explorers.android.adb import Adb, AdbError, AdbTimeout
from explorers.android.app_names import package_named, unknown
from explorers.android.config import AndroidConfig
from explorers.android.device import Device, Settings, inspect, prepare, restore, wake
from explorers.android.hierarchy import KIND, tree_of
from explorers.android.look import AdbBackend, DeviceBackend, DeviceLook, ScreenState, is_blank
from explorers.android.provisioning import bring_up, emulator_snapshot, install
from explorers.android.scroll_to import scroll_to
from explorers.android.uiautomator2 import Uiautomator2Backend
from explorers.core.masking import learn_typed, masked
from explorers.core.safety.packages import QUESTIONS
from schemas.actions import Action, Back, Click, Open, ScrollTo, Select, Wait
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.identity import state_keys
from schemas.records import Observation, Outcome, Platform, Raw, Setting
from schemas.redaction import KnownSecrets

WAIT_MOST = 60.0
TRIES = 5
"""Times that a device which comes and goes is asked again."""
PAUSE = 0.1
"""Seconds until then: the server takes a moment to notice that a connection broke."""
LOOKS = 3
"""Looks at a screen whose tree can't be read before that is recorded."""

INPUT_DENIED = "; on a Xiaomi phone turn on 'USB debugging (Security settings)' in its developer options"

_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+")


class AndroidEnvironment:
    """An app on a device, by the device's serial; the device is left with the settings that it had.

    Raises:
        ConfigurationError: if the app is no package, the serial is none, or the backend's library is missing.
    """

    def __init__(self, serial: str, app: str, *, config: AndroidConfig | None = None, name: str | None = None) -> None:
        if not _PACKAGE.fullmatch(app):
            raise ConfigurationError(f"expected a package such as com.example.notes, found {app[:100]!r}")
        if not serial or re.search(r"\s", serial):
            raise ConfigurationError(
                f"expected the serial of a device as 'adb devices' shows it, found {serial[:100]!r}"
            )
        self._config = config or AndroidConfig()
        self._adb = Adb(serial)
        self._app = app
        self._name = name or app
        make = Uiautomator2Backend if self._config.backend == "uiautomator2" else AdbBackend
        self._backend: DeviceBackend = make(self._adb, seconds=self._config.step)
        self._device: Device | None = None
        self._kept: Settings = {}
        self._installed = False
        self._open = False
        self._boot = ""
        self._first: tuple[str | None, str] | None = None
        self._last: Observation | None = None
        self._known = KnownSecrets()
        self._seen: Observation | None = None

    @property
    def platform(self) -> Platform:
        """The kind of interface."""
        return "android"

    @property
    def app(self) -> str:
        """The package, or the name that was given to it."""
        return self._name

    @property
    def start(self) -> str:
        """Where an episode begins; the component that the launcher starts is known after the first `reset`."""
        return self._config.start or (self._device.launcher if self._device is not None else self._app)

    @property
    def setting(self) -> Setting:
        """The device and its screen; known after the first `reset`."""
        device = self._device
        if device is None:
            return Setting("android", "", 0, 0, 1.0, "", simulated=False)
        version = f"{device.release} (API {device.api}), {device.model}"
        scale = round(device.density / 160, 4)
        return Setting(
            "android", version, device.width, device.height, scale, device.locale, simulated=device.simulated
        )

    def reset(self) -> Observation:
        """Brings the device up, stops the app, forgets its data if that is configured, and starts it.

        Raises:
            DeviceUnavailable: with what to do about it, if the device or the app can't be used.
        """
        self._open, self._first, self._last, self._seen = False, None, None, None
        self._known = KnownSecrets()
        failure: AdbError | None = None
        for _ in range(TRIES):
            try:
                return self._begin()
            except AdbError as error:
                failure = error  # it went away since the last episode, or now: once more
                time.sleep(PAUSE)
        raise DeviceUnavailable(f"{self._adb.serial} can't be used: {failure}") from failure

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if the device is gone.
        """
        self._require()
        seen, self._seen = self._seen, None
        if seen is not None:
            return seen
        try:
            return self._observation(self._look())
        except AdbError as error:
            return self._observation(self._come_back(error))

    def act(self, action: Action) -> Outcome:
        """Does the action and waits for rest.

        Raises:
            UnsupportedAction: for an action that a phone doesn't have.
            DeviceLost: if the device is gone.
        """
        self._require()
        if action.ends:
            return Outcome("ok")
        before = self._last or self.observe()
        learn_typed(self._known, before, action)
        if isinstance(action, Back) and not before.can_go_back:
            return Outcome("refused", message="there is nothing to go back to: it would leave the app")
        if isinstance(action, Wait):
            time.sleep(min(max(action.seconds, 0.0), WAIT_MOST))
            return self._do(())
        if isinstance(action, Select):
            return self._select(action)
        if isinstance(action, ScrollTo):
            return scroll_to(action.path, before, context=self._context, do=self._do, observe=self.observe)
        if isinstance(action, Open) and is_name(action.location):
            # Its package is found before it comes here, where it is judged whether that app may be used.
            return Outcome("refused", message=unknown(action.location, self._device.apps if self._device else ()))
        orders = commands(action, self._context(before))
        return orders if isinstance(orders, Outcome) else self._do(orders)

    def package_named(self, name: str) -> str | None:
        """The package of an app by what people call it, or None; known after the first `reset`."""
        return package_named(name, self._device.apps) if self._device is not None else None

    def close(self) -> None:
        """Puts the device's settings back; may be called twice."""
        self._open = False
        self._backend.stop()
        if self._kept:
            try:
                restore(Adb(self._adb.serial), self._kept)  # what interrupted a step must not leave the device changed
            except AdbError:
                return  # it is gone; the next episode on it finds and keeps them again

    def interrupt(self) -> None:
        """Ends what another thread waits for; of no further use but to be closed."""
        self._adb.interrupt()

    # ---- inside

    def _require(self) -> None:
        if not self._open:
            raise DeviceLost("no app is open: reset comes first")

    def _begin(self) -> Observation:
        config, serial = self._config, self._adb.serial
        bring_up(serial, seconds=config.reconnect)
        if config.apk is not None and not self._installed:
            install(serial, config.apk)
            self._installed = True
        if config.snapshot is not None:
            emulator_snapshot(serial, config.snapshot)
            bring_up(serial, seconds=config.reconnect)
        self._device = inspect(self._adb, self._app)
        wake(self._adb)
        prepare(self._adb, self._device, self._kept)
        orders = [f"am force-stop {self._app}"]
        if config.fresh == "clear":
            orders.append(f"pm clear {self._app}")
        self._backend.start()
        context = self._context(_nothing())
        opening = commands(Open(self.start), context)
        if isinstance(opening, Outcome):
            raise ConfigurationError(opening.message or "the start can't be opened")
        seen = self._look((*orders, *opening))
        self._boot = seen.state.boot
        for done in seen.done:
            if done.failed:
                raise DeviceUnavailable(f"{self.start} can't be started on {serial}: {done.output or 'it failed'}")
        if (crash := self._crash(seen)) is not None:
            raise DeviceUnavailable(f"{self._app} crashed when it was started: {crash}")
        observation = self._observation(seen)
        keys = state_keys(observation)
        self._first = (observation.location, keys.structure if keys is not None else "")
        self._open = True
        first = replace(observation, can_go_back=False)
        self._last = first
        return first

    def _look(self, orders: tuple[Command, ...] = ()) -> DeviceLook:
        """Does the orders and looks; once more, and without them, where the tree can't be read."""
        try:
            seen = self._backend.look(orders)
            done = seen.done
            for _ in range(LOOKS - 1):
                if seen.problem is None:
                    break
                seen = self._backend.look()
        except DeviceUnavailable as error:
            if not self._open:
                raise
            self._open = False
            raise DeviceLost(str(error)) from error
        return replace(seen, done=done)

    def _do(self, orders: tuple[Command, ...]) -> Outcome:
        """Does the commands of an action, and keeps what is seen after them for `observe`."""
        self._seen = None
        began = time.monotonic()
        try:
            seen = self._look(orders)
        except AdbTimeout as error:
            self._seen = self._observation(self._come_back(error))
            return Outcome("timeout", message=f"{error}; what is seen now was looked at afterwards")
        except AdbError as error:
            self._seen = self._observation(self._come_back(error))
            return Outcome("timeout", message=f"the connection broke ({error}): the action may have been done or not")
        settle = f"{'timeout' if seen.restless else 'quiet'} {round((time.monotonic() - began) * 1000)}"
        if self._boot != seen.state.boot:
            self._open = False
            raise DeviceLost(f"{self._adb.serial} was restarted")
        self._seen = self._observation(seen)
        failed = next((done for done in seen.done if done.failed), None)
        if failed is not None:
            said = failed.output or f"the device said no more than {failed.code}"
            return Outcome("refused", settle, message=said + (INPUT_DENIED if "INJECT_EVENTS" in said else ""))
        if (crash := self._crash(seen)) is not None:
            return Outcome("crashed", settle, message=f"{self._app} crashed: {crash}")
        return Outcome("ok", settle)

    def _select(self, action: Select) -> Outcome:
        """Opens the list, looks, and taps the option; closes it again where there is none of that name."""
        before = self._last or self.observe()
        context = self._context(before)
        if not any(node.role == "combobox" for node in context.at(action.point)):
            return Outcome("no target", message="expected a list to choose from, found none")
        opened = self._do(_certain(Click(action.point), context))
        if opened.result != "ok":
            return opened
        seen = self.observe()
        option = option_of(action, seen)
        if option is None or option.box is None:
            self._do(("input keyevent 4",))
            return Outcome("no target", message=f"no option named {action.option!r} there")
        x, y = option.box.centre
        return self._do((f"input tap {round(x)} {round(y)}",))

    def _context(self, seen: Observation) -> PhoneContext:
        assert self._device is not None  # known since `reset`
        typing: Typing = "keyboard" if self._device.unicode else "paste" if self._backend.pastes else "ascii"
        return PhoneContext(seen, self._device.launcher, self._device.density, typing)

    def _come_back(self, error: AdbError) -> DeviceLook:
        """Waits for the device and looks at it again.

        Raises:
            DeviceLost: if it does not come back, or was restarted meanwhile.
        """
        seen: DeviceLook | None = None
        for _ in range(TRIES):
            try:
                bring_up(self._adb.serial, seconds=self._config.reconnect)
                seen = self._look()
                break
            except AdbError as failure:
                error = failure
                time.sleep(PAUSE)
            except DeviceUnavailable as failure:
                self._open = False
                raise DeviceLost(f"{self._adb.serial} is gone ({error}): {failure}") from failure
        if seen is None:
            self._open = False
            raise DeviceLost(f"{self._adb.serial} comes and goes: {error}") from error
        if seen.state.boot != self._boot:
            self._open = False
            raise DeviceLost(f"{self._adb.serial} was restarted")
        return seen

    def _crash(self, seen: DeviceLook) -> str | None:
        """What the log says of a crash of the app, if the system shows that there was one."""
        window = seen.state.window
        shown = window.startswith("Application Error") or window == "android/Application Error"
        named = seen.hierarchy is not None and any(
            each.package == "android" and each.id == "android:id/aerr_close" for each in seen.hierarchy.elements()
        )
        if not shown and not named:
            return None
        log = self._adb.run("logcat -b crash -d -t 60 2>/dev/null", seconds=self._config.step).decode(
            "utf-8", "replace"
        )
        lines = [line.partition("AndroidRuntime: ")[2] for line in log.splitlines()]
        reasons = [line for line in lines if line and not line.startswith(("FATAL", "Process:", "\tat", "at "))]
        return reasons[0][:300] if reasons else "see 'adb logcat -b crash'"

    def _observation(self, seen: DeviceLook) -> Observation:
        state = seen.state
        screen = seen.screen
        device = self._device
        assert device is not None  # known before the first look
        width, height = (screen.width, screen.height) if screen is not None else (device.width, device.height)
        tree = None
        if seen.hierarchy is not None:
            tree = tree_of(
                seen.hierarchy,
                width=width,
                height=height,
                hidden=frozenset({state.keyboard_package} - {""}),
                known=self._known,
                place=state.activity,
            )
        package = state.package
        location = state.activity if package == state.activity.partition("/")[0] else state.window
        title = next((node.name for node in tree.nodes if node.role == "heading"), "") if tree is not None else ""
        title = title or location.rpartition(".")[2]
        observation = Observation(
            screen=screen,
            tree=tree,
            location=location,
            title=title,
            windows=(title, "keyboard") if state.keyboard else (title,),
            scroll=None,
            time=datetime.now(UTC),
            can_go_back=True,
            notice=self._notice(seen, package) or None,
            raw=(Raw(KIND, self._raw(state, width, height, seen.hierarchy.rotation if seen.hierarchy else 0)),),
        )
        if self._first is not None:
            keys = state_keys(observation)
            at_first = self._first == (location, keys.structure if keys is not None else "")
            observation = replace(observation, can_go_back=state.keyboard or len(state.task) > 1 or not at_first)
        observation = masked(observation, self._known, personal=self._config.redact_personal)
        self._last = observation
        return observation

    def _notice(self, seen: DeviceLook, package: str) -> str:
        said = []
        if seen.problem is not None:
            said.append(f"no tree: {seen.problem}" if seen.hierarchy is None else seen.problem)
        if seen.screen is None:
            said.append("no screenshot: the screen forbids it, or the device gave none")
        elif (
            seen.hierarchy is not None and seen.state.awake and seen.hierarchy.says_something and is_blank(seen.screen)
        ):
            said.append("the screenshot is empty: the app forbids screenshots here")
        if seen.state.locked:
            said.append("the screen is locked")
        elif not seen.state.awake:
            said.append("the screen is off")
        elif package not in {self._app, *self._config.packages, *QUESTIONS}:
            said.append(f"left the app: {package}")
        return "; ".join(said)

    def _raw(self, state: ScreenState, width: int, height: int, rotation: int) -> bytes:
        """What else is known of the screen, as JSON."""
        assert self._device is not None
        return json.dumps(
            {
                "activity": state.activity,
                "window": state.window,
                "task": state.task,
                "keyboard": state.keyboard,
                "rotation": rotation,
                "orientation": "landscape" if width > height else "portrait",
                "density": self._device.density,
                "api": self._device.api,
                "backend": self._config.backend,
            },
            sort_keys=True,
        ).encode()


def _certain(action: Action, context: PhoneContext) -> tuple[Command, ...]:
    """The commands of an action that is always possible."""
    orders = commands(action, context)
    assert not isinstance(orders, Outcome)
    return orders


def _nothing() -> Observation:
    """What is seen before anything was."""
    return Observation(None, None, None, None, (), None, datetime.now(UTC))
