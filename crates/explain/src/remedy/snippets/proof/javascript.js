import * as DPoP from "dpop";

const url = "https://api.example/orders";
const proof = await DPoP.generateProof(keyPair, url, "GET", nonce, token);
const response = await fetch(url, {
  headers: { Authorization: `DPoP ${token}`, DPoP: proof },
});
