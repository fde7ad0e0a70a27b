const response = await fetch("https://api.example/orders/", {
  headers: { Authorization: `Bearer ${token}` },
  redirect: "error",
});
