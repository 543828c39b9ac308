// Lives in an isolated world of each document: knows what changed in it, when it is at rest, and finds what is at a
// point. The page's own scripts don't see it. What the selector list `hidden` finds is not drawn, not read, not hit, and
// nothing that happens in it is a change.
(extract, hidden) => {
  if (globalThis.hindtrace) return;
  if (hidden) document.createElement("i").matches(hidden); // a list that is none is an error
  const { mapOf, undo, outwards } = hindtraceFrames;
  const caretless = new CSSStyleSheet();
  caretless.replaceSync("html { caret-color: transparent !important }"); // a caret blinks, and is no change

  const watched = new WeakSet();
  const frames = new WeakMap(); // of an iframe: the id of its frame
  let changes = 0; // all that happened in the document
  let effects = 0; // the same without mere movements of the focus
  let last = performance.now();
  let waiting = [];

  function note(effect) {
    changes += 1;
    if (effect) effects += 1;
    last = performance.now();
    const called = waiting;
    waiting = [];
    for (const call of called) call();
  }

  const within = (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    return Boolean(element && element.closest(hidden));
  };

  const SOON_MS = 4000, MOST_ROOTS = 300;
  const inner = new Set(); // the shadow roots and documents of frames that are watched
  const stale = new Set(); // shadow roots and documents of frames that came or changed since it was asked who listens in them

  const observer = new MutationObserver((records) => {
    for (const { target } of records) {
      const root = target.getRootNode();
      if (root !== document && watched.has(root)) stale.add(root);
    }
    const left = hindtraceCauses.counted(hidden ? records.filter((record) => !within(record.target)) : records);
    if (!left.length) return;
    hindtraceCauses.happened();
    note(true);
  });

  // Has what is not to be seen not drawn: in a document, and in those of its frames that can be entered.
  function conceal(here) {
    const sheets = here.adoptedStyleSheets;
    const view = here.defaultView;
    if (view && sheets && !sheets.some((sheet) => sheet.cssRules[0]?.cssText.includes("--hindtrace"))) {
      const sheet = new view.CSSStyleSheet();
      // Not `visibility`: what takes room tells by it, in the extent of the page if by nothing else.
      sheet.replaceSync(`:is(${hidden}) { --hindtrace: hidden; display: none !important }`);
      here.adoptedStyleSheets = [...sheets, sheet];
    }
    for (const frame of here.querySelectorAll("iframe,frame")) {
      const inner = inside(frame);
      if (inner) conceal(inner);
    }
  }

  // Watches a document or a shadow root from now on.
  function watch(root) {
    if (watched.has(root)) return;
    watched.add(root);
    if (root !== document) stale.add(root);
    if (root !== document && inner.size < MOST_ROOTS) inner.add(root);
    secretsOf(root.ownerDocument || root).watch(root);
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    hindtraceCauses.listen(root);
    for (const kind of ["input", "change", "toggle", "scroll"]) {
      root.addEventListener(kind, () => note(true), { capture: true, passive: true });
    }
    root.addEventListener("input", hindtraceCauses.happened, { capture: true, passive: true });
    for (const kind of ["focusin", "focusout"]) root.addEventListener(kind, () => note(false), { capture: true, passive: true });
    const view = root.defaultView;
    if (view) for (const kind of ["popstate", "hashchange"]) view.addEventListener(kind, () => note(true));
    const sheets = root.adoptedStyleSheets;
    if (root === document && sheets && !sheets.includes(caretless)) root.adoptedStyleSheets = [...sheets, caretless];
  }

  // What remembers the fields of a document; one that was there before any script could run is looked at from now on.
  function secretsOf(here) {
    const view = here.defaultView;
    if (!view) return hindtraceSecrets;
    return (view.hindtraceSecrets ||= hindtraceSecrets.remember(here));
  }

  // The running animations that end by themselves soon: those that don't are not waited for.
  function ending() {
    const found = [];
    for (const root of [document, ...inner]) {
      if (root.nodeType === 9 ? !root.defaultView : !root.isConnected) inner.delete(root);
      else for (const animation of root.getAnimations()) if (endsSoon(animation)) found.push(animation);
    }
    return found;
  }

  function endsSoon({ playState, effect, currentTime, playbackRate }) {
    if (playState !== "running" || !effect || hindtraceCauses.isFidgety(effect.target)) return false;
    const left = (effect.getComputedTiming().endTime - currentTime) / Math.abs(playbackRate);
    return typeof currentTime === "number" && left < SOON_MS;
  }

  function status() {
    if (hidden) conceal(document);
    return [changes, effects, ending().length, stale.size, hindtraceCauses.told()];
  }

  // The shadow roots and documents of frames of which it has to be asked who listens in them; each once for each change.
  function takeStale() {
    const taken = [...stale].filter((root) => root.nodeType === 9 ? root.defaultView : root.isConnected);
    stale.clear();
    return taken;
  }

  // Whether scripts run in the document: in one that its server put into a sandbox no timer comes back, ours neither.
  function runsScripts() {
    if (document instanceof XMLDocument) return true;
    const probe = document.createElement("div");
    try {
      probe.innerHTML = "<noscript><i></i></noscript>";
    } catch {
      return true;
    }
    return !probe.querySelector("i");
  }

  // Resolves when the document is loaded, two frames were drawn and nothing changed for so long; in milliseconds.
  function rest(limit, still) {
    if (!runsScripts()) return "quiet";
    return new Promise((resolve) => {
      const began = performance.now();
      let drawn = 0;
      const frame = () => { drawn += 1; if (drawn < 2) requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      setTimeout(() => { drawn = 2; }, 100); // a page that draws no frames
      const look = () => {
        const now = performance.now();
        const loaded = document.readyState === "complete";
        const quiet = now - Math.max(last, began - still) >= still, moving = ending().length > 0;
        if (loaded && drawn >= 2 && quiet && !moving) resolve("quiet");
        else if (now - began >= limit) resolve(!loaded ? "loading" : moving ? "moving" : "restless");
        else setTimeout(look, 4);
      };
      look();
    });
  }

  // Resolves at the first effect beyond the known count, or after so many milliseconds; tells whether there was one.
  function effect(known, limit) {
    if (!runsScripts()) return effects !== known;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limit);
      const look = () => {
        if (effects !== known) {
          clearTimeout(timer);
          resolve(true);
        } else waiting.push(look);
      };
      look();
    });
  }

  // The innermost element at a point of this document, through shadow roots and the frames that can be entered; `frame`
  // is the id of the frame to ask further, at the point (x, y) of that frame.
  function at(x, y) {
    let here = document;
    for (;;) {
      const hit = hindtraceRoots.at(here, x, y);
      if (!hit || (hit.localName !== "iframe" && hit.localName !== "frame")) return { hit, x, y };
      [x, y] = undo(mapOf(hit), x, y);
      const inner = inside(hit);
      if (!inner) return { hit, x, y, frame: frameOf(hit) };
      here = inner;
    }
  }

  function inside(frame) {
    try {
      return frame.contentDocument && frame.contentDocument.body ? frame.contentDocument : null;
    } catch {
      return null;
    }
  }

  function frameAt(x, y) {
    const spot = at(x, y);
    return spot.frame ? { frame: spot.frame, x: spot.x, y: spot.y } : null;
  }

  // The id of the frame in an iframe that can't be entered from here, or null; each document knows those of its own.
  function frameOf(element) {
    const view = element.ownerDocument.defaultView;
    const known = frames.get(element) || (view && view.hindtrace && view.hindtrace.frames.get(element));
    return known || null;
  }

  // Does something with the element at a point, and tells what went wrong, "" for nothing.
  function touch(x, y, use) {
    const { hit } = at(x, y);
    return hit ? use(hit) : "nothing is there";
  }

  const fire = (field) => {
    field.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const clean = (text) => text.replace(/[▲▼△▽↑↓⬆⬇⇅⇵↕]/g, "").replace(/\s+/g, " ").trim();
  const DRAWN = ["date", "time", "month", "week", "datetime-local", "color", "range"];

  const uses = {
    // A field that is drawn by the browser takes its value as text; any other must be typed into.
    set: (text) => (hit) => {
      const field = hit.closest("input");
      if (!field || !DRAWN.includes(field.type)) return "typed";
      if (field.disabled || field.readOnly) return "the field can't be changed";
      field.value = text;
      fire(field);
      return "";
    },
    select: (label, nth) => (hit) => {
      const list = hit.closest("select");
      if (!list) return "no list";
      if (list.disabled) return "the list is disabled";
      const alike = [...list.options].filter((each) => clean(each.label || each.text) === label), option = alike[nth];
      if (!option) return alike.length ? `only ${alike.length} options of that name` : "no option of that name";
      if (option.disabled) return "the option is disabled";
      list.focus();
      if (list.multiple) option.selected = true;
      else list.selectedIndex = option.index;
      fire(list);
      return "";
    },
    checked: () => (hit) => {
      const label = hit.closest("label");
      const box = hit.closest("input,[role=checkbox],[role=switch],[role=radio],[role=menuitemcheckbox]") ||
        (label && label.control);
      if (!box) return "no box";
      if (box.matches(":disabled") || box.ariaDisabled === "true") return "the box is disabled";
      if (box.localName === "input") return ["checkbox", "radio"].includes(box.type) ? String(box.checked) : "no box";
      return String(box.getAttribute("aria-checked") === "true");
    },
  };

  // The field for files at a point, to give it some.
  function files(x, y) {
    const { hit } = at(x, y);
    if (!hit) return null;
    const label = hit.closest("label");
    const field = hit.closest("input") || (label && label.control) || hit.querySelector("input[type=file]");
    return field && field.type === "file" && !field.disabled ? field : null;
  }

  // Whether the focus is in a field that takes text; a frame of another process is named instead.
  function focused() {
    let element = document.activeElement;
    for (;;) {
      if (!element) return { said: false };
      const root = hindtraceRoots.of(element);
      if (root && root.activeElement) element = root.activeElement;
      else if (element.localName === "iframe" || element.localName === "frame") {
        const inner = inside(element);
        if (!inner) return frameOf(element) ? { frame: frameOf(element) } : { said: false };
        element = inner.activeElement;
      } else break;
    }
    if (element.isContentEditable) return { said: true };
    const field = ["input", "textarea"].includes(element.localName);
    return { said: field && !element.disabled && !element.readOnly };
  }

  // The element at a path of `extract`, whose parts are joined by ` >>> ` where they lead into a shadow root or a frame.
  function find(path) {
    let root = document, element = null;
    for (const part of path.split(" >>> ")) {
      try {
        element = root.querySelector(part);
      } catch {
        return null;
      }
      if (!element) return null;
      root = hindtraceRoots.of(element) || inside(element) || element;
    }
    return element;
  }

  function reveal(path) {
    const element = find(path);
    if (!element) return "no element at that path";
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    return "";
  }

  const world = { watch, frameOf, inside, secretsOf, asks: hindtraceSecrets.asks, frames: hindtraceFrames };
  watch(document);
  globalThis.hindtrace = {
    outwards: (frame) => hindtraceFrames.join(outwards(frame.ownerDocument.defaultView).map, mapOf(frame)),
    ...hindtracePressing, roots: hindtraceRoots,
    status, takeStale, rest, effect, learn: () => hindtraceCauses.learn(ending()), focused, reveal, files, frames, frameAt,
    on: (x, y, use, ...given) => touch(x, y, uses[use](...given)),
    extract: (limits) => {
      watch(document);
      const seen = extract(limits, world);
      const unasked = stale.size + hindtraceRoots.waiting();
      return JSON.stringify({ ...seen, unasked, volatile: hindtraceCauses.volatile(), beyond: hindtraceCauses.beyond(limits.since), http: performance.getEntriesByType("navigation")[0]?.responseStatus || 0 });
    },
  };
}
