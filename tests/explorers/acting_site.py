# ruff: noqa: E501 - what a page does is one line each
"""A site whose elements do things that no word of theirs tells: they pay, they log out, they change the language.

All its words are of no language, so that nothing is told by them. What it was asked is kept; its state is all visitors'.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

WAYS = {
    "fetch": "fetch('/do', {method: 'POST'})",
    "put": "fetch('/do', {method: 'PUT', body: 'x'})",
    "patch": "fetch('/do', {method: 'PATCH', body: 'x'})",
    "delete": "fetch('/do', {method: 'DELETE'})",
    "beacon": "navigator.sendBeacon('/do', 'x')",
    "xhr": "{ const x = new XMLHttpRequest(); x.open('POST', '/do'); x.send('x') }",
    "keepalive": "fetch('/do', {method: 'POST', keepalive: true, body: 'x'})",
    "form by a script": "{ const f = document.createElement('form'); f.method = 'post'; f.action = '/do'; document.body.append(f); f.submit() }",
    "form in a frame that goes": "{ const i = document.createElement('iframe'); i.name = 'gone'; document.body.append(i); const f = document.createElement('form'); f.method = 'post'; f.action = '/do'; f.target = 'gone'; document.body.append(f); f.submit(); i.onload = () => setTimeout(() => i.remove(), 1) }",
    "worker": "new Worker(window.URL.createObjectURL(new Blob([`fetch('${location.origin}/do', {method: 'POST', mode: 'no-cors'})`])))",
    "ping": "Object.assign(document.createElement('a'), {href: '#x', ping: '/do'}).click()",
    "a moment later": "setTimeout(() => fetch('/do', {method: 'POST'}), 400)",
}
"""Ways of asking for more than reading."""

PLACES = {
    "button": '<button id=go onclick="{way}">Zorkum</button>',
    "link": "<a id=go href='#' onclick=\"{way}; return false\">Zorkum</a>",
    "tick": '<input id=go type=checkbox aria-label=Zorkum onchange="{way}">',
    "list": '<select id=go aria-label=Zorkum onchange="{way}"><option>Blip<option>Blop</select>',
    "menu item": '<div role=menu><div role=menuitem tabindex=0 id=go onclick="{way}">Zorkum</div></div>',
    "shadow": "<div id=host></div><script>host.attachShadow({{mode: 'open'}}).innerHTML = `<button id=go>Zorkum</button>`; host.shadowRoot.firstChild.onclick = () => {{ {way} }}</script>",
    "frame": "<iframe src='/inside?{name}' width=400 height=100></iframe>",
}
BY_NAME = {name.replace(" ", "-"): way for name, way in WAYS.items()}

EXITS = {
    "fetched": "fetch('/session/logout', {method: 'POST'})",
    "visited": "location = '/users/sign_out?next=1'",
    "read": "fetch('/session/logout')",
    "drawn": "new Image().src = '/account/doLogout'",
    "shown": "document.body.append(Object.assign(document.createElement('iframe'), {src: '/users/sign_out'}))",
    "dropped": "fetch('/api/session', {method: 'DELETE'})",
    "framed": "{ const f = document.createElement('form'); f.method = 'post'; f.action = '/session/out'; document.body.append(f); f.submit() }",
}
"""Ways out that only an address tells."""

_MALL = """<h1>Mall</h1><a href=/panel/>Panel</a> <a href=#pay onclick="pay()">Pay now</a>
<form id=f><input aria-label=Note><button>Pay now</button></form>
<form id=g><textarea aria-label="Type a message..."></textarea><button>Send</button></form>
<form id=h><input aria-label=Title><div role=button tabindex=0 onclick="pay()">Publish</div></form>
<form><input aria-label=Coupon onkeydown="if (event.key == 'Enter') { event.preventDefault(); pay() }"><button type=button aria-label=Buy onclick="pay()">&#128722;</button></form>
<button aria-label=Plok onclick="pay()">Pay now</button> <button title="Send message" onclick="pay()">Glim</button>
<button onclick="fetch('/do', {method: 'POST'})">Zorkum</button> <button onclick="document.title += '!'">Mirf</button>
<script>const pay = () => fetch('/paid', {method: 'POST'}); for (const each of [f, g, h]) each.onsubmit = (e) => { e.preventDefault(); pay() }</script>"""
_SENDS = "<script>f.onsubmit = (e) => { e.preventDefault(); fetch('/do', {method: 'POST'}) }</script>"
_PAGE = "<!doctype html><html{lang}><meta charset=utf-8><title>Vlam</title><body style='font: 16px sans-serif; margin: 20px'>{body}"
_WALL = "<form method=post action=/in><p><input aria-label=Frum><p><input type=password aria-label=Glim><p><button>Plok</button></form>"


class ActingSite:
    """The running site; `done` counts what it was asked besides reading, by method and path."""

    def __init__(self) -> None:
        self.host = ""
        self.done: Counter[str] = Counter()
        self.asked: list[str] = []
        self.sessions = {"first"}
        self.language = "xa"
        self.everybody_in = True

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def renew(self) -> None:
        """Brings it back to its beginning, but for what was counted."""
        self.sessions, self.language, self.everybody_in = {"first"}, "xa", True

    def page(self, path: str, query: str, session: str | None) -> tuple[str, dict[str, str]]:
        """The page, and the headers of its answer."""
        headers: dict[str, str] = {}
        lang = f" lang={self.language}"
        match path.strip("/").split("/"):
            case ["renew"]:
                self.renew()
                body = "renewed"
            case ["way", place]:
                way = BY_NAME[query]
                body = PLACES[place.replace("-", " ")].format(way=way, name=query)
            case ["inside"]:
                body = PLACES["button"].format(way=BY_NAME[query])
            case ["beating"]:
                body = "<button id=go>Zorkum</button><script>let n = 0; setInterval(() => fetch('/beat', {method: 'POST', body: `${n++}`}), 250)</script>"
            case ["visited", *rest]:
                tells = "fetch('/seen/x', {method: 'POST', body: location.href})"
                body = f"<a id=go href=/visited/{'next' if not rest else ''}>Mirf</a><script>{tells}</script>"
            case ["sending"]:
                body = "<form method=post action=/do><button id=go>Zorkum</button></form>"
            case ["reading"]:
                reads = "fetch('/graph', {method: 'POST', body: JSON.stringify({query: '{ books { title } }'})})"
                body = f"<button id=go onclick=\"{reads}\">Zorkum</button><script>fetch('/seen/' + Math.random(), {{method: 'POST', body: 'view'}})</script><button id=again onclick=\"fetch('/seen/' + Math.random(), {{method: 'POST', body: 'view'}})\">Quibble</button>"
            case ["own", *rest]:
                # A session that a cookie holds: the way out takes it away.
                if rest == ["leave"] and session is not None:
                    self.sessions.discard(session)
                    headers["Set-Cookie"] = "sid=; Max-Age=0; Path=/"
                body = self._inside("own", rest) if session in self.sessions else _WALL
            case ["apart" | "refusing" | "asking" as place, *rest]:
                # One session for all visitors; who is out is sent to another host, refused, or asked who it is.
                if rest == ["leave"]:
                    self.everybody_in = False
                body = self._inside(place, rest)
                if not self.everybody_in:
                    body = "<form method=post><input type=email aria-label=Frum><button>Plok</button></form>"
                    headers |= {"Location": "http://elsewhere.invalid/in"} if place == "apart" else {}
                    headers |= {":status": {"apart": "302", "refusing": "401"}.get(place, "200")}
            case ["quiet", *rest]:
                # The same, but the page after it is one for everybody.
                if rest == ["leave"]:
                    headers["Set-Cookie"] = "sid=; Max-Age=0; Path=/"
                body = self._inside("quiet", rest)
            case ["kept"]:
                # What holds the session is in the local storage, and the page after it is one for everybody.
                body = "<h1>start</h1><button id=go onclick=\"localStorage.removeItem('auth_token'); localStorage.removeItem('colour')\">Krups</button><button id=on onclick=\"localStorage.removeItem('colour')\">Mirf</button>"
            case ["all", *rest]:
                # One session for all visitors, as behind a proxy that signs in.
                if rest == ["leave"]:
                    self.everybody_in = False
                body = self._inside("all", rest) if self.everybody_in else _WALL
            case ["tongue", *rest]:
                if rest == ["turn"]:
                    self.language = "xb"
                body = f"<h1>Vlam</h1><a id=go href=/tongue/turn>Krups</a> <a id=other href=/tongue/foreign>Mirf</a> <select id=list aria-label=Nuul onchange=\"location = '/tongue/set/' + value\"><option value=xa {'selected' if self.language == 'xa' else ''}>Aa<option value=xb {'selected' if self.language == 'xb' else ''}>Bb</select>"
                if rest[:1] == ["set"]:
                    self.language = rest[1]
                    body = f"<h1>Vlam</h1><select id=list aria-label=Nuul onchange=\"location = '/tongue/set/' + value\"><option value=xa {'selected' if self.language == 'xa' else ''}>Aa<option value=xb {'selected' if self.language == 'xb' else ''}>Bb</select>"
                lang = " lang=xc" if rest == ["foreign"] else f" lang={self.language}"
            case ["below"]:
                body = f"<form id=f><input id=go name=note aria-label=Note><div style='height: 2000px'></div><button>Pay now</button></form>{_SENDS}"
            case ["outside"]:
                body = (
                    f"<button form=f>Publish</button><form id=f><input id=go name=note aria-label=Note></form>{_SENDS}"
                )
            case ["hidden"]:
                body = f"<form id=f><input id=go name=note aria-label=Note><button style='display: none'>Buy</button></form>{_SENDS}"
            case ["harmless"]:
                body = f"<form id=f><input id=go name=note aria-label=Note><div style='height: 2000px'></div><button>Keep</button></form>{_SENDS}"
            case ["mall"]:
                body = _MALL
            case ["panel", *rest] if rest[:1] == ["speak"]:
                self.language = rest[1]
                body = self._panel()
            case ["panel", "out"]:
                self.everybody_in = False
                body = _WALL
            case ["panel", *_]:
                body = self._panel() if self.everybody_in else _WALL
            case ["chat"]:
                body = "<input id=go placeholder='Type a message...' onkeydown=\"if (event.key == 'Enter') fetch('/do', {method: 'POST'})\">"
            case ["exits"]:
                body = "".join(f'<p><button id={id} onclick="{way}">Zorkum</button>' for id, way in EXITS.items())
            case ["buying"]:
                card = "<input autocomplete=cc-number aria-label=Frum value=4111111111111111>"
                body = f"<form id=f method=post action=/do>{card}</form><form><button form=f id=go>Zorkum</button></form><form method=post action=/do><input name=cardnumber aria-label=Glim><button id=on>Plok</button></form>"
            case ["keys"]:
                body = "<form method=post action=/do><input type=password id=go aria-label=Glim><input type=password aria-label=Glum value=x><button id=on>Plok</button></form>"
            case ["leaving"]:
                sends = "fetch('/do', {method: 'POST'})"
                body = f'<input id=go aria-label=Frum onblur="{sends}"><button id=on>Mirf</button><button id=other>Plok</button>'
            case ["destroying"]:
                body = "<button id=go onclick=\"location = '/books/7/delete'\">Zorkum</button> <button id=other onclick=\"fetch('/books/8/delete')\">Plok</button> <button id=on onclick=\"fetch('/icons/delete.svg')\">Mirf</button>"
            case ["account"]:
                body = "<h1>Vlam</h1><a id=go href=/account/key>Mirf</a>"
            case ["account", "key"]:
                body = "<h1>Mirf</h1><form method=post action=/key><input type=password aria-label=Glim><button>Plok</button></form>"
            case _:
                body = "<h1>Vlam</h1><p>Nothing is here.</p>"
        return _PAGE.format(lang=lang, body=body), headers

    def _panel(self) -> str:
        """A panel with a language and a way out, both kept for all visitors."""
        out, tables = ("Log keluar", "Jadual") if self.language == "ms" else ("Log out", "Tables")
        options = "".join(f"<option value={each}>{name}" for each, name in (("xa", "English"), ("ms", "Bahasa Melayu")))
        chooses = "location = '/panel/speak/' + value"
        return f'<h1>Panel</h1><a href=/mall>Mall</a> <a href=/panel/tables>{tables}</a> <a href=/panel/out>{out}</a><select aria-label=Language onchange="{chooses}">{options}</select> <a href=/panel/speak/ms>Bahasa Melayu</a>'

    @staticmethod
    def _inside(place: str, rest: list[str]) -> str:
        here = rest[0] if rest else "start"
        return f"<h1>{here}</h1><a id=go href=/{place}/leave>Krups</a> <a id=on href=/{place}/tables>Mirf</a>"


@contextmanager
def serve_acts() -> Iterator[ActingSite]:
    """The site, running."""
    site = ActingSite()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            site.asked.append(parts.path)
            cookie = SimpleCookie(self.headers["Cookie"] or "").get("sid")
            text, headers = site.page(parts.path, parts.query, None if cookie is None else cookie.value)
            self._send(text, headers)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            path = urlsplit(self.path).path
            site.done[f"{self.command} {'/seen' if path.startswith('/seen/') else path}"] += 1
            self._send("<!doctype html><title>Done</title><h1>Done</h1>", {})

        do_PUT = do_PATCH = do_DELETE = do_POST

        def _send(self, text: str, headers: dict[str, str]) -> None:
            data = text.encode()
            self.send_response(int(headers.pop(":status", "200")))
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a browser that is killed leaves its connections behind

    server = Server(("127.0.0.1", 0), Answers)
    site.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
