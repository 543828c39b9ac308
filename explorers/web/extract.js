// Reads the page as one accessibility tree: a list of nodes in preorder, with boxes in pixels of the viewport.
// Runs in an isolated world, so that a page's own changes to the built-ins don't reach it. `limits.viewport` leaves out
// what is not on the screen, without looking at it where that can be helped. `world` is what `world.js` knows.
(limits, world) => {
  const INTERACTIVE = new Set([
    "button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "switch", "slider",
    "spinbutton", "tab", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "treeitem", "generic",
  ]);
  const STRUCTURE = new Set([
    "banner", "navigation", "main", "complementary", "contentinfo", "form", "search", "region", "article", "heading",
    "table", "grid", "treegrid", "rowgroup", "row", "cell", "gridcell", "columnheader", "rowheader", "list", "listitem",
    "term", "definition", "dialog", "alertdialog", "alert", "status", "log", "group", "radiogroup", "img", "figure",
    "iframe", "progressbar", "meter", "tablist", "tabpanel", "menu", "menubar", "toolbar", "tree", "tooltip", "canvas",
    "video", "separator",
  ]);
  const SILENT = new Set(["separator", "rowgroup"]); // roles that tell nothing: their children move up
  const FROM_CONTENT = new Set([
    "button", "link", "heading", "cell", "gridcell", "columnheader", "rowheader", "option", "tab", "menuitem",
    "menuitemcheckbox", "menuitemradio", "checkbox", "radio", "switch", "treeitem", "tooltip", "term", "definition",
    "generic",
  ]);
  const ATOMIC = new Set(["button", "link", "tab", "menuitem", "option", "checkbox", "radio", "switch", "generic"]);
  const LEAVES = new Set([...INTERACTIVE, "img", "text", "heading", "progressbar", "meter", "canvas", "video"]);
  const TAGS = {
    a: (e) => (e.hasAttribute("href") ? "link" : null), area: (e) => (e.hasAttribute("href") ? "link" : null),
    article: "article", aside: "complementary", button: "button", summary: "button", details: "group",
    datalist: null, dd: "definition", dt: "term", dialog: "dialog", fieldset: "group", figure: "figure",
    footer: (e) => (e.closest("article,aside,main,nav,section") ? null : "contentinfo"),
    header: (e) => (e.closest("article,aside,main,nav,section") ? null : "banner"),
    form: "form", h1: "heading", h2: "heading", h3: "heading", h4: "heading", h5: "heading", h6: "heading",
    hr: "separator", iframe: "iframe", frame: "iframe", img: (e) => (labelOf(e) ? "img" : null), li: "listitem",
    main: "main", menu: "list", meter: "meter", nav: "navigation", ol: "list", ul: "list", output: "status",
    progress: "progressbar", search: "search", section: (e) => (labelOf(e) ? "region" : null),
    select: (e) => (e.multiple || e.size > 1 ? "listbox" : "combobox"), table: "table", tbody: "rowgroup",
    tfoot: "rowgroup", thead: "rowgroup", td: "cell", th: "columnheader", tr: "row", textarea: "textbox",
    canvas: "canvas", video: "video", svg: (e) => (labelOf(e) || svgTitle(e) ? "img" : null),
  };
  const INPUTS = {
    button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox", radio: "radio",
    range: "slider", number: "spinbutton", search: "searchbox", hidden: null,
  };
  const SKIP = new Set(["script", "style", "noscript", "template", "head", "meta", "link", "br", "datalist", "source"]);
  const MASK = "••••••";
  const { mapOf, join, undo, around } = world.frames;
  const BULLETS = /^\s*[•●∙⋅*]{3,}\s*$/;
  const ARROWS = /[▲▼△▽↑↓⬆⬇⇅⇵↕]/g;

  const childNodes = Object.getOwnPropertyDescriptor(Node.prototype, "childNodes").get;
  const attribute = (element, name) => Element.prototype.getAttribute.call(element, name);
  const localName = Object.getOwnPropertyDescriptor(Element.prototype, "localName").get;
  const nodeType = Object.getOwnPropertyDescriptor(Node.prototype, "nodeType").get;
  const tagOf = (element) => localName.call(element);
  const clean = (text) => text.replace(ARROWS, "").replace(/\s+/g, " ").trim().toWellFormed();

  const width = window.innerWidth, height = window.innerHeight;
  const nodes = [];
  const state = { offscreen: 0, cut: 0, text: limits.text, visited: 0, silent: 0, failed: 0, problem: null, dotted: new Set() };
  const told = new WeakSet(); // the elements that have a node
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

  // ---- roles and names

  function labelOf(element) {
    const by = attribute(element, "aria-labelledby");
    if (by) {
      const root = element.getRootNode();
      const parts = by.split(/\s+/).map((id) => id && root.getElementById && root.getElementById(id)).filter(Boolean);
      const text = clean(parts.map((part) => textOf(part, true)).join(" "));
      if (text) return text;
    }
    const label = attribute(element, "aria-label");
    if (label && label.trim()) return clean(label);
    const alt = ["img", "area", "input"].includes(tagOf(element)) ? attribute(element, "alt") : null;
    return alt && alt.trim() ? clean(alt) : "";
  }

  function svgTitle(element) {
    const title = element.querySelector("title");
    return title ? clean(title.textContent) : "";
  }

  function roleOf(element) {
    const explicit = attribute(element, "role");
    if (explicit) {
      for (const token of explicit.toLowerCase().split(/\s+/)) {
        if (token === "presentation" || token === "none") return null;
        if (token === "image") return "img";
        if (token === "directory") return "list";
        if (INTERACTIVE.has(token) || STRUCTURE.has(token)) return token;
      }
    }
    const tag = tagOf(element);
    if (tag === "input") {
      const type = (element.type || "text").toLowerCase();
      if (type in INPUTS) return INPUTS[type];
      return element.list ? "combobox" : "textbox";
    }
    let role = TAGS[tag];
    if (typeof role === "function") role = role(element);
    if (tag === "th") role = headerRole(element);
    if (tag === "td" && element.closest("table,[role=grid]")?.getAttribute("role") === "grid") role = "gridcell";
    if (tag === "table" || tag === "tr" || tag === "td" || tag === "tbody" || tag === "thead") {
      const table = element.closest("table");
      const around = table && attribute(table, "role");
      if (around === "presentation" || around === "none") return null;
    }
    if (!role && element.isContentEditable && !element.parentElement?.isContentEditable) role = "textbox";
    if (!role) {
      const live = attribute(element, "aria-live");
      if (live === "assertive") role = "alert";
      else if (live === "polite") role = "status";
    }
    return role || null;
  }

  function headerRole(cell) {
    const scope = (attribute(cell, "scope") || "").toLowerCase();
    if (scope.startsWith("row")) return "rowheader";
    if (scope.startsWith("col") || cell.closest("thead")) return "columnheader";
    const row = cell.parentElement;
    const plain = row ? [...row.children].some((other) => tagOf(other) === "td") : false;
    return plain ? "rowheader" : "columnheader";
  }

  // Text that is drawn as dots, as passwords are.
  const isDotted = (style) => Boolean(style.webkitTextSecurity) && style.webkitTextSecurity !== "none";

  function dotted(text) {
    state.dotted.add(text.trim().slice(0, limits.name));
    return MASK;
  }

  function shown(element) {
    return element.checkVisibility({ visibilityProperty: true });
  }

  // The text of an element as it is seen; blocks and images stand apart from what is beside them.
  function textOf(element, hidden = false) {
    if (!element.firstElementChild && !element.shadowRoot) {
      const text = clean(element.textContent.slice(0, limits.name * 2));
      return text && isDotted(getComputedStyle(element)) ? dotted(text) : text;
    }
    const parts = [];
    let length = 0;
    const walk = (node) => {
      if (length > limits.name * 2) return;
      if (node.nodeType === 3) {
        const drawn = getComputedStyle(node.parentElement || element);
        if (hidden || drawn.visibility === "visible") {
          parts.push(node.data.trim() && isDotted(drawn) ? dotted(node.data) : node.data);
          length += node.data.length;
        }
        return;
      }
      if (node.nodeType !== 1) return;
      const tag = tagOf(node);
      if (tag === "br") parts.push(" ");
      if (SKIP.has(tag) || tag === "title") return;
      if (attribute(node, "aria-hidden") === "true" && !hidden) return;
      const style = getComputedStyle(node);
      if (node !== element) {
        if (!hidden && style.display !== "contents" && !node.checkVisibility()) return;
        if (tag === "select" || tag === "textarea") return;
        const label = labelOf(node);
        if (label) {
          parts.push(" ", label, " ");
          length += label.length;
          return;
        }
      }
      const inline = style.display.startsWith("inline");
      if (!inline) parts.push(" ");
      const inner = node.shadowRoot ? childNodes.call(node.shadowRoot) : childNodes.call(node);
      for (const child of inner) walk(child);
      if (!inline) parts.push(" ");
    };
    walk(element);
    return clean(parts.join(""));
  }

  function nameOf(element, role) {
    const label = labelOf(element);
    if (label) return label;
    const tag = tagOf(element);
    if (tag === "input") {
      if (["submit", "reset", "button"].includes(element.type)) {
        return clean(element.value || { submit: "Submit", reset: "Reset" }[element.type] || attribute(element, "title") || "");
      }
      if (element.type === "image") return clean(attribute(element, "title") || "Submit");
    }
    if (["input", "select", "textarea", "meter", "progress", "output", "button"].includes(tag) && element.labels) {
      const text = clean([...element.labels].map((label) => textOf(label)).join(" "));
      if (text && tag !== "button") return text;
    }
    if (tag === "fieldset") {
      const legend = element.querySelector(":scope > legend");
      if (legend) return textOf(legend);
    }
    if (tag === "table") {
      const caption = element.querySelector(":scope > caption");
      if (caption) return textOf(caption);
    }
    if (tag === "figure") {
      const caption = element.querySelector(":scope > figcaption");
      if (caption) return textOf(caption);
    }
    if (tag === "svg") {
      const title = svgTitle(element);
      if (title) return title;
    }
    if (tag === "details") {
      const summary = element.querySelector(":scope > summary");
      return summary ? textOf(summary) : "";
    }
    if (FROM_CONTENT.has(role)) {
      const text = textOf(element);
      if (/[\p{L}\p{N}]/u.test(text)) return text;
      // Of an icon, what it is called says more than its glyph.
      const called = ATOMIC.has(role) ? clean(attribute(element, "title") || "") || svgTitle(element) : "";
      if (called || text) return called || text;
    }
    return clean(attribute(element, "title") || attribute(element, "placeholder") || attribute(element, "aria-placeholder") || "");
  }

  // What is to be read on an element whose label says other words, and beside the pointer.
  function alsoSaid(element, name) {
    const words = (text) => clean(text).toLowerCase();
    const texts = [attribute(element, "title") || ""];
    if (attribute(element, "aria-label") || attribute(element, "aria-labelledby")) texts.unshift(textOf(element));
    const other = texts.map(clean).filter((text) => /\p{L}/u.test(text) && !words(name).includes(words(text)));
    return [...new Set(other)].join(" \u00b7 ").slice(0, 400);
  }

  // ---- boxes

  function boxOf(element, frame, inline) {
    let rect = element.getBoundingClientRect();
    const parts = inline ? element.getClientRects() : null;
    if (parts && parts.length > 1) {
      // A link broken over lines: the middle of its bounding box may lie beside it.
      rect = [...parts].reduce((best, part) => (part.width * part.height > best.width * best.height ? part : best));
    }
    return place(rect, frame);
  }

  function place(rect, frame) {
    return around(frame.map, rect);
  }

  const overlap = (a, b) => {
    const x = Math.max(a.x, b.x), y = Math.max(a.y, b.y);
    const right = Math.min(a.x + a.width, b.x + b.width), bottom = Math.min(a.y + a.height, b.y + b.height);
    return right - x >= 1 && bottom - y >= 1 ? { x, y, width: right - x, height: bottom - y } : null;
  };

  function composedContains(outer, inner) {
    for (let node = inner; node; node = node.parentNode || node.host) if (node === outer) return true;
    return false;
  }

  // Whether a click in the middle of what is seen of the element would reach it.
  function reachable(element, seen, frame) {
    const document = element.ownerDocument;
    const [x, y] = undo(frame.map, seen.x + seen.width / 2, seen.y + seen.height / 2);
    let hit = document.elementFromPoint(x, y);
    while (hit && hit.shadowRoot) {
      const deeper = hit.shadowRoot.elementFromPoint(x, y);
      if (!deeper || deeper === hit) break;
      hit = deeper;
    }
    if (!hit) return false;
    if (composedContains(element, hit)) return true;
    const label = hit.closest && hit.closest("label");
    return Boolean(label && label.control === element);
  }

  // ---- facts of one element

  const paths = new WeakMap();

  function pathOf(node) {
    const known = paths.get(node);
    if (known !== undefined) return known;
    const path = stepsTo(node);
    paths.set(node, path);
    return path;
  }

  function stepsTo(node) {
    const tag = tagOf(node), parent = node.parentNode, root = node.getRootNode();
    const id = attribute(node, "id");
    const inside = (outer, step) => (outer ? `${pathOf(outer)} >>> ${step}` : step);
    if (id && root.getElementById && root.getElementById(id) === node) return inside(root.host, "#" + CSS.escape(id));
    if (tag === "body" || tag === "html") return inside(node.ownerDocument.defaultView?.frameElement, tag);
    let before = 0, after = false;
    for (let other = node.previousElementSibling; other; other = other.previousElementSibling) if (tagOf(other) === tag) before += 1;
    for (let other = node.nextElementSibling; other && !after && before === 0; other = other.nextElementSibling) after = tagOf(other) === tag;
    const step = before || after ? `${tag}:nth-of-type(${before + 1})` : tag;
    if (!parent || parent.nodeType === 9) return step;
    if (parent.nodeType === 11) return parent.host ? inside(parent.host, step) : step; // a link has a `host`, too
    return `${pathOf(parent)} > ${step}`;
  }

  function flagsOf(element, role, focusIn) {
    const flags = [];
    const tag = tagOf(element);
    const aria = (name) => attribute(element, "aria-" + name);
    const field = tag === "input" || tag === "textarea" || tag === "select";
    const type = tag === "input" ? (element.type || "text").toLowerCase() : null;
    const textual = ["textbox", "searchbox", "spinbutton"].includes(role) || (role === "combobox" && tag !== "select");
    if (type === "checkbox" || type === "radio" ? element.checked : aria("checked") === "true") flags.push("checked");
    if (tag === "option" ? element.selected : aria("selected") === "true") flags.push("selected");
    if (tag === "summary" && element.parentElement && tagOf(element.parentElement) === "details") {
      flags.push(element.parentElement.open ? "expanded" : "collapsed");
    } else if (aria("expanded") === "true") flags.push("expanded");
    else if (aria("expanded") === "false") flags.push("collapsed");
    if (element.matches(":disabled") || aria("disabled") === "true") flags.push("disabled");
    if ((tag === "dialog" && element.matches(":modal")) || aria("modal") === "true") flags.push("modal");
    if (focusIn === element) flags.push("focused");
    const readonly = (field && element.readOnly === true) || aria("readonly") === "true";
    if (readonly) flags.push("readonly");
    if ((textual && (field || element.isContentEditable)) && !readonly && type !== "file") flags.push("editable");
    if ((field && element.required === true) || aria("required") === "true") flags.push("required");
    if ((field && element.value !== "" && element.validity && !element.validity.valid) || (aria("invalid") || "false") !== "false") {
      flags.push("invalid");
    }
    if (type === "password") flags.push("password");
    else if ((field || element.isContentEditable) && holdsSecret(element)) flags.push("secret");
    if (tag === "textarea" || (textual && element.isContentEditable) || aria("multiline") === "true") flags.push("multiline");
    if ((aria("haspopup") || "false") !== "false") flags.push("haspopup");
    if (aria("pressed") === "true") flags.push("pressed");
    if ((aria("current") || "false") !== "false") flags.push("current");
    return flags;
  }

  // Whether a field asks for a secret, or did so once, or draws what it holds as dots.
  function holdsSecret(element) {
    const secrets = world.secretsOf(element.ownerDocument);
    if (secrets.has(element)) return true;
    const secret = world.asks(element) || isDotted(getComputedStyle(element));
    if (secret) secrets.keep(element);
    return secret;
  }

  // How a field is called besides its name.
  const hintsOf = (element) => ["name", "placeholder", "title", "aria-placeholder", "autocomplete"]
    .map((name) => attribute(element, name)).filter(Boolean).map((text) => clean(text).slice(0, 200));

  function valueOf(element, role) {
    const tag = tagOf(element);
    if (tag === "select") return [...element.selectedOptions].map((option) => clean(option.label || option.text)).join(", ");
    if (tag === "textarea") return element.value;
    if (tag === "input") {
      const type = (element.type || "text").toLowerCase();
      if (type === "password") return element.value ? "•" : "";
      if (type === "file") return [...(element.files || [])].map((file) => file.name).join(", ");
      if (["checkbox", "radio", "button", "submit", "reset", "image", "hidden"].includes(type)) return null;
      return element.value;
    }
    if (tag === "progress" || tag === "meter") return String(element.value);
    if (attribute(element, "aria-valuetext")) return attribute(element, "aria-valuetext");
    if (attribute(element, "aria-valuenow")) return attribute(element, "aria-valuenow");
    if (role === "textbox" || role === "searchbox" || role === "combobox") {
      return element.isContentEditable ? element.innerText.trim() : null;
    }
    return null;
  }

  function scrolls(element, style) {
    if (element === document.scrollingElement || element === document.body) return false;
    const over = (value) => value === "auto" || value === "scroll" || value === "overlay";
    return (over(style.overflowY) && element.scrollHeight > element.clientHeight + 2 && element.clientHeight > 20) ||
      (over(style.overflowX) && element.scrollWidth > element.clientWidth + 2 && element.clientWidth > 20);
  }

  const headings = new WeakMap(); // of a table: the names of its columns by index

  function columnsOf(table) {
    const known = headings.get(table);
    if (known) return known;
    const names = [], indexes = new Map(), taken = [];
    const rows = table.rows ? [...table.rows] : [...table.querySelectorAll("[role=row]")];
    rows.forEach((row, y) => {
      let x = 0;
      const cells = table.rows ? [...row.cells] : [...row.querySelectorAll("[role=cell],[role=gridcell],[role=columnheader],[role=rowheader]")];
      for (const cell of cells) {
        while (taken[y]?.[x]) x += 1;
        const across = Math.min(cell.colSpan || 1, 200), down = Math.min(cell.rowSpan || 1, 200);
        const stated = Number(attribute(cell, "aria-colindex"));
        const index = stated > 0 ? stated - 1 : x;
        indexes.set(cell, index);
        if (roleOf(cell) === "columnheader") {
          const name = labelOf(cell) || textOf(cell);
          for (let n = 0; n < across; n += 1) if (name && !names[index + n]) names[index + n] = name;
        }
        for (let v = 0; v < down; v += 1) {
          taken[y + v] ||= [];
          for (let n = 0; n < across; n += 1) taken[y + v][x + n] = true;
        }
        x += across;
      }
    });
    const columns = { names, indexes };
    headings.set(table, columns);
    return columns;
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

  function methodOf(element, form) {
    const method = (attribute(element, "formmethod") || attribute(form, "method") || "get").toLowerCase();
    return ["post", "dialog"].includes(method) ? method : "get";
  }

  // Whether where an element leads is told: a link's address, and that of an anchor with another role which leads to
  // another page (`<a role=menuitem href=/logout>`); one to its own page does something here.
  function leads(element, role, tag) {
    if (role === "link") return Boolean(element.href);
    if (tag !== "a" || !element.href || !INTERACTIVE.has(role)) return false;
    return element.protocol.startsWith("http") && element.href.split("#")[0] !== location.href.split("#")[0];
  }

  // Whether an element without a role is made to be clicked: it has a handler, or the pointer becomes a hand on it.
  function clickable(element, style) {
    const tag = tagOf(element);
    if (tag === "label" || tag === "body" || tag === "html" || tag === "option" || tag === "a") return false;
    if (element.hasAttribute("onclick")) return true;
    if (style.cursor !== "pointer") return false;
    const tab = attribute(element, "tabindex");
    if (tab !== null && Number(tab) >= 0) return true;
    const parent = element.parentElement;
    if (!parent || element.closest("a,button,label,summary")) return false;
    return parent.ownerDocument.defaultView.getComputedStyle(parent).cursor !== "pointer";
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
    if (tag === "input" && (element.type === "checkbox" || element.type === "radio")) {
      const tiny = box.width < 3 || box.height < 3 || style.opacity === "0" || style.clip !== "auto";
      const label = tiny && element.labels && [...element.labels].find(shown);
      if (label) box = boxOf(label, frame, true); // drawn by its label
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
    const name = nameOf(element, role);
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
    if (tag === "select") node.options = [...element.options].slice(0, 300).map((option) => clip(clean(option.label || option.text)));
    if (tag === "button" && (element.type === "submit" || element.type === "reset") && element.form) node.field = element.type;
    if (leads(element, role, tag)) node.href = String(element.href.baseVal ?? element.href).slice(0, 2000).toWellFormed();
    if (role === "link" && element.hasAttribute("download")) node.field = "download";
    const id = attribute(element, "id");
    if (id) node.id = id.slice(0, 200).toWellFormed();
    for (const test of ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa"]) {
      const id = attribute(element, test);
      if (id && !node.test_id) node.test_id = id.slice(0, 200).toWellFormed();
    }
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
    if (role === "img" || role === "progressbar" || role === "meter" || tag === "select" || tag === "textarea" || tag === "video" || tag === "canvas" || tag === "svg") return;
    if (tag === "iframe" || tag === "frame") {
      visitFrame(element, below, frame, seen, added);
      return;
    }
    const mark = nodes.length;
    visitChildren(element, below, frame, inner, style, role === "textbox" || role === "searchbox");
    flush();
    if (tag === "form" && added) tellSender(element, mark, below, frame);
    if (added && FROM_CONTENT.has(role) && name && !scrollable) dropRepeated(mark, role, name);
    if (limits.viewport && added && node.offscreen && nodes.length === mark) {
      nodes.pop();
      state.offscreen -= 1;
      state.cut += 1;
      return;
    }
    if (role === "group" && tag === "fieldset" && added) dropNamed(mark, name);
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
    const root = element.shadowRoot;
    if (root) {
      world.watch(root);
      places.push([root, frame]);
    }
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

  // ---- what can't be recorded

  const round = (value) => Math.round(value * 10) / 10;
  const boxed = (box) => [round(box.x), round(box.y), round(box.width), round(box.height)];

  // What the fields of all documents hold that were read: whoever records has to know which of it is secret.
  function fieldsOf(root, frame) {
    const fields = [];
    for (const element of queried.call(root, "input,textarea,select,[contenteditable]")) {
      const tag = tagOf(element), type = tag === "input" ? element.type : "";
      if (["checkbox", "radio", "button", "submit", "reset", "image", "file"].includes(type)) continue;
      const role = roleOf(element);
      const value = type === "password" || type === "hidden" ? element.value : valueOf(element, role || "textbox");
      if (!value || fields.length >= limits.fields) continue;
      const rect = element.getBoundingClientRect(), drawn = type !== "hidden" && rect.width >= 1 && rect.height >= 1;
      const names = [nameOf(element, role || "textbox"), attribute(element, "id") || "", ...hintsOf(element)];
      fields.push({
        value: clip(value.toWellFormed()), hidden: type === "hidden", secret: holdsSecret(element),
        names, list: tag === "select", role: role || "textbox", box: drawn ? boxed(place(rect, frame)) : null,
      });
    }
    return fields;
  }

  // Where texts that must not be seen are drawn, in whatever is no part of the tree.
  function drawnAt(texts, root, frame) {
    const any = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, "u");
    const boxes = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!pattern.test(node.data)) continue;
      const range = node.ownerDocument.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) if (rect.width >= 1 && rect.height >= 1) boxes.push(boxed(place(rect, frame)));
    }
    return boxes.slice(0, limits.fields);
  }

  const queried = Document.prototype.querySelectorAll;
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
