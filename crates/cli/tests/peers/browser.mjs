// A person's browser, played by fetch: forms as they stand, cookies as they come, redirects followed until they leave
// the authority.
import assert from "node:assert/strict";

const unescaped = (text) =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

export class Browser {
  constructor(person) {
    this.person = person;
    this.cookies = new Map();
    this.pages = [];
  }

  async send(url, form) {
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      body: form,
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        accept: "text/html",
      },
      redirect: "manual",
    });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return response;
  }

  // What the person does with a page: types what is asked for, allows what is asked for, unless told otherwise.
  filled(html, answers) {
    const form = new URLSearchParams();
    for (const [input] of html.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name) form.set(name, unescaped(/value="([^"]*)"/.exec(input)?.[1] ?? ""));
    }
    for (const [name, value] of Object.entries({ ...this.person, decision: "allow", ...answers }))
      if (form.has(name) || html.includes(`name="${name}"`)) form.set(name, value);
    return form;
  }

  // Follows redirects and fills in forms until it is sent somewhere else, or stands on a page without a form.
  async visit(start, answers = {}) {
    let url = new URL(start);
    const { origin } = url;
    let response = await this.send(url);
    for (let step = 0; step < 12; step++) {
      const location = response.headers.get("location");
      if (location) {
        url = new URL(location, url);
        if (url.origin !== origin) return url;
        response = await this.send(url);
        continue;
      }
      const html = await response.text();
      this.pages.push(html);
      const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1];
      if (!action) return { page: html, status: response.status };
      assert.ok(response.status < 400, `a form with status ${response.status}: ${html}`);
      url = new URL(unescaped(action), url);
      response = await this.send(url, this.filled(html, answers));
    }
    throw new Error("the pages lead nowhere");
  }
}
