String segment = Base64.getUrlEncoder().withoutPadding()
    .encodeToString(json.getBytes(StandardCharsets.UTF_8));
