// Where what is in an iframe lies outside of it. A map [a, b, c, d, e, f] brings the point (x, y) of a frame to
// (a x + c y + e, b x + d y + f) of the document around it: frames are moved, scaled, zoomed, turned and mirrored.
(() => {
  if (globalThis.hindtraceFrames) return;

  // The linear part of all transforms of an element and those around it.
  function turned(element) {
    let whole = new DOMMatrix();
    for (let at = element; at; at = at.assignedSlot || at.parentElement || at.getRootNode().host) {
      const style = at.ownerDocument.defaultView.getComputedStyle(at);
      if (at !== element && (style.display === "inline" || style.display === "contents")) continue;
      let own = new DOMMatrix();
      if (style.rotate && style.rotate !== "none") own = own.multiply(rotation(style.rotate));
      if (style.scale && style.scale !== "none") {
        const [across, down] = style.scale.split(" ").map(parseFloat);
        own = own.multiply(new DOMMatrix([across, 0, 0, down ?? across, 0, 0]));
      }
      if (style.transform && style.transform !== "none") own = own.multiply(new DOMMatrix(style.transform));
      whole = new DOMMatrix([own.a, own.b, own.c, own.d, 0, 0]).multiply(whole);
    }
    return [whole.a, whole.b, whole.c, whole.d];
  }

  function rotation(text) {
    const parts = text.split(" "), angle = parts.pop();
    const axis = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] }[parts[0]] || (parts.length === 3 ? parts.map(Number) : [0, 0, 1]);
    return new DOMMatrix(`rotate3d(${axis.join(",")},${angle})`);
  }

  // The map of what an iframe shows into the document that it is in.
  function mapOf(frame) {
    const rect = frame.getBoundingClientRect(), style = frame.ownerDocument.defaultView.getComputedStyle(frame);
    const zoom = frame.currentCSSZoom ?? 1; // what is in it is zoomed, too
    const width = frame.offsetWidth, height = frame.offsetHeight;
    const left = frame.clientLeft + (parseFloat(style.paddingLeft) || 0);
    const top = frame.clientTop + (parseFloat(style.paddingTop) || 0);
    let [a, b, c, d] = turned(frame).map((part) => part * zoom);
    const across = Math.abs(a) * width + Math.abs(c) * height, down = Math.abs(b) * width + Math.abs(d) * height;
    if (Math.abs(across - rect.width) > 2 || Math.abs(down - rect.height) > 2) {
      [a, b, c, d] = [rect.width / (width || 1), 0, 0, rect.height / (height || 1)]; // a perspective: nearly so
    }
    if (a === 1 && b === 0 && c === 0 && d === 1) return [1, 0, 0, 1, rect.x + left, rect.y + top];
    // However it is turned, the middle of the box stays the middle of what it takes up.
    const x = left - width / 2, y = top - height / 2;
    return [a, b, c, d, rect.x + rect.width / 2 + a * x + c * y, rect.y + rect.height / 2 + b * x + d * y];
  }

  const apply = ([a, b, c, d, e, f], x, y) => [a * x + c * y + e, b * x + d * y + f];

  const join = (outer, [a, b, c, d, e, f]) => {
    const [x, y] = apply(outer, e, f);
    const [p, q, r, s] = outer;
    return [p * a + r * b, q * a + s * b, p * c + r * d, q * c + s * d, x, y];
  };

  // The point of a frame at a point of the document around it; of what is turned flat, one that is nowhere.
  function undo([a, b, c, d, e, f], x, y) {
    const size = a * d - b * c;
    if (Math.abs(size) < 1e-9) return [-1e6, -1e6];
    return [(d * (x - e) - c * (y - f)) / size, (a * (y - f) - b * (x - e)) / size];
  }

  // What a rectangle takes up after a map.
  function around(map, { x, y, width, height }) {
    const [a, b, c, d, e, f] = map;
    if (a === 1 && b === 0 && c === 0 && d === 1) return { x: x + e, y: y + f, width, height };
    const corners = [[x, y], [x + width, y], [x, y + height], [x + width, y + height]].map(([u, v]) => apply(map, u, v));
    const xs = corners.map(([u]) => u), ys = corners.map(([, v]) => v);
    const left = Math.min(...xs), top = Math.min(...ys);
    return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
  }

  // The map of a document into the uppermost one that can be reached from it; `apart` says that others are above that.
  function outwards(view) {
    let map = [1, 0, 0, 1, 0, 0];
    try {
      for (let depth = 0; depth < 20 && view !== view.top; depth += 1) {
        const frame = view.frameElement;
        if (!frame) return { map, apart: true };
        map = join(mapOf(frame), map);
        view = frame.ownerDocument.defaultView;
      }
    } catch {
      return { map, apart: true };
    }
    return { map, apart: false };
  }

  globalThis.hindtraceFrames = { mapOf, apply, join, undo, around, outwards };
})();
