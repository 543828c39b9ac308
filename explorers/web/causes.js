// When something changed in a document and in which event, and what changes by itself; times in milliseconds of the
// machine's clock.
(() => {
  if (globalThis.hindtraceCauses) return;
  const GESTURES = ["pointerdown", "mousedown", "mouseover", "pointerup", "mouseup", "click", "dblclick", "contextmenu", "keydown", "keyup", "input", "submit", "drop", "dragend"];
  const LOSSES = ["change", "focusout"];
  const MOST = 40, MOST_TARGETS = 300, TIMES = 3;
  const typed = new WeakMap(); // of a field: when it was last typed into
  const restless = new WeakMap(); // of a node: the kinds of changes of which it has so many by itself
  const fidgety = new WeakSet(); // elements whose animations begin again and again
  let drawn = []; // elements that change by themselves
  let counts = new Map(); // of a node: how often it changed, since the last gesture and outside of all
  let phase = null; // the event that is being handled: its kind, and when its field was typed into
  let own = 0; // when something changed last because of a gesture
  let lost = []; // changes in the event of a field that lost the focus: when it was typed into, and when they were
  let later = []; // when something changed outside of all events
  const TELLING = new Set(["childList", "growth", "characterData", "hidden", "open", "disabled", "value", "src", "aria-checked", "aria-expanded", "aria-selected"]);
  let touched = new Map(); // of an element in which something changed that may be seen: when
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { phase = null; };
  const now = () => performance.timeOrigin + performance.now();

  function begin(event) {
    const field = event.composedPath()[0];
    if (event.type === "input") typed.set(field, now());
    if (event.type === "pointerdown" || event.type === "keydown") counts = new Map();
    phase = { kind: event.type, typed: LOSSES.includes(event.type) ? typed.get(field) || 0 : null };
    channel.port2.postMessage(0);
  }

  // Has the events in a document or a shadow root told.
  function listen(root) {
    for (const kind of [...GESTURES, ...LOSSES]) root.addEventListener(kind, begin, { capture: true, passive: true });
  }

  // Something changed: in the event of now, or outside of all.
  function happened() {
    const at = now();
    if (phase === null) later = [...later.slice(1 - MOST), at];
    else if (phase.typed) lost = [...lost.slice(1 - MOST), [phase.typed, at]];
    else own = at;
  }

  const kindOf = (record) => record.type === "childList" && record.addedNodes.length > record.removedNodes.length
    ? "growth" : record.type === "attributes" ? record.attributeName : record.type;

  // Those of some changes that are none which a node makes by itself all the time.
  function counted(records) {
    const left = records.filter((record) => !restless.get(record.target)?.has(kindOf(record)));
    for (const record of left) {
      const element = record.target.nodeType === 1 ? record.target : record.target.parentElement;
      if (element && touched.size < MOST_TARGETS && TELLING.has(kindOf(record))) touched.set(element, now());
    }
    if (phase === null) {
      for (const record of left) {
        const known = counts.get(record.target) || new Map(), kind = kindOf(record);
        if (counts.size < MOST_TARGETS || counts.has(record.target)) counts.set(record.target, known.set(kind, (known.get(kind) || 0) + 1));
      }
    }
    return left;
  }

  // What changed so often since the last gesture changes by itself: from now on that is no change. Growth always is one.
  function learn(animations) {
    for (const [node, kinds] of counts) {
      for (const [kind, times] of kinds) {
        if (times < TIMES || kind === "growth") continue;
        restless.set(node, (restless.get(node) || new Set()).add(kind));
        const element = node.nodeType === 1 ? node : node.parentElement;
        if (element && drawn.length < MOST_TARGETS && !drawn.includes(element)) drawn.push(element);
      }
    }
    for (const { effect } of animations) if (effect.target) fidgety.add(effect.target);
    counts = new Map();
  }

  // In how many elements that lie beyond the screen something changed after a time.
  function beyond(since) {
    if (since < performance.timeOrigin) return 0; // another document was seen then
    touched = new Map([...touched].filter(([element, at]) => at > since && element.isConnected));
    let count = 0;
    for (const element of touched.keys()) {
      if (element.ownerDocument !== document || !element.checkVisibility({ visibilityProperty: true })) continue;
      const parts = element.lastElementChild ? [...element.children].slice(-3) : [element]; // what grows grows at its end
      const boxes = parts.map((part) => part.getBoundingClientRect()).filter((box) => box.width >= 1 && box.height >= 1);
      const away = (box) => box.top >= innerHeight || box.bottom <= 0 || box.left >= innerWidth || box.right <= 0;
      if (boxes.length && boxes.some(away) && away(boxes[boxes.length - 1])) count += 1;
    }
    return count;
  }

  // Where it is drawn what changes by itself.
  function volatile() {
    drawn = drawn.filter((element) => element.isConnected);
    const boxes = drawn.filter((element) => element.ownerDocument === document).flatMap(boxesOf);
    return boxes.filter((box) => box.width >= 1 && box.height >= 1).map(({ x, y, width, height }) => [x, y, width, height]);
  }

  function boxesOf(element) {
    if (element.childElementCount || !element.firstChild) return [element.getBoundingClientRect()];
    const range = document.createRange();
    range.selectNodeContents(element);
    return [...range.getClientRects()];
  }

  globalThis.hindtraceCauses = {
    listen, happened, counted, learn, volatile, beyond, isFidgety: (element) => fidgety.has(element), told: () => [now(), own, lost, later],
  };
})();
