const claim = payload.scope ?? payload.scp ?? "";
const scopes = Array.isArray(claim) ? claim : claim.split(" ");
if (!scopes.includes("orders.read")) throw new Error("insufficient_scope");
