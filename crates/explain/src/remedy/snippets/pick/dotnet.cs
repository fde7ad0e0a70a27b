var token = await HttpContext.GetTokenAsync("access_token")
    ?? throw new InvalidOperationException("signed in without an access token");
request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
