"""What DevTools alone can tell of a document: which elements listen for presses, and closed shadow roots."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

from explorers.core.timings import part
from explorers.web.devtools import CallFailed, value_of
from explorers.web.frames import GROUP, WebFrame

PRESSES = frozenset(("click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "touchend"))
"""Kinds of events that a press brings about."""

LISTENERS_LIMIT = 2_000
"""Elements of a document that listen; those beyond are told by their role and pointer alone."""

SOURCE_LIMIT = 200_000
_SELECTORS = 60
_FEW = 8
"""So many are asked at once for whom else they listen, and more only when it is known which of them may."""

_GROUP = GROUP
_GROUPED = {"objectGroup": _GROUP, "silent": True}
_BY_VALUE = {"returnByValue": True, "silent": True}

_WORD = r"""["'`]([^"'`\n]{1,120})["'`]"""
_ASKED = re.compile(rf"\.(?:closest|matches|is|webkitMatchesSelector|parents?)\(\s*{_WORD}")
_CLASSES = re.compile(rf"(?:classList\.contains|hasClass|className\.(?:includes|indexOf|match))\(\s*{_WORD}")
_CLASS = re.compile(rf"\.className\s*={{2,3}}\s*{_WORD}|{_WORD}\s*={{2,3}}\s*[\w.$]+\.className\b")
_ID = re.compile(rf"\.id\s*={{2,3}}\s*{_WORD}|{_WORD}\s*={{2,3}}\s*[\w.$]+\.id\b")
_TAG = re.compile(rf"\.(?:tagName|nodeName|localName)\s*={{2,3}}\s*{_WORD}")
_DATA = re.compile(rf"\.dataset(?:\.|\?\.)(\w+)|\.dataset\[\s*{_WORD}")
_ATTRIBUTE = re.compile(rf"\.(?:getAttribute|hasAttribute|attr)\(\s*{_WORD}")
_BY_ID = re.compile(r"switch\s*\([^)]{0,80}\.id\s*\)")
_CASE = re.compile(rf"case\s*{_WORD}")
_NAME = re.compile(r"[A-Za-z_][\w-]*")

_WINDOW = "function() { return this.nodeType === 9 ? this.defaultView : null }"
_DELEGATED = """function() {
  const query = globalThis.jQuery, events = query && query._data && query._data(this, "events");
  const found = [];
  for (const kind of ["click", "mousedown", "mouseup", "pointerdown", "touchstart"]) {
    for (const each of events && events[kind] || []) if (each.selector) found.push(String(each.selector).slice(0, 200));
  }
  return found.slice(0, 60);
}"""
"""jQuery listens once for all, and knows by itself which elements are meant."""


@part("listeners")
def ask_for_listeners(frame: WebFrame) -> int | None:
    """Asks which elements of a frame's document listen; give the answer to `learn_listeners`. None for too many.

    Raises:
        CallFailed: if the document went away.
    """
    if frame.listening is None:
        return None
    if frame.document is not None:
        return _all_listeners(frame, frame.document)
    met = frame.meet()
    if met is None:  # it shares its session with the frame around it, which answers for `document`
        page = _in_page(frame, frame.element("document"))
        frame.document = page[0][1]
        _ask_holders(frame, [(page[0][0], None)])
        return _all_listeners(frame, frame.document)
    frame.document, grouped, window = met
    asked = _all_listeners(frame, frame.document)
    own, _, query = _asked_of(frame, grouped)
    others = frame.begin("DOMDebugger.getEventListeners", {"objectId": window, "depth": 1})
    described = frame.begin("DOM.describeNode", {"objectId": frame.document, "depth": 0})
    answers = frame.devtools.wait(own, others, query, described)
    frame.check()
    selectors = _selectors([*answers[0]["listeners"], *answers[1]["listeners"]], answers[2])
    if selectors is not None:
        frame.devtools.drop(frame.post(f"hindtrace.delegate(document, {orjson.dumps(selectors).decode()})"))
    frame.asked = int(answers[3]["node"]["backendNodeId"])
    return asked


@part("listeners")
def learn_listeners(frame: WebFrame, *asked: int) -> bool:
    """Tells the world of a frame who listens by the answers of DevTools; returns whether it knew less before.

    Raises:
        CallFailed: if the document went away.
    """
    answers = frame.devtools.wait(*asked)
    just, frame.asked = frame.asked, None
    if frame.listening is None:
        return False
    told = [each for answer in answers for each in answer["listeners"] if each["type"] in PRESSES]
    counts = Counter(int(each["backendNodeId"]) for each in told if "backendNodeId" in each)
    fresh = sorted(id for id, count in counts.items() if frame.listening.get(id) != count)[:LISTENERS_LIMIT]
    if not fresh:
        return False
    listening = frame.listening | counts
    frame.listening = listening if len(listening) <= LISTENERS_LIMIT else None
    few = [id for id in fresh if id != just] if len(fresh) <= _FEW else []
    calls = _resolving(frame, few)
    objects = _resolved(frame, fresh)
    pages = _pages(frame, few, calls)
    ahead = {id: _asked_of(frame, page) for id, page in pages.items()}  # while our world says which of them matter
    indexes = _value(frame, "function(...all) { return hindtrace.listen(...all) }", [id for _, id in objects])
    holders = [objects[index] for index in indexes if objects[index][0] != just]
    _ask_holders(frame, holders, ahead)
    return True


@part("listeners")
def learn_roots(frame: WebFrame) -> bool:
    """Looks into the roots that a reading of the document came across; returns whether it is worth another reading.

    For closed shadow roots, where there may be some, and for listeners in shadow roots and in documents of frames.

    Raises:
        CallFailed: if the document went away.
    """
    hosts, stale = _elements(frame, "hindtrace.roots.take()", "hindtrace.takeStale()")
    calls = [frame.begin("DOM.describeNode", {"objectId": each, "depth": 0}) for each in hosts]
    changed = _in_page(frame, *stale) if frame.listening is not None else []
    roots = [
        int(root["backendNodeId"])
        for answer in frame.devtools.wait(*calls)
        for root in answer["node"].get("shadowRoots", ())
        if root.get("shadowRootType") == "closed"
    ]
    if roots:
        objects = [id for _, id in _resolved(frame, roots)]
        _value(frame, "function(...all) { all.forEach(hindtrace.roots.keep) }", objects)
    if not changed:
        return bool(roots)
    asked = [frame.begin("DOMDebugger.getEventListeners", {"objectId": id, "depth": -1}) for _, id in changed]
    return learn_listeners(frame, *asked) or bool(roots)


def selectors_in(source: str) -> list[str]:
    """The selectors of the elements that a listener asks for, as far as its source names them."""
    source = source[:SOURCE_LIMIT]
    found = [part.strip() for match in _ASKED.finditer(source) for part in match[1].split(",")]
    classes = [*_groups(_CLASSES, source), *_groups(_CLASS, source)]
    ids = _groups(_ID, source)
    if _BY_ID.search(source):
        ids += _groups(_CASE, source)
    found += [f".{name}" for text in classes for name in text.split() if _NAME.fullmatch(name)]
    found += [f'[id="{name}"]' for name in ids if _NAME.fullmatch(name)]
    found += [name.lower() for name in _groups(_TAG, source) if _NAME.fullmatch(name)]
    found += [f"[data-{_dashed(name)}]" for name in _groups(_DATA, source) if _NAME.fullmatch(name)]
    found += [f"[{name}]" for name in _groups(_ATTRIBUTE, source) if name.startswith("data-") and _NAME.fullmatch(name)]
    return list(dict.fromkeys(found))[:_SELECTORS]


def _groups(pattern: re.Pattern[str], source: str) -> list[str]:
    return [next(filter(None, match.groups())) for match in pattern.finditer(source)]


def _dashed(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def _in_page(frame: WebFrame, *objects: str | None) -> list[tuple[int, str]]:
    """Objects of our world, each by its id as a node and as an object of the page's own world."""
    described = [frame.begin("DOM.describeNode", {"objectId": each, "depth": 0}) for each in objects]
    nodes = [int(answer["node"]["backendNodeId"]) for answer in frame.devtools.wait(*described)]
    resolved = [frame.begin("DOM.resolveNode", {"backendNodeId": each}) for each in nodes]
    ids = [answer["object"].get("objectId") for answer in frame.devtools.wait(*resolved)]
    return [(node, str(id)) for node, id in zip(nodes, ids, strict=True) if id is not None]


def _elements(frame: WebFrame, *expressions: str) -> list[list[str]]:
    """The ids of the objects in the arrays that expressions give, asked for together."""
    world = frame.world()
    calls = [frame.begin("Runtime.evaluate", {"expression": each, "contextId": world}) for each in expressions]
    arrays = [answer["result"].get("objectId") for answer in map(_succeeded, frame.devtools.wait(*calls))]
    asked = [frame.begin("Runtime.getProperties", {"objectId": id, "ownProperties": True}) for id in arrays if id]
    answers = iter(frame.devtools.wait(*asked))
    listed = [next(answers)["result"] if id else () for id in arrays]
    return [[str(each["value"]["objectId"]) for each in entries if _is_entry(each)] for entries in listed]


def _succeeded(answer: dict[str, Any]) -> dict[str, Any]:
    value_of(answer)  # raises what the script threw
    return answer


def _is_entry(listed: dict[str, Any]) -> bool:
    return listed["name"].isdecimal() and "objectId" in listed.get("value", {})


def _all_listeners(frame: WebFrame, document: str) -> int:
    # From the page's own world and not by `pierce`, by which the browser tells of all worlds and crashes now and then
    # (Chromium 156).
    return frame.begin("DOMDebugger.getEventListeners", {"objectId": document, "depth": -1})


def _ask_holders(
    frame: WebFrame,
    holders: Sequence[tuple[int, str | None]],
    ahead: Mapping[int, tuple[int, int, int]] = MappingProxyType({}),
) -> None:
    """Tells our world what those ask for that listen on nodes, or on the windows of documents, for others in them.

    A holder is the id of a node, and of it as an object in our world where there is one already. All are asked at once,
    but those that were asked `ahead`.
    """
    wanted = [node for node, _ in holders if node not in ahead]
    asked = {node: _asked_of(frame, page) for node, page in _pages(frame, wanted, _resolving(frame, wanted)).items()}
    asked |= {node: calls for node, calls in ahead.items() if any(node == each for each, _ in holders)}
    for call in (call for node, calls in ahead.items() if node not in asked for call in calls):
        frame.devtools.drop(call)
    answers = {node: frame.devtools.wait(*calls) for node, calls in asked.items()}
    views = {node: view for node, each in answers.items() if (view := each[1]["result"].get("objectId")) is not None}
    more = [frame.begin("DOMDebugger.getEventListeners", {"objectId": view, "depth": 1}) for view in views.values()]
    others = dict(zip(views, frame.devtools.wait(*more), strict=True))
    delegating = {
        node: selectors
        for node, (own, _, query) in answers.items()
        if (selectors := _selectors([*own["listeners"], *others.get(node, {"listeners": ()})["listeners"]], query))
        is not None
    }
    ours = {node: known for node, known in holders if known is not None}
    ours |= dict(_resolved(frame, [node for node in delegating if node not in ours]))
    tell = "function(holder, selectors) { hindtrace.delegate(holder, selectors) }"
    for node, selectors in delegating.items():
        if node in ours:
            frame.devtools.drop(_calling(frame, tell, [ours[node]], [selectors]))
    frame.devtools.tell("Runtime.releaseObjectGroup", {"objectGroup": _GROUP}, session=frame.session)


def _resolving(frame: WebFrame, nodes: Iterable[int]) -> list[int]:
    """Asks for nodes as objects of the page's own world, where listeners come with their source."""
    return [frame.begin("DOM.resolveNode", {"backendNodeId": node, "objectGroup": _GROUP}) for node in nodes]


def _pages(frame: WebFrame, nodes: Sequence[int], calls: Sequence[int]) -> dict[int, str]:
    """Those objects by node, as far as there are any."""
    objects = (answer["object"].get("objectId") for answer in frame.devtools.wait(*calls))
    return {node: str(id) for node, id in zip(nodes, objects, strict=True) if id is not None}


def _asked_of(frame: WebFrame, page: str) -> tuple[int, int, int]:
    """Asks a node of the page's own world for its listeners, for its window and for what jQuery knows of it."""
    return (
        frame.begin("DOMDebugger.getEventListeners", {"objectId": page, "depth": 1}),
        frame.begin("Runtime.callFunctionOn", {"objectId": page, "functionDeclaration": _WINDOW, **_GROUPED}),
        frame.begin("Runtime.callFunctionOn", {"objectId": page, "functionDeclaration": _DELEGATED, **_BY_VALUE}),
    )


def _selectors(listeners: Iterable[dict[str, Any]], queried: dict[str, Any]) -> list[str] | None:
    """The selectors of those that a holder listens for, by its listeners and jQuery; None where it does not listen."""
    sources = [str(each.get("handler", {}).get("description", "")) for each in listeners if each["type"] in PRESSES]
    if not sources:
        return None
    found = queried["result"].get("value")
    selectors = [str(each) for each in found] if isinstance(found, list) else []
    selectors += [each for source in sources for each in selectors_in(source)]
    return selectors[:_SELECTORS]


def _resolved(frame: WebFrame, ids: Iterable[int]) -> list[tuple[int, str]]:
    """The nodes of those ids that are still there, as objects in our world."""
    place = {"executionContextId": frame.world(), "objectGroup": _GROUP}
    calls = [(id, frame.begin("DOM.resolveNode", {"backendNodeId": id, **place})) for id in ids]
    objects = []
    for id, call in calls:
        try:
            object_id = frame.devtools.wait(call)[0]["object"].get("objectId")
        except CallFailed:
            continue  # it left the document meanwhile
        if object_id is not None:  # one of another origin can't be told to our world
            objects.append((id, str(object_id)))
    return objects


def _value(frame: WebFrame, function: str, objects: list[str], more: Iterable[Any] = ()) -> Any:
    """What a function gives for objects of our world, and what else it takes."""
    return frame.devtools.wait(_calling(frame, function, objects, more))[0]["result"].get("value")


def _calling(frame: WebFrame, function: str, objects: list[str], more: Iterable[Any] = ()) -> int:
    """Calls a function of our world; fetch its answer with `Devtools.wait`."""
    call = {
        "executionContextId": frame.world(),
        "functionDeclaration": function,
        "arguments": [*({"objectId": each} for each in objects), *({"value": each} for each in more)],
        "returnByValue": True,
    }
    return frame.begin("Runtime.callFunctionOn", call)
