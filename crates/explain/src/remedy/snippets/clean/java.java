String token = Files.readString(Path.of("token.txt")).strip();
if (!token.matches("[A-Za-z0-9._~+/-]+=*")) {
    throw new IllegalStateException("token.txt holds no token");
}
