const fromUrl = new URLSearchParams(location.hash.slice(1)).get("access_token");
const fromJson = JSON.parse(text).access_token;
