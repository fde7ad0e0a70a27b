const response = await fetch("https://api.example/orders", {
  headers: { Authorization: `Bearer ${token}` },
});

const api = axios.create({ baseURL: "https://api.example" });
api.interceptors.request.use((config) => {
  config.headers.set("Authorization", `Bearer ${token}`);
  return config;
});
