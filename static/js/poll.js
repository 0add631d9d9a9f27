// Asks now and then, less and less often while nothing happens, and not at all while nobody looks; live.js and arrivals.js
// use it. `ask` tells whether something has happened, or null where it is not to be asked again before the returned
// function is called.
const LAST = 30_000, SLOWER = 1.3;

globalThis.poll = (first, ask) => {
  let wait = first, timer = 0;

  async function turn() {
    if (document.hidden) return;
    const happened = await ask();
    if (happened === null) return;
    wait = happened ? first : Math.min(wait * SLOWER, LAST);
    later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(turn, wait);
  }

  function wake() {
    clearTimeout(timer);
    wait = first;
    turn();
  }

  document.addEventListener("visibilitychange", wake);
  later();
  return wake;
};
