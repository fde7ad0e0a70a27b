app.use("/public", publicRoutes);
app.use("/orders", auth({
  issuerBaseURL: "https://id.example",
  audience: "https://api.example",
}), orderRoutes);
