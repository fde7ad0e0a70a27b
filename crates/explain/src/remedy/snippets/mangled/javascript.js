const digest = createHash("sha256").update(process.env.JWT_SECRET).digest("hex");
console.log(`JWT_SECRET: ${process.env.JWT_SECRET.length} characters, ${digest.slice(0, 12)}`);
