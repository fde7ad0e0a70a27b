Signature signer = Signature.getInstance("RSASSA-PSS");
signer.setParameter(new PSSParameterSpec(
    "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, PSSParameterSpec.TRAILER_FIELD_BC));
signer.initSign(privateKey);
