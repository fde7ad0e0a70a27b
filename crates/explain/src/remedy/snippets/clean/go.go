var b64token = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

raw, err := os.ReadFile("token.txt")
if err != nil {
    return err
}
token := strings.TrimSpace(string(raw))
if !b64token.MatchString(token) {
    return errors.New("token.txt holds no token")
}
