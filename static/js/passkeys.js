// Passkeys: a form with data-passkey ("create" or "get") is sent once the browser has made or shown a passkey for it.
// Its options stand in the JSON of the element that data-options names, or are fetched from data-options-url.
const notice = document.querySelector("[data-no-passkeys]");

function say(sentence) {
  notice.textContent = sentence;
  notice.hidden = false;
}

// A passkey belongs to a host by name, and browsers keep them for HTTPS and for localhost.
function whyNot() {
  const { hostname, port, protocol } = location;
  if (/^[\d.]+$|:/.test(hostname.replace(/^\[|\]$/g, ""))) {
    const local = hostname === "127.0.0.1" || hostname === "[::1]";
    const name = local ? `${protocol}//localhost${port && `:${port}`}` : "a host name";
    return `Passkeys do not work at an IP address. Open Greenflash at ${name} to use them.`;
  }
  if (!isSecureContext) return "Passkeys need HTTPS.";
  if (!globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) return "This browser is too old for passkeys.";
  return "";
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

async function create(form) {
  const options = (await optionsOf(form)).creation_options.publicKey;
  const alone = form.elements.passwordless?.checked;
  options.authenticatorSelection = {
    ...options.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: Boolean(alone),
    ...(alone && { userVerification: "required" }),
  };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

async function get(form) {
  const options = (await optionsOf(form)).request_options.publicKey;
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

const reason = whyNot();
if (reason) {
  for (const element of document.querySelectorAll("[data-needs-passkeys]")) element.hidden = true;
  // Nobody who only wants to type a password needs to be told.
  if (notice && notice.dataset.noPasskeys !== "quiet") say(reason);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey) return;
  event.preventDefault();
  if (reason) return say(reason);
  try {
    const credential = await (form.dataset.passkey === "create" ? create(form) : get(form));
    form.elements.credential.value = JSON.stringify(credential);
  } catch (error) {
    if (error.name === "InvalidStateError") return say("This device has a passkey for your account already.");
    if (error.name === "NotAllowedError") return say("No passkey was used. Try again, or go on without.");
    return say(`That did not work: ${error.message}`);
  }
  form.submit();
});
