// Remembers which fields of a document ever held a secret, and what they held: a page may turn a field for passwords into
// one for text, or put another in its place, before anybody looks. Runs in the isolated world before the first script of
// a document.
(() => {
  if (globalThis.hindtraceSecrets) return;
  const MEANT = /\b(?:cc-(?:number|csc|exp\S*)|one-time-code|(?:new|current)-password)\b/;
  const getAttribute = Element.prototype.getAttribute, createTreeWalker = Document.prototype.createTreeWalker;
  const querySelectorAll = Element.prototype.querySelectorAll;
  const HOSTS = /-|^(?:article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span)$/;
  const TICK_MS = 20, WATCHED_MS = 600, MOST_HOSTS = 3000, MOST_VALUES = 200;
  const localName = Object.getOwnPropertyDescriptor(Element.prototype, "localName").get;
  const nodeType = Object.getOwnPropertyDescriptor(Node.prototype, "nodeType").get;

  function remember(document) {
    const kept = new WeakSet(), visited = new WeakSet(), roots = new WeakSet();
    const values = new Set();
    let hosts = [], ticking = null, until = 0;

    function consider(element, before) {
      const tag = localName.call(element);
      if (tag !== "input" && tag !== "textarea" && tag !== "select") return;
      const was = (before || "").toLowerCase();
      if (was === "password" || MEANT.test(was) || asks(element)) kept.add(element);
      hold(element);
    }

    function hold(element) {
      if (kept.has(element) && element.value && values.size < MOST_VALUES) values.add(element.value.slice(0, 10000));
    }

    // Elements that come with many others are each looked at once, and the open shadow roots in them watched.
    function survey(node) {
      const type = nodeType.call(node);
      if (type !== 1 && type !== 9 && type !== 11) return;
      if (visited.has(node)) return;
      const walker = createTreeWalker.call(document, node, NodeFilter.SHOW_ELEMENT, (element) =>
        visited.has(element) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
      for (let element = type === 1 ? node : walker.nextNode(); element; element = walker.nextNode()) {
        visited.add(element);
        consider(element);
        if (element.shadowRoot) watch(element.shadowRoot);
        else if (hosts.length < MOST_HOSTS && HOSTS.test(localName.call(element))) hosts.push(element);
      }
    }

    // Nothing tells that an element got a shadow root: they are looked for while a document loads, and after each press.
    function tick() {
      if (document.readyState !== "complete") until = performance.now() + WATCHED_MS;
      const bare = [];
      for (const host of hosts) {
        if (host.shadowRoot) watch(host.shadowRoot);
        else if (host.isConnected) bare.push(host);
      }
      hosts = bare;
      if (performance.now() > until) {
        clearInterval(ticking);
        ticking = null;
      }
    }

    function lookOut() {
      until = performance.now() + WATCHED_MS;
      ticking ||= setInterval(tick, TICK_MS);
    }

    const observer = new MutationObserver((records) => {
      for (const record of records) {
        if (record.type === "attributes") consider(record.target, record.oldValue);
        for (const node of record.addedNodes) survey(node);
        for (const node of record.removedNodes) {
          if (nodeType.call(node) === 1) for (const field of [node, ...querySelectorAll.call(node, "input,textarea,select")]) hold(field);
        }
      }
    });

    function watch(root) {
      if (roots.has(root)) return;
      roots.add(root);
      const attributes = { attributes: true, attributeOldValue: true, attributeFilter: ["type", "autocomplete"] };
      observer.observe(root, { subtree: true, childList: true, ...attributes });
      survey(root);
      const options = { capture: true, passive: true };
      root.addEventListener("focusin", (event) => {
        for (const node of event.composedPath()) if (node.nodeType === 11) watch(node);
      }, options);
      for (const kind of ["change", "focusout"]) root.addEventListener(kind, (event) => hold(event.composedPath()[0]), options);
    }

    watch(document);
    lookOut();
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, lookOut, { capture: true, passive: true });
    return { watch, values, keep: (element) => kept.add(element), has: (element) => kept.has(element) };
  }

  // Whether a field asks for a secret now, by its type or by what it is to be filled with.
  function asks(element) {
    return (localName.call(element) === "input" && element.type === "password") ||
      MEANT.test((getAttribute.call(element, "autocomplete") || "").toLowerCase());
  }

  globalThis.hindtraceSecrets = { ...remember(document), asks, remember };
})();
