// Where elements are drawn in the page, and whether a press there would reach them.
(() => {
  if (globalThis.hindtraceBoxes) return;
  const { attribute } = hindtraceNaming;
  const { undo, around } = hindtraceFrames;

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

  // Where a label is pressed for its control: not in the middle, where that is a link in its words.
  function labelBox(label, frame) {
    const box = boxOf(label, frame, true);
    const [x, y] = undo(frame.map, box.x + box.width / 2, box.y + box.height / 2);
    const hit = hindtraceRoots.at(label.ownerDocument, x, y);
    const other = hit && label.contains(hit) && hit.closest("a,button,select,textarea,input");
    if (!other || other === label.control || !label.contains(other)) return box;
    for (const part of label.childNodes) {
      if (part.nodeType === 1 ? part.matches("a,button,select,textarea,input") || part.contains(other) : !(part.data || "").trim()) continue;
      const range = label.ownerDocument.createRange();
      range.selectNode(part);
      const rect = [...range.getClientRects()].find((each) => each.width >= 3 && each.height >= 3);
      if (rect) return place(rect, frame);
    }
    return box;
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
    const hit = hindtraceRoots.at(document, x, y);
    if (!hit) return false;
    if (composedContains(element, hit)) return true;
    const label = hit.closest && hit.closest("label");
    return Boolean(label && label.control === element);
  }

  const round = (value) => Math.round(value * 10) / 10;
  const boxed = (box) => [round(box.x), round(box.y), round(box.width), round(box.height)];

  function boxIn(rect, frame) {
    return boxed(place(rect, frame));
  }

  // Of an area of an image that takes up `rect`.
  function areaOf(area, rect) {
    const numbers = (attribute(area, "coords") || "").split(",").map(Number);
    const shape = (attribute(area, "shape") || "rect").toLowerCase();
    if (shape === "default" || numbers.some(Number.isNaN) || numbers.length < 3) return [rect.x, rect.y, rect.width, rect.height];
    if (shape.startsWith("circ")) {
      const [x, y, radius] = numbers;
      return [rect.x + x - radius, rect.y + y - radius, 2 * radius, 2 * radius];
    }
    const xs = numbers.filter((_, index) => index % 2 === 0), ys = numbers.filter((_, index) => index % 2 === 1);
    const left = Math.min(...xs), top = Math.min(...ys);
    return [rect.x + left, rect.y + top, Math.max(...xs) - left, Math.max(...ys) - top];
  }

  globalThis.hindtraceBoxes = { boxOf, place, labelBox, overlap, composedContains, reachable, boxed, boxIn, areaOf, round };
})();
