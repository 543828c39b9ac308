"""A small website on loopback with regular and hostile pages; counts what was asked of it."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HEAD = "<!doctype html><html lang=en><title>{title}</title><body style='margin:8px;font:16px sans-serif'>"

PAGES = {
    "/": """<h1>Start</h1><nav><a href=/table>Books</a> <a href=/form>Register</a> <a id=hash href=#end>Down</a></nav>
        <p>Welcome to <b>the</b> site.</p><button id=dead>Does nothing</button><div style="height:2000px"></div>
        <p id=end>The end</p>""",
    "/table": """<h1>Books</h1><table><thead><tr><th><a href="/table?sort=title">Title ▼</a></th><th>Year</th></tr></thead>
        <tbody><tr><td><a href=/book/1>1</a> </td><td>1999</td></tr>
        <tr><td>Blue River</td><td>2004</td></tr></tbody></table>""",
    "/form": """<h1>Register</h1><form action=/done method=get><fieldset><legend>Person</legend>
        <label>Name <input name=name required></label>
        <label for=mail>Mail</label><input id=mail type=email name=mail placeholder="you@example.org">
        <input type=password name=code aria-label=Password value=hunter2></fieldset>
        <select name=kind aria-label=Kind><option>- choose -</option><option>Reader</option><option>Writer</option></select>
        <label><input type=checkbox name=news> Newsletter</label>
        <input name=day type=date aria-label=Day><textarea name=about aria-label=About></textarea>
        <button disabled>Later</button> <button data-testid=send>Send</button></form>""",
    "/done": "<h1>Thank you</h1>",
    "/dialogs": """<h1>Dialogs</h1><button id=alert onclick="alert('Watch out')">Alert</button>
        <button id=confirm onclick="document.title = confirm('Sure?') ? 'yes' : 'no'">Confirm</button>""",
    "/downloads": """<h1>Downloads</h1><a id=file href=/file.bin download>File</a> <a id=attached href=/attached>Attached</a>""",
    "/tabs": """<h1>Tabs</h1><a id=tab href=/done target=_blank>New tab</a>
        <a id=foreign href=http://localhost:9/ target=_blank>Foreign tab</a>""",
    "/away": "<h1>Away</h1><a id=out href=http://elsewhere.invalid/page>Out</a> <a id=hop href=/hop>Hop</a>",
    "/loops": "<h1>Loops</h1><a id=redirect href=/redirect>Redirects</a> <a id=missing href=/nothing>Missing</a>",
    "/hang": """<h1>Hang</h1><button id=hang onclick="while (true) {}">Hang</button>""",
    "/hang-at-start": "<h1>Hang</h1><script>while (true) {}</script>",
    "/slow": "<h1>Slow</h1><img src=/never alt=waits>",
    "/endless": """<h1>Endless</h1><div id=all></div><script>let n = 0;
        const more = () => { for (let i = 0; i < 20; i += 1) { const p = document.createElement('p'); p.textContent = 'Line ' + n++;
        all.append(p); } };
        more(); more(); addEventListener('scroll', more); setInterval(more, 30)</script>""",
    "/huge": """<h1>Huge</h1><script>const parts = []; for (let i = 0; i < 200000; i += 1) parts.push('<p>Line ' + i + '</p>');
        document.body.insertAdjacentHTML('beforeend', parts.join(''))</script>""",
    "/frame": "<h1>Outside</h1><iframe title=Inner src=/table style='margin:50px;width:400px;height:200px'></iframe>",
    "/shadow": """<h1>Shadow</h1><div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML =
        '<button id=inner onclick="document.title = \\'pressed\\'">Inside the shadow</button>'</script>""",
    "/hostile": """<h1>Hostile</h1><form id=f><input name=id><input name=childNodes><input name=getAttribute></form>
        <script>Array.prototype.toJSON = () => 'gotcha'; JSON.stringify = () => '{}';
        Element.prototype.getBoundingClientRect = () => { throw new Error('no') };
        document.elementFromPoint = () => null; Array.prototype.map = null</script><button>Still here</button>""",
    "/roles": """<main><h2>Sections</h2><ul><li>One</li><li><a href=/done>Two</a></li></ul>
        <details id=closed><summary>More</summary><p>Hidden words</p></details>
        <details open><summary>Less</summary><p>Shown words</p></details>
        <div role=switch aria-checked=true tabindex=0>Dark mode</div><div role=alert>Something failed</div>
        <button aria-expanded=false aria-haspopup=menu>Menu</button><button aria-pressed=true>Bold</button>
        <img src="data:," alt="A red door" width=20 height=20><span aria-labelledby=words role=img id=lab>x</span>
        <span id=words hidden>Named elsewhere</span><a href=/done aria-current=page>Here</a>
        <p style="display:none">Gone</p><p style="visibility:hidden">Gone too</p><p aria-hidden=true>Gone as well</p>
        <div onclick="this.textContent = 'clicked'">A clickable box</div>
        <div style="overflow:auto;height:60px;width:200px"><p style="height:300px">Long</p></div></main>""",
    "/covered": """<h1>Covered</h1><button id=under style="position:absolute;left:20px;top:100px">Under</button>
        <div style="position:absolute;left:0;top:80px;width:300px;height:80px;background:#ddd"></div>
        <button style="position:absolute;left:400px;top:100px">Free</button>""",
    "/modal": """<h1>Modal</h1><button>Behind</button><dialog id=d><h2>Really?</h2><button>Yes</button></dialog>
        <script>d.showModal()</script>""",
    "/clock": """<h1>Clock</h1><p id=t></p><script>setInterval(() => { t.textContent = performance.now() }, 5)</script>""",
    "/script": """<h1>Script</h1><button id=late onclick="setTimeout(() => location.href = '/done', 60)">Late</button>
        <button id=fetch onclick="fetch('/wait').then(r => r.text()).then(t => { document.title = t })">Fetch</button>""",
    "/drag": """<h1>Drag</h1><div id=pad style="width:300px;height:300px;background:#eee"></div><script>
        pad.onmousedown = e => { pad.dataset.from = e.offsetX }; pad.onmouseup = e => { document.title = pad.dataset.from + '-' + e.offsetX };
        pad.ondblclick = () => { document.title = 'double' }; pad.oncontextmenu = e => { e.preventDefault(); document.title = 'menu' };
        pad.onauxclick = e => { if (e.button === 1) document.title = 'middle' }; pad.onmouseover = () => { document.title = 'over' }
        </script>""",
}


class Site:
    """The running site; `asked` counts the paths."""

    def __init__(self, port: int, asked: Counter[str]) -> None:
        self.host = f"127.0.0.1:{port}"
        self.asked = asked

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


@contextmanager
def serve() -> Iterator[Site]:
    asked: Counter[str] = Counter()
    closing = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            asked[path] += 1
            match path:
                case "/redirect":
                    self._send(302, b"", {"Location": "/redirect"})
                case "/hop":
                    self._send(302, b"", {"Location": "http://localhost:9/elsewhere"})
                case "/file.bin" | "/attached":
                    name = path.strip("/")
                    header = {
                        "Content-Disposition": f"attachment; filename={name}",
                        "Content-Type": "application/x-thing",
                    }
                    self._send(200, b"\0\1", header)
                case "/data.json":
                    self._send(200, b'{"a": [1, 2]}', {"Content-Type": "application/json"})
                case "/never":
                    closing.wait(20)
                case "/wait":
                    closing.wait(0.4)
                    self._send(200, b"fetched", {"Content-Type": "text/plain"})
                case _ if path in PAGES:
                    page = HEAD.format(title=path.strip("/") or "start") + PAGES[path]
                    self._send(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
                case _:
                    self._send(404, b"<h1>Not found</h1>", {"Content-Type": "text/html"})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a browser that is killed leaves its connections behind

    server = Server(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(server.server_address[1], asked)
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
