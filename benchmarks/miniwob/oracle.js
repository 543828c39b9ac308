// What a script's expressions are made of: elements found in the page, and moves with points in pixels of the screen.
// A move is {op, x, y ...}; `again` has the same expression asked once more when it is done. null is: nothing to do.
const goal = (core.getUtterance().utterance || core.getUtterance());
const clean = (text) => String(text || "").replace(/\s+/g, " ").trim();
const fold = (text) => clean(text).toLowerCase();
const quoted = [...goal.matchAll(/"([^"]*)"/g)].map((found) => found[1]);
const q = (index) => quoted[index];
const match = (pattern, group = 1) => (goal.match(pattern) || [])[group];
const list = (text) => clean(text).split(/, and |, | and /).map(clean).filter(Boolean);
const nth = (text) => parseInt(text, 10) - 1;

const isShown = (element) => {
  const rect = element.getBoundingClientRect();
  return rect.width > 0 && rect.height > 0 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
};
const all = (selector, within = document) => [...within.querySelectorAll(selector)].filter(isShown);
const one = (selector, index = 0) => all(selector)[index] || null;
const words = (element) => clean(element.localName === "input" ? element.value : element.textContent);
const named = (selector, name) => all(selector).find((element) => fold(words(element)) === fold(name)) || null;
const having = (selector, part) => all(selector).find((element) => fold(words(element)).includes(fold(part))) || null;
const field = (name) => {
  const label = all("label").find((element) => fold(words(element)) === fold(name));
  return label ? label.control || label.querySelector("input") : null;
};

const centre = (element) => {
  const rect = element.getBoundingClientRect();
  return [rect.x + rect.width / 2, rect.y + rect.height / 2];
};

// A scroll that brings the middle of an element closer to where it can be seen, or null where it can be seen.
function revealing(element) {
  const [, y] = centre(element);
  for (let box = element.parentElement; box; box = box.parentElement) {
    const style = getComputedStyle(box);
    const whole = box === document.documentElement;
    if (!whole && !["auto", "scroll"].includes(style.overflowY)) continue;
    if (box.scrollHeight <= box.clientHeight) continue;
    const rect = whole ? { top: 0, bottom: innerHeight, left: 0, right: innerWidth } : box.getBoundingClientRect();
    const top = Math.max(rect.top, 0), bottom = Math.min(rect.bottom, innerHeight);
    if (y > top + 2 && y < bottom - 2) continue;
    const by = y - (top + bottom) / 2;
    const x = (Math.max(rect.left, 0) + Math.min(rect.right, innerWidth)) / 2;
    return { op: "scroll", x, y: (top + bottom) / 2, dy: by, again: true };
  }
  return null;
}

const at = (place) => (Array.isArray(place) ? place : centre(place));
const move = (op, place, more = {}) => {
  if (!place) return null;
  const scroll = Array.isArray(place) ? null : revealing(place);
  const [x, y] = at(place);
  return scroll || { op, x, y, ...more };
};
const click = (place) => move("click", place);
const hover = (place) => move("hover", place);
const type = (place, text) => move("type", place, { text: String(text) });
const select = (place, option) => move("select", place, { text: String(option) });
const key = (keys) => ({ op: "key", text: keys });
const scroll = (place, dy) => move("scroll", place, { dy });
const wait = (seconds) => ({ op: "wait", seconds });
const drag = (from, to) => (from && to ? { op: "drag", x: at(from)[0], y: at(from)[1], x2: at(to)[0], y2: at(to)[1] } : null);
const again = (made) => made && { ...made, again: true };
const submit = () => click(named("button, input[type=submit]", "submit"));
