// Turns <time data-relative datetime="…"> into "5m ago", with the exact time in the viewer's zone as its title.
const MINUTE = 60, HOUR = 3600, DAY = 86400;
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const sameYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const otherYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", year: "numeric" });
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

// In a transcript the clock matters more than the distance.
function sayClock(date, now) {
  const time = clock.format(date);
  if (date.toDateString() === now.toDateString()) return time;
  return `${(date.getFullYear() === now.getFullYear() ? sameYear : otherYear).format(date)}, ${time}`;
}

function refresh() {
  const now = new Date();
  for (const element of document.querySelectorAll("time[data-relative], time[data-clock]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const text = "clock" in element.dataset ? sayClock(date, now) : relative(date, now);
    if (element.textContent !== text) element.textContent = text;
    element.title ||= exact.format(date);
  }
}

refresh();
setInterval(refresh, 30_000);
document.addEventListener("htmx:after:swap", refresh);
