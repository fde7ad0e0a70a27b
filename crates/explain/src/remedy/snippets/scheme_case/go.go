scheme, token, found := strings.Cut(req.Header.Get("Authorization"), " ")
if !found || !strings.EqualFold(scheme, "Bearer") {
    return errors.New("no bearer token")
}
