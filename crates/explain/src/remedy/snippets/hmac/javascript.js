const signature = createHmac("sha256", secret).update(signingInput).digest("base64url");
