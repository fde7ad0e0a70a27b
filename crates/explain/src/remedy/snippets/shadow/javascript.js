const url = new URL(address);
url.username = "";
url.password = "";
const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
