"""A small POSIX shell: lists with `;`, `&&` and `||`, pipes, redirections, quotes and `$?`. No more is needed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Result = tuple[bytes, bytes, int]
"""Standard output, standard error, exit code."""
Command = Callable[[list[str], bytes], Result]

_STATUS = "\0"
"""Stands for `$?` in a word until the word is used."""
_OPERATOR = re.compile(r"&&|\|\||2>&1|[12]?>>?|<|[;|\n]")


class Unfit(ValueError):
    """What this shell can't read."""


@dataclass(slots=True)
class _Simple:
    """One command, and where its output goes: `into` is a file, `joined` error with output, `quiet` error nowhere."""

    words: list[str] = field(default_factory=list)
    into: str | None = None
    append: bool = False
    joined: bool = False
    quiet: bool = False
    source: str | None = None


def run(script: str, command: Command, files: dict[str, bytes], *, full: Callable[[], bool] = lambda: False) -> Result:
    """Runs a script; `command` does what is no builtin, `files` is the disk, on which nothing is written when full."""
    out, error, status = bytearray(), bytearray(), 0
    skipping = False
    for joint, pipeline in _lists(_tokens(script)):
        skipping = (joint == "&&" and status != 0) or (joint == "||" and status == 0)
        if skipping:
            continue
        data = b""
        for number, simple in enumerate(pipeline):
            words = [word.replace(_STATUS, str(status)) for word in simple.words]
            if simple.source is not None:
                data = files.get(simple.source, b"")
            said, wrong, status = _builtin(words, data, files) or command(words, data)
            if simple.joined:
                said, wrong = said + wrong, b""
            if simple.quiet:
                wrong = b""
            if simple.into is not None:
                if simple.into == "/dev/null":
                    said = b""
                elif full():
                    said, wrong, status = b"", wrong + b"sh: No space left on device\n", 1
                else:
                    files[simple.into] = (files.get(simple.into, b"") if simple.append else b"") + said
                    said = b""
            error += wrong
            if number == len(pipeline) - 1:
                out += said
            data = said
    return bytes(out), bytes(error), status


def _tokens(script: str) -> list[tuple[bool, str]]:
    """Words and operators in order; the first of each pair says whether it is an operator."""
    found: list[tuple[bool, str]] = []
    word: str | None = None
    at = 0
    while at < len(script):
        sign = script[at]
        operator = _OPERATOR.match(script, at)
        if operator is not None and (not sign.isdigit() or word is None):
            if word is not None:
                found.append((False, word))
            word = None
            found.append((True, operator[0]))
            at = operator.end()
        elif sign in " \t\r":
            if word is not None:
                found.append((False, word))
            word = None
            at += 1
        elif sign in "'\"":
            end = at + 1
            part = ""
            while end < len(script) and script[end] != sign:
                if sign == '"' and script[end] == "\\" and script[end + 1 : end + 2] in ('"', "\\", "$", "`"):
                    end += 1
                elif sign == '"' and script.startswith("$?", end):
                    part += _STATUS
                    end += 2
                    continue
                part += script[end]
                end += 1
            if end >= len(script):
                raise Unfit("syntax error: unexpected end of file (unmatched quote)")
            word = (word or "") + part
            at = end + 1
        elif sign == "\\":
            word = (word or "") + script[at + 1 : at + 2]
            at += 2
        elif script.startswith("$?", at):
            word = (word or "") + _STATUS
            at += 2
        else:
            word = (word or "") + sign
            at += 1
    if word is not None:
        found.append((False, word))
    return found


def _lists(tokens: list[tuple[bool, str]]) -> list[tuple[str, list[_Simple]]]:
    """The pipelines of a script, each with what joins it to the one before."""
    found: list[tuple[str, list[_Simple]]] = []
    joint, pipeline, simple = ";", [_Simple()], None
    waiting: str | None = None
    for is_operator, text in [*tokens, (True, ";")]:
        simple = pipeline[-1]
        if waiting is not None:
            if waiting == "<":
                simple.source = text
            elif waiting.startswith("2"):
                simple.quiet = True
            else:
                simple.into, simple.append = text, waiting.endswith(">>")
            waiting = None
        elif not is_operator:
            simple.words.append(text)
        elif text == "2>&1":
            simple.joined = True
        elif text.endswith(">") or text == "<":
            waiting = text
        elif text == "|":
            pipeline.append(_Simple())
        else:
            if pipeline[-1].words:
                found.append((joint, pipeline))
            joint, pipeline = ";" if text == "\n" else text, [_Simple()]
    return found


def _builtin(words: list[str], data: bytes, files: dict[str, bytes]) -> Result | None:
    match words:
        case ["echo", *rest]:
            return (" ".join(rest) + "\n").encode(), b"", 0
        case ["true"]:
            return b"", b"", 0
        case ["grep", *rest]:
            return _grep(rest, data)
        case ["head", "-n", count]:
            return b"".join(data.splitlines(keepends=True)[: int(count)]), b"", 0
        case ["cat", *paths]:
            missing = [path for path in paths if path not in files]
            wrong = "".join(f"cat: {path}: No such file or directory\n" for path in missing)
            return b"".join(files.get(path, b"") for path in paths), wrong.encode(), int(bool(missing))
        case ["rm", *rest]:
            for path in rest:
                files.pop(path, None)
            return b"", b"", 0
    return None


def _grep(words: list[str], data: bytes) -> Result:
    """`grep -E PATTERN`, with `-o` for the matches alone and `-m N` for the first lines."""
    only, most = False, None
    rest = list(words)
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        only = only or "o" in flag
        if flag.endswith("m"):
            most = int(rest.pop(0))
    pattern = re.compile(rest[0])
    lines: list[str] = []
    for line in data.decode("utf-8", "replace").splitlines():
        if only:
            lines += [match[0] for match in pattern.finditer(line)]
        elif pattern.search(line):
            lines.append(line)
    lines = lines[:most]
    return "".join(line + "\n" for line in lines).encode(), b"", 0 if lines else 1
