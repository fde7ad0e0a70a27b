@GetMapping("/orders")
Order[] orders(@RegisteredOAuth2AuthorizedClient("id") OAuth2AuthorizedClient client) {
    String token = client.getAccessToken().getTokenValue();
    return api.get().uri("/orders")
        .headers(headers -> headers.setBearerAuth(token))
        .retrieve().body(Order[].class);
}
