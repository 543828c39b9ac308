// What elements are and how they are called: their roles, their names, and their text as it is seen.
(() => {
  if (globalThis.hindtraceNaming) return;
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
  const FROM_CONTENT = new Set([
    "button", "link", "heading", "cell", "gridcell", "columnheader", "rowheader", "option", "tab", "menuitem",
    "menuitemcheckbox", "menuitemradio", "checkbox", "radio", "switch", "treeitem", "tooltip", "term", "definition",
    "generic",
  ]);
  const ATOMIC = new Set(["button", "link", "tab", "menuitem", "option", "checkbox", "radio", "switch", "generic"]);
  const INPUTS = {
    button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox", radio: "radio",
    range: "slider", number: "spinbutton", search: "searchbox", hidden: null,
  };
  const SKIP = new Set(["script", "style", "noscript", "template", "head", "meta", "link", "br", "datalist", "source"]);
  const MASK = "••••••";
  const rootOf = hindtraceRoots.of;
  const ARROWS = /[▲▼△▽↑↓⬆⬇⇅⇵↕]/g;

  const attribute = (element, name) => Element.prototype.getAttribute.call(element, name);
  const localName = Object.getOwnPropertyDescriptor(Element.prototype, "localName").get;
  const tagOf = (element) => localName.call(element);
  const clean = (text) => text.replace(ARROWS, "").replace(/\s+/g, " ").trim().toWellFormed();
  const childNodes = Object.getOwnPropertyDescriptor(Node.prototype, "childNodes").get;

  // Text that is drawn as dots, as passwords are.
  const isDotted = (style) => Boolean(style.webkitTextSecurity) && style.webkitTextSecurity !== "none";

  // For one look: names are cut at twice `most`, and `texts` takes in what is drawn as dots.
  function naming(most, texts) {
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


    function dotted(text) {
      texts.add(text.trim().slice(0, most));
      return MASK;
    }

    // The text of an element as it is seen; blocks and images stand apart from what is beside them.
    function textOf(element, hidden = false) {
      if (!element.firstElementChild && !rootOf(element)) {
        const text = clean(element.textContent.slice(0, most * 2));
        return text && isDotted(getComputedStyle(element)) ? dotted(text) : text;
      }
      const parts = [];
      let length = 0;
      const walk = (node) => {
        if (length > most * 2) return;
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
        const inner = childNodes.call(rootOf(node) || node);
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

    return { labelOf, svgTitle, roleOf, textOf, nameOf, alsoSaid, dotted };
  }

  globalThis.hindtraceNaming = { naming, attribute, tagOf, clean, childNodes, isDotted, INTERACTIVE, FROM_CONTENT, ATOMIC, STRUCTURE, SKIP };
})();
