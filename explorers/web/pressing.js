// What is pressed though its role does not say so: labels of controls that are not drawn, elements that listen.
(() => {
  if (globalThis.hindtracePressing) return;
  const { attribute, tagOf } = hindtraceNaming;
  const PRESSED = ["checkbox", "radio", "file", "submit", "button", "reset", "image"];
  const INSIDE = "a[href],button,label,summary,option,[role=button],[role=link],[role=tab],[role=option],[role^=menuitem]";
  const PLACES = "a[href],button,input,select,textarea,summary,label,[onclick],[role=button],[role=link],[role=tab],[role^=menuitem]";
  const MOST_INSIDE = 200, MOST_TEXT = 400, MOST_HEIGHT = 200;
  const listening = new WeakSet(); // the elements that listen for presses themselves
  const delegated = new Map(); // of an element that listens for those in it: the selector of those that it asks for
  const find = { 1: Element.prototype.querySelectorAll, 9: Document.prototype.querySelectorAll, 11: DocumentFragment.prototype.querySelectorAll };
  const drawn = (element) => element.checkVisibility({ visibilityProperty: true });

  // What DevTools said: the elements that listen. Tells which of them may listen for others in them, by their place.
  function listen(...elements) {
    const holders = [];
    elements.forEach((element, index) => {
      if (element.nodeType === 1) listening.add(element);
      for (let root = element.getRootNode(); root.nodeType === 11 && root.host; root = root.host.getRootNode()) hindtraceRoots.keep(root);
      if (element.nodeType !== 1 || element.firstElementChild) holders.push(index);
    });
    return holders;
  }

  // What listens on `holder` asks for elements in it by these selectors.
  function delegate(holder, selectors) {
    const parts = selectors.filter(isSelector);
    delegated.set(holder, parts.length ? `:is(${parts.join(",")})` : "[tabindex]");
  }

  function isSelector(text) {
    try {
      return text !== "*" && !document.createElement("i").matches(text);
    } catch {
      return false;
    }
  }

  // The elements for which something around them listens: they are named there, or made to take the focus.
  function askedFor() {
    const asked = new Set();
    for (const [holder, selector] of delegated) {
      for (const element of find[holder.nodeType].call(holder, `${selector},[tabindex]`)) {
        if (element.childElementCount === 0 || element.matches(selector)) asked.add(element);
      }
    }
    return asked;
  }

  // For one look.
  function pressing() {
    const labels = new Map(), places = new Map(), asked = askedFor();

    // Of a control that is pressed, but can't be where it is: the first of its labels that is drawn.
    function labelFor(control) {
      if (!labels.has(control)) labels.set(control, lookForLabel(control));
      return labels.get(control);
    }

    function lookForLabel(control) {
      if (tagOf(control) !== "input" ? tagOf(control) !== "button" : !PRESSED.includes(control.type)) return null;
      if (!control.labels || !control.labels.length || !isAway(control)) return null;
      return [...control.labels].find((label) => drawn(label) && !label.closest("[aria-hidden=true]")) || null;
    }

    // Whether nobody sees a control: it is not drawn, or beyond the edges from which a page can't be scrolled to it.
    function isAway(control) {
      if (!drawn(control) || control.closest("[aria-hidden=true]")) return true;
      const rect = control.getBoundingClientRect();
      if (rect.width < 1 && rect.height < 1) return false; // drawn by its label where it is
      const view = control.ownerDocument.defaultView;
      return rect.right + view.scrollX <= 0 || rect.bottom + view.scrollY <= 0;
    }

    // The control that a label stands for, if it is told in the label's place.
    function standsFor(label) {
      const control = label.control;
      return control && labelFor(control) === label ? control : null;
    }

    // Whether a press on an element itself is listened for, and not only on what is in it.
    function listens(element) {
      if (!listening.has(element) && !asked.has(element)) return false;
      if (!places.has(element)) places.set(element, isPlace(element));
      return places.get(element);
    }

    function isPlace(element) {
      const tag = tagOf(element);
      if (tag === "body" || tag === "html" || tag === "label" || tag === "option") return false;
      if (element.parentElement?.closest(INSIDE)) return false;
      if (element.textContent.length > MOST_TEXT) return false;
      return !onlyHolds(element);
    }

    // Whether all that an element has to show is other places: then it listens for them.
    function onlyHolds(element) {
      const all = element.getElementsByTagName("*");
      if (all.length === 0) return false;
      if (all.length > MOST_INSIDE) return true;
      const inner = [...all].filter((each) => listening.has(each) || each.matches(PLACES) || asked.has(each));
      if (inner.length === 0) return element.querySelector("[role]") !== null && element.clientHeight > MOST_HEIGHT;
      if (inner.length > 3 || element.clientHeight > MOST_HEIGHT) return true;
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        if (text.data.trim() && !inner.some((each) => each.contains(text))) return false;
      }
      return true;
    }

    // Whether an element without a role is made to be clicked: it has a handler, or the pointer becomes a hand on it.
    function clickable(element, style) {
      const tag = tagOf(element);
      if (tag === "label" || tag === "body" || tag === "html" || tag === "option") return false;
      if (tag === "a" && element.hasAttribute("href")) return false;
      if (element.hasAttribute("onclick") || element.draggable === true && tag !== "a" && tag !== "img") return true;
      if (listens(element)) return true;
      if (style.cursor !== "pointer") return false;
      const tab = attribute(element, "tabindex");
      if (tab !== null && Number(tab) >= 0) return true;
      const parent = element.parentElement;
      if (!parent || parent.closest("a[href],button,label,summary")) return false;
      return parent.ownerDocument.defaultView.getComputedStyle(parent).cursor !== "pointer";
    }

    return { standsFor, labelFor, listens, clickable };
  }

  globalThis.hindtracePressing = { pressing, listen, delegate };
})();
