keys, err := keyfunc.NewDefaultCtx(ctx, []string{"https://id.example/jwks"})
if err != nil {
    return err
}
