app.use(cors({
  origin: "https://app.example",
  allowedHeaders: ["Authorization", "Content-Type"],
}));
app.use(auth({ issuerBaseURL: "https://id.example", audience: "https://api.example" }));
