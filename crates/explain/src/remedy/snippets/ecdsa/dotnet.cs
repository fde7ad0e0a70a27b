var signature = ecdsa.SignData(
    Encoding.ASCII.GetBytes(signingInput),
    HashAlgorithmName.SHA256,
    DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
