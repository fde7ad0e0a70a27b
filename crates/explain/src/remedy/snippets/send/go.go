req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example/orders", nil)
if err != nil {
    return err
}
req.Header.Set("Authorization", "Bearer "+token)
res, err := http.DefaultClient.Do(req)
