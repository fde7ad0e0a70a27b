const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(
  request.headers.authorization ?? "",
) ?? [];
