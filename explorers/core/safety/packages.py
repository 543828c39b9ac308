"""Which apps of a phone may be used."""

from schemas.records import Observation

ANDROID = "uiautomator"
"""The kind of tree by which a screen is known to be a phone's."""

QUESTIONS = frozenset(
    {
        "android",
        "com.android.permissioncontroller",
        "com.google.android.permissioncontroller",
        "com.android.packageinstaller",
        "com.google.android.packageinstaller",
    }
)
"""They ask in another app's place: for a permission, or what to do with an app that crashed."""

SENSITIVE = (
    "com.android.settings",
    "com.samsung.android.app.settings",
    "com.android.vending",
    "com.android.dialer",
    "com.google.android.dialer",
    "com.samsung.android.dialer",
    "com.android.phone",
    "com.android.server.telecom",
    "com.android.incallui",
    "com.android.mms",
    "com.android.messaging",
    "com.google.android.apps.messaging",
    "com.samsung.android.messaging",
    "com.android.contacts",
    "com.google.android.gms",
    "com.google.android.apps.walletnfcrel",
    "com.android.stk",
)
"""Settings, the shop, calls, messages, accounts and money: never used unless they are named."""


def package_of(observation: Observation) -> str | None:
    """The package of what is seen on a phone, or None elsewhere."""
    if observation.tree is None or observation.tree.kind != ANDROID:
        return None
    return (observation.location or "").partition("/")[0] or None


def denied_package(package: str, allowed: tuple[str, ...]) -> str | None:
    """Why an app must not be used, or None if it may; where none is named, all but the sensitive ones may."""
    if package in allowed or package in QUESTIONS:
        return None
    if allowed:
        return f"denied: {package} is none of the apps to explore ({', '.join(allowed)})"
    return f"denied: {package} is only explored where it is named" if package in SENSITIVE else None
