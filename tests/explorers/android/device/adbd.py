"""The device's side of the adb protocol over TCP, as `adb connect` of a real adb server expects it.

Packets have a header of six words (command, two arguments, length, checksum, command inverted). A stream is opened by
OPEN, every WRTE waits for its OKAY, CLSE ends it. Only the features that are implemented are announced.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue

from tests.explorers.android.device.machine import Machine

CNXN, OPEN, OKAY, WRTE, CLSE, AUTH = (
    int.from_bytes(name, "little") for name in (b"CNXN", b"OPEN", b"OKAY", b"WRTE", b"CLSE", b"AUTH")
)
VERSION = 0x01000001
"""From this version on checksums are ignored."""
PAYLOAD = 1 << 20
TOKEN, SIGNATURE = 1, 2
CHUNK = 64 * 1024
FEATURES = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir"
_HEADER = struct.Struct("<6I")
_STDOUT, _STDERR, _EXIT = 1, 2, 3
_GONE = b""


class Gone(Exception):
    """The other side closed the stream or the connection."""


class _Stream:
    """One stream of a connection: what came for it waits in `inbox`, and each write waits for its OKAY."""

    def __init__(self, connection: "_Connection", ours: int, theirs: int) -> None:
        self._connection, self.ours, self.theirs = connection, ours, theirs
        self.inbox: SimpleQueue[bytes] = SimpleQueue()
        self.acknowledged: SimpleQueue[bool] = SimpleQueue()
        self._buffer = b""

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), CHUNK):
            self._connection.send(WRTE, self.ours, self.theirs, data[start : start + CHUNK])
            if not self.acknowledged.get():
                raise Gone

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            more = self.inbox.get()
            if more == _GONE:
                raise Gone
            self._buffer += more
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def end(self) -> None:
        self.inbox.put(_GONE)
        self.acknowledged.put(False)


class _Connection:
    """An adb server that is connected."""

    def __init__(self, sock: socket.socket, machine: Machine) -> None:
        self._sock, self._machine = sock, machine
        self._sending = threading.Lock()
        self._streams: dict[int, _Stream] = {}
        self._last = 0

    def serve(self) -> None:
        with suppress(OSError, Gone):
            while True:
                command, first, second, data = self._receive()
                if command == CNXN:
                    self._greet()
                elif command == AUTH and first == SIGNATURE:
                    self._ask()  # no key is known here
                elif command == OPEN:
                    self._open(first, data.rstrip(b"\0").decode("utf-8", "replace"))
                elif (stream := self._streams.get(second)) is not None:
                    if command == OKAY:
                        stream.acknowledged.put(True)
                    elif command == WRTE:
                        stream.inbox.put(data)
                        self.send(OKAY, second, first)
                    elif command == CLSE:
                        self._streams.pop(second).end()
        for stream in list(self._streams.values()):
            stream.end()
        with suppress(OSError):
            self._sock.close()

    def send(self, command: int, first: int, second: int, data: bytes = b"") -> None:
        header = _HEADER.pack(
            command, first, second, len(data), sum(data) & 0xFFFFFFFF if command == CNXN else 0, command ^ 0xFFFFFFFF
        )
        with self._sending:
            self._sock.sendall(header + data)

    def close(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._sock.close()

    def _greet(self) -> None:
        state = self._machine.failures.state
        if state == "unauthorized":
            self._ask()
        elif state == "device":
            names = self._machine.properties
            said = f"device::ro.product.name={names['ro.product.name']};ro.product.model={names['ro.product.model']};"
            said += f"ro.product.device={names['ro.product.device']};features={FEATURES}"
            self.send(CNXN, VERSION, PAYLOAD, said.encode())

    def _ask(self) -> None:
        self.send(AUTH, TOKEN, 0, bytes(range(20)))

    def _receive(self) -> tuple[int, int, int, bytes]:
        command, first, second, length, _, inverted = _HEADER.unpack(self._exactly(_HEADER.size))
        if command ^ inverted != 0xFFFFFFFF or length > PAYLOAD:
            raise Gone
        return command, first, second, self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            more = self._sock.recv(size - len(data))
            if not more:
                raise Gone
            data += more
        return bytes(data)

    def _open(self, theirs: int, service: str) -> None:
        self._last += 1
        stream = self._streams[self._last] = _Stream(self, self._last, theirs)
        threading.Thread(target=self._run, args=(stream, service), name=service[:20], daemon=True).start()

    def _run(self, stream: _Stream, service: str) -> None:
        with suppress(OSError, Gone):
            name, _, rest = service.partition(":")
            kind = name.partition(",")[0]
            uia2 = self._machine.uia2
            listening = kind == "tcp" and rest == str(uia2.port)
            if kind not in ("shell", "exec", "sync", "reboot") and not listening:
                self.send(CLSE, 0, stream.theirs)
                return
            self.send(OKAY, stream.ours, stream.theirs)
            match kind:
                case "sync":
                    _sync(stream, self._machine)
                case "reboot":
                    self._machine.reboot()
                case "tcp":
                    uia2.serve(stream)
                case _ if uia2.starts(rest):
                    uia2.run(rest, stream, stream.end)
                case _:
                    out, error, code = self._machine.run(rest)
                    if "v2" in name.split(","):
                        for number, part in ((_STDOUT, out), (_STDERR, error), (_EXIT, bytes([code & 255]))):
                            if part:
                                stream.write(struct.pack("<BI", number, len(part)) + part)
                    elif out or error:
                        stream.write(out + error)
            self.send(CLSE, stream.ours, stream.theirs)
        self._streams.pop(stream.ours, None)


def _sync(stream: _Stream, machine: Machine) -> None:
    """The file service: what adbutils (STAT, LIST, RECV, SEND) and the adb program (STA2, LST2, LIS2) ask."""
    while True:
        name, size = struct.unpack("<4sI", stream.read(8))
        text = stream.read(size).decode("utf-8", "replace") if name != b"DONE" else ""
        files = machine.files
        match name:
            case b"QUIT":
                return
            case b"STAT":
                there = text in files
                stream.write(struct.pack("<4sIII", b"STAT", 0o100644 if there else 0, len(files.get(text, b"")), 0))
            case b"STA2" | b"LST2":
                data = files.get(text)
                error = 2 if data is None else 0
                mode = 0 if data is None else 0o100644
                stream.write(struct.pack("<4sIQQIIIIQqqq", name, error, 1, 1, mode, 1, 0, 0, len(data or b""), 0, 0, 0))
            case b"LIST" | b"LIS2":
                stream.write(b"DONE" + b"\0" * (16 if name == b"LIST" else 72))
            case b"RECV":
                data = files.get(text)
                if data is None:
                    why = b"open failed: No such file or directory"
                    stream.write(struct.pack("<4sI", b"FAIL", len(why)) + why)
                    continue
                parts = [data[at : at + CHUNK - 8] for at in range(0, len(data), CHUNK - 8)]
                stream.write(
                    b"".join(struct.pack("<4sI", b"DATA", len(part)) + part for part in parts) + b"DONE\0\0\0\0"
                )
            case b"SEND":
                path, data = text.rpartition(",")[0], b""
                while (head := struct.unpack("<4sI", stream.read(8)))[0] == b"DATA":
                    data += stream.read(head[1])
                if machine.failures.full:
                    why = b"couldn't write: No space left on device"
                    stream.write(struct.pack("<4sI", b"FAIL", len(why)) + why)
                else:
                    files[path] = data
                    stream.write(b"OKAY\0\0\0\0")
            case _:
                raise Gone


class Adbd:
    """Serves a machine at a port of the loopback; `unplug` takes it away as pulling the cable does."""

    def __init__(self, machine: Machine, port: int = 0) -> None:
        self.machine = machine
        self._port = port
        self._listening: socket.socket | None = None
        self._connections: list[_Connection] = []
        machine.unplugged = self.drop

    @property
    def serial(self) -> str:
        """As `adb connect` wants it."""
        return f"127.0.0.1:{self._port}"

    def plug(self) -> None:
        """Begins to listen, at the same port as before."""
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), name="adbd", daemon=True).start()

    def drop(self) -> None:
        """Ends all connections."""
        connections, self._connections = self._connections, []
        for each in connections:
            each.close()

    def unplug(self) -> None:
        """Ends all connections and takes no new ones."""
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        self.drop()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock, _ = listening.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = _Connection(sock, self.machine)
                self._connections.append(connection)
                threading.Thread(target=connection.serve, name="adbd connection", daemon=True).start()


@contextmanager
def plugged(machine: Machine) -> Iterator[Adbd]:
    """The machine at a free port, until the end."""
    adbd = Adbd(machine)
    adbd.plug()
    try:
        yield adbd
    finally:
        adbd.unplug()
