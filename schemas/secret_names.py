# ruff: noqa: E501, RUF001 - letters of other scripts, some of them wide, are what this file is about
"""How secrets are called: fields in the languages of the safety words and in a few more, and parameters of addresses.

Compared in folded form. Where the script parts words, only whole words count; a `*` stands for the rest of a word, which
some languages put together or inflect. `Keyboard`, `Keyword` and `Max tokens` are no secrets.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from schemas.folding import folded, parted

FIELDS: Mapping[str, tuple[str, ...]] = {
    "English": (
        "password", "passwords", "passwd", "pwd", "passphrase", "pass phrase", "passcode", "pass code", "passkey",
        "pin", "pincode", "=pass", "=pw", "secret", "client secret", "secret answer", "secret key", "security answer",
        "answer to your security question", "answer to the security question", "security question answer",
        "api key", "apikey", "access key", "accesskey", "secretkey", "token", "access token", "auth token",
        "bearer token", "authtoken", "accesstoken", "refreshtoken", "apitoken", "clientsecret", "appsecret", "jwt",
        "private key", "privatekey", "ssh key", "signing key", "encryption key", "master key", "pre shared key", "psk",
        "wpa key", "wifi key", "wi fi key", "network security key", "recovery key", "recovery phrase", "seed phrase",
        "mnemonic", "otp", "totp", "one time code", "one time password", "one time passcode", "onetimecode",
        "verification code", "verificationcode", "security code", "authentication code", "authenticator code",
        "authorization code", "authorisation code", "confirmation code", "login code", "log in code", "sign in code",
        "access code", "sms code", "text message code", "email code", "2fa", "2fa code", "two factor code", "mfa code",
        "two step code", "recovery code", "recovery codes", "backup code", "backup codes", "reset code",
        "unlock code", "your key", "your new key", "digit code", "credentials", "connection string", "iban", "social security number",
    ),
    "German": (
        "*passwort*", "*kennwort*", "*passphrase*", "geheimzahl", "geheimnis", "geheimer schlüssel", "api schlüssel",
        "*zugriffsschlüssel", "*zugangsschlüssel", "*zugangscode", "*zugriffscode", "*zugriffstoken",
        "privater schlüssel", "privaten schlüssel", "geheime antwort", "*sicherheitsantwort", "geheimantwort",
        "antwort auf die sicherheitsfrage", "antwort auf ihre sicherheitsfrage", "*sicherheitscode",
        "*bestätigungscode", "*verifizierungscode", "*einmalcode", "sms tan", "mtan", "=tan",
        "*wiederherstellungscode*", "*wiederherstellungsschlüssel", "*freischaltcode",
    ),
    "French": (
        "mot de passe", "mots de passe", "mdp", "motdepasse", "code pin", "code secret", "code confidentiel",
        "phrase secrète", "phrase de passe", "phrase de récupération", "clé api", "clé d'api", "clé de l'api",
        "clé d'accès", "clé privée", "clé secrète", "jeton", "jeton d'accès", "réponse secrète", "réponse de sécurité",
        "réponse à la question", "code de vérification", "code de sécurité", "code de confirmation", "code d'accès",
        "code à usage unique", "code par sms", "code sms", "code d'authentification",
        "code de récupération", "code reçu",
    ),
    "Spanish": (
        "contraseña", "contraseñas", "contrasena", "=clave", "clave de acceso", "clave secreta", "clave privada",
        "clave api", "clave de api", "clave de la api", "tu clave", "su clave", "código pin", "código secreto",
        "respuesta secreta", "respuesta de seguridad", "respuesta a la pregunta", "código de verificación",
        "código de seguridad", "código de un solo uso", "código sms", "código de acceso", "código de confirmación",
        "código de autenticación", "código de recuperación", "frase de contraseña", "frase semilla", "secreto",
    ),
    "Italian": (
        "parola d'ordine", "chiave api", "chiave dell'api", "chiave privata", "chiave segreta", "chiave di accesso",
        "risposta segreta", "risposta di sicurezza", "risposta alla domanda", "codice pin", "codice di verifica",
        "codice di sicurezza", "codice monouso", "codice usa e getta", "codice otp", "codice sms", "codice segreto",
        "codice di accesso", "codice di conferma", "codice di recupero", "codice temporaneo", "frase segreta", "segreto",
    ),
    "Portuguese": (
        "senha", "senhas", "palavra passe", "palavra chave secreta", "chave api", "chave de api", "chave da api",
        "chave privada", "chave secreta", "chave de acesso", "resposta secreta", "resposta de segurança",
        "resposta à pergunta", "código pin", "código de verificação", "código de segurança",
        "código de uso único", "código sms", "código de acesso", "código de confirmação", "código de autenticação",
        "código de recuperação", "frase secreta", "segredo",
    ),
    "Dutch": (
        "*wachtwoord*", "*pincode", "api sleutel", "geheime sleutel", "privésleutel", "privé sleutel",
        "toegangssleutel", "toegangscode", "toegangstoken", "geheim antwoord", "beveiligingsantwoord",
        "antwoord op de beveiligingsvraag", "verificatiecode", "beveiligingscode", "bevestigingscode",
        "eenmalige code", "sms code", "herstelcode", "herstelcodes", "geheim",
    ),
    "Polish": (
        "hasło", "hasła", "hasłem", "haslo", "kod pin", "klucz api", "klucz prywatny", "klucz dostępu",
        "tajny klucz", "klucz tajny", "sekret", "sekretna odpowiedź", "tajna odpowiedź", "odpowiedź na pytanie",
        "kod weryfikacyjny", "kod bezpieczeństwa", "kod jednorazowy", "kod sms", "kod dostępu", "kod potwierdzający",
        "kod autoryzacyjny", "kod odzyskiwania", "token dostępu",
    ),
    "Russian": (
        "пароль", "пароля", "паролем", "пин", "пин код", "пинкод", "ключ api", "api ключ", "закрытый ключ",
        "приватный ключ", "секретный ключ", "ключ доступа", "секрет", "секретный ответ", "контрольный ответ",
        "ответ на секретный вопрос", "ответ на контрольный вопрос", "код подтверждения", "код проверки",
        "проверочный код", "одноразовый код", "код из sms", "код из смс", "смс код", "sms код", "код безопасности",
        "код доступа", "код авторизации", "код восстановления", "токен", "кодовое слово", "кодовая фраза",
        "парольная фраза",
    ),
    "Chinese": (
        "密码", "密碼", "口令", "pin码", "pin碼", "密钥", "密鑰", "金鑰", "秘钥", "私钥", "私鑰", "令牌", "权杖", "權杖",
        "安全问题答案", "安全問題答案", "安全问题的答案", "密保答案", "密保问题答案", "安全答案", "秘密答案", "验证码", "驗證碼",
        "动态码", "動態碼", "校验码", "校驗碼", "短信码", "簡訊碼", "安全码", "安全碼", "确认码", "確認碼", "一次性", "助记词",
        "助記詞", "恢复码", "恢復碼", "国际银行账号", "國際銀行帳號",
    ),
    "Japanese": (
        "パスワード", "暗証番号", "パスコード", "パスフレーズ", "秘密鍵", "秘密の答え", "秘密の質問の答え", "秘密の質問の回答",
        "シークレット", "apiキー", "api キー", "アクセスキー", "アクセストークン", "トークン", "認証コード", "認証番号", "確認コード",
        "検証コード", "ワンタイム", "セキュリティコード", "セキュリティ コード", "smsコード", "sms コード", "合言葉", "復元コード",
        "リカバリーコード", "バックアップコード",
    ),
    "Korean": (
        "비밀번호", "비밀 번호", "암호", "패스워드", "패스코드", "핀번호", "핀 번호", "pin번호", "pin 번호", "api 키", "api키",
        "개인 키", "개인키", "비밀 키", "비밀키", "액세스 키", "액세스 토큰", "토큰", "보안 답변", "비밀 답변", "보안 질문 답변",
        "보안 질문의 답변", "인증번호", "인증 번호", "인증코드", "인증 코드", "확인 코드", "확인코드", "일회용", "sms 코드",
        "보안 코드", "보안코드", "복구 코드", "복구코드",
    ),
    "Turkish": (
        "şifre*", "parola", "parolanız*", "parolayı", "parolası", "pin kodu", "api anahtarı", "özel anahtar",
        "gizli anahtar", "erişim anahtarı", "erişim kodu", "gizli yanıt", "gizli cevap", "güvenlik yanıtı",
        "güvenlik cevabı", "güvenlik sorusunun yanıtı", "güvenlik sorusunun cevabı", "doğrulama kodu",
        "güvenlik kodu", "onay kodu", "tek kullanımlık", "sms kodu", "erişim belirteci", "kurtarma kodu",
    ),
    "Arabic": (
        "كلمة المرور", "كلمة مرور", "كلمة السر", "كلمة سر", "الرقم السري", "رقم سري", "رمز pin", "رقم التعريف الشخصي",
        "مفتاح api", "مفتاح واجهة", "المفتاح الخاص", "مفتاح خاص", "المفتاح السري", "مفتاح سري", "مفتاح الوصول",
        "رمز الوصول", "الإجابة السرية", "إجابة سرية", "إجابة الأمان", "إجابة سؤال الأمان", "رمز التحقق", "رمز الأمان",
        "رمز لمرة واحدة", "رمز التأكيد", "رمز المصادقة", "رمز الدخول", "الرمز السري", "رمز مرور", "رمز المرور",
        "عبارة المرور", "آيبان", "الآيبان", "رقم الآيبان",
    ),
    "Malay and Indonesian": (
        "kata laluan", "kata sandi", "sandi", "frasa sandi", "kod pin", "kode pin", "kunci api", "kunci peribadi",
        "kunci pribadi", "kunci privat", "kunci rahsia", "kunci rahasia", "kunci akses", "jawapan rahsia",
        "jawaban rahasia", "jawapan keselamatan", "jawaban keamanan", "kod sekali guna", "kode sekali pakai",
        "kod pengesahan", "kode verifikasi", "kode konfirmasi", "kode otp", "kod otp", "kod keselamatan",
        "kode keamanan", "kod akses", "kode akses", "kod sms", "kode sms", "kod pemulihan", "kode pemulihan",
    ),
    "Swedish": (
        "*lösenord*", "lösenfras", "pinkod", "pin kod", "api nyckel", "privat nyckel", "hemlig nyckel", "åtkomstnyckel",
        "hemligt svar", "säkerhetssvar", "svar på säkerhetsfrågan", "engångskod", "verifieringskod", "bekräftelsekod",
        "säkerhetskod", "sms kod", "åtkomstkod", "återställningskod", "hemlighet", "kodord",
    ),
    "Danish and Norwegian": (
        "*adgangskode*", "*kodeord*", "*passord*", "pinkode", "pin kode", "api nøgle", "api nøkkel", "privat nøgle",
        "privat nøkkel", "hemmelig nøgle", "hemmelig nøkkel", "adgangsnøgle", "tilgangsnøkkel", "hemmeligt svar",
        "hemmelig svar", "sikkerhedssvar", "sikkerhetssvar", "svar på sikkerhedsspørgsmålet",
        "svar på sikkerhetsspørsmålet", "engangskode", "bekræftelseskode", "bekreftelseskode", "verifikationskode",
        "verifiseringskode", "sikkerhedskode", "sikkerhetskode", "sms kode", "tilgangskode", "gendannelseskode",
        "gjenopprettingskode", "hemmelighed", "hemmelighet",
    ),
    "Finnish": (
        "*salasana*", "tunnuslause", "pinkoodi", "pin koodi", "api avain", "yksityinen avain", "salainen avain",
        "käyttöavain", "salainen vastaus", "turvavastaus", "turvakysymyksen vastaus", "vastaus turvakysymykseen",
        "kertakäyttökoodi", "kertakäyttöinen koodi", "vahvistuskoodi", "todennuskoodi", "turvakoodi",
        "tekstiviestikoodi", "sms koodi", "pääsykoodi", "palautuskoodi", "salaisuus",
    ),
    "Czech and Slovak": (
        "heslo", "hesla", "hesel", "kód pin", "pin kód", "klíč api", "api klíč", "kľúč api", "api kľúč", "soukromý klíč",
        "súkromný kľúč", "privátní klíč", "privátny kľúč", "tajný klíč", "tajný kľúč", "přístupový klíč",
        "prístupový kľúč", "tajná odpověď", "tajná odpoveď", "bezpečnostní odpověď", "bezpečnostná odpoveď",
        "odpověď na bezpečnostní otázku", "odpoveď na bezpečnostnú otázku", "jednorázový kód", "jednorazový kód",
        "ověřovací kód", "overovací kód", "bezpečnostní kód", "bezpečnostný kód", "potvrzovací kód", "potvrdzovací kód",
        "sms kód", "kód z sms", "kód ze sms", "přístupový kód", "prístupový kód", "obnovovací kód", "tajemství",
    ),
    "Hungarian": (
        "jelszó", "jelszava", "jelszavad", "jelszót", "jelmondat", "pinkód", "pin kód", "api kulcs", "privát kulcs",
        "titkos kulcs", "hozzáférési kulcs", "titkos válasz", "biztonsági válasz", "biztonsági kérdés válasza",
        "egyszer használatos kód", "egyszeri kód", "ellenőrző kód", "megerősítő kód", "biztonsági kód",
        "hitelesítő kód", "hitelesítési kód", "sms kód", "hozzáférési kód", "helyreállítási kód", "hozzáférési token",
    ),
    "Romanian": (
        "parolă", "parola", "parolei", "cod pin", "codul pin", "cheie api", "cheia api", "cheie privată", "cheia privată",
        "cheie secretă", "cheia secretă", "cheie de acces", "răspuns secret", "răspunsul secret",
        "răspuns de securitate", "răspuns la întrebarea de securitate", "cod de unică folosință", "cod de verificare",
        "codul de verificare", "cod de securitate", "cod de confirmare", "cod sms", "cod de acces", "cod de recuperare",
    ),
    "Greek": (
        "κωδικός πρόσβασης", "κωδικού πρόσβασης", "κωδικό πρόσβασης", "=κωδικός", "συνθηματικό", "κωδικός pin",
        "κλειδί api", "ιδιωτικό κλειδί", "μυστικό κλειδί", "κλειδί πρόσβασης", "μυστική απάντηση", "απάντηση ασφαλείας",
        "απάντηση στην ερώτηση ασφαλείας", "κωδικός μίας χρήσης", "κωδικός επαλήθευσης", "κωδικός ασφαλείας",
        "κωδικός επιβεβαίωσης", "κωδικός sms", "κωδικός ανάκτησης", "μυστικό",
    ),
    "Ukrainian": (
        "пароль", "пароля", "пін", "пін код", "пінкод", "ключ api", "api ключ", "приватний ключ", "закритий ключ",
        "секретний ключ", "таємний ключ", "ключ доступу", "секретна відповідь", "таємна відповідь",
        "контрольна відповідь", "відповідь на секретне запитання", "одноразовий код", "код підтвердження",
        "код перевірки", "код безпеки", "код доступу", "код із sms", "код з sms", "sms код", "смс код",
        "код відновлення", "токен", "секрет", "кодова фраза",
    ),
    "Vietnamese": (
        "mật khẩu", "mã pin", "khóa api", "khóa riêng", "khóa riêng tư", "khóa bí mật", "khóa truy cập",
        "câu trả lời bí mật", "câu trả lời bảo mật", "mã dùng một lần", "mã xác minh", "mã xác thực", "mã xác nhận",
        "mã bảo mật", "mã otp", "mã sms", "mã truy cập", "mã khôi phục",
    ),
    "Thai": (
        "รหัสผ่าน", "รหัส pin", "รหัสพิน", "คีย์ api", "คีย์ส่วนตัว", "กุญแจส่วนตัว", "คีย์ลับ", "คีย์การเข้าถึง", "คำตอบลับ",
        "คำตอบความปลอดภัย", "คำตอบของคำถามความปลอดภัย", "รหัสใช้ครั้งเดียว", "รหัสแบบใช้ครั้งเดียว", "รหัสยืนยัน",
        "รหัสความปลอดภัย", "รหัส otp", "รหัส sms", "รหัสกู้คืน", "โทเค็น",
    ),
    "Hebrew": (
        "סיסמה", "סיסמא", "הסיסמה", "סיסמת", "קוד סודי", "קוד pin", "מפתח api", "מפתח פרטי", "מפתח סודי", "מפתח גישה",
        "תשובה סודית", "תשובת אבטחה", "תשובה לשאלת האבטחה", "קוד חד פעמי", "קוד אימות", "קוד אבטחה", "קוד גישה",
        "קוד sms", "קוד שחזור",
    ),
    "Persian": (
        "رمز عبور", "گذرواژه", "کلمه عبور", "رمز ورود", "پسورد", "پین", "کد پین", "کلید api", "کلید خصوصی",
        "کلید محرمانه", "کلید مخفی", "کلید دسترسی", "پاسخ مخفی", "پاسخ امنیتی", "پاسخ سؤال امنیتی", "کد یکبار مصرف",
        "رمز یکبار مصرف", "رمز یک بار مصرف", "کد تأیید", "کد تایید", "کد امنیتی", "کد پیامک", "کد پیامکی",
        "کد دسترسی", "کد بازیابی", "شبا", "شماره شبا",
    ),
    "Hindi": (
        "पासवर्ड", "=पिन", "पिन नंबर", "api कुंजी", "एपीआई कुंजी", "निजी कुंजी", "गुप्त कुंजी", "एक्सेस कुंजी", "गुप्त उत्तर",
        "सुरक्षा उत्तर", "सुरक्षा प्रश्न का उत्तर", "ओटीपी", "एक बार का कोड", "वन टाइम कोड", "सत्यापन कोड", "सुरक्षा कोड",
        "पुष्टि कोड", "एक्सेस कोड", "एसएमएस कोड", "टोकन", "गुप्त कोड",
    ),
    "others": (
        "lozinka", "лозинка", "šifra računa", "geslo", "парола", "nenosiri", "slaptažodis", "parole", "parool",
        "salasõna", "lykilorð", "aðgangsorð", "contrasenya", "contrasinal", "pasahitza", "fjalëkalimi", "wagwoord",
        "шифра", "құпия сөз", "parol", "şifrə", "პაროლი", "գաղտնաբառ", "পাসওয়ার্ড", "கடவுச்சொல்", "پاس ورڈ", "ססמה",
        "нууц үг", "focal faire", "cyfrinair",
    ),
}  # fmt: skip

CARDS = re.compile(
    r"\b(?:card.?num(?:ber)?|cc.?num(?:ber)?|cc.?csc|cc.?cvc|cvc2?|cvv2?|csc|security code|credit.?card|debit.?card"
    r"|kartennummer|kreditkarten?(?:nummer)?|prüfziffer|prüfnummer|num[eé]ro de (?:la )?carte"
    r"|carte (?:bancaire|de crédit)|cryptogramme|n[uú]mero de (?:la )?tarjeta|tarjeta de crédito|código de seguridad"
    r"|numero (?:di|della) carta|carta di credito|codice di sicurezza"
    r"|n[uú]mero do cartão|cartão de crédito|código de segurança|kaartnummer"
    r"|beveiligingscode|numer karty|kod bezpieczeństwa|номер карты|код безопасности|kart numarası|kredi kartı"
    r"|güvenlik kodu|رقم البطاقة|بطاقة الائتمان|رمز الأمان)\b"
    r"|卡号|卡號|信用卡|安全码|安全碼|カード番号|クレジットカード|セキュリティコード|카드 ?번호|신용카드|보안 ?코드",
    re.I,
)
"""The number and the code of a payment card."""

_ABOUT = re.compile(
    r"^(?:search|filter|find|look up|suche|max|maximum|min|minimum|number of|forgot|forgotten|reset|change|manage)(?!\w)"
    r"|(?<!\w)(?:name|label|title|length|polic(?:y|ies)|strength|complexity|expir\w*|age|type|kind|count|limit|lifetime"
    r"|ttl|url|uri|endpoint|template|description|scopes?|format|prefix|rotation|history|rules?|managers?|questions?"
    r"|settings|reset|länge|richtlinie|stärke|\w*(?:wort|phrase)(?:lange|richtlinien?|starke))$"
    r"|(?<!\w)(?:parola chiave|parole chiave|palabra clave|palabras clave|palavra chave|pin to|key ?words?)(?!\w)"
)
"""What asks for something else about a secret: `Password length`, `API key name`."""

_UNPARTED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_LONGEST = 200
"""Characters of a name that are looked at: what a field is called is said briefly."""

_PARAMETER = re.compile(
    r"(?:^|[_\-.\[])(?:pass(?:word|wd|phrase|code|key)?|pwd|secret|token|jwt|otp|totp|api[_-]?key|auth|sig(?:nature)?"
    r"|[a-z]*token|sess(?:ion)?key|credentials?|session(?:[_-]?(?:id|key|state))?|[a-z]*sess(?:ion)?id|sid|authorization|authorisation|pin"
    r"|(?:access|secret|private|account|subscription|shared|master|session|signing|auth|reset|invite|activation)"
    r"[_-]?key(?:[_-]?id)?|nonce|verifier|assertion|csrf|xsrf|hmac|cookie|saml[_-]?(?:response|request|art)|ticket|oob[_-]?code"
    r"|(?:auth|access|verification|reset|invite|activation|confirmation|recovery|sms|device|user|login|one[_-]?time)"
    r"[_-]?code|relay[_-]?state|uidb64)\]?$"
    r"|^(?:code|key|state|pw|mdp|tan|hash|wresult|invite|invitation)$",
    re.I,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=SAML)(?=[A-Z])")
_LOOSE = frozenset({"code", "key", "state", "hash", "ticket", "invite", "invitation"})
"""Parameters that hold a secret or something plain."""

_PLAIN = frozenset(
    {
        "all", "open", "closed", "active", "inactive", "new", "done", "pending", "draft", "published", "archived",
        "enabled", "disabled", "on", "off", "true", "false", "none", "any", "merged", "name", "title", "date", "price",
    }
)  # fmt: skip

_RESETTING = re.compile(
    r"(?:^|[ ])(?:reset|resets|recover|recovery|verify|verification|confirm|confirmation|activate|activation|invite|"
    r"invitation|magic|magic ?link|token|unlock|otp|sso|passwordless|callback|zurucksetzen|zuruecksetzen|reinitialiser|"
    r"restablecer|ripristina|redefinir|herstellen|resetowanie|sifirla|einladung|bestatigen|bestaetigen)"
    r"(?: (?:e ?mail|mail|account|user|registration|signup|sign up|link|code))?$",
)


def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds one of the words; `*` is the rest of a word, `=` marks what counts as the whole name only."""
    whole = [re.escape(folded(word[1:])) for word in words if word.startswith("=")]
    inner = [word for word in words if not word.startswith("=")]
    together = [re.escape(folded(word)) for word in inner if _UNPARTED.search(word)]
    parts = [
        (r"\w*" if word.startswith("*") else "")
        + re.escape(folded(word.strip("*")))
        + (r"\w*" if word.endswith("*") else "")
        for word in inner
        if not _UNPARTED.search(word)
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)|{'|'.join(together)}|^(?:{'|'.join(whole)})$")


_FIELDS = _any(tuple(word for words in FIELDS.values() for word in words))
_WORDS = frozenset(folded(word.strip("*=")) for words in FIELDS.values() for word in words)


@lru_cache(maxsize=20_000)
def names_secret(text: str, *, whole: bool = False) -> bool:
    """Whether what a field is called says that it holds a secret; as a `whole`, if it says nothing else."""
    text = parted(text[:_LONGEST])
    if not text:
        return False
    if whole:
        return text in _WORDS
    return _FIELDS.search(text) is not None and _ABOUT.search(text) is None


@lru_cache(maxsize=20_000)
def names_secret_parameter(name: str, value: str | None = None) -> bool:
    """Whether a parameter of that name holds a secret, or this value of it does, as far as its name leaves that open."""
    humped = _HUMP.sub("_", name)
    if value is not None and humped.lower() in _LOOSE and (len(value) <= 2 or value.lower() in _PLAIN):
        return False
    return _PARAMETER.search(humped) is not None or (names_secret(name) and len(name) > 1)


@lru_cache(maxsize=20_000)
def precedes_secret(segment: str) -> bool:
    """Whether a segment of a path says that a secret comes after it: `/password-reset/3f9c...`."""
    text = parted(segment[:_LONGEST])
    return _RESETTING.search(text) is not None or (len(text) < 40 and _FIELDS.search(text) is not None)
