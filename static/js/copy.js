// Copy buttons: data-copy holds the text itself, data-copy-from the id of the element whose text is copied, data-copy-url
// where the text is fetched from; data-copy-link is on a link whose own address is copied.
const announcer = document.createElement("div");
announcer.className = "visually-hidden";
announcer.setAttribute("role", "status");
document.body.append(announcer);

// navigator.clipboard exists only on https and localhost; a self-hosted http origin needs the old way.
async function copy(text, near) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  (near.closest("dialog") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  near.focus();
  if (!copied) throw new Error("the browser refused to copy");
}

async function textOf(button) {
  const { copy: text, copyFrom, copyUrl } = button.dataset;
  if (text !== undefined) return text;
  if (copyFrom) return document.getElementById(copyFrom).textContent;
  if (!copyUrl) return button.href;
  const answer = await fetch(copyUrl);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.text();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-url], [data-copy-link]");
  if (!button || event.metaKey || event.ctrlKey) return;
  if ("copyLink" in button.dataset) event.preventDefault();
  try {
    await copy(await textOf(button), button);
  } catch {
    announcer.textContent = "Copying failed. Select the text and copy it by hand.";
    return;
  }
  button.dataset.copied = "";
  announcer.textContent = "Copied";
  setTimeout(() => {
    delete button.dataset.copied;
    announcer.textContent = "";
  }, 1600);
});
