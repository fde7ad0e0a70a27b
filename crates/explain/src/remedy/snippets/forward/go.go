client := &http.Client{
    CheckRedirect: func(req *http.Request, via []*http.Request) error {
        return fmt.Errorf("redirected to %s: call it directly", req.URL.Redacted())
    },
}
