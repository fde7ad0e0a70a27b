var form = new FormUrlEncodedContent(new Dictionary<string, string>
{
    ["grant_type"] = "client_credentials",
    ["client_id"] = clientId,
    ["client_secret"] = clientSecret,
    ["resource"] = "https://api.example",
    ["scope"] = "orders.read",
});
using var response = await client.PostAsync("https://id.example/token", form);
response.EnsureSuccessStatusCode();
var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
var token = answer.GetProperty("access_token").GetString();
