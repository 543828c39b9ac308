"""What `dumpsys` says on phones of several versions, and answers that broke off."""

import io

import pytest
from PIL import Image

from explorers.android.look import BrokenOff, CommandResult, is_blank, read, script, short_component
from schemas.records import Screen

MARK = "--mark--"
TREE = b'<hierarchy rotation="0"><node class="a.B" bounds="[0,0][9,9]" package="com.a" /></hierarchy>'


def answer(
    *,
    window: str = "",
    tasks: str = "",
    keyboard: str = "",
    power: str = "",
    said: bytes = b"",
    done: str = "",
    screen: bytes = b"\x89PNG cut",
) -> bytes:
    parts = {
        "said": said or b"UI hierchary dumped to: /data/local/tmp/hindtrace.xml\n",
        "tree": TREE,
        "screen": screen,
        "window": window.encode(),
        "keyboard": keyboard.encode(),
        "power": power.encode(),
        "tasks": tasks.encode(),
        "boot": b"0000-1\n",
    }
    return done.encode() + b"".join(part + f"{MARK} {name} 0\n".encode() for name, part in parts.items())


def test_a_task_is_read_from_its_first_activity_and_others_are_left_out() -> None:
    state = read(
        answer(
            window="  mCurrentFocus=Window{4f u0 com.a/com.a.ui.Detail}\n"
            "  mFocusedApp=ActivityRecord{9c u0 com.a/.ui.Detail t7}\n",
            tasks="  * Hist  #1: ActivityRecord{1 u0 com.a/.ui.Detail t7}\n"
            "  * Hist  #0: ActivityRecord{2 u0 com.a/.Main t7}\n"
            "  * Hist  #0: ActivityRecord{3 u0 com.launcher/.Home t1}\n"
            "  topResumedActivity=ActivityRecord{1 u0 com.a/.ui.Detail t7}\n",
            keyboard="  mInputShown=true\n  mCurMethodId=com.keys/.Latin\n",
        ),
        MARK,
    ).state
    assert (state.window, state.activity, state.package) == ("com.a/.ui.Detail", "com.a/.ui.Detail", "com.a")
    assert state.task == ("com.a/.Main", "com.a/.ui.Detail")
    assert (state.keyboard, state.keyboard_package, state.locked, state.awake) == (True, "com.keys", False, True)


@pytest.mark.parametrize(
    ("window", "package"),
    [
        ("mCurrentFocus=Window{4f u0 PopupWindow:1c2}\nmFocusedApp=ActivityRecord{9c u0 com.a/.Main t7}", "com.a"),
        (
            "mCurrentFocus=Window{4f u0 NotificationShade}\nmFocusedApp=ActivityRecord{9c u0 com.a/.Main t7}",
            "com.android.systemui",
        ),
        ("mCurrentFocus=Window{4f u0 Application Error: com.a}\nmFocusedApp=null", "android"),
        ("mCurrentFocus=Window{4f u0 Application Not Responding: com.a}\nmFocusedApp=null", "android"),
        # Android 7 wraps the record.
        (
            "mCurrentFocus=null\nmFocusedApp=AppWindowToken{4 token=Token{2 ActivityRecord{3 u0 com.a/.Main t7}}}",
            "com.a",
        ),
        ("mCurrentFocus=null\nmFocusedApp=null", ""),
    ],
)
def test_a_window_that_is_no_activity_belongs_to_someone(window: str, package: str) -> None:
    assert read(answer(window=window), MARK).state.package == package


def test_android_13_closes_the_record_before_its_task() -> None:
    state = read(
        answer(
            window="  mFocusedApp=ActivityRecord{9c u0 com.a/.ui.Detail} t7}\n",
            tasks="    topResumedActivity=ActivityRecord{1 u0 com.a/.ui.Detail} t7}\n"
            "    * Hist  #1: ActivityRecord{1 u0 com.a/.ui.Detail} t7}\n"
            "    * Hist  #0: ActivityRecord{2 u0 com.a/.Main} t7}\n",
        ),
        MARK,
    ).state
    assert (state.activity, state.task) == ("com.a/.ui.Detail", ("com.a/.Main", "com.a/.ui.Detail"))


@pytest.mark.parametrize(
    "line",
    ["mDreamingLockscreen=true mDreamingSleepToken=null", "mShowingLockscreen=true", "    isKeyguardShowing=true"],
)
def test_a_lock_is_seen_on_every_version(line: str) -> None:
    assert read(answer(window=line), MARK).state.locked
    assert not read(answer(window=line.replace("true", "false")), MARK).state.locked


def test_a_warning_before_the_screenshot_is_no_part_of_it() -> None:
    data = io.BytesIO()
    Image.new("RGB", (30, 60), "white").save(data, "PNG")
    for before in (b"", b"[Warning] Multiple displays were found\n"):
        seen = read(answer(screen=before + data.getvalue()), MARK)
        assert seen.screen is not None
        assert (seen.screen.width, seen.screen.height, seen.screen.data) == (30, 60, data.getvalue())


def test_a_picture_of_one_colour_below_the_clock_is_blank() -> None:
    image = Image.new("RGB", (540, 960), "black")
    image.putpixel((500, 20), (255, 255, 255))
    assert is_blank(screen_of(image))
    image.putpixel((270, 480), (255, 255, 255))
    assert not is_blank(screen_of(image))
    assert not is_blank(Screen(bytes(540 * 960), 540, 960, "png"))  # too large to be: it is not even decoded


def screen_of(image: Image.Image) -> Screen:
    data = io.BytesIO()
    image.save(data, "PNG")
    return Screen(data.getvalue(), *image.size, "png")


def test_a_lock_and_a_dark_screen_are_seen() -> None:
    state = read(answer(window="mDreamingLockscreen=true", power="mWakefulness=Dozing"), MARK).state
    assert (state.locked, state.awake) == (True, False)


def test_each_command_of_an_action_tells_how_it_ended() -> None:
    said = "Starting: Intent\nError type 3\nError: Activity class {a/b} does not exist.\n"
    done = f"{said}{MARK} done 0\n{MARK} done 1\n{MARK} done 0\n"
    seen = read(answer(done=done), MARK)
    assert [each.failed for each in seen.done] == [True, True, False]
    assert seen.done[2] == CommandResult("", 0)
    assert seen.screen is None  # it was cut


def test_an_answer_that_broke_off_is_told_wherever_it_ends() -> None:
    whole = answer()
    for end in range(0, len(whole) - 1, 7):
        with pytest.raises(BrokenOff):
            read(whole[:end], MARK)


def test_the_script_asks_for_everything_once() -> None:
    lines = script(("input tap 1 2", "input keyevent 4"), MARK).splitlines()
    assert lines[0] == f'input tap 1 2 2>&1; echo "{MARK} done $?"'
    assert len(lines) == 2 + 8


@pytest.mark.parametrize(
    ("package", "activity", "short"),
    [
        ("com.a", "com.a.Main", "com.a/.Main"),
        ("com.a", ".Main", "com.a/.Main"),
        ("com.a", "com.ab.Main", "com.a/com.ab.Main"),
    ],
)
def test_components_have_one_form(package: str, activity: str, short: str) -> None:
    assert short_component(package, activity) == short
