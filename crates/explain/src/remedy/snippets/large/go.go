server := &http.Server{
    Addr:              ":8080",
    Handler:           mux,
    MaxHeaderBytes:    32 << 10,
    ReadHeaderTimeout: 5 * time.Second,
}
