let pending;
function renewOnce() {
  pending ??= renew().finally(() => { pending = undefined; });
  return pending;
}

api.interceptors.response.use(undefined, async (error) => {
  const { config, response } = error;
  if (response?.status !== 401 || config.retried) throw error;
  config.retried = true;
  config.headers.set("Authorization", `Bearer ${await renewOnce()}`);
  return api.request(config);
});
