var segment = Base64UrlEncoder.Encode(JsonSerializer.SerializeToUtf8Bytes(claims));
