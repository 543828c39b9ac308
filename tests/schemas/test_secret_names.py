# ruff: noqa: E501, RUF001 - names of fields in other scripts, some of them wide, look like Latin ones
"""Which names say that there is a secret, in every language of the safety words."""

import pytest

from explorers.core.safety.words import DENY
from schemas.secret_names import FIELDS, names_secret, names_secret_parameter, precedes_secret

KINDS = {
    # password, PIN, API key, private key, secret answer, one-time code, IBAN
    "English": ("Password", "PIN", "API key", "Private key", "Secret answer", "One-time code", "IBAN"),
    "German": ("Passwort", "PIN", "API-Schlüssel", "Privater Schlüssel", "Geheime Antwort", "Einmalcode", "IBAN"),
    "French": ("Mot de passe", "Code PIN", "Clé d’API", "Clé privée", "Réponse secrète", "Code à usage unique", "IBAN"),
    "Spanish": ("Contraseña", "PIN", "Clave de API", "Clave privada", "Respuesta secreta", "Código de un solo uso", "IBAN"),
    "Italian": ("Password", "PIN", "Chiave API", "Chiave privata", "Risposta segreta", "Codice monouso", "IBAN"),
    "Portuguese": ("Senha", "PIN", "Chave de API", "Chave privada", "Resposta secreta", "Código de uso único", "IBAN"),
    "Dutch": ("Wachtwoord", "Pincode", "API-sleutel", "Privésleutel", "Geheim antwoord", "Eenmalige code", "IBAN"),
    "Polish": ("Hasło", "Kod PIN", "Klucz API", "Klucz prywatny", "Tajna odpowiedź", "Kod jednorazowy", "IBAN"),
    "Russian": ("Пароль", "ПИН-код", "Ключ API", "Закрытый ключ", "Секретный ответ", "Одноразовый код", "IBAN"),
    "Chinese": ("密码", "PIN码", "API密钥", "私钥", "安全问题答案", "一次性验证码", "国际银行账号 (IBAN)"),
    "Japanese": ("パスワード", "暗証番号", "APIキー", "秘密鍵", "秘密の質問の答え", "ワンタイムコード", "IBAN"),
    "Korean": ("비밀번호", "PIN 번호", "API 키", "개인 키", "보안 질문 답변", "일회용 코드", "IBAN"),
    "Turkish": ("Şifre", "PIN kodu", "API anahtarı", "Özel anahtar", "Gizli yanıt", "Tek kullanımlık kod", "IBAN"),
    "Arabic": ("كلمة المرور", "رمز PIN", "مفتاح API", "المفتاح الخاص", "الإجابة السرية", "رمز لمرة واحدة", "الآيبان"),
    "Malay and Indonesian": ("Kata laluan", "Kode PIN", "Kunci API", "Kunci pribadi", "Jawaban rahasia", "Kod sekali guna", "IBAN"),
    "Swedish": ("Lösenord", "PIN-kod", "API-nyckel", "Privat nyckel", "Hemligt svar", "Engångskod", "IBAN"),
    "Danish and Norwegian": ("Adgangskode", "PIN-kode", "API-nøkkel", "Privat nøgle", "Hemmelig svar", "Engangskode", "IBAN"),
    "Finnish": ("Salasana", "PIN-koodi", "API-avain", "Yksityinen avain", "Salainen vastaus", "Kertakäyttökoodi", "IBAN"),
    "Czech and Slovak": ("Heslo", "PIN kód", "API klíč", "Súkromný kľúč", "Tajná odpověď", "Jednorázový kód", "IBAN"),
    "Hungarian": ("Jelszó", "PIN-kód", "API-kulcs", "Privát kulcs", "Titkos válasz", "Egyszer használatos kód", "IBAN"),
    "Romanian": ("Parolă", "Cod PIN", "Cheie API", "Cheie privată", "Răspuns secret", "Cod de unică folosință", "IBAN"),
    "Greek": ("Κωδικός πρόσβασης", "Κωδικός PIN", "Κλειδί API", "Ιδιωτικό κλειδί", "Μυστική απάντηση", "Κωδικός μίας χρήσης", "IBAN"),
    "Ukrainian": ("Пароль", "ПІН-код", "Ключ API", "Приватний ключ", "Секретна відповідь", "Одноразовий код", "IBAN"),
    "Vietnamese": ("Mật khẩu", "Mã PIN", "Khóa API", "Khóa riêng tư", "Câu trả lời bí mật", "Mã dùng một lần", "IBAN"),
    "Thai": ("รหัสผ่าน", "รหัส PIN", "คีย์ API", "คีย์ส่วนตัว", "คำตอบลับ", "รหัสแบบใช้ครั้งเดียว", "IBAN"),
    "Hebrew": ("סיסמה", "קוד PIN", "מפתח API", "מפתח פרטי", "תשובה סודית", "קוד חד-פעמי", "IBAN"),
    "Persian": ("رمز عبور", "کد پین", "کلید API", "کلید خصوصی", "پاسخ مخفی", "کد یک‌بار مصرف", "شماره شبا"),
    "Hindi": ("पासवर्ड", "पिन नंबर", "API कुंजी", "निजी कुंजी", "गुप्त उत्तर", "वन-टाइम कोड", "IBAN"),
}  # fmt: skip


def test_the_languages_are_those_of_the_safety_words() -> None:
    assert set(DENY) - {"others"} == set(KINDS) == set(FIELDS) - {"others"}


@pytest.mark.parametrize("language", KINDS)
def test_every_kind_of_secret_is_known_by_its_name(language: str) -> None:
    assert [name for name in KINDS[language] if not names_secret(name)] == []
    assert [name for name in KINDS[language] if not names_secret(f"{name}:") or not names_secret(name.upper())] == []


@pytest.mark.parametrize(
    "name",
    [
        "Your new password", "Confirm password", "Password *", "user[password]", "apiKey", "otp-input-1", "otp",
        "Verification code", "SMS code", "Enter the 6-digit code", "WLAN-Passwort", "Passwortbestätigung", "Şifreniz",
        "Clave", "Private key (PEM)", "Kata laluan", "Access token", "Recovery codes", "pass", "confirm_pwd",
    ],
)  # fmt: skip
def test_other_ways_to_say_it_are_known_too(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "Search", "Keyboard", "Keyword", "Key", "Code", "Country code", "Product code", "Postal code", "State",
        "Author", "Spin", "Opinion", "Pinned", "Pin to top", "Compass", "Passenger", "Max tokens", "Tokenizer",
        "Secretary", "Password length", "Passwortlänge", "API key name", "Token type", "Forgot password", "Reset password",
        "Palabra clave", "Parola chiave", "Search for a token", "Note", "Tank",
    ],
)  # fmt: skip
def test_what_only_sounds_like_one_is_none(name: str) -> None:
    assert not names_secret(name)


def test_as_a_whole_a_name_says_nothing_else() -> None:
    assert names_secret("API key", whole=True)
    assert not names_secret("API key of the build", whole=True)


@pytest.mark.parametrize(
    "name",
    [
        "code", "sid", "key", "ticket", "SAMLResponse", "passcode", "access_key", "authorization", "pin", "state",
        "accessToken", "X-Amz-Signature", "connect.sid", "oobCode", "kennwort", "id_token", "user[pin]",
    ],
)  # fmt: skip
def test_parameters_that_hold_secrets(name: str) -> None:
    assert names_secret_parameter(name, "S3cret")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("q", "password"), ("page", "2"), ("keyword", "river"), ("country_code", "DE"), ("state", "CA"),
        ("state", "closed"), ("key", "1"), ("postcode", "12345"), ("statement", "7"), ("sort", "token"),
    ],
)  # fmt: skip
def test_parameters_that_hold_none(name: str, value: str) -> None:
    assert not names_secret_parameter(name, value)


@pytest.mark.parametrize(
    "segment", ["reset", "password-reset", "resetPassword", "verify", "magic-link", "invite", "Passwort"]
)
def test_segments_after_which_a_secret_comes(segment: str) -> None:
    assert precedes_secret(segment)


@pytest.mark.parametrize("segment", ["", "books", "presets", "invites-only", "confirmed", "keys"])
def test_other_segments(segment: str) -> None:
    assert not precedes_secret(segment)
