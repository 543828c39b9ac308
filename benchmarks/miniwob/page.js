// Follows every page of MiniWoB++: starts its task at once with the seed of the address, without a limit of time, and
// counts what changes in it. What the page shows of rewards, and of where was clicked, is none of the task.
addEventListener("load", () => setTimeout(() => {
  const outside = "#reward-display, #sync-task-cover, #click-canvas";
  const isOutside = (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    return Boolean(element && element.closest(outside));
  };
  let count = 0;

  const isChange = (record) => {
    if (isOutside(record.target) || record.attributeName === "data-tampered") return false; // a mark of the core's own
    const moved = [...record.addedNodes, ...record.removedNodes];
    return !moved.length || moved.some((node) => !(node.nodeType === 1 && node.matches(outside)));
  };
  const note = (records) => { if (records.some(isChange)) count += 1; };
  const observer = new MutationObserver(note);

  const noted = (event) => { if (!isOutside(event.target)) count += 1; };
  const values = () => JSON.stringify([...document.querySelectorAll("input, select, textarea, option")].map(
    (one) => [one.value, one.checked, one.selected]));
  const selection = () => String(getSelection());
  let known = null;

  function drawing(name) {
    const own = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      if (!isOutside(this.canvas)) count += 1;
      return own.apply(this, given);
    };
  }

  Math.seedrandom(new URLSearchParams(location.search).get("seed"));
  core.EPISODE_MAX_TIME = 24 * 3600 * 1000;
  core.startEpisodeReal();

  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  for (const kind of ["input", "scroll"]) addEventListener(kind, noted, true);
  for (const name of ["clearRect", "drawImage", "fill", "fillRect", "fillText", "putImageData", "stroke", "strokeRect"]) {
    drawing(name);
  }
  known = [values(), selection()];

  window.taskTruth = () => {
    note(observer.takeRecords());
    const now = [values(), selection()];
    if (now.some((text, index) => text !== known[index])) count += 1;
    known = now;
    const said = core.getUtterance();
    const goal = said.utterance || said; // some tell their fields as well
    return { changes: count, done: WOB_DONE_GLOBAL, reward: WOB_RAW_REWARD_GLOBAL, goal };
  };
}));
