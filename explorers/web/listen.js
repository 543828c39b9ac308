// Lives in the isolated world of each document, and tells what a person does in it: what the browser itself made an
// event of. What scripts of the page dispatch is not trusted, and not told. Places are those of this process's uppermost
// frame; whoever listens adds where that one lies.
(() => {
  if (globalThis.hindtraceListens || typeof hindtraceTell !== "function") return;
  globalThis.hindtraceListens = true;
  const tell = hindtraceTell;
  const DRAWN = ["date", "time", "month", "week", "datetime-local", "color"];
  const clean = (text) => text.replace(/[▲▼△▽↑↓⬆⬇⇅⇵↕]/g, "").replace(/\s+/g, " ").trim();
  let moved = 0, keyed = null, pressed = null, expected = null;

  const send = (event, kind, more) => {
    // Not of Date.now(), whose whole milliseconds would put a release before its press.
    const since = event ? event.timeStamp : performance.now();
    tell(JSON.stringify({ kind, time: performance.timeOrigin + since, ...more }));
  };

  // A place of this document in the uppermost one that can be reached from it; `apart` says that others are above.
  function at(x, y) {
    const { map, apart } = hindtraceFrames.outwards(window);
    const [left, top] = hindtraceFrames.apply(map, x, y);
    return { x: left, y: top, apart };
  }

  function middle(element) {
    const box = element.getBoundingClientRect();
    return at(box.x + box.width / 2, box.y + box.height / 2);
  }

  const held = (event) => [
    ...(event.ctrlKey && !altGraph(event) ? ["Control"] : []), ...(event.altKey && !altGraph(event) ? ["Alt"] : []),
    ...(event.shiftKey ? ["Shift"] : []), ...(event.metaKey ? ["Meta"] : []),
  ];
  const altGraph = (event) => event.getModifierState("AltGraph");
  const source = (event) => { const path = event.composedPath(); return path.length ? path[0] : event.target; };
  const nearest = (event, selector) => {
    const element = source(event);
    return element instanceof Element ? element.closest(selector) : null;
  };
  const secret = (event) => {
    const field = nearest(event, "input,textarea");
    return field !== null && (hindtraceSecrets.has(field) || hindtraceSecrets.asks(field));
  };

  const on = (kind, does) => window.addEventListener(kind, (event) => { if (event.isTrusted) does(event); },
    { capture: true, passive: true });

  on("pointerdown", (event) => {
    if (event.button > 2) return; // back and forward: the history tells
    pressed = source(event);
    keyed = null;
    const list = event.button === 0 ? nearest(event, "select") : null;
    const choosing = list !== null && !list.multiple && list.size < 2 && !list.disabled;
    const drawn = nearest(event, "input"), place = at(event.clientX, event.clientY);
    const popup = choosing || (drawn !== null && DRAWN.includes(drawn.type));
    send(event, "pressed", { ...place, button: event.button, held: held(event), choosing, popup });
    // What opens a list or a menu of the browser's own may keep the release to itself.
    if (choosing || event.button === 2) send(event, "released", { ...place, button: event.button });
  });
  for (const kind of ["pointerup", "drop", "dragend"]) {
    on(kind, (event) => {
      if (kind === "dragend" && event.screenX === 0 && event.screenY === 0) return; // it was broken off
      send(event, "released", { ...at(event.clientX, event.clientY), button: kind === "pointerup" ? event.button : 0 });
    });
  }
  for (const kind of ["pointermove", "dragover"]) {
    on(kind, (event) => {
      if (event.timeStamp - moved < 50) return;
      moved = event.timeStamp;
      send(event, "moved", at(event.clientX, event.clientY));
    });
  }
  on("wheel", (event) => {
    const unit = event.deltaMode === 1 ? 40 : event.deltaMode === 2 ? window.innerHeight : 1;
    const more = { dx: event.deltaX * unit, dy: event.deltaY * unit, held: held(event).filter((name) => name !== "Shift") };
    send(event, "turned", { ...at(event.clientX, event.clientY), ...more });
  });
  on("keydown", (event) => {
    keyed = source(event);
    expected = null;
    if (event.isComposing || event.key < " " || ["Process", "Dead", "Unidentified", "Compose"].includes(event.key)) return;
    const text = event.key.length <= 2 && [...event.key].length === 1 && held(event).every((name) => name === "Shift");
    expected = text ? event.key : null;
    send(event, "struck", { key: text && secret(event) ? "•" : event.key.slice(0, 40), held: held(event) });
  });
  on("beforeinput", (event) => { // what no key entered: a dead key, a picker of signs
    const text = event.inputType === "insertText" && event.data ? event.data.slice(0, 500) : "";
    if (text && text !== expected) send(event, "entered", { text: secret(event) ? "•".repeat(text.length) : text });
    expected = null;
  });
  on("keyup", (event) => {
    if (event.key === "Alt" || event.key === "Meta") send(event, "lifted", { key: event.key });
  });
  on("compositionend", (event) => {
    const text = (event.data || "").slice(0, 500);
    if (text) send(event, "entered", { text: secret(event) ? "•".repeat(text.length) : text });
  });
  on("change", (event) => {
    const field = source(event);
    if (!(field instanceof Element)) return;
    if (field.localName === "select" && !field.multiple && field.size < 2) {
      const option = field.options[field.selectedIndex];
      if (!option) return;
      const called = (each) => clean(each.label || each.text), alike = [...field.options].filter((each) => called(each) === called(option));
      const nth = alike.length > 1 ? alike.indexOf(option) : null;
      send(event, "chosen", { ...middle(field), option: called(option).slice(0, 500), nth });
    } else if (field.localName === "input" && field.type === "file") {
      const files = [...field.files].slice(0, 50).map((file) => file.name.slice(0, 255));
      send(event, "uploaded", { ...middle(field), files });
    } else if (field.localName === "input" && DRAWN.includes(field.type) && keyed !== field && pressed === field) {
      send(event, "set", { ...middle(field), text: field.value.slice(0, 100) });
    }
  });
  const show = (came) => {
    if (document.visibilityState === "visible" && window === window.top) send(null, "shown", { came });
  };
  document.addEventListener("visibilitychange", (event) => { if (event.isTrusted) show(true); });
  show(false); // a document that is new in a tab which is in front
})();
