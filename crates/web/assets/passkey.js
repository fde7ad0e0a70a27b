// Asks the authenticator and hands its answer over as a field of the form. The pages work without this
// script: who cannot run it logs in with password and code.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const credentials = (list) => list.map((one) => ({ ...one, type: "public-key", id: toBytes(one.id) }));

async function made(options) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: credentials(options.excludeCredentials),
  };
  const { response } = await navigator.credentials.create({ publicKey });
  return {
    client_data: toText(response.clientDataJSON),
    attestation: toText(response.attestationObject),
    transports: response.getTransports ? response.getTransports() : [],
  };
}

async function proven(options) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials: credentials(options.allowCredentials),
  };
  const { rawId, response } = await navigator.credentials.get({ publicKey });
  const answer = {
    id: toText(rawId),
    client_data: toText(response.clientDataJSON),
    authenticator_data: toText(response.authenticatorData),
    signature: toText(response.signature),
  };
  if (response.userHandle && response.userHandle.byteLength > 0) {
    answer.user_handle = toText(response.userHandle);
  }
  return answer;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  const problem = form.querySelector("[data-problem]");
  if (!window.PublicKeyCredential) {
    problem.hidden = false;
    problem.textContent = "This browser knows no passkeys.";
    continue;
  }
  form.hidden = false;
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = form.dataset.passkey === "create" ? await made(options) : await proven(options);
      form.elements.answer.value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      button.disabled = false;
      problem.hidden = false;
      problem.textContent =
        error.name === "InvalidStateError"
          ? "This device has a passkey for your account already."
          : "It was cancelled, took too long, or there is no passkey for this site here.";
    }
  });
}
