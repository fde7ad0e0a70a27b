tok, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
if err != nil {
    return err
}
token := tok.AccessToken // not tok.Extra("id_token"), not tok.RefreshToken
