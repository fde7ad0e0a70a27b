// A person in Chromium, with an authenticator of the browser's own (CDP `WebAuthn`): logs in, allows, adds a passkey
// and an authenticator app, logs in by each, and without script by password and code. Nothing may violate the pages'
// policy. One argument: JSON with chromium, issuer, client, username, password, screenshots (a folder, or nothing).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";

const given = JSON.parse(process.argv[2]);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// The application: it takes the answer and sends the person on to another server of its own, as many do. `/start` posts
// the request that stands in its query.
const answers = [];
const thanks = createServer((_, response) => response.end("<!doctype html><title>application</title>back at the application"));
const application = createServer((request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  if (url.pathname === "/start") {
    const fields = [...url.searchParams].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
    const form = `<form method="post" action="${given.issuer}/authorize">${fields.join("")}<button>Log in</button></form>`;
    response.end(`<!doctype html><title>application</title>${form}`);
    return;
  }
  if (url.pathname === "/callback") answers.push(url);
  response.writeHead(302, { location: `http://127.0.0.1:${thanks.address().port}/` });
  response.end();
});
for (const server of [thanks, application]) await new Promise((done) => server.listen(0, "127.0.0.1", done));
const redirect = `http://127.0.0.1:${application.address().port}/callback`;

const profile = mkdtempSync(join(tmpdir(), "claviger-browser-"));
const chromium = spawn(
  given.chromium,
  ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-port=0",
    `--user-data-dir=${profile}`, "about:blank"],
  { stdio: ["ignore", "ignore", "pipe"] },
);
const endpoint = await new Promise((done, failed) => {
  let said = "";
  chromium.stderr.on("data", (bytes) => {
    said += bytes;
    const found = /DevTools listening on (ws:\S+)/.exec(said);
    if (found) done(found[1]);
  });
  chromium.on("exit", () => failed(new Error(`the browser ended: ${said}`)));
});

const socket = new WebSocket(endpoint);
await new Promise((done) => socket.on("open", done));
const waiting = new Map();
const violations = [];
let loads = 0;
let session;
socket.on("message", (bytes) => {
  const message = JSON.parse(bytes);
  if (message.id) {
    const { done, failed } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) failed(new Error(JSON.stringify(message.error)));
    else done(message.result);
  } else if (message.method === "Page.loadEventFired") loads += 1;
  else if (message.method === "Log.entryAdded") {
    const { level, text, url } = message.params.entry;
    // 403 is how a refused log-in is answered, and the icon of the application is nowhere.
    if (level === "error" && !/status of (403|404)/.test(text)) violations.push(`${text} ${url}`);
  } else if (message.method === "Runtime.exceptionThrown") violations.push(JSON.stringify(message.params));
});
let number = 0;
const send = (method, params = {}) =>
  new Promise((done, failed) => {
    number += 1;
    waiting.set(number, { done, failed });
    socket.send(JSON.stringify({ id: number, method, params, sessionId: session }));
  });

const { targetId } = await send("Target.createTarget", { url: "about:blank" });
session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);

async function evaluate(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  assert.equal(exceptionDetails, undefined, `${expression}: ${JSON.stringify(exceptionDetails)}`);
  return result.value;
}
async function loaded(before) {
  for (let turn = 0; loads === before; turn += 1) {
    if (turn > 600) assert.fail(`nothing was loaded; the page says: ${await evaluate("document.body.innerText")}`);
    await wait(50);
  }
  await wait(100);
}
async function go(url) {
  const before = loads;
  await send("Page.navigate", { url: String(url) });
  await loaded(before);
}
// Clicks as a person does, and waits for the page behind it.
async function click(selector) {
  const before = loads;
  const found = await evaluate(`(() => { const button = document.querySelector(${JSON.stringify(selector)});
    if (!button) return false; button.scrollIntoView(); button.click(); return true; })()`);
  if (!found) assert.fail(`no ${selector} in ${await evaluate("document.body.innerText")}`);
  await loaded(before);
}
const type = (selector, text) =>
  evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(text)}`);
const text = () => evaluate("document.querySelector('main').innerText");
async function has(words) {
  const found = await text();
  assert.ok(found.includes(words), `no "${words}" in: ${found}`);
}

async function look(name) {
  if (!given.screenshots) return;
  for (const [kind, width, scheme] of [["wide", 1100, "light"], ["dark", 1100, "dark"], ["narrow", 380, "light"]]) {
    await send("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 1, mobile: width < 500 });
    await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await wait(150);
    // Nothing may stand out to the side.
    const wide = await evaluate("document.documentElement.scrollWidth");
    assert.ok(wide <= width, `${name} is ${wide} wide in a window of ${width}`);
    const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(join(given.screenshots, `${name}-${kind}.png`), Buffer.from(data, "base64"));
  }
  await send("Emulation.clearDeviceMetricsOverride");
  await send("Emulation.setEmulatedMedia", { features: [] });
}

const verifier = randomBytes(32).toString("base64url");
function authorize(more = {}) {
  const url = new URL("/authorize", given.issuer);
  url.search = new URLSearchParams({
    response_type: "code", client_id: given.client, redirect_uri: redirect, scope: given.scope, state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256", ...more,
  });
  return url;
}
// The claims of the ID token behind the code that came last.
async function claims() {
  const answer = answers.pop();
  if (!answer) assert.fail(`no answer came; the page says: ${await evaluate("document.body.innerText")}`);
  assert.equal(answer.searchParams.get("iss"), given.issuer);
  const response = await fetch(new URL("/token", given.issuer), {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code", client_id: given.client, code: answer.searchParams.get("code"),
      redirect_uri: redirect, code_verifier: verifier,
    }),
  });
  const tokens = await response.json();
  assert.equal(response.status, 200, JSON.stringify(tokens));
  return JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url"));
}
async function password() {
  await type("#username", given.username);
  await type("#password", given.password);
  await click("form[action$='/login'] button");
}
async function logOut() {
  await go(new URL("/account", given.issuer));
  await click("form[action$='/logout'] button");
  await has("You are logged out");
}
function code(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

try {
  await send("WebAuthn.enable");
  await send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });

  // Password and consent.
  await go(authorize());
  await look("log-in");
  await type("#username", given.username);
  await type("#password", "not the password");
  await click("form[action$='/login'] button");
  await has("Name or password is not right.");
  await look("log-in-refused");
  await password();
  await look("consent");
  await click("button[value='allow']");
  assert.deepEqual((await claims()).amr, ["pwd"]);

  // Another site posts a request, a short one and a long one: who is logged in is not asked again.
  for (const state of ["short", "long".repeat(1000)]) {
    await go(new URL(`/start${authorize({ state }).search}`, redirect));
    await click("button");
    for (let turn = 0; answers.length === 0 && turn < 100; turn += 1) await wait(50);
    assert.equal(answers.at(-1)?.searchParams.get("state"), state);
    assert.deepEqual((await claims()).amr, ["pwd"]);
  }

  // A passkey is added.
  await go(new URL("/account", given.issuer));
  await click("form[action$='/account/passkeys'] button[value='start']");
  await look("add-passkey");
  await type("#name", "Laptop");
  await click("form[data-passkey] button");
  await has("Keep these codes");
  await look("recovery-codes");
  await click("a.button");
  await has("Laptop");
  await look("account");

  // It logs in alone.
  await logOut();
  await go(authorize());
  await click("form[data-passkey] button");
  const alone = await claims();
  assert.equal(alone.acr, "phr");
  assert.ok(alone.amr.includes("mfa") && !alone.amr.includes("pwd"), JSON.stringify(alone));

  // And stands beside the password.
  await logOut();
  await go(authorize({ acr_values: "phr" }));
  await password();
  await has("One more step");
  await look("second-factor-passkey");
  await click("form[data-passkey] button");
  assert.ok((await claims()).amr.includes("pwd"));

  // An authenticator app.
  await go(new URL("/account", given.issuer));
  await click("form[action$='/account/totp'] button[value='start']");
  await look("add-app");
  const secret = (await evaluate("document.querySelector('.key').innerText")).replaceAll(" ", "");
  await type("#code", code(secret));
  await click("form[action$='/account/totp'] button");
  await has("The authenticator app is set up.");
  await look("account-whole");

  // Without script: password and code.
  await logOut();
  await go(authorize());
  await password();
  await look("second-factor");
  await send("Emulation.setScriptExecutionDisabled", { value: true });
  const cookies = async () => (await send("Network.getCookies", { urls: [given.issuer] })).cookies;
  const jar = new Map((await cookies()).map(({ name, value }) => [name, value]));
  const visit = async (url, form) => {
    const response = await fetch(url, {
      method: form ? "POST" : "GET", redirect: "manual", body: form && new URLSearchParams(form),
      headers: { accept: "text/html", cookie: [...jar].map((pair) => pair.join("=")).join("; ") },
    });
    for (const line of response.headers.getSetCookie()) jar.set(...line.split(";")[0].split("="));
    return response;
  };
  const field = (page, name) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(page)[1].replaceAll("&#38;", "&");
  await go(authorize());
  await look("log-in-without-script");
  let page = await (await visit(authorize())).text();
  let form = { proof: field(page, "proof"), request: field(page, "request"), username: given.username, password: given.password };
  page = await (await visit(new URL("/login", given.issuer), form)).text();
  const parts = page.split("<form");
  const second = parts.find((part) => part.includes('name="code"'));
  await wait(30000 - (Date.now() % 30000) + 200);
  form = { proof: field(second, "proof"), request: field(second, "request"), step: field(second, "step"), code: code(secret) };
  const last = await visit(new URL("/login/code", given.issuer), form);
  assert.equal(last.status, 303, await last.text());
  assert.ok([...jar.keys()].some((name) => name.includes("session")));

  assert.deepEqual(violations, []);
  console.log(JSON.stringify({ ok: true }));
} finally {
  session = undefined;
  await Promise.race([send("Browser.close").catch(() => {}), wait(3000)]);
  const ended = new Promise((done) => (chromium.exitCode === null && chromium.signalCode === null ? chromium.on("exit", done) : done()));
  await Promise.race([ended, wait(5000)]);
  chromium.kill("SIGKILL");
  socket.terminate();
  for (const server of [application, thanks]) {
    server.closeAllConnections();
    server.close();
  }
  // What is left of a profile is a matter of the temporary folder; it must not hide what went wrong above.
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  } catch {}
}
