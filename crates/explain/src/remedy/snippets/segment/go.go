text, err := json.Marshal(claims)
if err != nil {
    return err
}
segment := base64.RawURLEncoding.EncodeToString(text)
