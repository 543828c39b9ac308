# ruff: noqa: E501, RUF001 - letters of other scripts are what this file is about
"""The same words in further languages, the few that matter most of each: see `explorers.core.safety.words`."""

from collections.abc import Mapping

FURTHER_DENY: Mapping[str, tuple[str, ...]] = {
    "Malay and Indonesian": (
        "log keluar", "daftar keluar", "keluar log", "=keluar", "keluar dari akun", "keluar akun", "padam", "padamkan",
        "hapus", "buang", "nyahpasang", "nyahaktif", "nonaktifkan", "berhenti langganan", "berhenti melanggan",
        "tutup akaun", "tutup akun", "matikan", "mulai ulang", "mulakan semula", "copot pemasangan",
    ),
    "Swedish": (
        "logga ut", "logga av", "ta bort", "radera", "avregistrera", "avsluta konto", "avsluta prenumeration", "säg upp",
        "avinstallera", "inaktivera", "stäng av", "starta om", "töm papperskorgen", "fabriksåterställning", "=avsluta",
    ),
    "Danish and Norwegian": (
        "log ud", "logg ut", "logg av", "slet", "slett", "fjern", "afmeld", "meld av", "avslutt abonnement",
        "opsig abonnement", "deaktiver", "afinstaller", "avinstaller", "luk konto", "genstart", "sluk", "tøm papirkurv",
        "tøm papirkurven", "=avslutt", "=afslut",
    ),
    "Finnish": (
        "kirjaudu ulos", "uloskirjautuminen", "poista", "tuhoa", "peruuta tilaus", "lopeta tilaus", "sulje tili",
        "poista käytöstä", "sammuta", "käynnistä uudelleen", "tyhjennä roskakori", "=lopeta",
    ),
    "Czech and Slovak": (
        "odhlásit", "odhlásit se", "odhlášení", "odhlásiť", "odhlásiť sa", "odhlásenie", "smazat", "vymazat", "vymazať", "odstranit",
        "odstrániť", "zrušit účet", "zrušiť účet", "zrušit předplatné", "deaktivovat", "deaktivovať", "odinstalovat",
        "vypnout", "restartovat", "vysypat koš", "=ukončit", "=ukončiť",
    ),
    "Hungarian": (
        "kijelentkezés", "kilépés", "kijelentkezem", "törlés", "töröl", "törlöm", "eltávolítás", "leiratkozás",
        "fiók megszüntetése", "fiók törlése", "letiltás", "eltávolít", "leállítás", "újraindítás", "lomtár ürítése",
    ),
    "Romanian": (
        "deconectare", "deconectează te", "deconectați vă", "ieșire din cont", "=ieșire", "șterge", "ștergeți", "elimină",
        "dezabonare", "dezabonează te", "dezactivează", "dezinstalează", "închide contul", "repornește", "golește coșul",
    ),
    "Greek": (
        "αποσύνδεση", "αποσυνδεθείτε", "έξοδος", "διαγραφή", "διαγράψτε", "κατάργηση", "αφαίρεση", "απεγγραφή",
        "ακύρωση συνδρομής", "απενεργοποίηση", "απεγκατάσταση", "κλείσιμο λογαριασμού", "τερματισμός", "επανεκκίνηση",
    ),
    "Ukrainian": (
        "вийти", "=вихід", "вихід із системи", "видалити", "стерти", "знищити", "відписатися", "скасувати підписку",
        "деактивувати", "закрити акаунт", "вимкнути", "перезавантажити", "очистити кошик",
    ),
    "Vietnamese": (
        "đăng xuất", "thoát tài khoản", "=thoát", "=xóa", "xóa bỏ", "xóa tài khoản", "gỡ bỏ", "hủy đăng ký", "huỷ đăng ký", "vô hiệu hóa",
        "gỡ cài đặt", "đóng tài khoản", "tắt máy", "khởi động lại",
    ),
    "Thai": (
        "ออกจากระบบ", "ลงชื่อออก", "ล็อกเอาท์", "=ลบ", "ลบบัญชี", "ยกเลิกการสมัคร", "เลิกติดตาม", "ปิดใช้งาน", "ถอนการติดตั้ง", "ปิดบัญชี",
        "ปิดเครื่อง", "รีสตาร์ท",
    ),
    "Hebrew": (
        "התנתק", "התנתקות", "יציאה מהחשבון", "=יציאה", "צא מהמערכת", "מחק", "מחיקה", "הסר", "הסרה", "ביטול מנוי",
        "בטל מנוי", "השבת", "סגור חשבון", "כיבוי", "הפעל מחדש",
    ),
    "Persian": (
        "خروج از حساب", "خروج از سیستم", "=خروج", "حذف", "پاک کردن", "لغو اشتراک", "غیرفعال کردن", "بستن حساب",
        "خاموش کردن", "راه اندازی مجدد",
    ),
    "Hindi": (
        "लॉग आउट", "लॉगआउट", "साइन आउट", "हटाएं", "हटाएँ", "मिटाएं", "डिलीट", "सदस्यता समाप्त", "सदस्यता छोड़ें", "निष्क्रिय करें",
        "अनइंस्टॉल", "खाता बंद करें", "रीस्टार्ट",
    ),
    "others": (
        # South Slavic
        "odjava", "odjavi se", "odjavite se", "izloguj se", "=odjavi", "obriši", "izbriši", "briši", "ukloni",
        "odstrani", "deaktiviraj", "otkaži pretplatu", "zatvori račun", "zatvori nalog", "ponovo pokreni", "=изход",
        "излез", "изтрий", "изтриване", "премахни", "премахване", "деактивирай", "рестартирай", "одјава",
        "одјави се", "избриши", "обриши", "уклони", "отстрани",
        # Estonian, Latvian and Lithuanian
        "logi välja", "väljalogimine", "kustuta", "eemalda", "tühista tellimus", "sulge konto", "taaskäivita",
        "=iziet", "izlogoties", "=atteikties", "dzēst", "izdzēst", "noņemt", "atsijungti", "išsiregistruoti",
        "ištrinti", "pašalinti", "atšaukti prenumeratą",
        # Catalan, Galician and Basque
        "tanca la sessió", "tancar sessió", "tancar la sessió", "=surt", "pechar sesión", "=saír", "amaitu saioa",
        "itxi saioa", "=irten", "suprimeix", "esborra", "esborrar", "ezabatu", "=kendu", "cancel·la la subscripció",
        "dóna't de baixa",
        # Icelandic
        "útskrá", "skrá út", "skrá mig út", "eyða", "fjarlægja", "segja upp áskrift", "loka reikningi",
        # Bengali, Tamil and Urdu
        "লগ আউট", "সাইন আউট", "মুছুন", "মুছে ফেলুন", "வெளியேறு", "வெளியேறவும்", "நீக்கு", "அகற்று", "لاگ آؤٹ",
        "سائن آؤٹ", "حذف کریں", "ہٹائیں",
        # Swahili, Filipino and Afrikaans
        "=toka", "=ondoka", "=futa", "futa akaunti", "mag log out", "tanggalin", "burahin", "teken uit", "meld af",
        "verwyder", "skrap",
        # Azerbaijani, Kazakh, Uzbek, Georgian and Armenian
        "=çıxış", "hesabdan çıx", "шығу", "chiqish", "გასვლა", "გამოსვლა", "=ելք", "դուրս գալ", "жою", "өшіру",
        "o'chirish", "წაშლა", "ջնջել", "հեռացնել",
    ),
}  # fmt: skip

FURTHER_CONFIRM: Mapping[str, tuple[str, ...]] = {
    "Malay and Indonesian": (
        "bayar", "bayar sekarang", "beli", "beli sekarang", "pesan sekarang", "buat pesanan", "hantar", "kirim",
        "kirimkan", "terbitkan", "publikasikan", "langgan", "berlangganan", "derma", "donasi", "pindahkan dana",
        "transfer", "jemput", "=undang", "tempah", "set semula kata laluan", "atur ulang kata sandi", "reset kata sandi",
    ),
    "Swedish": (
        "betala", "köp", "köp nu", "slutför köp", "lägg beställning", "beställ", "skicka", "publicera", "prenumerera",
        "donera", "överför", "bjud in", "boka", "ring upp", "återställ lösenord",
    ),
    "Danish and Norwegian": (
        "betal", "køb", "kjøp", "kjøp nå", "køb nu", "bestil", "bestill", "gennemfør køb", "=send", "send besked",
        "send melding", "udgiv", "publiser", "offentliggør", "abonner", "abonnér", "doner", "overfør", "inviter", "book nu",
        "nulstil adgangskode", "tilbakestill passord",
    ),
    "Finnish": (
        "maksa", "osta", "osta nyt", "tilaa", "vahvista tilaus", "lähetä", "julkaise", "lahjoita", "siirrä rahaa", "kutsu",
        "varaa", "soita", "palauta salasana", "vaihda salasana",
    ),
    "Czech and Slovak": (
        "zaplatit", "zaplatiť", "koupit", "kúpiť", "objednat", "objednať", "odeslat", "odoslať", "poslat", "poslať",
        "publikovat", "publikovať", "zveřejnit", "zverejniť", "předplatit", "darovat", "převést", "pozvat", "rezervovat",
        "obnovit heslo", "resetovat heslo",
    ),
    "Hungarian": (
        "=fizetés", "fizetek", "=vásárlás", "megveszem", "=megrendelés", "megrendelem", "=küldés", "elküldés", "elküld",
        "közzététel", "közzétesz", "feliratkozás", "=adományozás", "=utalás", "=meghívás", "=foglalás", "jelszó visszaállítása",
    ),
    "Romanian": (
        "plătește", "plătiți", "cumpără", "comandă acum", "plasează comanda", "trimite", "trimiteți", "publică", "abonează te",
        "donează", "transferă", "invită", "rezervă", "resetează parola",
    ),
    "Greek": (
        "=πληρωμή", "πληρώστε", "=αγορά", "αγοράστε", "=παραγγελία", "=αποστολή", "στείλτε", "=δημοσίευση", "εγγραφή συνδρομής",
        "=δωρεά", "μεταφορά χρημάτων", "=πρόσκληση", "=κράτηση", "επαναφορά κωδικού",
    ),
    "Ukrainian": (
        "сплатити", "оплатити", "купити", "замовити", "оформити замовлення", "надіслати", "відправити", "опублікувати",
        "підписатися", "пожертвувати", "переказати", "запросити", "забронювати", "скинути пароль",
    ),
    "Vietnamese": (
        "thanh toán", "=mua", "mua ngay", "đặt hàng", "=gửi", "gửi đi", "gửi tin nhắn", "đăng bài", "xuất bản",
        "đăng ký nhận tin", "quyên góp", "chuyển tiền", "mời bạn", "đặt phòng", "đặt lại mật khẩu",
    ),
    "Thai": (
        "ชำระเงิน", "จ่ายเงิน", "=ซื้อ", "สั่งซื้อ", "=ส่ง", "ส่งข้อความ", "เผยแพร่", "โพสต์", "สมัครสมาชิก", "บริจาค", "โอนเงิน", "เชิญ", "จองเลย",
        "รีเซ็ตรหัสผ่าน",
    ),
    "Hebrew": (
        "שלם", "=תשלום", "לתשלום", "קנה", "=קנייה", "הזמן עכשיו", "בצע הזמנה", "שלח", "=שליחה", "פרסם", "=פרסום", "הירשם כמנוי",
        "תרום", "העבר כסף", "הזמן חבר", "איפוס סיסמה", "אפס סיסמה",
    ),
    "Persian": (
        "=پرداخت", "=خرید", "ثبت سفارش", "=ارسال", "ارسال پیام", "فرستادن", "=انتشار", "=اشتراک", "کمک مالی", "انتقال وجه", "=دعوت", "=رزرو",
        "بازنشانی رمز عبور",
    ),
    "Hindi": (
        "भुगतान", "भुगतान करें", "खरीदें", "ऑर्डर करें", "भेजें", "प्रकाशित करें", "सदस्यता लें", "दान करें", "ट्रांसफर करें", "आमंत्रित करें",
        "बुक करें", "पासवर्ड रीसेट करें",
    ),
    "others": (
        # South Slavic
        "plati", "platite", "kupi", "kupite", "naruči", "naručite", "pošalji", "pošaljite", "objavi", "objavite",
        "uplati", "doniraj", "rezerviraj", "rezerviši", "pretplati se", "pretplatite se", "resetiraj lozinku",
        "resetuj lozinku", "plačaj", "naroči", "pošlji", "плати", "=плащане", "купи", "поръчай", "поръчайте",
        "изпрати", "=изпращане", "публикувай", "дари", "резервирай", "покани", "нарачај", "испрати", "објави",
        "пошаљи", "наручи", "уплати",
        # Estonian, Latvian and Lithuanian
        "maksa nüüd", "osta kohe", "=telli", "telli kohe", "=saada", "saada sõnum", "avalda", "postita", "anneta",
        "broneeri", "maksāt", "apmaksāt", "pirkt", "pasūtīt", "nosūtīt", "sūtīt", "publicēt", "ziedot", "rezervēt",
        "mokėti", "apmokėti", "pirkti", "užsakyti", "siųsti", "išsiųsti", "skelbti", "publikuoti", "paaukoti",
        "rezervuoti", "lähtesta parool", "atiestatīt paroli", "atkurti slaptažodį",
        # Catalan, Galician and Basque
        "demana ara", "envia", "publica", "fes una donació", "ordaindu", "=erosi", "erosi orain", "bidali",
        "argitaratu", "mercar", "restableix la contrasenya", "restabelecer contrasinal",
        # Icelandic
        "=borga", "=greiða", "borga núna", "kaupa", "panta", "senda", "birta", "bóka", "endurstilla lykilorð",
        # Bengali, Tamil and Urdu
        "পেমেন্ট করুন", "কিনুন", "অর্ডার করুন", "পাঠান", "প্রকাশ করুন", "செலுத்து", "வாங்கு", "அனுப்பு", "வெளியிடு",
        "ادائیگی کریں", "خریدیں", "بھیجیں", "شائع کریں",
        # Swahili, Filipino and Afrikaans
        "=lipa", "lipa sasa", "nunua", "agiza sasa", "tuma ujumbe", "=tuma", "chapisha", "magbayad", "bayaran",
        "bilhin", "ipadala", "i publish", "=betaal", "betaal nou", "koop nou", "=stuur", "stuur boodskap",
        "publiseer",
        # Azerbaijani, Kazakh, Uzbek, Georgian and Armenian
        "ödə", "ödəniş et", "göndər", "төлеу", "сатып алу", "жіберу", "to'lash", "sotib olish", "yuborish",
        "გადახდა", "ყიდვა", "გაგზავნა", "გამოქვეყნება", "վճարել", "գնել", "ուղարկել", "հրապարակել",
    ),
}  # fmt: skip

FURTHER_LOGIN: Mapping[str, tuple[str, ...]] = {
    "Malay and Indonesian": ("log masuk", "=masuk", "masuk ke akun", "daftar masuk", "daftar akun", "lupa kata laluan",
                             "lupa kata sandi"),
    "Swedish": ("logga in", "skapa konto", "glömt lösenord"),
    "Danish and Norwegian": ("log ind", "logg inn", "opret konto", "opprett konto", "glemt adgangskode", "glemt passord"),
    "Finnish": ("kirjaudu", "kirjaudu sisään", "luo tili", "unohditko salasanan"),
    "Czech and Slovak": ("přihlásit", "přihlásit se", "prihlásiť", "prihlásiť sa", "přihlášení", "prihlásenie"),
    "Hungarian": ("bejelentkezés", "belépés", "regisztráció"),
    "Romanian": ("autentificare", "conectare", "intră în cont"),
    "Greek": ("σύνδεση", "συνδεθείτε", "είσοδος"),
    "Ukrainian": ("увійти", "вхід", "зареєструватися"),
    "Vietnamese": ("đăng nhập", "đăng ký tài khoản"),
    "Thai": ("เข้าสู่ระบบ", "ลงชื่อเข้าใช้", "ล็อกอิน"),
    "Hebrew": ("התחבר", "התחברות", "כניסה לחשבון", "=כניסה"),
    "Persian": ("ورود به حساب", "=ورود", "ورود به سیستم"),
    "Hindi": ("लॉग इन", "लॉगिन", "साइन इन"),
    "others": (
        # South Slavic
        "=prijava", "prijavi se", "prijavite se", "uloguj se", "влез", "пријава", "пријави се", "најава",
        "најави се", "registracija", "регистрация", "регистрација", "zaboravljena lozinka", "забравена парола",
        "=vpis",
        # Estonian, Latvian and Lithuanian
        "logi sisse", "sisselogimine", "registreeru", "pieslēgties", "ienākt", "autorizēties", "reģistrēties",
        "prisijungti", "registruotis",
        # Catalan, Galician and Basque
        "inicia sessió", "inicia la sessió", "hasi saioa", "saioa hasi", "=sartu", "registra't", "rexistrarse",
        # Icelandic
        "innskráning", "skrá inn", "skrá mig inn", "nýskráning",
        # Bengali, Tamil and Urdu
        "লগ ইন", "সাইন ইন", "உள்நுழை", "உள்நுழைக", "لاگ ان", "سائن ان",
        # Swahili, Filipino and Afrikaans
        "=ingia", "jisajili", "mag log in", "mag sign in", "teken in", "registreer",
        # Azerbaijani, Kazakh, Uzbek, Georgian and Armenian
        "daxil ol", "кіру", "=kirish", "შესვლა", "մուտք", "մուտք գործել",
    ),
}  # fmt: skip

FURTHER_HUMAN: Mapping[str, tuple[str, ...]] = {
    "Malay and Indonesian": ("saya bukan robot",),
    "Swedish": ("jag är inte en robot",),
    "Danish and Norwegian": ("jeg er ikke en robot",),
    "Finnish": ("en ole robotti",),
    "Czech and Slovak": ("nejsem robot", "nie som robot"),
    "Hungarian": ("nem vagyok robot",),
    "Romanian": ("nu sunt robot",),
    "Greek": ("δεν είμαι ρομπότ",),
    "Ukrainian": ("я не робот", "я не є роботом"),
    "Vietnamese": ("tôi không phải là người máy", "tôi không phải là robot"),
    "Thai": ("ฉันไม่ใช่โปรแกรมอัตโนมัติ",),
    "Hebrew": ("אני לא רובוט", "אינני רובוט"),
    "Persian": ("من ربات نیستم",),
    "Hindi": ("मैं रोबोट नहीं हूं",),
    "others": (
        # South Slavic
        "nisam robot", "нисам робот", "не съм робот", "не сум робот",
        # Estonian, Latvian and Lithuanian
        "ma ei ole robot", "es neesmu robots", "aš ne robotas",
        # Catalan, Galician and Basque
        "no sóc un robot", "non son un robot", "ez naiz robota",
        # Icelandic
        "ég er ekki vélmenni",
        # Bengali, Tamil and Urdu
        "আমি রোবট নই", "நான் ரோபோ அல்ல", "میں روبوٹ نہیں ہوں",
        # Swahili, Filipino and Afrikaans
        "mimi si roboti", "hindi ako robot", "ek is nie 'n robot nie",
        # Azerbaijani, Kazakh, Uzbek, Georgian and Armenian
        "mən robot deyiləm", "мен робот емеспін", "men robot emasman", "მე არ ვარ რობოტი", "ես ռոբոտ չեմ",
    ),
}  # fmt: skip
