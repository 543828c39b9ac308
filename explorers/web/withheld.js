// What must not be recorded: what the fields of a page hold, and where secrets are drawn.
(() => {
  if (globalThis.hindtraceWithheld) return;
  const { attribute, tagOf } = hindtraceNaming;
  const ofDocument = Document.prototype.querySelectorAll, ofRoot = DocumentFragment.prototype.querySelectorAll;
  const within = (root, selector) => (root.nodeType === 9 ? ofDocument : ofRoot).call(root, selector);

  // For one look; `boxIn` gives the box of a rectangle of a frame, `clip` cuts a text.
  function withheld({ nameOf, roleOf }, { valueOf, hintsOf, holdsSecret }, limits, boxIn, clip) {
    // What the fields of all documents hold that were read: whoever records has to know which of it is secret.
    function fieldsOf(root, frame) {
      const fields = [];
      for (const element of within(root, "input,textarea,select,[contenteditable]")) {
        const tag = tagOf(element), type = tag === "input" ? element.type : "";
        if (["checkbox", "radio", "button", "submit", "reset", "image", "file"].includes(type)) continue;
        const role = roleOf(element);
        const value = type === "password" || type === "hidden" ? element.value : valueOf(element, role || "textbox");
        if (!value || fields.length >= limits.fields) continue;
        const rect = element.getBoundingClientRect(), drawn = type !== "hidden" && rect.width >= 1 && rect.height >= 1;
        const names = [nameOf(element, role || "textbox"), attribute(element, "id") || "", ...hintsOf(element)];
        fields.push({
          value: clip(value.toWellFormed()), hidden: type === "hidden", secret: holdsSecret(element),
          names, list: tag === "select", role: role || "textbox", box: drawn ? boxIn(rect, frame) : null,
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
        for (const rect of range.getClientRects()) if (rect.width >= 1 && rect.height >= 1) boxes.push(boxIn(rect, frame));
      }
      return boxes.slice(0, limits.fields);
    }

    return { fieldsOf, drawnAt };
  }

  globalThis.hindtraceWithheld = { withheld };
})();
