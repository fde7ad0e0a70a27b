@Bean
RestClient ordersApi(RestClient.Builder builder, OAuth2AuthorizedClientManager clients) {
    var bearer = new OAuth2ClientHttpRequestInterceptor(clients);
    bearer.setClientRegistrationIdResolver(request -> "orders");
    return builder.baseUrl("https://api.example").requestInterceptor(bearer).build();
}
