// The shadow roots of elements. A closed one is told by nothing but DevTools: what was found so is kept here.
(() => {
  if (globalThis.hindtraceRoots) return;
  const localName = Object.getOwnPropertyDescriptor(Element.prototype, "localName").get;
  const HOSTS = /^(?:article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span)$/;
  const closed = new WeakMap(); // of a host: its root
  const asked = new WeakMap(); // of an element: how often DevTools was asked whether it has one
  const MOST = 200, TIMES = 3;
  let suspects = [];

  const of = (element) => element.shadowRoot || closed.get(element) || null;

  function keep(root) {
    if (root && root.host && root.mode === "closed") closed.set(root.host, root);
  }

  // Takes note of an element that may have a closed root: one of a name of its own, or one that draws what it does not
  // hold, or does not draw what it holds.
  function suspect(element, undrawn) {
    if (suspects.length >= MOST || of(element) || (asked.get(element) || 0) >= TIMES) return;
    const tag = localName.call(element);
    if (!tag.includes("-") && !(HOSTS.test(tag) && (undrawn || isFilled(element)))) return;
    asked.set(element, (asked.get(element) || 0) + 1);
    suspects.push(element);
  }

  function isFilled(element) {
    if (element.firstChild !== null) return false;
    const [inner, outer] = [element.scrollHeight, getComputedStyle(element)];
    return inner > 2 && !parseFloat(outer.minHeight) && !element.style.height && !parseFloat(outer.paddingTop);
  }

  // The innermost element at a point of a document, through its shadow roots.
  function at(document, x, y) {
    let hit = document.elementFromPoint(x, y);
    for (let root = hit && of(hit); root; root = of(hit)) {
      const deeper = root.elementFromPoint(x, y);
      if (!deeper || deeper === hit) break;
      hit = deeper;
    }
    return hit;
  }

  function take() {
    const taken = suspects;
    suspects = [];
    return taken;
  }

  globalThis.hindtraceRoots = { of, at, keep, suspect, take, waiting: () => suspects.length };
})();
