const response = await fetch("https://id.example/token", { method: "POST", body });
if (!response.ok) throw new Error(`no token: ${response.status}`);
const { access_token: token } = await response.json();
if (typeof token !== "string") throw new Error("the response has no access_token");
