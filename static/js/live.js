// A conversation that is still going on grows: asks now and then whether it has changed, and if so loads what is new.
const pill = document.querySelector(".news");
let unread = 0;

const tail = () => document.getElementById("tail");

async function ask() {
  const end = tail();
  if (!end) return null;
  try {
    const answer = await fetch(end.dataset.changes, { cache: "no-store", credentials: "omit" });
    if (answer.status !== 200) return false;
  } catch {
    return false; // the network is away
  }
  const last = end.previousElementSibling;
  await htmx.ajax("GET", end.getAttribute("hx-get"), { source: end, target: end, swap: "outerHTML" });
  tell(last);
  return true;
}

// New entries stand out; those below the screen are told of by the pill.
function tell(last) {
  let count = 0;
  for (let added = last?.nextElementSibling; added; added = added.nextElementSibling) {
    for (const entry of added.querySelectorAll(".transcript__window > :is(.entry, .happening)")) {
      entry.dataset.isNew = "";
      count += 1;
    }
  }
  const end = tail();
  if (!count || !end) return;
  const isBelow = (last?.nextElementSibling ?? end).getBoundingClientRect().top > innerHeight - 40;
  unread = isBelow ? unread + count : 0;
  pill.hidden = !unread;
  pill.querySelector("span").textContent = `${unread} new`;
}

pill.addEventListener("click", (event) => {
  event.preventDefault();
  const entries = document.querySelectorAll("#transcript .entry");
  entries[entries.length - 1]?.scrollIntoView({ block: "end" });
});
addEventListener("scroll", () => {
  if (!unread) return;
  const last = tail()?.previousElementSibling?.lastElementChild;
  if (last && last.getBoundingClientRect().top < innerHeight) {
    unread = 0;
    pill.hidden = true;
  }
}, { passive: true });
poll(2_000, ask);
