Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
signer.initSign(privateKey);
signer.update(signingInput.getBytes(StandardCharsets.US_ASCII));
byte[] signature = signer.sign();
