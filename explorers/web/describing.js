// The facts of one element besides its name: its path, its flags, what it holds, its column.
(() => {
  if (globalThis.hindtraceDescribing) return;
  const { attribute, tagOf, clean, isDotted } = hindtraceNaming;

  // For one look, with its naming; `secretsOf` gives what remembers the secrets of a document.
  function describing({ labelOf, roleOf, textOf }, secretsOf) {
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
      const secrets = secretsOf(element.ownerDocument);
      if (secrets.has(element)) return true;
      const secret = hindtraceSecrets.asks(element) || isDotted(getComputedStyle(element));
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

    function methodOf(element, form) {
      const method = (attribute(element, "formmethod") || attribute(form, "method") || "get").toLowerCase();
      return ["post", "dialog"].includes(method) ? method : "get";
    }

    return { pathOf, flagsOf, holdsSecret, hintsOf, valueOf, scrolls, columnsOf, methodOf };
  }

  globalThis.hindtraceDescribing = { describing };
})();
