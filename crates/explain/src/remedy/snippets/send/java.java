RestClient api = RestClient.create("https://api.example");
Order[] orders = api.get().uri("/orders")
    .headers(headers -> headers.setBearerAuth(token))
    .retrieve()
    .body(Order[].class);
