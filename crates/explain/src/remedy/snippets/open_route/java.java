@Bean
@Order(1)
SecurityFilterChain open(HttpSecurity http) throws Exception {
    return http.securityMatcher("/public/**")
        .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
        .build();
}
