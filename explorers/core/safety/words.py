# ruff: noqa: E501, RUF001 - letters of other scripts, some of them wide, are what this file is about
"""The words that elements are told by which end, destroy, cost or publish: of twenty-eight languages, and few of others.

The words are compared in folded form: case, accents, hyphens and invisible characters don't count, so that `LOG-OUT`,
`Se deconnecter` and `SİL` are found as well. Where the script parts words, only whole words count: `Deleted items` and
`Payments` are left alone. A word with `=` in front counts only as the whole name, because it means something else inside
a longer one (`Order by date`).
"""

import re
from collections.abc import Iterable, Mapping

from explorers.core.safety.further_words import FURTHER_CONFIRM, FURTHER_DENY, FURTHER_HUMAN, FURTHER_LOGIN
from schemas.folding import folded as folded

DENY: Mapping[str, tuple[str, ...]] = {
    "English": (
        "log out", "logout", "log off", "logoff", "sign out", "signout", "sign off", "delete", "remove", "destroy",
        "erase", "wipe", "purge", "shred", "uninstall", "unsubscribe", "opt out", "deactivate", "disable account",
        "close account", "close my account", "cancel account", "cancel subscription", "cancel membership",
        "cancel my subscription", "terminate account", "reset all", "factory reset", "factory data reset",
        "reset device", "reset phone", "reset database", "reset to factory", "shut down", "shutdown", "power off",
        "=turn off", "reboot", "restart computer", "restart now", "restart device", "hibernate", "=quit", "=exit",
        "format disk", "format drive", "format volume", "format partition", "format sd card", "format storage",
        "format card", "drop table", "drop database", "drop index", "drop view", "drop column", "drop collection",
        "drop schema", "truncate table", "empty trash", "empty bin", "empty recycle bin", "move to trash",
        "move to bin", "clear data", "clear all data", "clear storage", "clear history", "revoke", "force stop",
        "block user", "ban user", "report abuse", "🗑", "end session", "end meeting", "end call", "hang up", "terminate",
        "switch user", "switch account", "lock screen", "lock session", "cancel order", "cancel booking",
        "cancel reservation", "cancel plan", "leave group", "leave team", "leave workspace", "leave organization",
        "leave organisation", "stop server", "stop service", "stop container", "stop instance", "kill process", "=kill",
        "log me out", "sign me out", "log me off", "exit account", "empty cart", "empty basket", "suspend account",
        "suspend user", "unlink account", "disconnect account", "impersonate", "log in as", "login as", "sign in as",
        "switch organization", "switch organisation", "switch tenant", "force push", "cancel my plan", "🚮", "=⏻",
        "=drop", "=truncate", "flush all", "flush database", "flush db",
    ),
    "German": (
        "löschen", "lösche", "entfernen", "vernichten", "abmelden", "ausloggen", "abbestellen", "kündigen",
        "deaktivieren", "deinstallieren", "herunterfahren", "ausschalten", "neu starten", "konto schließen",
        "papierkorb leeren", "auf werkseinstellungen zurücksetzen", "werkseinstellungen wiederherstellen",
        "werksreset", "datenträger formatieren", "festplatte formatieren", "speicher formatieren", "=beenden",
        "programm beenden", "widerrufen",
    ),
    "French": (
        "supprimer", "effacer", "détruire", "se déconnecter", "déconnexion", "me déconnecter", "déconnecter",
        "se désabonner", "désabonner", "désabonnement", "se désinscrire", "désinscrire", "résilier", "désactiver",
        "désinstaller", "éteindre", "arrêter l'ordinateur", "redémarrer", "fermer le compte", "fermer mon compte",
        "vider la corbeille", "réinitialisation d'usine", "rétablir les paramètres d'usine", "formater", "=quitter",
        "révoquer",
    ),
    "Spanish": (
        "eliminar", "borrar", "suprimir", "quitar", "destruir", "cerrar sesión", "cierre de sesión", "desconectarse",
        "=salir", "darse de baja", "dar de baja", "cancelar suscripción", "cancelar la suscripción", "desuscribirse",
        "desactivar", "desinstalar", "apagar", "reiniciar", "cerrar cuenta", "cerrar la cuenta", "vaciar papelera",
        "vaciar la papelera", "restablecer de fábrica", "restablecimiento de fábrica", "formatear", "revocar",
    ),
    "Italian": (
        "elimina", "eliminare", "cancella", "cancellare", "rimuovi", "rimuovere", "distruggi", "esci", "disconnetti",
        "disconnettersi", "disconnessione", "annulla iscrizione", "annulla abbonamento", "disiscriviti",
        "disdici", "disattiva", "disattivare", "disinstalla", "disinstallare", "spegni", "riavvia", "chiudi account",
        "svuota cestino", "svuota il cestino", "ripristino di fabbrica", "ripristina impostazioni di fabbrica",
        "formatta disco", "revoca",
    ),
    "Portuguese": (
        "excluir", "apagar", "remover", "destruir", "sair", "encerrar sessão", "terminar sessão", "desconectar",
        "cancelar inscrição", "cancelar assinatura", "cancelar subscrição", "descadastrar", "desativar", "desinstalar",
        "desligar", "encerrar conta", "fechar conta", "esvaziar lixeira", "esvaziar a lixeira",
        "restaurar padrões de fábrica", "redefinição de fábrica", "formatar disco", "revogar",
    ),
    "Dutch": (
        "verwijderen", "verwijder", "vernietigen", "uitloggen", "afmelden", "uitschrijven", "opzeggen",
        "abonnement opzeggen", "deactiveren", "de installatie ongedaan maken", "deïnstalleren", "uitschakelen",
        "afsluiten", "opnieuw opstarten", "account sluiten", "account opheffen", "prullenbak legen", "alles wissen",
        "gegevens wissen", "fabrieksinstellingen herstellen", "schijf formatteren", "intrekken",
    ),
    "Polish": (
        "usuń", "usunąć", "skasuj", "skasować", "zniszcz", "wyloguj", "wyloguj się", "wylogowanie", "wypisz się",
        "anuluj subskrypcję", "zrezygnuj z subskrypcji", "dezaktywuj", "odinstaluj", "wyłącz komputer",
        "zamknij system", "uruchom ponownie", "zamknij konto", "opróżnij kosz", "przywróć ustawienia fabryczne",
        "formatuj dysk", "unieważnij",
    ),
    "Russian": (
        "удалить", "удали", "стереть", "уничтожить", "выйти", "=выход", "выход из системы", "отписаться",
        "отменить подписку", "деактивировать", "отключить аккаунт", "выключить", "завершение работы", "завершить работу",
        "перезагрузить", "закрыть аккаунт", "очистить корзину", "очистить данные", "сброс настроек",
        "сбросить настройки", "сброс до заводских", "форматировать", "отозвать",
    ),
    "Chinese": (
        "删除", "刪除", "移除", "清空", "注销", "註銷", "登出", "退出登录", "退出登入", "=退出", "取消订阅", "取消訂閱", "退订",
        "停用", "关机", "關機", "重启", "重新启动", "卸载", "解除安裝", "恢复出厂设置", "恢復原廠設定", "格式化", "销毁", "撤销授权",
    ),
    "Japanese": (
        "削除", "消去", "破棄", "除去", "ログアウト", "サインアウト", "ログオフ", "退会", "解約", "配信停止", "購読解除", "登録解除",
        "無効にする", "アカウントを無効化", "シャットダウン", "電源を切る", "再起動", "アンインストール", "ゴミ箱を空にする",
        "工場出荷時", "初期化", "=終了",
    ),
    "Korean": (
        "삭제", "제거", "지우기", "파기", "로그아웃", "로그오프", "탈퇴", "구독 취소", "구독 해지", "구독취소", "수신 거부",
        "수신거부", "비활성화", "시스템 종료", "전원 끄기", "다시 시작", "휴지통 비우기", "공장 초기화", "초기화", "포맷", "해지하기",
    ),
    "Turkish": (
        "sil", "kaldır", "yok et", "çıkış yap", "=çıkış", "oturumu kapat", "aboneliği iptal et", "abonelikten çık",
        "üyeliği iptal et", "devre dışı bırak", "bilgisayarı kapat", "sistemi kapat", "yeniden başlat", "hesabı kapat",
        "çöp kutusunu boşalt", "fabrika ayarlarına sıfırla", "fabrika ayarlarına dön", "biçimlendir",
    ),
    "Arabic": (
        "حذف", "احذف", "إزالة", "مسح", "إتلاف", "تسجيل الخروج", "تسجيل خروج", "=خروج", "إلغاء الاشتراك",
        "إلغاء تنشيط", "تعطيل", "إيقاف التشغيل", "إعادة التشغيل", "إلغاء التثبيت", "إغلاق الحساب", "إفراغ سلة المهملات",
        "إعادة ضبط المصنع", "تهيئة القرص",
    ),
    **FURTHER_DENY,
}  # fmt: skip
"""What ends a session, destroys, or takes the device down: refused."""

CONFIRM: Mapping[str, tuple[str, ...]] = {
    "English": (
        "buy", "purchase", "=order", "order now", "place order", "place an order", "place your order", "submit order",
        "confirm order", "complete order", "confirm purchase", "complete purchase", "checkout", "check out now",
        "=check out", "proceed to checkout", "pay", "pay now", "confirm payment", "make payment", "submit payment",
        "confirm and pay", "=send", "send", "send message", "send money", "transfer", "transfer money", "wire",
        "withdraw", "donate", "=book", "book now", "book it", "book this", "book flight", "book room", "book a room",
        "book hotel", "reserve", "reserve now", "rent now", "subscribe", "start trial", "start free trial", "publish",
        "unpublish", "=post", "post comment", "post now", "post reply", "tweet", "place bid", "bid now", "invite",
        "call now", "=call", "=dial", "upgrade now", "sign contract", "agree and continue", "place the order",
        "complete payment", "submit application", "apply now", "add comment", "submit comment", "submit review",
        "post review", "=comment", "=reply", "send reply", "=share", "share now", "go live", "broadcast", "renew now",
        "renew subscription", "top up", "resend", "reset password", "reset your password", "reset my password",
        "reset user password", "request new password", "request a new password", "email me", "e mail me", "text me",
        "notify users", "=notify", "complete booking", "confirm booking", "confirm reservation", "=deposit",
        "deposit money", "deposit funds", "add funds", "=sell", "sell now", "=trade", "accept offer", "make offer",
        "make an offer", "=hire", "hire now", "sign document", "sign and send", "e sign", "message seller",
        "contact seller", "=forward", "start call", "join call", "video call", "voice call", "add friend",
        "friend request", "=retweet", "=refund", "issue refund", "=charge", "charge card", "preorder", "pre order",
        "place my order", "merge pull request", "confirm merge", "=deploy", "deploy now", "paypal", "paynow", "buynow",
        "post it", "share post", "submit claim", "submit ticket", "e mail a link", "=💳", "=💸", "=📤", "=📨", "=📩", "=✉",
        "=📧", "=📞", "=☎",
    ),
    "German": (
        "kaufen", "jetzt kaufen", "=bestellen", "jetzt bestellen", "kostenpflichtig bestellen",
        "zahlungspflichtig bestellen", "bestellung abschließen", "bestellung aufgeben", "zur kasse", "bezahlen",
        "zahlen", "senden", "absenden", "abschicken", "verschicken", "überweisen", "spenden", "buchen", "reservieren",
        "abonnieren", "veröffentlichen", "=posten", "einladen", "anrufen", "bieten", "passwort zurücksetzen",
        "kennwort zurücksetzen", "erneut senden", "=antworten", "=kommentieren", "=teilen",
    ),
    "French": (
        "acheter", "=commander", "commander maintenant", "passer commande", "passer la commande",
        "valider la commande", "confirmer la commande", "payer", "régler", "envoyer", "transférer", "virer",
        "faire un don", "donner maintenant", "réserver", "s'abonner", "publier", "inviter", "appeler", "enchérir",
        "réinitialiser le mot de passe", "réinitialiser mon mot de passe", "renvoyer", "=répondre", "=partager",
    ),
    "Spanish": (
        "comprar", "=pedir", "realizar pedido", "hacer pedido", "tramitar pedido", "confirmar pedido", "pagar",
        "enviar", "transferir", "donar", "reservar", "suscribirse", "suscribirme", "publicar", "invitar", "llamar",
        "pujar", "restablecer contraseña", "restablecer la contraseña", "reenviar", "=responder", "=compartir",
    ),
    "Italian": (
        "acquista", "acquistare", "compra", "comprare", "=ordina", "ordina ora", "invia ordine", "conferma ordine",
        "paga", "pagare", "procedi al pagamento", "invia", "inviare", "trasferisci", "dona", "prenota", "prenotare",
        "abbonati", "iscriviti", "pubblica", "pubblicare", "invita", "chiama", "reimposta password",
        "reimposta la password", "=rispondi", "=condividi",
    ),
    "Portuguese": (
        "comprar", "=encomendar", "finalizar pedido", "finalizar compra", "fazer pedido", "confirmar pedido", "pagar",
        "enviar", "transferir", "doar", "reservar", "assinar", "inscrever se", "subscrever", "publicar", "convidar",
        "ligar agora", "redefinir senha", "redefinir a senha", "repor palavra passe", "reenviar", "=responder",
        "=compartilhar", "=partilhar",
    ),
    "Dutch": (
        "kopen", "koop nu", "=bestellen", "nu bestellen", "bestelling plaatsen", "bestelling afronden", "betalen",
        "afrekenen", "verzenden", "versturen", "verstuur", "overmaken", "doneren", "boeken", "boek nu", "reserveren",
        "abonneren", "publiceren", "uitnodigen", "wachtwoord opnieuw instellen", "wachtwoord resetten", "=beantwoorden",
        "=delen",
    ),
    "Polish": (
        "kup", "kup teraz", "kupuję", "=zamów", "zamów teraz", "zamawiam", "złóż zamówienie", "zapłać", "kupuję i płacę",
        "wyślij", "przelej", "wykonaj przelew", "wpłać", "przekaż darowiznę", "zarezerwuj", "subskrybuj", "opublikuj",
        "zaproś", "zadzwoń", "zresetuj hasło", "resetuj hasło", "=odpowiedz", "=udostępnij",
    ),
    "Russian": (
        "купить", "=заказать", "заказать сейчас", "оформить заказ", "подтвердить заказ", "оплатить", "заплатить",
        "отправить", "послать", "перевести деньги", "сделать перевод", "пожертвовать", "забронировать", "бронировать",
        "подписаться", "опубликовать", "пригласить", "позвонить", "сбросить пароль", "восстановить пароль", "=ответить",
        "=поделиться",
    ),
    "Chinese": (
        "购买", "購買", "下单", "下單", "提交订单", "提交訂單", "确认订单", "支付", "付款", "结账", "結帳", "结算", "发送", "發送",
        "傳送", "发布", "發佈", "發布", "发表", "转账", "轉帳", "汇款", "捐款", "捐赠", "预订", "預訂", "预约", "订阅", "訂閱", "邀请",
        "重置密码", "重設密碼", "=回复", "=回覆", "=分享",
    ),
    "Japanese": (
        "購入", "買う", "注文", "支払", "決済", "レジに進む", "送信", "送る", "公開", "投稿", "振込", "送金", "寄付", "予約", "購読",
        "申し込む", "招待", "パスワードをリセット", "=返信", "=共有",
    ),
    "Korean": (
        "구매", "구입", "주문하기", "주문 완료", "바로 주문", "결제", "보내기", "전송", "발송", "게시", "송금", "이체", "기부",
        "후원", "예약하기", "예약 완료", "구독", "초대",
        "비밀번호 재설정", "=답장", "=공유",
    ),
    "Turkish": (
        "satın al", "=sipariş ver", "sipariş ver", "siparişi tamamla", "siparişi onayla", "=öde", "ödeme yap",
        "ödemeyi tamamla", "gönder", "yolla", "transfer et", "havale yap", "para gönder", "bağış yap",
        "rezervasyon yap", "rezerve et", "abone ol", "yayınla", "paylaş", "davet et",
        "şifreyi sıfırla", "parolayı sıfırla", "=yanıtla",
    ),
    "Arabic": (
        "شراء", "اشتر", "اشتر الآن", "اشتري", "اطلب الآن", "=اطلب", "إتمام الطلب", "تأكيد الطلب", "ادفع", "دفع", "إرسال", "أرسل",
        "نشر", "تحويل", "حوّل", "تبرع", "احجز", "حجز", "اشترك", "اشتراك", "دعوة",
        "إعادة تعيين كلمة المرور", "=رد", "=مشاركة",
    ),
    **FURTHER_CONFIRM,
}  # fmt: skip
"""What costs, sends, publishes or mails people: only with consent, however its form is sent."""

SEARCH: Mapping[str, tuple[str, ...]] = {
    "Latin": ("search", "find", "suchen", "suche", "rechercher", "recherche", "chercher", "buscar", "cerca", "pesquisar",
              "procurar", "zoeken", "szukaj", "ara", "cari", "sök", "søg", "søk", "hae", "hledat", "hľadať", "keresés",
              "caută", "căutare", "tìm kiếm"),
    "Other": ("найти", "поиск", "искать", "знайти", "пошук", "αναζήτηση", "搜索", "搜尋", "查询", "查詢", "検索", "검색", "بحث",
              "جستجو", "חיפוש", "חפש", "ค้นหา", "खोजें"),
}  # fmt: skip
"""What searches, and says so: however it is sent, it changes nothing."""

END: Mapping[str, tuple[str, ...]] = {
    "English": ("log out", "logout", "log off", "logoff", "sign out", "signout", "sign off", "signoff", "end session",
                "endsession", "kill session", "clear session", "close session", "destroy session", "expire session",
                "terminate session", "invalidate session", "deauth", "deauthorize", "deauthorise", "deauthenticate",
                "switch user", "switch account", "switch organization", "switch organisation", "switch tenant",
                "impersonate", "impersonation", "masquerade", "log me out", "sign me out"),
    "others": ("abmelden", "ausloggen", "déconnexion", "déconnecter", "se déconnecter", "cerrar sesión", "cierre sesión",
               "encerrar sessão", "terminar sessão", "disconnetti", "uitloggen", "wyloguj", "wylogowanie", "logga ut",
               "loggaut", "logg ut", "log ud", "kirjaudu ulos", "odhlásit", "odhlášení", "odhlásiť", "odhlásenie",
               "kijelentkezés", "deconectare", "oturumu kapat", "log keluar", "odjava", "odjavi", "logi välja",
               "atsijungti", "iziet"),
}  # fmt: skip
"""What ids and addresses say that end the session, which programmers write in English."""

LOGIN: Mapping[str, tuple[str, ...]] = {
    "English": ("log in", "login", "log on", "sign in", "signin", "sign up", "register", "create account",
                "create an account", "create your account", "forgot password", "forgot your password"),
    "German": ("anmelden", "anmeldung", "einloggen", "registrieren", "konto erstellen", "passwort vergessen"),
    "French": ("se connecter", "connexion", "s'identifier", "s'inscrire", "créer un compte", "mot de passe oublié"),
    "Spanish": ("iniciar sesión", "inicio de sesión", "acceder", "ingresar", "registrarse", "crear cuenta"),
    "Italian": ("accedi", "accesso", "registrati", "crea account", "password dimenticata"),
    "Portuguese": ("entrar", "iniciar sessão", "fazer login", "cadastre se", "criar conta", "registar"),
    "Dutch": ("inloggen", "aanmelden", "registreren", "account aanmaken", "wachtwoord vergeten"),
    "Polish": ("zaloguj", "zaloguj się", "logowanie", "zarejestruj się", "utwórz konto"),
    "Russian": ("войти", "вход", "авторизация", "зарегистрироваться", "создать аккаунт"),
    "Chinese": ("登录", "登入", "登陆", "注册", "註冊"),
    "Japanese": ("ログイン", "サインイン", "ログオン", "新規登録", "会員登録"),
    "Korean": ("로그인", "회원가입", "회원 가입"),
    "Turkish": ("giriş yap", "oturum aç", "kayıt ol", "giriş", "hesap oluştur"),
    "Arabic": ("تسجيل الدخول", "دخول", "إنشاء حساب", "التسجيل"),
    **FURTHER_LOGIN,
}  # fmt: skip
"""What a page with a password field says when it is a login."""

MESSAGE: Mapping[str, tuple[str, ...]] = {
    "Latin": ("message", "comment", "reply", "chat", "tweet", "what's on your mind", "nachricht", "kommentar", "antwort",
              "commentaire", "réponse", "mensaje", "comentario", "respuesta", "messaggio", "commento", "risposta",
              "mensagem", "comentário", "resposta", "bericht", "reactie", "opmerking", "wiadomość", "komentarz", "mesaj",
              "yorum", "pesan", "mesej", "komentar", "komen", "meddelande", "besked", "melding", "viesti", "kommentti",
              "zpráva", "správa", "komentář", "üzenet", "hozzászólás", "comentariu", "tin nhắn", "bình luận"),
    "Other": ("сообщение", "комментарий", "повідомлення", "коментар", "μήνυμα", "σχόλιο", "消息", "訊息", "讯息", "评论", "評論",
              "留言", "メッセージ", "コメント", "메시지", "댓글", "رسالة", "تعليق", "پیام", "نظر", "הודעה", "תגובה", "ข้อความ", "संदेश"),
}  # fmt: skip
"""What a field is called whose text Enter sends to somebody, where it has no button."""

SIGN_UP: Mapping[str, tuple[str, ...]] = {
    "Latin": ("sign up", "signup", "register", "create account", "create an account", "create your account", "join",
              "registrieren", "konto erstellen", "s'inscrire", "créer un compte", "registrarse", "crear cuenta",
              "registrati", "crea account", "cadastre se", "criar conta", "registar", "registreren", "account aanmaken",
              "zarejestruj się", "utwórz konto", "hesap oluştur", "kayıt ol", "daftar akun", "skapa konto", "luo tili",
              "opret konto", "opprett konto", "regisztráció"),
    "Other": ("зарегистрироваться", "создать аккаунт", "зареєструватися", "注册", "註冊", "新規登録", "会員登録", "회원가입",
              "회원 가입", "إنشاء حساب", "التسجيل"),
}  # fmt: skip
"""What of that makes an account, which is more than to sign in."""

HUMAN: Mapping[str, tuple[str, ...]] = {
    "English": ("verify you are human", "verify that you are human", "verifying you are human", "are you a robot",
                "i'm not a robot", "i am not a robot", "i am human", "prove you are human", "confirm you are human",
                "checking your browser before accessing", "unusual traffic", "security check to access",
                "complete the security check", "press and hold to confirm", "solve the captcha", "enter the captcha"),
    "German": ("ich bin kein roboter", "bestätigen sie dass sie ein mensch sind", "bist du ein mensch",
               "überprüfen sie dass sie ein mensch sind"),
    "French": ("je ne suis pas un robot", "vérifiez que vous êtes humain", "vérifier que vous êtes humain",
               "confirmez que vous êtes humain"),
    "Spanish": ("no soy un robot", "verifica que eres humano", "verifique que usted es un ser humano"),
    "Italian": ("non sono un robot", "verifica di essere umano", "verifica che sei un essere umano"),
    "Portuguese": ("não sou um robô", "verifique se você é humano", "confirme que é humano"),
    "Dutch": ("ik ben geen robot", "verifieer dat u een mens bent", "controleer of u een mens bent"),
    "Polish": ("nie jestem robotem", "potwierdź że jesteś człowiekiem"),
    "Russian": ("я не робот", "подтвердите что вы человек", "подтвердите что вы не робот"),
    "Chinese": ("我不是机器人", "我不是機器人", "我是人类", "验证您是真人", "人机验证", "人機驗證", "安全验证"),
    "Japanese": ("私はロボットではありません", "人間であることを確認"),
    "Korean": ("로봇이 아닙니다", "사람인지 확인"),
    "Turkish": ("ben robot değilim", "insan olduğunuzu doğrulayın"),
    "Arabic": ("أنا لست روبوتا", "لست برنامج روبوت", "تحقق من أنك إنسان"),
    **FURTHER_HUMAN,
}  # fmt: skip
"""What a page says that wants to see a human."""

DECLINE: Mapping[str, tuple[str, ...]] = {
    "Latin": ("cancel", "no", "no thanks", "close", "dismiss", "back", "go back", "keep", "not now", "later", "skip", "x",
              "abbrechen", "nein", "schließen", "zurück", "annuler", "non", "fermer", "cancelar", "cerrar", "volver",
              "não", "fechar", "voltar", "annulla", "chiudi", "indietro", "annuleren", "nee", "sluiten", "anuluj", "nie",
              "zamknij", "avbryt", "nej", "nei", "stäng", "luk", "lukk", "peruuta", "ei", "sulje", "zrušit", "zrušiť", "ne",
              "zavřít", "zavrieť", "mégse", "nem", "bezárás", "anulează", "nu", "închide", "iptal", "hayır", "kapat",
              "batal", "tidak", "tutup", "hủy", "không", "đóng"),
    "Other": ("отмена", "нет", "закрыть", "скасувати", "ні", "закрити", "ακύρωση", "όχι", "κλείσιμο", "取消", "否", "关闭",
              "關閉", "キャンセル", "いいえ", "閉じる", "취소", "아니요", "닫기", "إلغاء", "لا", "إغلاق", "لغو", "خیر", "بستن",
              "ביטול", "לא", "סגור", "ยกเลิก", "ไม่", "ปิด", "रद्द करें", "नहीं", "बंद करें"),
}  # fmt: skip
"""What a button says that leaves undone what its dialog asks about."""

LONG_NAME = 6
LONG_UNPARTED_NAME = 40
"""Words, and characters where the script does not part them: in a link's longer name a word counts at its beginning only.

`How to delete a branch in five steps` is something to read.
"""

_TOGETHER = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPACED = re.compile(r"(?:[^\W\d_] ){2,}[^\W\d_]")
_LATIN = re.compile(r"[a-z]")
_LOOKALIKES = str.maketrans("аеорсухікмтвнѕјԁ" + "αοερυκντι", "aeopcyxikmtbhsjd" + "aoepuknti")


class Words:
    """One list of words, ready to be looked for."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]) -> None:
        every = [word for language in words.values() for word in language]
        self._whole = frozenset(folded(word[1:]) for word in every if word.startswith("="))
        inner = {folded(word) for word in every if not word.startswith("=")}
        self._parted = _any(word for word in inner if not _TOGETHER.search(word))
        self._together = _any(word for word in inner if _TOGETHER.search(word))

    def find(self, name: str, *, link: bool = False) -> str | None:
        """The first word that the name says, in folded form; of a link's long name only its beginning counts."""
        for text in dict.fromkeys((_plain(name), _plain(_HUMP.sub(" ", name)))):
            if word := self._find(text, link=link):
                return word
        return None

    def _find(self, text: str, *, link: bool) -> str | None:
        if not text:
            return None
        if text in self._whole:
            return text
        long = link and (text.count(" ") >= LONG_NAME or len(text) > LONG_UNPARTED_NAME)
        for pattern in (self._parted, self._together):
            if word := pattern.match(text) if long else pattern.search(text):
                return word[0]
        return None

    def is_all(self, name: str) -> str | None:
        """The word that the name is, in folded form, if it is no more than that; words with `=` are names of places."""
        text = folded(name)
        word = self._parted.fullmatch(text) or self._together.fullmatch(text)
        return None if word is None or text in self._whole else word[0]


def _any(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds the longest of the words, whole words only where the script parts them."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    if ordered and _TOGETHER.search(ordered[0]):
        return re.compile("|".join(map(re.escape, ordered)))
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, ordered)) + r")(?![^\W\d])")


def _plain(name: str) -> str:
    """A name folded, with letters of other scripts that look like Latin ones amid Latin ones as those, and unspaced."""
    text = folded(name)
    if not text.isascii() and _LATIN.search(text):
        text = " ".join(word.translate(_LOOKALIKES) if _LATIN.search(word) else word for word in text.split(" "))
    return text.replace(" ", "") if _SPACED.fullmatch(text) else text


DENIED = Words(DENY)
ENDED = Words(END)
CONFIRMED = Words(CONFIRM)
LOGINS = Words(LOGIN)
SEARCHES = Words(SEARCH)
SIGN_UPS = Words(SIGN_UP)
HUMANS = Words(HUMAN)
MESSAGES = Words(MESSAGE)
DECLINED = Words(DECLINE)
