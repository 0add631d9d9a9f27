// Turns <time data-relative datetime="…"> into "5m ago", with the exact time in the viewer's zone as its title;
// data-clock is the time of day, data-day the day, of which a transcript tells once.
const MINUTE = 60, HOUR = 3600, DAY = 86400;
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const sameYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const otherYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", year: "numeric" });
const dayOfThisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric", year: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

function relative(date, now) {
  const seconds = (now - date) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return seconds < 0 ? "in a moment" : "just now";
  if (distance >= 7 * DAY) return (date.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(date);
  const [unit, letter] = distance >= DAY ? [DAY, "d"] : distance >= HOUR ? [HOUR, "h"] : [MINUTE, "m"];
  const amount = `${Math.max(1, Math.floor(distance / unit))}${letter}`;
  return seconds < 0 ? `in ${amount}` : `${amount} ago`;
}

function sayDay(date, now) {
  return (date.getFullYear() === now.getFullYear() ? dayOfThisYear : day).format(date);
}

function say(element, now) {
  const date = new Date(element.dateTime);
  if (Number.isNaN(date.getTime())) return;
  const text = "clock" in element.dataset ? clock.format(date) : "day" in element.dataset ? sayDay(date, now) : relative(date, now);
  if (element.textContent !== text) element.textContent = text;
  element.title ||= exact.format(date);
}

function refresh(root, selector) {
  const now = new Date();
  for (const element of root.querySelectorAll(selector)) say(element, now);
}

const ALL = "time[data-relative], time[data-clock], time[data-day]";
refresh(document, ALL);
// Clocks stand still, and a transcript may have ten thousand of them.
setInterval(() => refresh(document, "time[data-relative]"), 30_000);
// Only what is new is looked at.
new MutationObserver((records) => {
  for (const { addedNodes } of records) {
    for (const node of addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.matches(ALL)) say(node, new Date());
      refresh(node, ALL);
    }
  }
}).observe(document.body, { childList: true, subtree: true });

// Filters by day mean the viewer's days: the server reads this (conversations/filters.py).
document.cookie = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;
