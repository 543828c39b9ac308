// Reads the page as one accessibility tree: a list of nodes in preorder, with boxes in pixels of the viewport.
// Runs in an isolated world, so that a page's own changes to the built-ins don't reach it. `limits.viewport` leaves out
// what is not on the screen, without looking at it where that can be helped. `world` is what `world.js` knows.
(limits, world) => {
  const { attribute, tagOf, clean, childNodes, isDotted, INTERACTIVE, FROM_CONTENT, ATOMIC, SKIP } = hindtraceNaming;
  const SILENT = new Set(["separator", "rowgroup"]); // roles that tell nothing: their children move up
  const LEAVES = new Set([...INTERACTIVE, "img", "text", "heading", "progressbar", "meter", "canvas", "video"]);
  const PASSIVE = new Set(["img", "canvas", "video", "figure", "cell", "gridcell", "row", "rowheader", "columnheader", "listitem", "heading", "article"]);
  const { mapOf, join } = world.frames;
  const { boxOf, place, labelBox, overlap, composedContains, reachable, boxed, boxIn, areaOf, round } = hindtraceBoxes;
  const BULLETS = /^\s*[•●∙⋅*]{3,}\s*$/;
  const rootOf = hindtraceRoots.of;
  const nodeType = Object.getOwnPropertyDescriptor(Node.prototype, "nodeType").get;

  const width = window.innerWidth, height = window.innerHeight;
  const nodes = [];
  const state = { offscreen: 0, cut: 0, text: limits.text, visited: 0, silent: 0, failed: 0, problem: null, dotted: new Set() };
  const told = new WeakSet(); // the elements that have a node
  const naming = hindtraceNaming.naming(limits.name, state.dotted);
  const facts = hindtraceDescribing.describing(naming, world.secretsOf);
  const { labelOf, nameOf, roleOf, alsoSaid, dotted } = naming;
  const { flagsOf, valueOf, hintsOf, pathOf, scrolls, columnsOf, methodOf } = facts;
  const { standsFor, labelFor, listens, clickable } = hindtracePressing.pressing();
  const { fieldsOf, drawnAt } = hindtraceWithheld.withheld(naming, facts, limits, boxIn, clip);
  const painted = limits.viewport ? atPoints() : null;

  // The elements that may be on the screen though what they are in is not, and those around them: what is fixed, and
  // what is found at the points of a grid.
  function atPoints() {
    const kept = new Set();
    const keep = (element) => {
      for (let at = element; at && !kept.has(at); at = at.parentElement || at.getRootNode().host) kept.add(at);
    };
    for (let across = 0.5; across < 6; across += 1) {
      for (let down = 0.5; down < 5; down += 1) keep(document.elementFromPoint(across * width / 6, down * height / 5));
    }
    const all = document.getElementsByTagName("*"), most = Math.min(all.length, limits.elements);
    for (let index = 0; index < most; index += 1) {
      if (getComputedStyle(all[index]).position === "fixed") keep(all[index]);
    }
    return kept;
  }

  // Whether an element and all in it can be passed over: it takes room, and that lies beyond the screen.
  function beyond(element, frame) {
    if (painted === null || painted.has(element)) return false;
    const rect = place(element.getBoundingClientRect(), frame);
    if (rect.width < 1 || rect.height < 1) return false;
    const clip = frame.clip;
    return rect.y + rect.height <= clip.y || rect.y >= clip.y + clip.height ||
      rect.x + rect.width <= clip.x || rect.x >= clip.x + clip.width;
  }

  function clip(text) {
    const whole = text.length;
    const most = Math.min(limits.name, state.text > 0 ? limits.name : 200);
    state.text -= Math.min(whole, most);
    return whole > most ? text.slice(0, most).toWellFormed() : text;
  }

  // ---- the walk

  const run = { text: "", box: null, depth: 0, clip: null };

  function add(node, seen) {
    if (nodes.length >= limits.nodes || (node.offscreen && state.offscreen >= limits.offscreen)) {
      state.cut += 1;
      return null;
    }
    if (node.offscreen) state.offscreen += 1;
    nodes.push(node);
    return node;
  }

  function flush() {
    const text = clean(run.text);
    if (text && run.box) {
      const seen = overlap(run.box, run.clip);
      if (!seen && limits.viewport) state.cut += 1;
      else add({ role: "text", name: clip(text), depth: run.depth, box: run.box, flags: seen ? [] : ["offscreen"], offscreen: !seen });
    }
    run.text = "";
    run.box = null;
  }

  function addText(node, depth, frame, clipped, style) {
    if (!node.data.trim()) {
      if (run.text) run.text += " ";
      return;
    }
    const range = node.ownerDocument.createRange();
    range.selectNodeContents(node);
    const rect = range.getBoundingClientRect();
    if (rect.width < 1 || rect.height < 1) return;
    const box = place(rect, frame);
    if (run.box) {
      const x = Math.min(run.box.x, box.x), y = Math.min(run.box.y, box.y);
      const right = Math.max(run.box.x + run.box.width, box.x + box.width);
      const bottom = Math.max(run.box.y + run.box.height, box.y + box.height);
      run.box = { x, y, width: right - x, height: bottom - y };
    } else run.box = box;
    run.text += isDotted(style) || uncovered(node) ? dotted(node.data) : node.data;
    run.depth = depth;
    run.clip = clipped;
  }

  // Whether a text took the place of bullets: what was masked is a secret when it is shown.
  function uncovered(text) {
    const secrets = world.secretsOf(text.ownerDocument), around = text.parentElement;
    if (!around) return false;
    if (!BULLETS.test(text.data)) return secrets.has(around);
    secrets.keep(around);
    return false;
  }

  // The button that Enter in a field of a form presses: the first in the document that sends it, wherever it is.
  function senderOf(form) {
    const sends = (button) => button.form === form && !button.matches(":disabled");
    const all = form.getRootNode().querySelectorAll("button,input[type=submit],input[type=image]");
    return [...all].find((button) => sends(button) && (tagOf(button) === "input" || button.type === "submit")) || null;
  }

  // Tells the button that Enter in a form's field would press where it is not on the screen, or not in the form: what
  // Enter does must be known before it is pressed.
  function tellSender(form, mark, depth, frame) {
    if (!nodes.slice(mark).some((node) => node.flags.includes("editable"))) return;
    const sender = senderOf(form);
    if (!sender || (told.has(sender) && composedContains(form, sender))) return;
    const node = { role: "button", name: clip(nameOf(sender, "button")), depth, box: boxOf(sender, frame, false), flags: ["offscreen"] };
    node.field = "submit";
    node.method = methodOf(sender, form);
    const id = attribute(sender, "id");
    if (id) node.id = id.slice(0, 200).toWellFormed();
    node.path = pathOf(sender).slice(0, 400);
    add({ ...node, offscreen: true });
  }

  // Whether where an element leads is told: a link's address, and that of an anchor with another role which leads to
  // another page (`<a role=menuitem href=/logout>`); one to its own page does something here.
  function leads(element, role, tag) {
    if (role === "link") return Boolean(element.href);
    if (tag !== "a" || !element.href || !INTERACTIVE.has(role)) return false;
    return element.protocol.startsWith("http") && element.href.split("#")[0] !== location.href.split("#")[0];
  }


  function attempt(read) {
    try {
      return read();
    } catch (error) {
      state.failed += 1;
      state.problem ||= String(error).slice(0, 200);
      return [];
    }
  }

  // Pages shadow what elements have with fields of that name: what can't be read for that is counted, and left out.
  function visit(element, depth, frame, clipped) {
    try {
      read(element, depth, frame, clipped);
    } catch (error) {
      state.failed += 1;
      state.problem ||= String(error).slice(0, 200);
    }
  }

  function read(element, depth, frame, clipped) {
    state.visited += 1;
    if (state.visited > limits.elements) {
      state.cut += 1;
      return;
    }
    const tag = tagOf(element);
    if (SKIP.has(tag)) {
      if (tag === "br") run.text += " ";
      return;
    }
    if (attribute(element, "aria-hidden") === "true" || element.hidden === true) return;
    if (beyond(element, frame)) {
      state.cut += 1;
      return;
    }
    const style = element.ownerDocument.defaultView.getComputedStyle(element);
    if (style.display === "none") return;
    if (style.display === "" && element.parentElement) hindtraceRoots.suspect(element.parentElement, true);
    if ((tag === "input" || tag === "button") && labelFor(element)) return; // told where its label is
    const control = tag === "label" ? standsFor(element) : null;
    if (control) tellControl(control, element, depth, frame, clipped);
    const inline = style.display.startsWith("inline") || style.display === "contents";
    if (style.display !== "contents" && !element.checkVisibility() && tag !== "body") return;
    let role = style.visibility === "visible" ? roleOf(element) : null;
    const scrollable = style.visibility === "visible" && scrolls(element, style);
    if (!role && style.visibility === "visible" && clickable(element, style)) role = "generic";
    if (!role && scrollable) role = "generic";

    const clips = (style.overflowX !== "visible" || style.overflowY !== "visible") && !inline && tag !== "body" && tag !== "html";
    if (!role && !clips && style.opacity !== "0") {
      // Nothing of its own: no box is needed.
      const within = style.position === "fixed" ? frame.clip : clipped;
      if (!inline) flush();
      visitChildren(element, depth, frame, within, style, tag === "label" && element.control && element.control.type !== "hidden");
      if (!inline) flush();
      return;
    }
    let box = boxOf(element, frame, inline);
    const interactive = INTERACTIVE.has(role);
    if (tag === "input" && ["checkbox", "radio", "file"].includes(element.type)) {
      const tiny = box.width < 3 || box.height < 3 || style.opacity === "0" || style.clip !== "auto";
      const label = tiny && element.labels && [...element.labels].find((each) => each.checkVisibility({ visibilityProperty: true }));
      if (label) box = labelBox(label, frame); // drawn by its label
    }
    const empty = box.width < 1 || box.height < 1;
    if (style.opacity === "0" && !interactive && empty) return;
    if (style.opacity === "0" && !interactive && !element.querySelector("a,button,input,select,textarea")) return;

    let inner = clipped;
    if (style.position === "fixed") inner = frame.clip;
    if (clips) {
      if (empty) return;
      inner = overlap(inner, box) || { x: -1e6, y: -1e6, width: 0, height: 0 };
    }
    const label = tag === "label" && element.control && element.control.type !== "hidden";
    if (!role || SILENT.has(role) || (empty && role !== "row" && role !== "list")) {
      if (!inline) flush();
      visitChildren(element, depth, frame, inner, style, label);
      if (!inline) flush();
      return;
    }

    flush();
    const focusIn = element.getRootNode().activeElement;
    const pressed = PASSIVE.has(role) && (listens(element) || element.hasAttribute("onclick"));
    const name = nameOf(element, role) || (pressed ? naming.textOf(element) : "");
    if (role === "generic" && !scrollable && !name && !box.width) return;
    const flags = flagsOf(element, role, focusIn === document.body ? null : focusIn);
    if (scrollable) flags.push("scrollable");
    let seen = overlap(box, style.position === "fixed" ? frame.clip : clipped);
    if (!seen && interactive) {
      const bare = overlap(box, frame.clip);
      if (bare && reachable(element, bare, frame) && clipped !== frame.clip) seen = bare;
    }
    if (!seen) flags.push("offscreen");
    else if (interactive && !reachable(element, seen, frame)) flags.push("covered");
    const node = { role, name: clip(role === "generic" && scrollable && !clickable(element, style) ? labelOf(element) : name), depth, box, flags, offscreen: !seen };
    if (role === "heading") node.level = Number(attribute(element, "aria-level")) || Number(tag[1]) || 2;
    const said = ATOMIC.has(role) ? alsoSaid(element, name) : "";
    if (said) node.description = clip(said);
    const value = valueOf(element, role);
    if (value !== null) node.value = clip(value.toWellFormed());
    if (flags.includes("editable") || tag === "select") node.hints = hintsOf(element);
    if (tag === "input") node.field = (element.type || "text").toLowerCase();
    if (tag === "textarea") node.field = "text";
    if (tag === "select") {
      node.options = [...element.options].slice(0, limits.options).map((option) => clip(clean(option.label || option.text)));
      state.cut += element.options.length - node.options.length;
    }
    if (pressed) {
      node.actions = ["press"];
      node.path = pathOf(element).slice(0, 400);
    }
    if (tag === "button" && (element.type === "submit" || element.type === "reset") && element.form) node.field = element.type;
    if (leads(element, role, tag)) node.href = String(element.href.baseVal ?? element.href).slice(0, 2000).toWellFormed();
    if (role === "link" && element.hasAttribute("download")) node.field = "download";
    identify(node, element);
    if (interactive) node.path = pathOf(element).slice(0, 400);
    if (role === "cell" || role === "gridcell" || role === "rowheader" || role === "columnheader") {
      const table = element.closest("table,[role=table],[role=grid],[role=treegrid]");
      if (table) {
        const columns = columnsOf(table);
        const heading = columns.names[columns.indexes.get(element)];
        if (heading && role !== "columnheader") node.column = clip(heading);
      }
    }
    if (tag === "form" || node.field === "submit") {
      node.method = methodOf(element, tag === "form" ? element : element.form); // `form.method` may be a field
    }
    const added = add(node);
    if (added) told.add(element);
    const below = added ? depth + 1 : depth;
    if (limits.viewport && added && node.offscreen && LEAVES.has(role)) {
      nodes.pop();
      told.delete(element);
      state.offscreen -= 1;
      state.cut += 1;
      return;
    }
    if (tag === "img" && element.hasAttribute("usemap")) tellAreas(element, below, frame, inner);
    if (tag === "svg") {
      for (const part of [...element.querySelectorAll("*")].slice(0, limits.areas)) if (listens(part)) visit(part, below, frame, inner);
    }
    if (role === "img" || role === "progressbar" || role === "meter" || tag === "select" || tag === "textarea" || tag === "video" || tag === "canvas" || tag === "svg") return;
    if (tag === "iframe" || tag === "frame") {
      visitFrame(element, below, frame, seen, added);
      return;
    }
    const mark = nodes.length;
    visitChildren(element, below, frame, inner, style, role === "textbox" || role === "searchbox");
    flush();
    if (tag === "form" && added) tellSender(element, mark, below, frame);
    if (added && (pressed || FROM_CONTENT.has(role)) && name && !scrollable) dropRepeated(mark, role, name);
    if (limits.viewport && added && node.offscreen && nodes.length === mark) {
      nodes.pop();
      state.offscreen -= 1;
      state.cut += 1;
      return;
    }
    if (role === "group" && tag === "fieldset" && added) dropNamed(mark, name);
  }

  // A control that is not drawn, told in the place of the label that is pressed for it.
  function tellControl(control, label, depth, frame, clipped) {
    const role = roleOf(control);
    if (!role || told.has(control)) return;
    flush();
    const box = labelBox(label, frame), seen = overlap(box, clipped);
    const flags = flagsOf(control, role, null);
    if (!seen) flags.push("offscreen");
    else if (!reachable(label, seen, frame)) flags.push("covered");
    const node = { role, name: clip(naming.textOf(label) || nameOf(control, role)), depth, box, flags, offscreen: !seen };
    const value = valueOf(control, role);
    if (value !== null) node.value = clip(value.toWellFormed());
    node.field = (control.type || "").toLowerCase();
    if (["submit", "image"].includes(node.field) && control.form) node.method = methodOf(control, control.form);
    identify(node, control);
    node.path = pathOf(control).slice(0, 400);
    if (!seen && limits.viewport) state.cut += 1;
    else if (add(node)) told.add(control);
  }

  function identify(node, element) {
    const id = attribute(element, "id");
    if (id) node.id = id.slice(0, 200).toWellFormed();
    for (const test of ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"]) {
      const id = attribute(element, test);
      if (id && !node.test_id) node.test_id = id.slice(0, 200).toWellFormed();
    }
  }

  // The areas of an image that lead somewhere: they take no room of their own.
  function tellAreas(image, depth, frame, clipped) {
    const rect = image.getBoundingClientRect(), name = attribute(image, "usemap").slice(1);
    const map = image.ownerDocument.getElementsByName(name)[0];
    for (const area of map ? map.getElementsByTagName("area") : []) {
      if (!area.hasAttribute("href") && !listens(area) && !area.hasAttribute("onclick")) continue;
      const [left, top, width, height] = areaOf(area, rect);
      const box = place({ x: left, y: top, width, height }, frame), seen = overlap(box, clipped);
      const role = area.hasAttribute("href") ? "link" : "generic";
      const node = { role, name: clip(nameOf(area, role)), depth, box, flags: seen ? [] : ["offscreen"], offscreen: !seen };
      if (role === "link") node.href = String(area.href).slice(0, 2000).toWellFormed();
      identify(node, area);
      node.path = pathOf(area).slice(0, 400);
      if (!seen && limits.viewport) state.cut += 1;
      else add(node);
    }
  }

  // Text that is already the name of the node above it is not told twice.
  function dropRepeated(mark, role, name) {
    const rest = nodes.slice(mark);
    const plain = rest.every((node) => node.role === "text");
    if (plain) nodes.length = mark;
    else if (ATOMIC.has(role)) {
      nodes.length = mark;
      for (const node of rest) {
        if (node.role !== "text" && !(node.role === "img" && node.name === name)) nodes.push(node);
      }
    }
  }

  function dropNamed(mark, name) {
    const at = nodes.findIndex((node, index) => index >= mark && node.role === "text" && node.name === name);
    if (at >= 0) nodes.splice(at, 1);
  }

  function visitChildren(element, depth, frame, clipped, style, silent) {
    if (silent) state.silent += 1;
    const root = rootOf(element);
    if (root) {
      world.watch(root);
      places.push([root, frame]);
    } else if (element.firstChild === null || tagOf(element).includes("-")) hindtraceRoots.suspect(element, false);
    const inner = root ? childNodes.call(root) : tagOf(element) === "slot" && element.assignedNodes().length
      ? element.assignedNodes() : childNodes.call(element);
    const visible = style.visibility === "visible";
    for (const child of inner) {
      const type = nodeType.call(child);
      if (type === 3) {
        if (state.silent === 0 && visible) addText(child, depth, frame, clipped, style);
      } else if (type === 1) visit(child, depth, frame, clipped);
    }
    if (silent) state.silent -= 1;
  }

  function visitFrame(element, depth, frame, seen, node) {
    const map = join(frame.map, mapOf(element));
    const area = seen || { x: -1e6, y: -1e6, width: 0, height: 0 };
    const inside = world.inside(element);
    if (!inside) {
      // A frame of another origin is read by itself, and put here afterwards.
      const id = node && world.frameOf(element);
      if (id) node.frame = { id, map, clip: [area.x, area.y, area.width, area.height] };
      return;
    }
    if (frame.deep >= 3) return;
    world.watch(inside);
    const below = { map, clip: area, deep: frame.deep + 1 };
    places.push([inside, below]);
    visit(inside.body, depth, below, area);
    flush();
  }

  const languageOf = (element) => (element && attribute(element, "lang") || "").slice(0, 40).toWellFormed();
  const scroller = document.scrollingElement || document.documentElement;
  const page = { x: 0, y: 0, width, height };
  const whole = { map: [1, 0, 0, 1, 0, 0], clip: page, deep: 0 };
  const places = [[document, whole]];
  if (document.body) {
    visit(document.body, 0, whole, page);
    flush();
  }
  const fields = places.flatMap(([root, frame]) => attempt(() => fieldsOf(root, frame)));
  for (const [root] of places) {
    for (const value of world.secretsOf(root.ownerDocument || root).values) state.dotted.add(value);
  }
  // Of what was not known before the look only what is more than words: `schemas.redaction` says which words are hidden.
  const fresh = [...state.dotted, ...fields.filter((field) => field.secret).map((field) => field.value)]
    .filter((text) => text.length >= 4 && /[^\p{L}\s'-]/u.test(text) && !limits.plain.includes(text));
  const known = [...limits.known, ...fresh];
  const covered = known.length ? places.flatMap(([root, frame]) => attempt(() => drawnAt(known, root, frame))) : [];
  for (const node of nodes) {
    node.box = boxed(node.box);
    delete node.offscreen;
  }
  return {
    nodes,
    cut: state.cut + state.failed,
    failed: state.failed,
    problem: state.problem,
    fields,
    covered,
    dotted: [...state.dotted],
    title: document.title.slice(0, 2000).toWellFormed(),
    language: languageOf(document.documentElement) || languageOf(document.body),
    location: String(location.href).slice(0, 20000),
    type: document.contentType,
    scroll: [
      window.scrollX, window.scrollY,
      Math.max(0, (scroller ? scroller.scrollWidth : 0) - width), Math.max(0, (scroller ? scroller.scrollHeight : 0) - height),
    ].map(round),
  };
}