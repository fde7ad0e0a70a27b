const token = (process.env.TOKEN ?? "").trim();
if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
  throw new Error("TOKEN is empty or not a token");
}
