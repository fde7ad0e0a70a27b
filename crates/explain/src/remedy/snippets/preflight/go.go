policy := cors.New(cors.Options{
    AllowedOrigins: []string{"https://app.example"},
    AllowedMethods: []string{"GET", "POST", "PUT", "DELETE"},
    AllowedHeaders: []string{"Authorization", "Content-Type"},
})
handler := policy.Handler(requireToken(mux))
