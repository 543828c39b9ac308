"""Tests of explorers.core.safety.walls."""

import pytest

from explorers.core.safety import wall
from explorers.core.safety.policy import noted
from schemas.records import Node
from tests.explorers.screens import node, screen

PASSWORD = node("textbox", "Kennwort", "editable", "password")


@pytest.mark.parametrize(
    "button",
    [
        "Log in", "Anmelden", "Se connecter", "Iniciar sesión", "Accedi", "Entrar", "Inloggen", "Zaloguj się", "Войти",
        "登录", "ログイン", "로그인", "Giriş yap", "تسجيل الدخول",
    ],
)  # fmt: skip
def test_a_password_with_the_words_of_a_login_is_a_login(button: str) -> None:
    assert wall(screen(PASSWORD, node("button", button))) == "login"
    assert wall(screen(node("button", button))) is None


def test_a_password_alone_is_no_login() -> None:
    assert wall(screen(PASSWORD, node("button", "Save"))) is None


def test_a_login_is_told_by_its_address_too() -> None:
    assert wall(screen(PASSWORD, location="http://shop.example/users/sign-in")) == "login"
    assert wall(screen(PASSWORD, location="http://[")) is None


@pytest.mark.parametrize(
    "asking",
    [
        node("iframe", "", href="https://www.google.com/recaptcha/api2/anchor?k=1"),
        node("iframe", "Widget containing checkbox for hCaptcha security challenge"),
        node("iframe", "", href="https://challenges.cloudflare.com/turnstile/v0/x"),
        node("heading", "Verify you are human by completing the action below."),
        node("text", "Ich bin kein Roboter"),
        node("checkbox", "私はロボットではありません"),
    ],
)
def test_a_test_for_humans_comes_before_every_other_wall(asking: Node) -> None:
    assert wall(screen(PASSWORD, node("button", "Log in"), asking)) == "captcha"


@pytest.mark.parametrize(
    "name", ["Card number", "Kartennummer", "Numéro de carte", "卡号", "カード番号", "Номер карты"]
)
def test_a_field_for_a_card_is_a_payment(name: str) -> None:
    assert wall(screen(node("textbox", name, "editable"))) == "payment"
    assert wall(screen(node("text", name))) is None


def test_an_article_about_captchas_is_none() -> None:
    assert wall(screen(node("iframe", "Video", href="https://video.example/"), node("text", "A robot. " * 40))) is None


def test_a_wall_is_noted_once() -> None:
    seen = screen(PASSWORD, node("button", "Log in"))
    assert noted(seen).notice == "login wall"
    plain = screen(node("button", "Save"))
    assert noted(plain) is plain
