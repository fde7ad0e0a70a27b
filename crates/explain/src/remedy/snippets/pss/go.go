signature, err := rsa.SignPSS(rand.Reader, privateKey, crypto.SHA256, digest[:],
    &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
