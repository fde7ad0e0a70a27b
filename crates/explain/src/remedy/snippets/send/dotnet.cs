using var request = new HttpRequestMessage(HttpMethod.Get, "https://api.example/orders");
request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
using var response = await client.SendAsync(request);
