"""A chat server on loopback that speaks HTTP and fails as real ones do, in a process of its own.

    python -m tests.labelers.model.server '{"faults": 0.3, "latency": 0.01}'

Prints its address. `GET /stats` tells, by what was asked, how often that came and how often it was answered, and a log:
of each request in turn the digest of what comes before its last turn, and the text of that.
What fails and how follows from the request and how often it came, so that a run can be repeated.
"""

import argparse
import asyncio
import base64
import contextlib
import gzip
import hashlib
import json
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAULTS = ("full", "error", "silent", "cut", "no json", "wrong form", "refused", "gone")
NO_PICTURES = "image input is not supported by this model"
SILENCE = 3600.0
LIMIT = 50_000_000


@dataclass
class Server:
    """What it is told to do, and what it counted: by the digest of a body. `keep` is a folder for the bodies.

    `no_pictures` is the status by which it says that its model takes none (200: in the body alone). `around` stands
    before each answer, whose texts end with `tail`.

    `unknown` are the parameters that it refuses, in the words of `naming`; `json_schema` stands for that form alone. An
    answer has `overrun` tokens where it is asked by a parameter that it does not tell that it does not know.
    """

    faults: float = 0.0
    kinds: tuple[str, ...] = FAULTS
    latency: float = 0.0
    answer: str | None = None
    key: str | None = None
    keep: str | None = None
    came: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    most_at_once: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)
    batch_seconds: float = 0.0
    unknown: tuple[str, ...] = ()
    naming: str = "openai"
    overrun: int = 0
    no_pictures: int = 0
    around: str = ""
    tail: str = ""
    ending: str = "stop"
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    _now: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(min(int(headers.get("content-length", "0")), LIMIT))
                self._now += 1
                self.most_at_once = max(self.most_at_once, self._now)
                try:
                    said = await self._answer(lines[0], headers, body)
                finally:
                    self._now -= 1
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        writer.close()

    async def _answer(self, first: str, headers: dict[str, str], body: bytes) -> bytes | None:
        if first.startswith("GET /stats"):
            told: dict[str, Any] = {
                "came": self.came,
                "answered": self.answered,
                "tokens": self.tokens,
                "at once": self.most_at_once,
            }
            told["log"] = self.log
            return _response(200, json.dumps(told).encode())
        if first.split()[1].startswith(("/v1/files", "/v1/batches")):
            return await self._batch(first, headers, body)
        if first.startswith("POST /v1/embeddings"):
            return await self._embeddings(body)
        if not first.startswith("POST /v1/chat/completions"):
            return _response(404, b'{"error":{"message":"no such path"}}')
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            said = f'{{"error":{{"message":"Incorrect API key provided: {headers.get("authorization", "")[7:]}"}}}}'
            return _response(401, said.encode())
        if (name := self._unknown(json.loads(body))) is not None:
            self.came[f"refused: {name}"] += 1
            return _response(*_refusal(self.naming, name))
        if self.no_pictures and b'"image_url"' in body:
            self.came["refused: pictures"] += 1
            return _response(self.no_pictures, json.dumps({"error": {"message": NO_PICTURES}}).encode())
        digest = hashlib.sha256(body).hexdigest()
        self.came[digest] += 1
        self.log.append(_parts(body))
        if self.keep is not None:
            Path(self.keep, digest).write_bytes(body)
        await asyncio.sleep(self.latency)
        match self._fault(digest):
            case "full":
                return _response(429, b'{"error":{"message":"too many"}}', ("Retry-After: 0",))
            case "error":
                return _response(500, b"<html>oops</html>", kind="text/html")
            case "silent":
                await asyncio.sleep(SILENCE)
            case "cut":
                return None
            case "no json":
                return _response(200, b'{"choices": [{"mess')
            case "wrong form":
                return self._completion(body, {"content": '{"verdict":'})
            case "refused":
                self.answered[digest] += 1
                return self._completion(body, {"content": None, "refusal": "I can't help with that."})
            case "gone":
                return _response(400, b'{"error":{"message":"this picture is none"}}')
            case "endless":
                return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * LIMIT
            case "bomb":
                return _packed(LIMIT)
            case "odd":
                return _response(200, b"?", ("Content-Encoding: br",))
            case "missing":
                return _response(404, b'{"error":{"message":"not found"}}')
        self.answered[digest] += 1
        return self._completion(body, {"content": self.answer or self.around + _fitting(body, self.tail)})

    async def _embeddings(self, body: bytes) -> bytes | None:
        """A vector for each text, of its digest; as numbers where base64 is `unknown`."""
        asked, digest = json.loads(body), hashlib.sha256(body).hexdigest()
        self.came[digest] += 1
        await asyncio.sleep(self.latency)
        match self._fault(digest):
            case "full":
                return _response(429, b'{"error":{"message":"too many"}}', ("Retry-After: 0",))
            case "cut":
                return None
            case "wrong form":
                return _json({"data": [], "usage": {"prompt_tokens": 1}})
            case "gone":
                return _response(400, b'{"error":{"message":"this text is none"}}')
        rows = []
        for index, text in enumerate(asked["input"]):
            numbers = [one / 255 for one in hashlib.sha256(text.encode()).digest()[: asked.get("dimensions", 4)]]
            data = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
            rows.append({"index": index, "embedding": numbers if "base64" in self.unknown else data})
        self.answered[digest] += 1
        used = sum(len(text) // 4 + 1 for text in asked["input"])
        self.tokens += used
        return _json({"object": "list", "data": rows[::-1], "usage": {"prompt_tokens": used, "total_tokens": used}})

    async def _batch(self, first: str, headers: dict[str, str], body: bytes) -> bytes:
        """Files and batches; a batch ends when it is asked for `batch_seconds` after it was made."""
        method, path, _ = first.split()
        parts = path.split("?")[0].removeprefix("/v1/").split("/")
        if method == "POST" and parts == ["files"]:
            mark = headers["content-type"].partition("boundary=")[2].encode()
            sent = next(part for part in body.split(b"--" + mark) if b'name="file"' in part)
            name = f"file-{len(self.files)}"
            self.files[name] = sent.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
            return _json({"id": name, "object": "file", "purpose": "batch", "bytes": len(self.files[name])})
        if method == "GET" and parts[0] == "files":
            return _response(200, self.files[parts[1]], kind="application/octet-stream")
        if method == "POST":
            made = {"id": f"batch-{len(self.batches)}", "object": "batch", "status": "in_progress", **json.loads(body)}
            self.batches[made["id"]] = {
                **made,
                "created_at": int(time.time()),
                "_ends": time.monotonic() + self.batch_seconds,
            }
            return _json(self.batches[made["id"]])
        if len(parts) == 1:
            return _json({"object": "list", "data": list(self.batches.values()), "has_more": False})
        batch = self.batches[parts[1]]
        if batch["status"] == "in_progress" and time.monotonic() >= batch["_ends"]:
            await self._end(batch)
        return _json(batch)

    async def _end(self, batch: dict[str, Any]) -> None:
        lines = []
        for line in self.files[batch["input_file_id"]].splitlines():
            asked = json.loads(line)
            body = json.dumps(asked["body"]).encode()
            said = await self._answer("POST /v1/chat/completions HTTP/1.1", {}, body)
            if said is None:
                continue
            head, _, content = said.partition(b"\r\n\r\n")
            status = int(head.split()[1])
            try:
                answer = json.loads(content)
            except ValueError:
                answer = content.decode()
            response = {"status_code": status, "body": answer}
            lines.append(json.dumps({"custom_id": asked["custom_id"], "response": response, "error": None}))
        name = f"file-{len(self.files)}"
        self.files[name] = "\n".join(lines).encode()
        batch.update(status="completed", output_file_id=name)

    def _unknown(self, asked: dict[str, Any]) -> str | None:
        """The first parameter of a request that it does not know."""
        schema = asked.get("response_format", {}).get("type") == "json_schema"
        names = [*asked, *(["json_schema"] if schema else [])]
        return next((name for name in self.unknown if name in names), None)

    def _fault(self, digest: str) -> str | None:
        """The same for the same request when it comes the same time."""
        chance = int(hashlib.sha256(f"{digest} {self.came[digest]}".encode()).hexdigest()[:12], 16)
        if chance % 10_000 >= self.faults * 10_000:
            return None
        return self.kinds[chance // 10_000 % len(self.kinds)]

    def _completion(self, body: bytes, message: dict[str, Any]) -> bytes:
        asked = json.loads(body)
        text = sum(
            len(json.dumps(turn["content"]) if isinstance(turn["content"], str) else turn["content"][0]["text"])
            for turn in asked["messages"]
        )
        for turn in asked["messages"]:
            for part in turn["content"] if isinstance(turn["content"], list) else ():
                if part["type"] == "image_url":
                    base64.b64decode(part["image_url"]["url"].partition(",")[2], validate=True)
        used = {"prompt_tokens": text // 4 + 1, "completion_tokens": 12, "prompt_tokens_details": {"cached_tokens": 1}}
        if self.overrun and "max_tokens" not in asked:
            used["completion_tokens"] = self.overrun
        self.tokens += text // 4 + 13
        choice = {"index": 0, "finish_reason": self.ending, "message": {"role": "assistant", **message}}
        return _response(
            200, json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], "usage": used}).encode()
        )


def _parts(body: bytes) -> tuple[str, str]:
    """The digest of what comes before the last turn in a body, and the text of that turn."""
    asked = json.loads(body)
    last = asked["messages"][-1]["content"]
    text = last if isinstance(last, str) else last[0]["text"]
    return hashlib.sha256(body.partition(json.dumps(text, ensure_ascii=False).encode())[0]).hexdigest(), text


def _packed(size: int) -> bytes:
    """An answer of so many bytes, packed into a thousandth."""
    return _response(200, gzip.compress(b" " * size), ("Content-Encoding: gzip",))


def _fitting(body: bytes, tail: str = "") -> str:
    """An answer that fits the form which the request asks for."""
    found = json.loads(body)
    asked, name = (
        found.get("response_format"),
        hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:8],
    )
    system = found["messages"][0]["content"]
    if (asked is None or "json_schema" not in asked) and "JSON schema, and nothing else:" in system:
        fields = json.loads(system.rpartition("\n")[2])["properties"]
    elif asked is None:
        return "Said."
    else:
        fields = asked["json_schema"]["schema"]["properties"]
    plain = {"string": f"Said {name}.{tail}", "integer": 0, "boolean": True, "array": []}
    said = {name: field["enum"][0] if "enum" in field else plain[field["type"]] for name, field in fields.items()}
    return json.dumps({**said, **{name: "" for name in ("answer", "shown") if name in said}})  # it reads no screen


def _refusal(naming: str, name: str) -> tuple[int, bytes]:
    """What servers say of a parameter that they don't know."""
    if naming == "vllm":
        said = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), 'msg': 'Extra inputs are not permitted'}}]"
        return 400, json.dumps({"object": "error", "message": said, "type": "BadRequestError", "code": 400}).encode()
    if naming == "pydantic":
        detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]
        return 422, json.dumps({"detail": detail}).encode()
    param = "response_format" if name == "json_schema" else name
    said = f"Unsupported parameter: '{param}' is not supported with this model."
    error = {"message": said, "type": "invalid_request_error", "param": param, "code": "unsupported_parameter"}
    return 400, json.dumps({"error": error}).encode()


def _json(value: Any) -> bytes:
    return _response(200, json.dumps(value).encode())


def _response(status: int, body: bytes, headers: tuple[str, ...] = (), *, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@contextlib.contextmanager
def serving(**options: Any) -> Iterator[str]:
    """The base URL of a server that runs until the end of the block."""
    command = [sys.executable, "-m", "tests.labelers.model.server", json.dumps(options)]
    project = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def _run(server: Server) -> None:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=LIMIT)
    port = listening.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
    sys.stdout.flush()
    await listening.serve_forever()


def main() -> None:
    """The command line: the fields of `Server` as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("options", type=json.loads, nargs="?", default={})
    given = parser.parse_args().options
    lists = {name: tuple(given[name]) for name in ("kinds", "unknown") if name in given}
    asyncio.run(_run(Server(**{**given, **lists})))


if __name__ == "__main__":
    main()
