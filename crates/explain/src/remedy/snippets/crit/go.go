if _, found := parsed.Header["crit"]; found {
    return errors.New("the token has a critical extension")
}
